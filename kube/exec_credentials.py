"""Credentials that a program of the user's gives (client.authentication.k8s.io, `exec` in a kubeconfig)."""

from __future__ import annotations

import json
import os
import sys
import time
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from kube.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Mapping

    Section = Mapping[str, Any]

FIELDS = {"apiVersion", "command", "args", "env", "installHint", "interactiveMode", "provideClusterInfo"}
"""What an `exec` section may have to be understood here."""
_SECONDS = 120.0
"""A program may open a browser and wait for a login."""
_EARLY = 10.0


@dataclass(frozen=True)
class Credential:
    """What a program has given: a token, or a certificate with its key (PEM).

    `ends`: seconds since the epoch, None for never.
    """

    token: str = ""
    certificate: str = ""
    key: str = ""
    ends: float | None = None


class ExecCredentials:
    """Runs the program of a kubeconfig's user, and again when what it gave is about to end."""

    def __init__(self, section: Section) -> None:
        self._section = section
        self._given: Credential | None = None

    def credential(self) -> Credential:
        """Return what counts now. Raises UnavailableError with the program's own words. For one thread."""
        given = self._given
        if given is None or (given.ends is not None and given.ends - _EARLY < time.time()):
            given = self._given = self._asked()
        return given

    def _asked(self) -> Credential:
        """Run the program and return what it says (client.authentication.k8s.io, ExecCredential).

        Raises UnavailableError where it fails, takes too long, or says something else.
        """
        import subprocess  # noqa: PLC0415 - most kubeconfigs name no program

        section = self._section
        command = [section["command"], *(section.get("args") or ())]
        told = {
            "apiVersion": section["apiVersion"],
            "kind": "ExecCredential",
            "spec": {"interactive": sys.stdin.isatty()},
        }
        added = {each["name"]: each["value"] for each in section.get("env") or ()}
        env = {**os.environ, **added, "KUBERNETES_EXEC_INFO": json.dumps(told)}
        try:
            # What it says to standard error, such as how to log in, is for whoever sits there.
            done = subprocess.run(  # noqa: S603 - the user's own kubeconfig names it
                command, stdout=subprocess.PIPE, env=env, timeout=_SECONDS, check=True
            )
            return _read(json.loads(done.stdout)["status"])
        except (OSError, subprocess.SubprocessError, ValueError, LookupError, TypeError) as error:
            raise UnavailableError(f"no credentials: {command[0]}: {error}") from error


def _read(status: Section) -> Credential:
    ends = status.get("expirationTimestamp")
    return Credential(
        token=status.get("token") or "",
        certificate=status.get("clientCertificateData") or "",
        key=status.get("clientKeyData") or "",
        ends=datetime.fromisoformat(ends).timestamp() if ends else None,
    )

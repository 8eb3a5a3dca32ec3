"""`teal` as a user runs it: a process of its own, with some rights, on an application."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.api.command_rights import account

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from cli.rights import Right
    from tests.api.stage import Stage
    from tests.charts.kubectl import Kubectl

ROUTEMAP = """\
apiVersion: iter8.tools/v1alpha1
kind: Routemap
metadata: {name: httpbin}
spec:
  versions: [{name: httpbin-0, weight: 50}, {name: httpbin-1, weight: 50}]
  settleSeconds: 0
  drainSeconds: 0
"""
FULL = """\
httpbin in NAMESPACE, blue-green: ready for AGE
  ████████████████████▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓  httpbin-0=50 httpbin-1=50

  httpbin-0  primary, gets 50 % for AGE
      ready for AGE: it is as it has to be; it gets its share
  httpbin-1  candidate, gets 50 % for AGE
      ready for AGE: it is as it has to be; it gets its share
Conditions
  Ready        True  for AGE Applied: the split is applied
  Degraded     False for AGE VersionReady
  Conflict     False for AGE NoConflict
  Routable     True  for AGE Routable
  Complete     True  for AGE SplitAsAsked: split httpbin-0=50 httpbin-1=50
  Progressing  True  for AGE NoVersionStarting
Next
  nothing, until somebody changes something
Events
"""
"""What `teal status httpbin` tells of two ready versions, up to the Events."""
_AGE = r"\b(?:\d+m\d+s|\d+m|\d+s)\b"


@dataclass(frozen=True)
class Ended:
    """How a command has ended; ages and the namespace are named alike in all runs."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Bench:
    """An application on an API server, and accounts that look at it."""

    stage: Stage
    kubectl: Kubectl
    folder: Path

    def teal(
        self,
        arguments: Sequence[str],
        rights: Sequence[Right] | None = None,
        *,
        given: str = ROUTEMAP,
        environment: Mapping[str, str] | None = None,
    ) -> Ended:
        """Run a command as a user runs it, with some rights; None: as the administrator."""
        kubeconfig = str(self.kubectl.kubeconfig)
        if rights is not None:
            kubeconfig = account(self.kubectl, self.stage.namespace, "user", rights, self.folder)
        place = (f"--namespace={self.stage.namespace}", f"--kubeconfig={kubeconfig}")
        done = subprocess.run(
            [sys.executable, "-m", "cli", *place, *arguments],
            input=given,
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, **(environment or {})},
        )
        return Ended(done.returncode, self._alike(done.stdout), self._alike(done.stderr))

    def _alike(self, text: str) -> str:
        named = text.replace(self.stage.namespace, "NAMESPACE")
        ended = re.sub(rf"{_AGE}(?! )", "AGE", named)
        return re.sub(rf"{_AGE} *(?= )", "AGE", ended)

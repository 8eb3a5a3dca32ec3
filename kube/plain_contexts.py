"""A kubeconfig's context, read without the `kubernetes` library, where it is as plain as most are.

That library takes half a second to be imported, which somebody at a terminal waits for each time. What is not
plain (a password, a proxy, several files, providers of old) is left to `kube.contexts`.
"""

from __future__ import annotations

import base64
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import urllib3
import yaml
from urllib3.util.ssl_ import create_urllib3_context

from kube.exec_credentials import FIELDS, ExecCredentials
from kube.in_pod import proxied, read_token

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator, Mapping

    Section = Mapping[str, Any]

DEFAULT_NAMESPACE = "default"
_CLUSTER = {"server", "certificate-authority", "certificate-authority-data", "extensions"}
_CERTIFICATE = {f"client-{what}{how}" for what in ("certificate", "key") for how in ("", "-data")}
_USER = {*_CERTIFICATE, "token", "tokenFile", "exec", "extensions"}
"""The fields (clientcmd/v1) that are understood here; a context with any other is not plain."""


@dataclass(frozen=True)
class PlainContext:
    """A cluster and an account, as `kube.contexts.Context` has them, and the namespace of the context."""

    host: str
    pool: Any
    user: Mapping[str, Any]
    namespace: str
    program: ExecCredentials | None = None
    folder: Path = Path()

    def authorization(self) -> str:
        """Return the value of the Authorization header, empty where a certificate is enough.

        Raises UnavailableError where a program or a file is to give it, and does not.
        """
        token = self.user.get("token", "")
        if self.program is not None:
            token = self.program.credential().token
        elif file := self.user.get("tokenFile"):  # goes before the token, and may be renewed at any time
            token = read_token(self.folder / file)
        return f"Bearer {token}" if token else ""


def plain(kubeconfig: str, name: str | None = None, *, programs: bool = True) -> PlainContext | None:
    """Return a context (None: the current one), or None where it is not plain, or not as it has to be.

    Then `kube.contexts` reads it, and says what is wrong. `programs`: those that give credentials are run
    here, for one thread, and what they give is not renewed. Raises UnavailableError where one does not.
    """
    try:
        return _read(Path(kubeconfig), name, programs=programs)
    except (OSError, ValueError, LookupError, TypeError, AttributeError, yaml.YAMLError):
        return None


def _read(path: Path, name: str | None, *, programs: bool) -> PlainContext | None:
    """Return a context of a kubeconfig, None where it asks for more than is read here."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    config = yaml.load(path.read_text("utf-8"), loader)  # noqa: S506 - either is a safe loader
    context = _named(config, "context", name or config["current-context"])
    cluster = _named(config, "cluster", context["cluster"])
    user = _named(config, "user", context["user"])
    server = urlsplit(cluster["server"])
    if not _is_plain(cluster, user) or server.scheme != "https" or ("exec" in user and not programs):
        return None
    tls = create_urllib3_context()
    with _file(path, cluster, "certificate-authority") as authority:
        tls.load_verify_locations(authority)
    program = ExecCredentials(user["exec"]) if "exec" in user else None
    _identify(tls, path, user, program)
    pool = urllib3.HTTPSConnectionPool(str(server.hostname), server.port or 443, ssl_context=tls)
    namespace = context.get("namespace") or DEFAULT_NAMESPACE
    return PlainContext(cluster["server"], pool, user, namespace, program, path.parent)


def _is_plain(cluster: Section, user: Section) -> bool:
    program = user.get("exec", {})
    return (
        cluster.keys() <= _CLUSTER
        and user.keys() <= _USER
        and program.keys() <= FIELDS
        and not program.get("provideClusterInfo")
        and not proxied()
    )


def _identify(tls: ssl.SSLContext, path: Path, user: Section, program: ExecCredentials | None) -> None:
    """Load the certificate that the account shows, if any."""
    if program is not None:
        given = program.credential()
        if given.certificate:
            with _made(given.certificate.encode()) as certificate, _made(given.key.encode()) as key:
                tls.load_cert_chain(certificate, key)
    elif _CERTIFICATE & user.keys():
        with _file(path, user, "client-certificate") as certificate, _file(path, user, "client-key") as key:
            tls.load_cert_chain(certificate, key)


def _named(config: Section, kind: str, name: str) -> Section:
    """Return the first entry of a name. Raises LookupError."""
    found: Section = [entry[kind] for entry in config[f"{kind}s"] if entry["name"] == name][0]  # noqa: RUF015
    return found


@contextmanager
def _file(kubeconfig: Path, section: Section, field: str) -> Iterator[str]:
    """Give the path of a file with what a field has: data goes before a path, from the kubeconfig on."""
    if data := section.get(f"{field}-data"):
        with _made(base64.b64decode(data, validate=True)) as made:
            yield made
    else:
        yield str(kubeconfig.parent / section[field])


@contextmanager
def _made(content: bytes) -> Iterator[str]:
    """Give the path of a file, readable for its owner, that is gone at the end: OpenSSL takes only files."""
    with tempfile.NamedTemporaryFile() as made:
        made.write(content)
        made.flush()
        yield made.name

"""A kubeconfig's context, read without the `kubernetes` library, where it is as plain as most are.

That library takes half a second to be imported, which somebody at a terminal waits for each time. What is not
plain (a program or a server that gives credentials, a proxy, several files) is left to `kube.contexts`.
"""

from __future__ import annotations

import base64
import os
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import urllib3
import yaml
from urllib3.util.ssl_ import create_urllib3_context

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    Section = Mapping[str, Any]

DEFAULT_NAMESPACE = "default"
_CLUSTER = {"server", "certificate-authority", "certificate-authority-data", "extensions"}
_CERTIFICATE = {f"client-{what}{how}" for what in ("certificate", "key") for how in ("", "-data")}
_USER = {*_CERTIFICATE, "token", "extensions"}
"""The fields (clientcmd/v1) that are understood here; a context with any other is not plain."""
_PROXIES = ("https_proxy", "http_proxy", "all_proxy")


@dataclass(frozen=True)
class PlainContext:
    """A cluster and an account, as `kube.contexts.Context` has them, and the namespace of the context."""

    host: str
    pool: Any
    token: str
    namespace: str

    def authorization(self) -> str:
        """Return the value of the Authorization header, empty where a certificate is enough."""
        return f"Bearer {self.token}" if self.token else ""


def plain(kubeconfig: str, name: str | None = None) -> PlainContext | None:
    """Return a context (None: the current one), or None where it is not plain, or not as it has to be.

    Then `kube.contexts` reads it, and says what is wrong.
    """
    try:
        return _read(Path(kubeconfig), name)
    except (OSError, ValueError, LookupError, TypeError, AttributeError, yaml.YAMLError):
        return None


def _read(path: Path, name: str | None) -> PlainContext | None:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    config = yaml.load(path.read_text("utf-8"), loader)  # noqa: S506 - either is a safe loader
    context = _named(config, "context", name or config["current-context"])
    cluster = _named(config, "cluster", context["cluster"])
    user = _named(config, "user", context["user"])
    server = urlsplit(cluster["server"])
    known = cluster.keys() <= _CLUSTER and user.keys() <= _USER and server.scheme == "https"
    if not known or any(os.environ.get(each) or os.environ.get(each.upper()) for each in _PROXIES):
        return None
    tls = create_urllib3_context()
    with _file(path, cluster, "certificate-authority") as authority:
        tls.load_verify_locations(authority)
    if _CERTIFICATE & user.keys():
        with _file(path, user, "client-certificate") as certificate, _file(path, user, "client-key") as key:
            tls.load_cert_chain(str(certificate), key)
    pool = urllib3.HTTPSConnectionPool(str(server.hostname), server.port or 443, ssl_context=tls)
    namespace = context.get("namespace") or DEFAULT_NAMESPACE
    return PlainContext(cluster["server"], pool, user.get("token", ""), namespace)


def _named(config: Section, kind: str, name: str) -> Section:
    """Return the first entry of a name. Raises LookupError."""
    found: Section = [entry[kind] for entry in config[f"{kind}s"] if entry["name"] == name][0]  # noqa: RUF015
    return found


@contextmanager
def _file(kubeconfig: Path, section: Section, field: str) -> Iterator[str]:
    """Give the path of a file with what a field has: data goes before a path, which is from the kubeconfig.

    OpenSSL takes keys from files only. The one that is made is readable for its owner, and gone at the end.
    """
    if data := section.get(f"{field}-data"):
        with tempfile.NamedTemporaryFile() as made:
            made.write(base64.b64decode(data, validate=True))
            made.flush()
            yield made.name
    else:
        yield str(kubeconfig.parent / section[field])

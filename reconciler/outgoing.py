"""Connections to an address that the administrator has named, and to nobody else."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

import urllib3

from kube.connections import Connections

if TYPE_CHECKING:
    from pathlib import Path


def wrong_url(url: str) -> str:
    """Return why nobody can be asked at an address, "" for one that can be."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        return str(error)
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        return "it begins with http:// or https:// and a host"
    if parts.username is not None or parts.password is not None:
        return "credentials are in a Secret, not in it"
    if parts.fragment:
        return "nothing follows its path"
    return ""


class Outgoing:
    """Connections to the hosts of addresses. For one thread.

    `authorities`: a file with PEM, read anew for each request, as it may be renewed; None for the system's.
    """

    def __init__(self, authorities: Path | None) -> None:
        self._authorities = authorities
        self._known: tuple[bytes, str, str] | None = None
        self._connections: Connections | None = None

    def to(self, url: SplitResult) -> Connections:
        """Return connections to an address; other ones after it or the authorities have changed.

        Raises OSError and ValueError where the authorities can't be read.
        """
        read = self._authorities.read_bytes() if self._authorities is not None else b""
        known = (read, url.scheme, url.netloc)
        if self._connections is None or known != self._known:
            self._connections, self._known = Connections(_pool(url, read)), known
        return self._connections


def _pool(url: SplitResult, authorities: bytes) -> urllib3.HTTPConnectionPool:
    """Return what makes connections; `authorities` are PEM, empty for the system's. Raises OSError."""
    host = str(url.hostname)
    if url.scheme == "http":
        return urllib3.HTTPConnectionPool(host, url.port or 80)
    tls = ssl.create_default_context(cadata=authorities.decode("ascii") if authorities else None)
    return urllib3.HTTPSConnectionPool(host, url.port or 443, ssl_context=tls)

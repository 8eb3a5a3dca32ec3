"""An answer on its way to a client that may not read it."""

from __future__ import annotations

import ssl
from typing import Any


class Outbox:
    """Stands where gunicorn expects the client's socket to write to; keeps what is written.

    So no answer waits for its client: the loop sends it on when the poller says that it can.
    """

    def __init__(self, connection: Any) -> None:
        """Take the client's socket, for `certificate` only."""
        self._connection = connection
        self._bytes = bytearray()

    def __len__(self) -> int:
        """Return the number of bytes that are still to be sent."""
        return len(self._bytes)

    def sendall(self, data: bytes) -> None:
        """Keep what gunicorn writes."""
        self._bytes += data

    def send(self, data: bytes) -> int:
        """Keep what gunicorn writes; return that it is all sent."""
        self._bytes += data
        return len(data)

    def deliver(self) -> bool:
        """Send what the client takes now; tell whether all is sent. Never waits.

        Raises OSError where the client is gone.
        """
        while self._bytes:
            try:
                sent = self._connection.send(self._bytes)
            except (ssl.SSLWantReadError, ssl.SSLWantWriteError, BlockingIOError):
                return False
            del self._bytes[:sent]
        return True

    def certificate(self) -> dict[str, Any] | None:
        """Return the verified certificate that the client has shown, as `ssl` does; None without one."""
        return self._connection.getpeercert() if isinstance(self._connection, ssl.SSLSocket) else None

    def gettimeout(self) -> float:
        """Return 0: writing never waits."""
        return 0.0

    def shutdown(self, _how: int) -> None:
        """Leave the connection's end to the worker: gunicorn would linger in the only loop."""
        raise OSError("the worker ends connections")

    def close(self) -> None:
        """Leave the connection's end to the worker."""

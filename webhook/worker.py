"""A gunicorn worker whose threads wait for nobody: a connection gets a thread when it has something to read.

gunicorn's own threaded worker reads a new connection's handshake and first request in a thread, without a
time limit. The API server dials ahead and parks handshaken connections that say nothing: as many of them as
there are threads stop it for good. Here the main loop's poller waits: for the first bytes, between the steps
of the handshake, and for each request. A thread is held by a request that has begun to come, and no longer
than REQUEST_SECONDS.
"""

from __future__ import annotations

import logging
import selectors
import ssl
import time
from functools import partial
from typing import TYPE_CHECKING, Any

from gunicorn import http, sock, util  # type: ignore[import-untyped] # gunicorn has no types
from gunicorn.workers.gthread import TConn, ThreadWorker  # type: ignore[import-untyped] # the same

if TYPE_CHECKING:
    import socket
    from concurrent.futures import Future
    from types import FrameType

_log = logging.getLogger(__name__)

HANDSHAKE_SECONDS = 10.0
"""From accepting to the end of the handshake; Go's own limit (net/http's TLSHandshakeTimeout) is 10 s."""
REQUEST_SECONDS = 10.0
"""From a request's first byte to its last; our webhooks' timeout is 3 s, a webhook's longest is 30 s."""
SEND_SECONDS = 5.0

_WAITING = object()


class RequestSocket(ssl.SSLSocket):
    """A blocking TLS socket that gives a whole request, not each read of it, a limited time."""

    deadline = 0.0

    def recv(self, buflen: int = 1024, flags: int = 0) -> bytes:
        """Return what has come; raises TimeoutError once `deadline` (monotonic) is over."""
        self.settimeout(max(self.deadline - time.monotonic(), 0.001))
        try:
            return super().recv(buflen, flags)
        finally:
            self.settimeout(SEND_SECONDS)


class Connection(TConn):  # type: ignore[misc] # gunicorn has no types
    """One client's connection, at first without TLS."""

    sock: Any

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.timeout = time.monotonic() + HANDSHAKE_SECONDS

    def secure(self) -> object:
        """Take the handshake as far as what has come allows: True (done), False (failed) or _WAITING."""
        try:
            if not isinstance(self.sock, ssl.SSLSocket):
                self.sock = sock.ssl_wrap_socket(self.sock, self.cfg)
            self.sock.do_handshake()
        except ssl.SSLWantReadError:
            return _WAITING
        except (OSError, ValueError) as error:  # ValueError: the socket went away between two steps
            _log_fault(error, self.client)
            return False
        self.parser = http.get_parser(self.cfg, self.sock, self.client)
        self.initialized = True
        return True

    def close(self, graceful: bool = False) -> None:  # noqa: FBT001, FBT002, ARG002 -- gunicorn's signature
        """Close at once: gunicorn calls this in the main loop, and would linger there for up to 2 s each."""
        util.close(self.sock)


class Worker(ThreadWorker):  # type: ignore[misc] # gunicorn has no types
    """Serves TLS from a thread pool; drains before it stops."""

    alive: bool

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._stop_at: float | None = None

    def accept(self, listener: socket.socket) -> None:
        """Take a connection and wait for its first bytes."""
        try:
            client, address = listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        self.nr_conns += 1
        self._await_handshake(Connection(self.cfg, client, address, listener.getsockname()))

    def handle(self, conn: Connection) -> object:
        """Do what a readable connection is ready for. Runs in a thread; True keeps the connection."""
        return self._answer(conn) if conn.initialized else conn.secure()

    def finish_request(self, conn: Connection, fs: Future[object]) -> None:
        """Put a connection back into the poller or let it go. Runs in the main loop."""
        if self.alive and not fs.exception() and fs.result() is _WAITING:
            self._await_handshake(conn)
        elif conn.initialized:
            super().finish_request(conn, fs)
        else:
            self.nr_conns -= 1
            conn.close()

    def handle_request(self, req: Any, conn: Connection) -> Any:
        """Answer a request; while draining, the last on its connection (RFC 9112 section 9.6)."""
        if self.app.draining:
            req.force_close()
        return super().handle_request(req, conn)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 -- a handler's signature
        """On SIGTERM begin to drain: unready, still accepting, each answer ends its connection."""
        # Assignments and gunicorn's own wake-up only: the code interrupted might hold a lock taken here.
        if self._stop_at is None:
            self.app.draining = True
            self._stop_at = time.monotonic() + self.app.settings.drain_seconds
            self.method_queue.defer(lambda: None)

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        """Run the poller once, and end the drain when its time is over."""
        if self._stop_at is not None:
            timeout = min(timeout, max(self._stop_at - time.monotonic(), 0.0) if self.alive else timeout)
        super().wait_for_and_dispatch_events(timeout)
        if self.alive and self._stop_at is not None and time.monotonic() >= self._stop_at:
            self.alive = False
            for conn in self.pending_conns:  # a handshake begun now would not be answered
                conn.timeout = 0.0

    def _await_handshake(self, conn: Connection) -> None:
        self.pending_conns.append(conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self.on_pending_socket_readable, conn))

    def _answer(self, conn: Connection) -> bool:
        request, keep = None, False
        conn.sock.deadline = time.monotonic() + REQUEST_SECONDS
        conn.sock.settimeout(SEND_SECONDS)
        try:
            request = next(conn.parser)
            keep = self._keepalive_after(conn, self.handle_request(request, conn))
        except StopIteration:
            pass  # the client has ended the connection
        except OSError as error:
            _log_fault(error, conn.client)
        except Exception as error:  # noqa: BLE001 -- gunicorn sorts its many into 4xx and 500
            self.handle_error(request, conn.sock, conn.client, error)
        if not keep:
            util.close_graceful(conn.sock)
        return keep


def _log_fault(error: Exception, client: Any) -> None:
    # A client that leaves is everyday; one that refuses our certificate is what an operator has to know.
    everyday = ssl.SSLEOFError, ssl.SSLZeroReturnError, ConnectionError, http.errors.NoMoreData
    level = logging.DEBUG if isinstance(error, everyday) else logging.INFO
    _log.log(level, "connection lost", extra={"client": str(client), "error": str(error)})

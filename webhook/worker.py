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
import socket
import ssl
import time
from functools import partial
from typing import TYPE_CHECKING, Any

from gunicorn import http, sock  # type: ignore[import-untyped] # gunicorn has no types
from gunicorn.workers.gthread import TConn, ThreadWorker  # type: ignore[import-untyped] # the same

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future
    from types import FrameType

_log = logging.getLogger(__name__)

HANDSHAKE_SECONDS = 10.0
"""From accepting to the end of the handshake; Go's own limit (net/http's TLSHandshakeTimeout) is 10 s."""
REQUEST_SECONDS = 10.0
"""From a request's first byte to its last; our webhooks' timeout is 3 s, a webhook's longest is 30 s."""
SEND_SECONDS = 5.0
LINGER_SECONDS = 2.0
"""From our last byte to closing, so that a client that is still sending reads it before it meets a reset."""

READ_BYTES = 65536

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

    def hang_up(self) -> bool:
        """Say that nothing more comes from us (RFC 9112 section 9.6). False if the client is gone already."""
        try:
            self.sock.shutdown(socket.SHUT_WR)
        except OSError:
            return False
        self.sock.settimeout(0)
        self.timeout = time.monotonic() + LINGER_SECONDS
        return True

    def gone(self) -> bool:
        """Throw away what the client still sends; True when it has hung up as well."""
        try:
            return not self.sock.recv_into(bytearray(READ_BYTES))
        except BlockingIOError:
            return False
        except OSError:
            return True


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
        conn = Connection(self.cfg, client, address, listener.getsockname())
        self._await(conn, self.on_pending_socket_readable)

    def handle(self, conn: Connection) -> object:
        """Do what a readable connection is ready for. Runs in a thread; True keeps the connection."""
        return self._answer(conn) if conn.initialized else conn.secure()

    def finish_request(self, conn: Connection, fs: Future[object]) -> None:
        """Put a connection back into the poller or let it go. Runs in the main loop."""
        result = False if fs.exception() else fs.result()
        if result is _WAITING and self.alive:
            self._await(conn, self.on_pending_socket_readable)
        elif result is True:
            super().finish_request(conn, fs)
        elif conn.initialized and conn.hang_up():
            # gunicorn lingers right here, in the main loop, for up to 2 s a connection.
            self._await(conn, self._on_lingering_readable)
        else:
            self.nr_conns -= 1
            conn.close()

    def handle_request(self, req: Any, conn: Connection) -> Any:
        """Answer a request; while draining, the last on its connection (RFC 9112 section 9.6)."""
        # Asked when the answer's headers are written, so that a request in hand at SIGTERM hears of it.
        should_close = req.should_close
        req.should_close = lambda: self.app.draining or should_close()
        try:
            return super().handle_request(req, conn)
        finally:
            del req.should_close  # the parser asks it again before it reads this connection's next request

    def murder_pending(self) -> None:
        """Close the connections that took too long; their limits differ, so they are not in order."""
        now = time.monotonic()
        for conn in [conn for conn in self.pending_conns if conn.timeout <= now]:
            self._let_go(conn)

    def set_accept_enabled(self, enabled: bool) -> None:  # noqa: FBT001 -- gunicorn's signature
        """Accept or not; when stopping, have callers refused at once and not left in the backlog."""
        super().set_accept_enabled(enabled)
        if not self.alive:
            for listener in self.sockets:
                listener.close()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 -- a handler's signature
        """On SIGTERM begin to drain: unready, still accepting, each answer ends its connection."""
        # Assignments and gunicorn's own wake-up only: the code interrupted might hold a lock taken here.
        if self._stop_at is None:
            self.app.draining = True
            self._stop_at = time.monotonic() + self.app.settings.drain_seconds
            self.method_queue.defer(lambda: None)

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        """Run the poller once, and end the drain when its time is over."""
        if self.alive and self._stop_at is not None:
            timeout = min(timeout, max(self._stop_at - time.monotonic(), 0.0))
        super().wait_for_and_dispatch_events(timeout)
        if self.alive and self._stop_at is not None and time.monotonic() >= self._stop_at:
            self._stop()

    def _stop(self) -> None:
        self.alive = False
        for conn in [conn for conn in self.pending_conns if not conn.initialized]:
            self._let_go(conn)  # a handshake begun now would end with no answer

    def _await(self, conn: Connection, callback: Callable[[Connection, socket.socket], None]) -> None:
        self.pending_conns.append(conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(callback, conn))

    def _on_lingering_readable(self, conn: Connection, _socket: socket.socket) -> None:
        if conn.gone():
            self._let_go(conn)

    def _let_go(self, conn: Connection) -> None:
        self.pending_conns.remove(conn)
        self.poller.unregister(conn.sock)
        self.nr_conns -= 1
        conn.close()

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
        return keep


def _log_fault(error: Exception, client: Any) -> None:
    # A client that leaves is everyday; one that refuses our certificate is what an operator has to know.
    everyday = ssl.SSLEOFError, ssl.SSLZeroReturnError, ConnectionError, http.errors.NoMoreData
    level = logging.DEBUG if isinstance(error, everyday) else logging.INFO
    _log.log(level, "connection lost", extra={"client": str(client), "error": str(error)})

"""A gunicorn worker that waits for no client: one loop, and each connection is served when it has something.

gunicorn's own threaded worker reads a new connection's handshake and first request in a thread, without a
time limit. The API server dials ahead and parks handshaken connections that say nothing: as many of them as
there are threads stop it for good, and as many slow senders slow it down. Here the poller waits: for the
first bytes, between the steps of the handshake, and until a request is whole. What is left to do then needs
the processor only, so threads would do nothing but contend for Python's lock (docs/design.md has figures).
"""

from __future__ import annotations

import selectors
import time
from functools import partial
from typing import TYPE_CHECKING, Any

from gunicorn.workers.gthread import ThreadWorker  # type: ignore[import-untyped] # gunicorn has no types

from webhook.serving.connection import Connection, Progress, log_fault

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable
    from types import FrameType

ACCEPTED_AT_ONCE = 64
SEND_SECONDS = 0.5
"""An answer fits into the socket's buffer, so only a client that does not read makes us wait."""
_SWEEP_SECONDS = 0.1
_LINGER_SECONDS = 2.0
"""How long kept-alive connections outlive the stop: a client may be sending its next request already."""


class Worker(ThreadWorker):  # type: ignore[misc] # gunicorn has no types
    """Serves TLS in one loop, without gunicorn's threads; drains before it stops."""

    alive: bool

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._stop_at: float | None = None
        self._sweep_at = 0.0

    def init_process(self) -> None:
        """Tell the application where it listens, then load and serve it."""
        self.app.address = self.sockets[0].getsockname()[:2]
        super().init_process()

    def accept(self, listener: socket.socket) -> None:
        """Take the connections that have come, and wait for their first bytes."""
        for _ in range(min(ACCEPTED_AT_ONCE, self.worker_connections - self.nr_conns)):
            try:
                client, address = listener.accept()
            except (BlockingIOError, ConnectionAbortedError):
                return
            self.nr_conns += 1
            conn = Connection(self.app.unanswered, self.cfg, client, address, listener.getsockname())
            self._await(conn, self.on_pending_socket_readable)

    def enqueue_req(self, conn: Connection) -> None:
        """Take what has come, answer what is whole, and wait for more or let go."""
        while (progress := conn.receive()) is Progress.WHOLE:
            if not self._answer(conn):
                progress = Progress.ENDED
                break
            conn.next_request()
        if progress is Progress.WAITING and conn.initialized and not conn.inbox:
            self._keep_alive(conn)
        elif progress is Progress.WAITING and (self.alive or conn.inbox):
            self._await(conn, self.on_pending_socket_readable)
        elif conn.initialized and conn.hang_up():
            # gunicorn would linger right here, for up to 2 s a connection.
            self._await(conn, self._on_lingering_readable)
        else:
            self.nr_conns -= 1
            conn.close()

    def handle_request(self, req: Any, conn: Connection) -> Any:
        """Answer a request; while draining, the last on its connection (RFC 9112 section 9.6)."""
        # Asked when the answer's headers are written, so that a request in hand at SIGTERM hears of it.
        should_close = req.should_close
        req.should_close = lambda: self.app.draining or conn.inbox.cut or should_close()
        try:
            return super().handle_request(req, conn)
        finally:
            del req.should_close  # the parser asks it again before it reads this connection's next request

    def murder_pending(self) -> None:
        """Close the connections that took too long; their limits differ, so they are not in order."""
        now = time.monotonic()
        if now < self._sweep_at:
            return
        self._sweep_at = now + _SWEEP_SECONDS
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

    def _keep_alive(self, conn: Connection) -> None:
        conn.set_timeout()
        if not self.alive:
            conn.timeout = min(conn.timeout, time.monotonic() + _LINGER_SECONDS)
        self.keepalived_conns.append(conn)
        readable = partial(self.on_client_socket_readable, conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, readable)

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
        """Answer a whole request; tell whether the connection lives on."""
        request, keep = None, False
        conn.sock.settimeout(SEND_SECONDS)
        try:
            request = next(conn.parser)
            keep = self.handle_request(request, conn) and conn.parser.finish_body() and not conn.inbox.cut
        except StopIteration:
            pass  # the client has ended the connection
        except OSError as error:
            log_fault(error, conn.client)
        except Exception as error:  # noqa: BLE001 -- gunicorn sorts its many into 4xx and 500
            self.handle_error(request, conn.sock, conn.client, error)
        return keep

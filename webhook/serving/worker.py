"""A gunicorn worker that waits for no client: one loop, and each connection is served when it has something.

gunicorn's own threaded worker reads a new connection's handshake and first request in a thread, without a
time limit. The API server dials ahead and parks handshaken connections that say nothing: as many of them as
there are threads stop it for good, and as many slow senders slow it down. Here the poller waits: for the
first bytes, between the steps of the handshake, until a request is whole, and until its answer is taken. What
is left to do then needs the processor only, so threads would do nothing but contend for Python's lock
(docs/design.md has figures). Processor and room are shared out by peer: `Turns`, `Crowd`, `Unanswered`.
"""

from __future__ import annotations

import logging
import time
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from gunicorn.workers.gthread import ThreadWorker  # type: ignore[import-untyped] # gunicorn has no types

from serving.crowd import Crowd
from webhook.serving.connection import Connection, Progress, log_fault
from webhook.serving.outbox import Outbox
from webhook.serving.turns import Turns

if TYPE_CHECKING:
    import socket
    from types import FrameType

_log = logging.getLogger(__name__)

ACCEPTED_AT_ONCE = 64
TURNS_SECONDS = 0.02
"""For which turns are taken before the poller is asked again, so that who comes is seen soon."""
_SWEEP_SECONDS = 0.1
_LINGER_SECONDS = 2.0
"""How long kept-alive connections outlive the stop: a client may be sending its next request already."""
_LOG_SECONDS = 1.0


class _Exchange(NamedTuple):
    """What gunicorn's `handle_request` reads of a connection."""

    sock: Outbox
    client: Any
    server: Any


class Worker(ThreadWorker):  # type: ignore[misc] # gunicorn has no types
    """Serves TLS in one loop, without gunicorn's threads; drains before it stops.

    All runs in the process' main thread. A connection is in `_crowd` from accepting to closing, and meanwhile
    either in `_waiting`, registered with the poller, or in `_turns`.
    """

    alive: bool

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        # One less than gunicorn's own limit, at which it stops accepting: a newcomer is let in for another.
        self._crowd = Crowd[Connection](self.worker_connections - 1)
        self._waiting: dict[Connection, None] = {}
        self._turns = Turns[Connection]()
        self._stop_at: float | None = None
        self._sweep_at = 0.0
        self._put_out, self._log_at = 0, 0.0

    def init_process(self) -> None:
        """Tell the application where it listens, then load and serve it."""
        self.app.address = self.sockets[0].getsockname()[:2]
        super().init_process()

    def accept(self, listener: socket.socket) -> None:
        """Take the connections that have come, wait for their first bytes, close who has to go for them."""
        for _ in range(ACCEPTED_AT_ONCE):
            try:
                client, address = listener.accept()
            except (BlockingIOError, ConnectionAbortedError):
                return
            conn = Connection(self.cfg, client, address, listener.getsockname())
            self.nr_conns += 1
            idlest = self._crowd.enter(conn, conn.peer)
            self._await(conn)
            if idlest is not None:
                self._evict(idlest)

    def murder_pending(self) -> None:
        """Close the connections that took too long; their limits differ, so they are not in order."""
        now = time.monotonic()
        if now < self._sweep_at:
            return
        self._sweep_at = now + _SWEEP_SECONDS
        for conn in [conn for conn in self._waiting if conn.timeout <= now]:
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
        """Run the poller once, then take turns, and end the drain when its time is over."""
        if self._turns:
            timeout = 0.0
        elif self.alive and self._stop_at is not None:
            timeout = min(timeout, max(self._stop_at - time.monotonic(), 0.0))
        super().wait_for_and_dispatch_events(timeout)
        self._take_turns()
        if self.alive and self._stop_at is not None and time.monotonic() >= self._stop_at:
            self._stop()

    def _stop(self) -> None:
        """End connections as they fall idle; those that are idle get _LINGER_SECONDS."""
        self.alive = False
        for conn in list(self._waiting):
            if not conn.initialized:
                self._let_go(conn)  # a handshake begun now would end with no answer
            elif conn.idle:
                conn.timeout = min(conn.timeout, time.monotonic() + _LINGER_SECONDS)

    def _await(self, conn: Connection) -> None:
        """Have the poller wait for what the connection waits for."""
        if not self.alive and conn.idle:
            conn.timeout = min(conn.timeout, time.monotonic() + _LINGER_SECONDS)
        self._waiting[conn] = None
        self.poller.register(conn.sock, conn.interest, partial(self._on_ready, conn))

    def _on_ready(self, conn: Connection, _socket: socket.socket) -> None:
        """Queue a connection for its turn. It may have been let go since the poller saw it."""
        if conn in self._waiting:
            self._forget(conn)
            self._turns.add(conn, conn.peer)

    def _take_turns(self) -> None:
        """Serve the peers in turn, for TURNS_SECONDS or a little longer."""
        began = time.monotonic()
        end = began + TURNS_SECONDS
        while self._turns and began < end:
            conn = self._turns.next()
            self._serve(conn)
            now = time.monotonic()
            self._turns.charge(conn.peer, now - began)
            began = now

    def _serve(self, conn: Connection) -> None:
        """Take a connection as far as it goes in one turn, which is one request at most."""
        if conn not in self._crowd:
            return  # let go while it waited for its turn
        progress = conn.proceed()
        if progress is Progress.WHOLE:
            self._crowd.stir(conn)
            self._answer(conn)
            progress = conn.proceed()  # most answers are taken at once, and the next request may be here
        self._hold(conn, whole=progress is Progress.WHOLE)
        if conn not in self._crowd:
            return
        if progress in (Progress.WHOLE, Progress.MORE):
            self._turns.add(conn, conn.peer)
        elif progress is Progress.WAITING and (self.alive or conn.initialized):
            self._await(conn)
        else:
            self._let_go(conn)

    def _hold(self, conn: Connection, *, whole: bool) -> None:
        """Note what a connection holds of its request, and let go of whom there is no room for."""
        unanswered = self.app.unanswered
        unanswered.hold(conn, conn.peer, len(conn.inbox), whole=whole)
        while (greediest := unanswered.greediest()) is not None:
            self._evict(greediest)

    def _evict(self, conn: Connection) -> None:
        """Let go of a connection for others; say so, at most once in _LOG_SECONDS."""
        self._let_go(conn)
        self._put_out += 1
        now = time.monotonic()
        if now >= self._log_at:
            _log.warning("connections closed for others", extra={"count": self._put_out, "last": conn.peer})
            self._put_out, self._log_at = 0, now + _LOG_SECONDS

    def _let_go(self, conn: Connection) -> None:
        """Close a connection, wherever it stands. What still holds it afterwards finds it out of `_crowd`."""
        if conn in self._waiting:
            self._forget(conn)
        self._crowd.leave(conn)
        self.app.unanswered.hold(conn, conn.peer, 0, whole=False)
        self.nr_conns -= 1
        conn.close()

    def _forget(self, conn: Connection) -> None:
        del self._waiting[conn]
        self.poller.unregister(conn.sock)

    def _answer(self, conn: Connection) -> None:
        """Answer a whole request into an outbox, without the client. Raises nothing.

        While draining, each answer is the last on its connection (RFC 9112 section 9.6).
        """
        outbox = Outbox(conn.sock)
        request, keeps = None, False
        try:
            request = next(conn.parser)
            # Asked when the answer's headers are written, so that a request in hand at SIGTERM hears of it.
            should_close = request.should_close
            request.should_close = lambda: self.app.draining or conn.inbox.cut or should_close()
            try:
                keeps = self.handle_request(request, _Exchange(outbox, conn.client, conn.server))
            finally:
                del request.should_close  # the parser asks it before it reads this connection's next request
            keeps = keeps and conn.parser.finish_body() and not conn.inbox.cut
        except StopIteration:
            pass  # the client has ended the connection
        except OSError as error:
            log_fault(error, conn.client)
        except Exception as error:  # noqa: BLE001 -- gunicorn sorts its many into 4xx and 500
            self.handle_error(request, outbox, conn.client, error)
        conn.answered(outbox, keeps=keeps)

"""One client's connection: handshake, request, answer, end; each taken as far as it goes without waiting."""

from __future__ import annotations

import logging
import selectors
import socket
import ssl
import time
from enum import Enum
from typing import TYPE_CHECKING, Any

from gunicorn import http, sock  # type: ignore[import-untyped] # gunicorn has no types
from gunicorn.workers.gthread import TConn  # type: ignore[import-untyped] # the same

from webhook.serving.inbox import Inbox

if TYPE_CHECKING:
    from webhook.serving.outbox import Outbox

_log = logging.getLogger(__name__)

HANDSHAKE_SECONDS = 10.0
"""From accepting to the end of the handshake; Go's own limit (net/http's TLSHandshakeTimeout) is 10 s."""
REQUEST_SECONDS = 2.5
"""From a request's first byte to its last. The API server gives up after the webhooks' 3 s."""
SEND_SECONDS = 2.5
"""From an answer to the client's having taken all of it."""
LINGER_SECONDS = 2.0
"""From our last byte to closing, so that a client that is still sending reads it before it meets a reset."""
MOST_READ_BYTES = 512 * 1024
"""In one turn, so that a fast sender neither keeps the others waiting nor exceeds what all may hold."""

_READ_BYTES = 65536


class Progress(Enum):
    """How far a connection has come: wait for the client, go on, answer a request, or let go."""

    WAITING = 1
    MORE = 2
    WHOLE = 3
    ENDED = 4


class Connection(TConn):  # type: ignore[misc] # gunicorn has no types
    """A connection, at first without TLS. For the worker's thread only.

    At `timeout` (monotonic) the worker closes it as too slow; `peer` is the address that it comes from, and
    `interest` what the poller has to wait for.
    """

    sock: Any

    def __init__(self, *arguments: Any) -> None:
        """Take gunicorn's own arguments: settings, socket, the client's address, ours."""
        super().__init__(*arguments)
        self.timeout = time.monotonic() + HANDSHAKE_SECONDS
        self.peer: str = self.client[0]
        self.interest = selectors.EVENT_READ
        self.inbox = Inbox()
        self.outbox: Outbox | None = None
        """Of the answer that is being sent."""
        self._lingers = False
        self._keeps = False

    @property
    def idle(self) -> bool:
        """Whether nothing is under way on a connection that is made."""
        return self.initialized and not self.inbox and self.outbox is None and not self._lingers

    def proceed(self) -> Progress:
        """Go as far as the client allows. Never waits; raises nothing.

        WHOLE asks for `answered` before the next call.
        """
        try:
            progress = self._linger() if self._lingers else self._go_on()
        except (OSError, ValueError) as error:  # ValueError: the socket went away between two steps
            log_fault(error, self.client)
            progress = Progress.ENDED
        return self._hang_up() if progress is Progress.ENDED else progress

    def answered(self, outbox: Outbox, *, keeps: bool) -> None:
        """Take the answer to the request that is whole, and whether the connection lives on after it."""
        self.outbox, self._keeps = outbox, keeps
        self.timeout = time.monotonic() + SEND_SECONDS

    def _go_on(self) -> Progress:
        """Make the handshake, send the answer, read; whichever comes next. Raises OSError."""
        self.interest = selectors.EVENT_READ
        if self.outbox is not None:
            if not self.outbox.deliver():
                self.interest = selectors.EVENT_WRITE
                return Progress.WAITING
            self.outbox = None
            if not self._keeps:
                return Progress.ENDED
            self.inbox.next()
            self._rest()
        try:
            if not self.initialized:
                self._secure()
            return self._read()
        except ssl.SSLWantReadError:
            return Progress.WAITING
        except ssl.SSLWantWriteError:
            self.interest = selectors.EVENT_WRITE
            return Progress.WAITING

    def _secure(self) -> None:
        """Take the next step of the handshake. Raises OSError, also where it waits for the client."""
        if not isinstance(self.sock, ssl.SSLSocket):
            self.sock = sock.ssl_wrap_socket(self.sock, self.cfg)
        self.sock.do_handshake()
        self.parser = http.get_parser(self.cfg, self.inbox, self.client)
        self.initialized = True
        self._rest()

    def _rest(self) -> None:
        """Set the time until which the next request has to have begun, or, where it has, to be whole."""
        self.timeout = time.monotonic() + (REQUEST_SECONDS if self.inbox else self.cfg.keepalive)

    def _read(self) -> Progress:
        """Read to the end of a request, or MOST_READ_BYTES. Raises OSError, also where nothing has come."""
        room = MOST_READ_BYTES
        while not self.inbox.whole():
            if room <= 0:
                return Progress.MORE
            data = self.sock.recv(_READ_BYTES)
            if not data:
                return Progress.ENDED
            begins = not self.inbox
            self.inbox.add(data)
            room -= len(data)
            if begins:
                self._rest()
        return Progress.WHOLE

    def _hang_up(self) -> Progress:
        """Say that nothing more comes from us (RFC 9112 section 9.6), and wait for the client to say so."""
        if not self.initialized or self._lingers:
            return Progress.ENDED
        try:
            self.sock.shutdown(socket.SHUT_WR)
        except OSError:
            return Progress.ENDED  # the client is gone already
        self.inbox, self.outbox, self._lingers = Inbox(), None, True
        self.interest = selectors.EVENT_READ
        self.timeout = time.monotonic() + LINGER_SECONDS
        return Progress.WAITING

    def _linger(self) -> Progress:
        """Throw away what the client still sends, until it hangs up as well. Raises OSError."""
        try:
            return Progress.WAITING if self.sock.recv_into(bytearray(_READ_BYTES)) else Progress.ENDED
        except (BlockingIOError, ssl.SSLWantReadError):
            return Progress.WAITING


def log_fault(error: Exception, client: Any) -> None:
    """Log why a connection was lost.

    A client that leaves is everyday; one that refuses our certificate is what an operator has to know.
    """
    everyday = ssl.SSLEOFError, ssl.SSLZeroReturnError, ConnectionError, http.errors.NoMoreData
    level = logging.DEBUG if isinstance(error, everyday) else logging.INFO
    _log.log(level, "connection lost", extra={"client": str(client), "error": str(error)})

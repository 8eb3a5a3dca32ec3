"""One client's connection: its TLS handshake and what it has sent, taken without waiting."""

from __future__ import annotations

import logging
import socket
import ssl
import time
from enum import Enum
from typing import Any

from gunicorn import http, sock  # type: ignore[import-untyped] # gunicorn has no types
from gunicorn.workers.gthread import TConn  # type: ignore[import-untyped] # the same

from webhook.serving.inbox import Inbox

_log = logging.getLogger(__name__)

HANDSHAKE_SECONDS = 10.0
"""From accepting to the end of the handshake; Go's own limit (net/http's TLSHandshakeTimeout) is 10 s."""
REQUEST_SECONDS = 2.5
"""From a request's first byte to its last. The API server gives up after the webhooks' 3 s."""
LINGER_SECONDS = 2.0
"""From our last byte to closing, so that a client that is still sending reads it before it meets a reset."""

_READ_BYTES = 65536


class Progress(Enum):
    """How far a connection has come: wait for more, answer a request, or let go."""

    WAITING = 1
    WHOLE = 2
    ENDED = 3


class Unanswered:
    """What all connections together hold of requests that are not answered yet."""

    def __init__(self, most_bytes: int) -> None:
        self._left = most_bytes
        self.requests = 0
        """How many have begun to come."""

    def take(self, size: int, *, begins: bool) -> bool:
        """Make room for so many bytes, the first of a request or more; False if there is none."""
        if size > self._left:
            return False
        self._left -= size
        self.requests += begins
        return True

    def give_back(self, size: int, *, ends: bool) -> None:
        """Give back the room; a request has ended with it or not."""
        self._left += size
        self.requests -= ends


class Connection(TConn):  # type: ignore[misc] # gunicorn has no types
    """A connection, at first without TLS. At `timeout` (monotonic) the worker closes it as too slow."""

    sock: Any

    def __init__(self, unanswered: Unanswered, *arguments: Any) -> None:
        """Take gunicorn's own arguments: settings, socket, the client's address, ours."""
        super().__init__(*arguments)
        self.timeout = time.monotonic() + HANDSHAKE_SECONDS
        self.inbox = Inbox()
        self._unanswered = unanswered

    def receive(self) -> Progress:
        """Go as far as what has come allows. Never waits; raises nothing."""
        try:
            if not self.initialized:
                self._secure()
            return self._read()
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return Progress.WAITING
        except (OSError, ValueError) as error:  # ValueError: the socket went away between two steps
            log_fault(error, self.client)
            return Progress.ENDED

    def next_request(self) -> None:
        """Forget the request that has been answered."""
        self._unanswered.give_back(self.inbox.next(), ends=not self.inbox)
        self.timeout = time.monotonic() + REQUEST_SECONDS
        self.sock.settimeout(0)

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
            return not self.sock.recv_into(bytearray(_READ_BYTES))
        except BlockingIOError:
            return False
        except OSError:
            return True

    def close(self, graceful: bool = False) -> None:  # noqa: FBT001, FBT002 -- gunicorn's signature
        """Close, and give back what the client's unanswered bytes took."""
        self._unanswered.give_back(len(self.inbox), ends=bool(self.inbox))
        super().close(graceful)

    def _secure(self) -> None:
        if not isinstance(self.sock, ssl.SSLSocket):
            self.sock = sock.ssl_wrap_socket(self.sock, self.cfg)
        self.sock.do_handshake()
        self.parser = http.get_parser(self.cfg, self.inbox, self.client)
        self.initialized = True

    def _read(self) -> Progress:
        while not self.inbox.whole():
            data = self.sock.recv(_READ_BYTES)
            if not data:
                return Progress.ENDED
            begins = not self.inbox
            if not self._unanswered.take(len(data), begins=begins):
                _log.warning("too many bytes of unanswered requests", extra={"client": str(self.client)})
                return Progress.ENDED
            if begins:
                self.timeout = time.monotonic() + REQUEST_SECONDS
            self.inbox.add(data)
        return Progress.WHOLE


def log_fault(error: Exception, client: Any) -> None:
    """Log why a connection was lost.

    A client that leaves is everyday; one that refuses our certificate is what an operator has to know.
    """
    everyday = ssl.SSLEOFError, ssl.SSLZeroReturnError, ConnectionError, http.errors.NoMoreData
    level = logging.DEBUG if isinstance(error, everyday) else logging.INFO
    _log.log(level, "connection lost", extra={"client": str(client), "error": str(error)})

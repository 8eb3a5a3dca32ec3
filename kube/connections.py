"""Kept-alive connections to one server, lent to whoever has a request.

urllib3 makes the connections, as the kubernetes library has set it up: TLS, client certificates, proxies.
What goes over them is sent and received here: through urllib3's and kubernetes' own layers a request costs
more than twice the CPU (docs/performance.md). It is sent in one go: http.client sends head and body one after
the other, and has the server woken twice.
"""

from __future__ import annotations

import re
import time
import weakref
from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException
from typing import TYPE_CHECKING, Any

import urllib3

from kube.receiving import Answer, BrokenError, Incoming, SilentError, limit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from kube.receiving import Timeout

MOST_IDLE = 32
_AS_IT_IS = "Accept-Encoding: identity"
_ENDS_A_LINE = re.compile(r"[\r\n\0]")


@dataclass(frozen=True, slots=True)
class Message:
    """A request as it goes over a connection."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes | None

    def encoded(self) -> bytes:
        """Return its bytes. Raises BrokenError for what would be another request than it says (RFC 9112)."""
        lines = [f"{self.method} {self.target} HTTP/1.1", *map(": ".join, self.headers.items()), _AS_IT_IS]
        if any(map(_ENDS_A_LINE.search, lines)) or " " in self.target:
            raise BrokenError(f"{self.method}: what is asked for, or a header, has a space or ends its line")
        if self.body is not None:
            lines.append(f"Content-Length: {len(self.body)}")
        try:
            return "\r\n".join([*lines, "", ""]).encode("latin-1") + (self.body or b"")
        except UnicodeEncodeError as error:
            raise BrokenError(f"{self.method}: {error}") from error


class Connections:
    """Lends connections of a urllib3 pool, to any thread, and keeps the idle ones.

    `pool`: a urllib3.HTTPConnectionPool that nobody else uses. The idle ones are closed with this object.
    """

    def __init__(self, pool: Any) -> None:
        self._pool = pool
        self._idle: deque[Any] = deque()
        weakref.finalize(self, _hang_up, self._idle)

    @contextmanager
    def answer(
        self, message: Message, timeout: Timeout, permit: Callable[[], None] = lambda: None
    ) -> Iterator[Answer]:
        """Send a request and give its answer. Raises BrokenError, also while the body is read.

        `permit` is called as late as can be, right before the request is sent; what it raises prevents that.
        The connection is kept for the next request if the body was read to its end, and closed otherwise.
        """
        connection = None
        answer = None
        try:
            connection = self._connection(timeout)
            permit()
            end = time.monotonic() + timeout.whole
            connection.sock.sendall(message.encoded())
            answer = Answer(Incoming(connection.sock, timeout, end))
            yield answer
        except TimeoutError as error:
            raise SilentError(str(error)) from error
        except (OSError, HTTPException, urllib3.exceptions.HTTPError) as error:
            raise BrokenError(str(error) or type(error).__name__) from error
        finally:
            if connection is not None:
                self._take_back(connection, answer)

    def _take_back(self, connection: Any, answer: Answer | None) -> None:
        if answer is not None and answer.keeps and len(self._idle) < MOST_IDLE:
            self._idle.append(connection)
            return
        connection.close()

    def _connection(self, timeout: Timeout) -> Any:
        """Return a connection that nobody else has: an idle one that still stands, or a new one."""
        while True:
            try:
                connection = self._idle.pop()  # the last used: the others' servers may hang up first
            except IndexError:
                return self._made(timeout)
            if connection.is_connected:  # and nothing waits to be read
                limit(connection.sock, min(timeout.silence, timeout.whole))  # to send
                return connection
            connection.close()

    def _made(self, timeout: Timeout) -> Any:
        # urllib3 offers no public way to a connection of its pool that somebody else may use.
        connection = self._pool._new_conn()  # noqa: SLF001
        connection.timeout = timeout.connect
        try:
            if self._pool.proxy is not None:
                self._pool._prepare_proxy(connection)  # noqa: SLF001 - the tunnel
            else:
                connection.connect()
            limit(connection.sock, min(timeout.silence, timeout.whole))  # to send
        except BaseException:
            connection.close()
            raise
        return connection


def _hang_up(idle: deque[Any]) -> None:
    while idle:
        idle.pop().close()

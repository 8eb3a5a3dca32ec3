"""Kept-alive connections to one server, lent to whoever has a request.

urllib3 makes the connections, as the kubernetes library has set it up: TLS, client certificates, proxies. The
standard library's http.client, of which they are a kind, speaks HTTP on them: through urllib3's and
kubernetes' own layers a request costs more than twice the CPU (docs/performance.md).
"""

from __future__ import annotations

import weakref
from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse
from typing import TYPE_CHECKING, Any

import urllib3

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

MOST_IDLE = 32
_RECEIVE = 1 << 16

Timeout = tuple[float, float]
"""Seconds to connect, and between two parts of an answer."""


@dataclass(frozen=True, slots=True)
class Message:
    """A request as it goes over a connection."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes | None


class BrokenError(Exception):
    """There is no connection, it broke, or what came is not HTTP."""


class SilentError(BrokenError):
    """Nothing came for the time that was allowed."""


class Answer:
    """An answer whose head has been read; its body is read once, by `read` or by `lines`."""

    def __init__(self, response: HTTPResponse) -> None:
        self._response = response
        self.status: int = response.status

    @property
    def retry_after(self) -> float:
        """The seconds for which the server wants to be left alone, 0 when it names none, or a date."""
        named = self._response.headers.get("Retry-After", "")
        return float(named) if named.isdigit() else 0.0

    @property
    def keeps(self) -> bool:
        """Tell whether the connection can have another request: all was read, and nobody closes it."""
        return self._response.isclosed() and not self._response.will_close

    def read(self) -> bytes:
        """Return the whole body."""
        return self._response.read()

    def lines(self) -> Iterator[bytes]:
        """Yield the body's lines as they come."""
        rest = b""
        while chunk := self._response.read1(_RECEIVE):
            *lines, rest = (rest + chunk).split(b"\n")
            yield from (line for line in lines if line)


class Connections:
    """Lends connections of a urllib3 pool, from any thread, and keeps the idle ones."""

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
        """
        connection = None
        answer = None
        try:
            connection = self._connection(timeout)
            permit()
            HTTPConnection.request(connection, message.method, message.target, message.body, message.headers)
            answer = Answer(HTTPConnection.getresponse(connection))
            yield answer
        except TimeoutError as error:
            raise SilentError(str(error)) from error
        except (OSError, HTTPException, urllib3.exceptions.HTTPError) as error:
            raise BrokenError(str(error) or type(error).__name__) from error
        finally:
            if connection is not None:
                if answer is not None and answer.keeps and len(self._idle) < MOST_IDLE:
                    self._idle.append(connection)
                else:
                    connection.close()

    def _connection(self, timeout: Timeout) -> Any:
        while self._idle:
            try:
                connection = self._idle.pop()  # the last used: the others' servers may hang up first
            except IndexError:
                break  # another thread took it
            if connection.is_connected:  # and nothing waits to be read
                connection.sock.settimeout(timeout[1])
                return connection
            connection.close()
        return self._made(timeout)

    def _made(self, timeout: Timeout) -> Any:
        # urllib3 offers no public way to a connection of its pool that somebody else may use.
        connection = self._pool._new_conn()  # noqa: SLF001
        connection.timeout = timeout[0]
        try:
            if self._pool.proxy is not None:
                self._pool._prepare_proxy(connection)  # noqa: SLF001 - the tunnel
            else:
                connection.connect()
            connection.sock.settimeout(timeout[1])
        except BaseException:
            connection.close()
            raise
        return connection


def _hang_up(idle: deque[Any]) -> None:
    while idle:
        idle.pop().close()

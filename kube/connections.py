"""Kept-alive connections to one server, lent to whoever has a request.

urllib3 makes the connections, as the kubernetes library has set it up: TLS, client certificates, proxies. The
standard library's http.client reads what is answered on them: through urllib3's and kubernetes' own layers a
request costs more than twice the CPU (docs/performance.md). A request is sent here, in one go: http.client
sends head and body one after the other, and has the server woken twice.
"""

from __future__ import annotations

import io
import re
import time
import weakref
from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from typing import TYPE_CHECKING, Any, NoReturn

import urllib3

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

MOST_IDLE = 32
MOST_BYTES = 1 << 25
"""Of an answer, or a line of one: etcd takes objects of 1.5 MiB, and JSON may spell a byte with six."""
LONGEST_RETRY = 300.0
_RECEIVE = 1 << 16
_WARNING = re.compile(r'299 \S+ "((?:[^"\\]|\\.)*)"')
_ESCAPED = re.compile(r"\\(.)")
_NEARLY = 1.1
"""Of a timeout: so much longer is as good as it."""
_AS_IT_IS = "Accept-Encoding: identity"
_ENDS_A_LINE = re.compile(r"[\r\n\0]")


@dataclass(frozen=True, slots=True)
class Timeout:
    """Seconds to connect, between two parts of an answer, and from sending to the answer's last byte.

    `rest`: seconds for which an answer is left alone when all that came of it has been read. To wake a thread
    costs more than to read an event: what comes meanwhile is read in one go.
    """

    connect: float
    silence: float
    whole: float
    rest: float = 0.0


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


class BrokenError(Exception):
    """There is no connection, it broke, or what came is not HTTP."""


class SilentError(BrokenError):
    """Nothing came for the time that was allowed, or not all of it within that for the whole."""


class OversizeError(BrokenError):
    """More came than is read of one answer."""


class Answer:
    """An answer whose head has been read; its body is read once, by `read` or by `lines`.

    Both raise OversizeError, and what sockets and http.client raise: `Connections.answer` makes BrokenErrors
    of that. For the thread that asked only.
    """

    def __init__(self, response: HTTPResponse) -> None:
        self._response = response
        self.status: int = response.status

    @property
    def retry_after(self) -> float:
        """The seconds for which the server wants to be left alone, 0 when it names none, or a date.

        No more than LONGEST_RETRY: who waits for it is to be told again now and then.
        """
        named = self._response.headers.get("Retry-After", "")
        return min(float(named), LONGEST_RETRY) if named.isdecimal() else 0.0

    @property
    def date(self) -> str:
        """When the server answered, by its clock (RFC 9110, 6.6.1), "" where it does not say."""
        return self._response.headers.get("Date", "")

    @property
    def warnings(self) -> list[str]:
        """What the server says beside its answer, a sentence each (RFC 7234, 5.5, of code 299)."""
        named = ", ".join(self._response.headers.get_all("Warning", ()))
        # http.client takes the bytes of a head for Latin-1; the API server writes UTF-8.
        told = named.encode("latin-1", "replace").decode(errors="replace")
        return [_ESCAPED.sub(r"\1", each) for each in _WARNING.findall(told)]

    @property
    def keeps(self) -> bool:
        """Tell whether the connection can have another request: all was read, and nobody closes it."""
        return self._response.isclosed() and not self._response.will_close

    def close(self) -> None:
        """Read no more of it."""
        self._response.close()

    def read(self, most: int = MOST_BYTES) -> bytes:
        """Return the whole body. One of more than `most` bytes is not taken in: OversizeError."""
        response = self._response
        if response.length is not None:  # http.client tells only a whole `read` that falls short
            return response.read() if response.length <= most else _refuse(most)
        parts, size = [], 0
        while part := response.read(_RECEIVE):
            parts.append(part)
            size += len(part)
            if size > most:
                _refuse(most)
        return b"".join(parts)

    def lines(self, most: int = MOST_BYTES) -> Iterator[bytes]:
        """Yield the body's lines as they come, without their ends and without empty ones.

        A line of more than `most` bytes raises OversizeError.
        """
        rest = b""
        while chunk := self._response.read1(_RECEIVE):
            *lines, rest = (rest + chunk).split(b"\n")
            yield from (line for line in lines if line)
            if len(rest) > most:
                _refuse(most)


def _answered(connected: Any, method: str, timeout: Timeout, end: float) -> HTTPResponse:
    """Return the answer that comes over a socket, its head read."""
    incoming: Any = _Incoming(connected, timeout, end)
    response = HTTPResponse(incoming, method=method)
    try:
        response.begin()
    except BaseException:
        response.close()
        raise
    return response


def _refuse(most: int) -> NoReturn:
    raise OversizeError(f"the answer is larger than {most} bytes")


class _Incoming(io.RawIOBase):
    """What comes over a socket, until it has taken too long.

    A socket's own timeout begins anew with every byte, so a server that sends one a second would hold a
    thread for as long as it likes. Takes the place of the socket in an HTTPResponse, which calls its
    `makefile` and nothing else.
    """

    def __init__(self, connection: Any, timeout: Timeout, end: float) -> None:
        self._socket = connection
        self._raw = connection.makefile("rb", buffering=0)  # the socket lives until this is closed, too
        self._timeout = timeout
        self._end = end

    def makefile(self, _mode: str) -> io.BufferedReader:
        """Return the stream that is read from."""
        return io.BufferedReader(self, _RECEIVE)

    def readable(self) -> bool:
        """Tell the buffer that it may read."""
        return True

    def readinto(self, buffer: Any) -> int | None:
        """Receive once. Raises TimeoutError when that, or the whole answer, takes too long."""
        if self._timeout.rest and not urllib3.util.wait_for_read(self._socket, 0.0):
            time.sleep(self._timeout.rest)
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError(f"not all of the answer came within {self._timeout.whole:g} s")
        _limit(self._socket, min(self._timeout.silence, left))
        received: int | None = self._raw.readinto(buffer)
        return received

    def close(self) -> None:
        """Let the socket go."""
        self._raw.close()
        super().close()


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
            answer = Answer(_answered(connection.sock, message.method, timeout, end))
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
        if answer is not None:
            answer.close()
        connection.close()

    def _connection(self, timeout: Timeout) -> Any:
        """Return a connection that nobody else has: an idle one that still stands, or a new one."""
        while True:
            try:
                connection = self._idle.pop()  # the last used: the others' servers may hang up first
            except IndexError:
                return self._made(timeout)
            if connection.is_connected:  # and nothing waits to be read
                _limit(connection.sock, min(timeout.silence, timeout.whole))  # to send
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
            _limit(connection.sock, min(timeout.silence, timeout.whole))  # to send
        except BaseException:
            connection.close()
            raise
        return connection


def _limit(connected: Any, seconds: float) -> None:
    """Give a socket a timeout, unless it has one that is longer by less than a tenth.

    Each setting is a system call, in which other threads may run: the request then waits for them.
    """
    now = connected.gettimeout()
    if now is None or not seconds <= now <= seconds * _NEARLY:
        connected.settimeout(seconds)


def _hang_up(idle: deque[Any]) -> None:
    while idle:
        idle.pop().close()

"""Kept-alive connections to one server, and HTTP/1.1 (RFC 9112) on them.

urllib3 makes the connections, as the kubernetes library has set it up: TLS, client certificates, proxies.
What goes over them is written and read here: through `urllib3` and `kubernetes` a request costs three times
the CPU (docs/performance.md).
"""

from __future__ import annotations

import weakref
from collections import deque
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import urllib3

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MOST_IDLE = 32
_RECEIVE = 1 << 16
_HEAD_LIMIT = 1 << 16
_END = b"\r\n\r\n"

Timeout = tuple[float, float]
"""Seconds to connect, and between two parts of an answer."""


def message(method: str, target: str, headers: Mapping[str, str], body: bytes) -> bytes:
    """Return a request as it goes over a connection."""
    fields = {**headers, "Content-Length": len(body)}
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
    return "\r\n".join([*lines, "", ""]).encode() + body


class BrokenError(Exception):
    """There is no connection, it broke, or what came is not HTTP."""


class SilentError(BrokenError):
    """Nothing came for the time that was allowed."""


class Answer:
    """An answer whose head has been read. `chunks` gives its body, in parts as they come."""

    def __init__(self, connection: _Connection) -> None:
        version, self.status, self.headers = _parsed(connection.head())
        self.finished = False
        self.keeps = version == b"HTTP/1.1" and self.headers.get(b"connection", b"").lower() != b"close"
        self.chunks = self._chunks(connection)

    @property
    def retry_after(self) -> float:
        """The seconds for which the server wants to be left alone, 0 when it names none, or a date."""
        named = self.headers.get(b"retry-after", b"")
        return float(named) if named.isdigit() else 0.0

    def read(self) -> bytes:
        """Return the whole body."""
        return b"".join(self.chunks)

    def lines(self) -> Iterator[bytes]:
        """Yield the body's lines as they come."""
        rest = b""
        for chunk in self.chunks:
            *lines, rest = (rest + chunk).split(b"\n")
            yield from (line for line in lines if line)

    def _chunks(self, connection: _Connection) -> Iterator[bytes]:
        if self.headers.get(b"transfer-encoding", b"").lower() == b"chunked":
            yield from connection.chunked()
        elif b"content-length" in self.headers:
            yield connection.exactly(int(self.headers[b"content-length"]))
        else:
            self.keeps = False
            yield from connection.rest()
        self.finished = True


class Connections:
    """Lends connections of a urllib3 pool, from any thread, and keeps the idle ones."""

    def __init__(self, pool: Any) -> None:
        self._pool = pool
        self._idle: deque[_Connection] = deque()
        weakref.finalize(self, _hang_up, self._idle)

    @contextmanager
    def answer(self, request: bytes, timeout: Timeout) -> Iterator[Answer]:
        """Send a request and give its answer. Raises BrokenError, also while the body is read."""
        connection = None
        answer = None
        try:
            connection = self._connection(timeout)
            connection.send(request)
            answer = Answer(connection)
            yield answer
        except TimeoutError as error:
            raise SilentError(str(error)) from error
        except (OSError, ValueError, urllib3.exceptions.HTTPError) as error:
            raise BrokenError(str(error) or type(error).__name__) from error
        finally:
            if connection is not None:
                if answer is not None and answer.finished and answer.keeps:
                    self._keep(connection)
                else:
                    connection.close()

    def _connection(self, timeout: Timeout) -> _Connection:
        while self._idle:
            try:
                connection = self._idle.pop()  # the last used: the others' servers may hang up first
            except IndexError:
                break  # another thread took it
            if connection.alive():
                connection.settle(timeout)
                return connection
            connection.close()
        return _Connection(self._pool, timeout)

    def _keep(self, connection: _Connection) -> None:
        if len(self._idle) < MOST_IDLE:
            self._idle.append(connection)
        else:
            connection.close()


def _hang_up(idle: deque[_Connection]) -> None:
    while idle:
        idle.pop().close()


class _Connection:
    """One connection, and what has been received on it and not been read."""

    def __init__(self, pool: Any, timeout: Timeout) -> None:
        # urllib3 offers no public way to a connected socket that is its own.
        self._made = pool._new_conn()  # noqa: SLF001
        self._made.timeout = timeout[0]
        self._received = bytearray()
        self._seconds = timeout[1]
        try:
            if pool.proxy is not None:
                pool._prepare_proxy(self._made)  # noqa: SLF001 - the tunnel
            else:
                self._made.connect()
            self._made.sock.settimeout(timeout[1])
        except BaseException:
            self._made.close()
            raise

    def alive(self) -> bool:
        """Tell whether the server has not hung up: there is nothing to read."""
        return bool(self._made.is_connected)

    def settle(self, timeout: Timeout) -> None:
        """Set the time to wait for the next part of an answer."""
        if timeout[1] != self._seconds:
            self._seconds = timeout[1]
            self._made.sock.settimeout(timeout[1])

    def close(self) -> None:
        """Hang up."""
        self._made.close()

    def send(self, request: bytes) -> None:
        """Send a request."""
        self._made.sock.sendall(request)

    def head(self) -> bytes:
        """Read an answer's head; interim ones (1xx) are passed over."""
        while True:
            head = self._until(_END)
            if head[9:10] != b"1":
                return head

    def exactly(self, size: int) -> bytes:
        """Read a body of known size."""
        while len(self._received) < size:
            self._receive()
        return self._take(size)

    def chunked(self) -> Iterator[bytes]:
        """Read a chunked body."""
        while True:
            size = int(self._until(b"\r\n").partition(b";")[0], 16)
            if size == 0:
                while self._until(b"\r\n") != b"\r\n":
                    """A trailer, of which API servers send none."""
                return
            chunk = self.exactly(size + 2)
            yield chunk[:-2]

    def rest(self) -> Iterator[bytes]:
        """Read a body that ends with the connection."""
        while True:
            if self._received:
                yield self._take(len(self._received))
            part = self._made.sock.recv(_RECEIVE)
            if not part:
                return
            self._received += part

    def _until(self, end: bytes) -> bytes:
        while (at := self._received.find(end)) < 0:
            if len(self._received) > _HEAD_LIMIT:
                raise ValueError("the answer's head has no end")
            self._receive()
        return self._take(at + len(end))

    def _take(self, size: int) -> bytes:
        taken = bytes(self._received[:size])
        del self._received[:size]
        return taken

    def _receive(self) -> None:
        part = self._made.sock.recv(_RECEIVE)
        if not part:
            raise ConnectionResetError("the server hung up")
        self._received += part


def _parsed(head: bytes) -> tuple[bytes, int, Mapping[bytes, bytes]]:
    first, *lines = head[: -len(_END)].split(b"\r\n")
    version, status = first.split(b" ")[:2]
    fields = (line.partition(b":") for line in lines)
    return version, int(status), {name.lower(): value.strip() for name, _, value in fields}

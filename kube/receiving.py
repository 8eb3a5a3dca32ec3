"""HTTP/1.1 answers as they come over a socket (RFC 9112): in time, and in bounds.

The standard library has it, too: http.client reads a head by way of its parser for e-mail, and each chunk by
many calls, which took a third of a request's CPU (docs/performance.md). Libraries in C are none for the
command, which is one file of Python. What is no answer, or none that is understood, is an error.
"""

from __future__ import annotations

import io
import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

import urllib3

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MOST_BYTES = 1 << 25
"""Of an answer, or a line of one: etcd takes objects of 1.5 MiB, and JSON may spell a byte with six."""
LONGEST_RETRY = 300.0
_RECEIVE = 1 << 16
_LONGEST = 1 << 16
"""Of a head, and of a line that tells a chunk's size."""
_END = b"\r\n"
_STATUS = re.compile(r"HTTP/1\.([01]) ([1-9]\d\d)(?: .*)?")
_FIELD = re.compile(r"([^\s:]+):[ \t]*(.*?)[ \t]*")
_SIZE = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;.*)?")
_LENGTH = re.compile(r"[0-9]{1,15}")
_WARNING = re.compile(r'299 \S+ "((?:[^"\\]|\\.)*)"')
_ESCAPED = re.compile(r"\\(.)")
_FINAL = 200
_WITHOUT_BODY = (204, 304)
_NEARLY = 1.1
"""Of a timeout: so much longer is as good as it."""


class BrokenError(Exception):
    """There is no connection, it broke, or what came is not HTTP."""


class SilentError(BrokenError):
    """Nothing came for the time that was allowed, or not all of it within that for the whole."""


class OversizeError(BrokenError):
    """More came than is read of one answer."""


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


class Incoming:
    """What comes over a socket, until it has taken too long: `end`, by time.monotonic.

    A socket's own timeout begins anew with every byte, so a server that sends one a second would hold a
    thread for as long as it likes. Raises TimeoutError, other OSErrors, and BrokenError. For one thread.
    """

    def __init__(self, connected: Any, timeout: Timeout, end: float) -> None:
        self._socket = connected
        self._timeout = timeout
        self._end = end
        self._received = b""
        self._at = 0  # what is before it has been taken

    @property
    def empty(self) -> bool:
        """Whether all that was received has been taken."""
        return self._at == len(self._received)

    def until(self, end: bytes = _END, taken: int = len(_END)) -> bytes:
        """Return what comes before `end`, such as a line, and take so many bytes of that, too."""
        while (found := self._received.find(end, self._at)) < 0:
            if len(self._received) - self._at > _LONGEST:
                raise BrokenError(f"a head, or a line, of the answer is longer than {_LONGEST} bytes")
            more = self._receive() or _refuse_end()
            self._received, self._at = self._received[self._at :] + more, 0
        told = self._received[self._at : found]
        self._at = found + taken
        return told

    def some(self, most: int) -> bytes:
        """Take what is there, `most` bytes of it; wait if there is nothing; b"" where nothing more comes."""
        if self.empty:
            self._received, self._at = self._receive(), 0
        taken = self._received[self._at : self._at + most]
        self._at += len(taken)
        return taken

    def _receive(self) -> bytes:
        if self._timeout.rest and not urllib3.util.wait_for_read(self._socket, 0.0):
            time.sleep(self._timeout.rest)
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError(f"not all of the answer came within {self._timeout.whole:g} s")
        limit(self._socket, min(self._timeout.silence, left))
        received: bytes = self._socket.recv(_RECEIVE)
        return received


class Answer:
    """An answer whose head has been read; its body is read once, by `read` or by `lines`.

    All raise what `Incoming` raises; `read` and `lines` OversizeError, too. For the thread that asked only,
    and for no HEAD, whose answers promise what does not come.
    """

    def __init__(self, incoming: Incoming) -> None:
        self._incoming = incoming
        version, self.status, self._headers = _head(incoming)
        self._length = _length(self.status, self._headers)
        chunked = self._length is None and _words(self._headers, "transfer-encoding")[-1:] == ["chunked"]
        self._lasts = version > 0 and "close" not in _words(self._headers, "connection")
        self._lasts &= chunked or self._length is not None
        self._ended = self._length == 0
        self._parts = _chunks(incoming) if chunked else _plain(incoming, self._length)

    @property
    def retry_after(self) -> float:
        """The seconds for which the server wants to be left alone, 0 when it names none, or a date.

        No more than LONGEST_RETRY: who waits for it is to be told again now and then.
        """
        named = self._headers.get("retry-after", "")
        return min(float(named), LONGEST_RETRY) if named.isdecimal() else 0.0

    @property
    def date(self) -> str:
        """When the server answered, by its clock (RFC 9110, 6.6.1), "" where it does not say."""
        return self._headers.get("date", "")

    @property
    def warnings(self) -> list[str]:
        """What the server says beside its answer, a sentence each (RFC 7234, 5.5, of code 299)."""
        # A head is read as Latin-1; the API server writes UTF-8.
        told = self._headers.get("warning", "").encode("latin-1").decode(errors="replace")
        return [_ESCAPED.sub(r"\1", each) for each in _WARNING.findall(told)]

    @property
    def keeps(self) -> bool:
        """Tell whether the connection can have another request: all was read, and nobody closes it."""
        return self._ended and self._lasts and self._incoming.empty

    def read(self, most: int = MOST_BYTES) -> bytes:
        """Return the whole body. One of more than `most` bytes is not taken in: OversizeError."""
        if self._length is not None and self._length > most:
            _refuse(most)
        body = io.BytesIO()  # a list of parts would take many times as much where each is a byte
        for part in self._parts:
            body.write(part)
            if body.tell() > most:
                _refuse(most)
        self._ended = True
        return body.getvalue()

    def lines(self, most: int = MOST_BYTES) -> Iterator[bytes]:
        """Yield the body's lines as they come, without their ends and without empty ones.

        A line of more than `most` bytes raises OversizeError.
        """
        begun, size = list[bytes](), 0  # of a line: put together once, however small its parts are
        for part in self._parts:
            end, *more = part.split(b"\n")
            begun.append(end)
            size += len(end)
            if more:
                *lines, rest = b"".join(begun), *more
                yield from (line for line in lines if line)
                begun, size = [rest], len(rest)
            if size > most:
                _refuse(most)
        self._ended = True


def limit(connected: Any, seconds: float) -> None:
    """Give a socket a timeout, unless it has one that is longer by less than a tenth.

    Each setting is a system call, in which other threads may run: the request then waits for them.
    """
    now = connected.gettimeout()
    if now is None or not seconds <= now <= seconds * _NEARLY:
        connected.settimeout(seconds)


def _head(incoming: Incoming) -> tuple[int, int, Mapping[str, str]]:
    """Return the minor version, the status, and the headers by their names in lower case.

    Answers before the one that counts (1xx) are passed over.
    """
    while True:
        line = incoming.until(taken=0).decode("latin-1")  # its end begins what is left
        told = _STATUS.fullmatch(line)
        if told is None:
            raise BrokenError(f"what came is no answer of HTTP/1.1: {line[:50]!r}")
        headers = _fields(incoming)
        if int(told[2]) >= _FINAL:
            return int(told[1]), int(told[2]), headers


def _fields(incoming: Incoming) -> dict[str, str]:
    """Return the headers that come; of several of a name the values are a list (RFC 9110, 5.3)."""
    end = _END + _END
    lines = incoming.until(end, len(end)).decode("latin-1").split("\r\n")[1:]
    fields: dict[str, str] = {}
    for line in lines:
        told = _FIELD.fullmatch(line)
        if told is None:
            raise BrokenError(f"what came is no header: {line[:50]!r}")
        name, value = told[1].lower(), told[2]
        fields[name] = f"{fields[name]}, {value}" if name in fields else value
    return fields


def _words(headers: Mapping[str, str], name: str) -> list[str]:
    named = headers.get(name)
    return [] if named is None else [word.strip() for word in named.lower().split(",")]


def _length(status: int, headers: Mapping[str, str]) -> int | None:
    """Return how many bytes the body has, None where it tells its end otherwise (RFC 9112, 6.3)."""
    if status in _WITHOUT_BODY:
        return 0
    named = headers.get("content-length")
    if named is None or "transfer-encoding" in headers:
        return None
    if not _LENGTH.fullmatch(named):
        raise BrokenError(f"what came is no length of an answer: {named[:50]!r}")
    return int(named)


def _plain(incoming: Incoming, length: int | None) -> Iterator[bytes]:
    """Yield a body of a length, or, with None, all that comes until the server hangs up."""
    while length is None or length:
        part = incoming.some(_RECEIVE if length is None else length)
        if length is not None:
            length -= len(part)
        if part:
            yield part
        elif length is None:
            return
        else:
            _refuse_end()


def _chunks(incoming: Incoming) -> Iterator[bytes]:
    """Yield a body that comes in chunks (RFC 9112, 7.1)."""
    while size := _size(incoming.until()):
        yield from _plain(incoming, size)
        if incoming.until():
            raise BrokenError("a chunk of the answer is longer than it says")
    while incoming.until():
        pass  # a trailer


def _size(line: bytes) -> int:
    told = _SIZE.fullmatch(line)
    if told is None:
        raise BrokenError(f"what came is no chunk's length: {line[:50]!r}")
    return int(told[1], 16)


def _refuse(most: int) -> NoReturn:
    raise OversizeError(f"the answer is larger than {most} bytes")


def _refuse_end() -> NoReturn:
    raise BrokenError("the server hung up before its answer was there as a whole")

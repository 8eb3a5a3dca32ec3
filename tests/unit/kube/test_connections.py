"""HTTP as API servers and what stands in front of them speak it, over a pair of sockets."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from http.client import HTTPConnection
from typing import TYPE_CHECKING

import pytest

from kube.connections import Connections, Message
from kube.receiving import BrokenError, Timeout

if TYPE_CHECKING:
    from collections.abc import Iterator

TIMEOUT = Timeout(30.0, 30.0, 30.0)
REQUEST = Message("GET", "/version", {"Host": "here"}, None)


class _Made(HTTPConnection):
    """A urllib3 connection, as far as it is used."""

    def __init__(self, answers: list[bytes], asked: list[bytes]) -> None:
        super().__init__("here")
        self.sock, far = socket.socketpair()
        self.is_connected = True
        self._thread = threading.Thread(target=self._serve, args=(far, answers, asked))

    def connect(self) -> None:
        self._thread.start()

    def close(self) -> None:
        super().close()
        self._thread.join(timeout=60)

    @staticmethod
    def _serve(far: socket.socket, answers: list[bytes], asked: list[bytes]) -> None:
        with far, suppress(OSError):
            for answer in answers:
                asked.append(far.recv(1 << 16))
                for index in range(0, len(answer), 7):  # in awkward pieces
                    far.sendall(answer[index : index + 7])


class _Pool:
    """A urllib3 pool: each connection gives the next answers of a script, then hangs up."""

    proxy = None

    def __init__(self, *connections: list[bytes]) -> None:
        self.asked: list[bytes] = []
        self.made: list[_Made] = []
        self._scripts: Iterator[list[bytes]] = iter(connections)

    def _new_conn(self) -> _Made:
        self.made.append(_Made(next(self._scripts), self.asked))
        return self.made[-1]


def _read(connections: Connections) -> tuple[int, bytes]:
    with connections.answer(REQUEST, TIMEOUT) as answer:
        return answer.status, answer.read()


def _closed(pool: _Pool) -> None:
    for made in pool.made:
        made.close()


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("answer", "wanted"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", (200, b"hello")),
        (b"HTTP/1.1 404 Not Found\r\ncontent-length: 2\r\n\r\n{}", (404, b"{}")),
        (CHUNKED + b"5\r\nhel\r\n\r\n3;x=y\r\nlo!\r\n0\r\n\r\n", (200, b"hel\r\nlo!")),
        (CHUNKED + b"2\r\nhi\r\n0\r\nTrailer: x\r\n\r\n", (200, b"hi")),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", (200, b"")),
        (b"HTTP/1.0 200 OK\r\n\r\nuntil the end", (200, b"until the end")),
    ],
)
def test_every_kind_of_body_is_read(answer: bytes, wanted: tuple[int, bytes]) -> None:
    pool = _Pool([answer])
    assert _read(Connections(pool)) == wanted
    _closed(pool)


def test_a_connection_is_used_again() -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"
    pool = _Pool([answer + b"aa", answer + b"bb"])
    connections = Connections(pool)
    assert [_read(connections), _read(connections)] == [(200, b"aa"), (200, b"bb")]
    assert len(pool.made) == 1
    assert pool.asked == [b"GET /version HTTP/1.1\r\nHost: here\r\nAccept-Encoding: identity\r\n\r\n"] * 2
    _closed(pool)


def test_a_request_with_a_body_is_sent_with_its_length() -> None:
    message = Message("PATCH", "/a?b=%20", {"Host": "here", "Authorization": "Bearer x"}, b'{"a":"\xc3\xa4"}')
    assert message.encoded() == (
        b"PATCH /a?b=%20 HTTP/1.1\r\nHost: here\r\nAuthorization: Bearer x\r\n"
        b'Accept-Encoding: identity\r\nContent-Length: 10\r\n\r\n{"a":"\xc3\xa4"}'
    )


@pytest.mark.parametrize(
    ("target", "header"),
    [
        ("/a b", "x"),
        ("/a\r\nGET /b", "x"),
        ("/a", "x\nHost: there"),
        ("/a", "x\0"),
        ("/a", "\u20ac"),
    ],
)
def test_what_would_be_another_request_is_not_sent(target: str, header: str) -> None:
    pool = _Pool([])
    with (
        pytest.raises(BrokenError, match="GET: "),
        Connections(pool).answer(Message("GET", target, {"Authorization": header}, None), TIMEOUT),
    ):
        pass
    assert pool.asked == []
    _closed(pool)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\naa",
        b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\naa",
    ],
)
def test_a_connection_that_the_server_will_close_is_not(answer: bytes) -> None:
    pool = _Pool([answer], [answer])
    connections = Connections(pool)
    assert [_read(connections), _read(connections)] == [(200, b"aa"), (200, b"aa")]
    assert len(pool.made) == 2
    _closed(pool)


def test_an_idle_connection_that_the_server_has_closed_is_replaced() -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\naa"
    pool = _Pool([answer], [answer])
    connections = Connections(pool)
    assert _read(connections) == (200, b"aa")
    pool.made[0].is_connected = False
    assert _read(connections) == (200, b"aa")
    _closed(pool)


def test_an_answer_that_is_not_read_to_its_end_ends_its_connection() -> None:
    answer = CHUNKED + b"2\r\nhi\r\n0\r\n\r\n"
    pool = _Pool([answer], [answer])
    connections = Connections(pool)
    with connections.answer(REQUEST, TIMEOUT):
        pass
    assert _read(connections) == (200, b"hi")
    assert len(pool.made) == 2
    _closed(pool)


@pytest.mark.parametrize(
    "answer",
    [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", CHUNKED + b"zz\r\n", b"SSH-2.0\r\n\r\n"],
)
def test_what_breaks_off_or_is_not_http_is_an_error(answer: bytes) -> None:
    pool = _Pool([answer])
    with pytest.raises(BrokenError):
        _read(Connections(pool))
    _closed(pool)


def test_lines_come_as_they_are_complete_wherever_chunks_end() -> None:
    pool = _Pool([CHUNKED + b'4\r\n{"a"\r\n8\r\n:1}\n{"b"\r\n4\r\n:2}\n\r\n0\r\n\r\n'])
    with Connections(pool).answer(REQUEST, TIMEOUT) as answer:
        assert list(answer.lines()) == [b'{"a":1}', b'{"b":2}']
    _closed(pool)


@pytest.mark.parametrize(
    ("named", "seconds"),
    [
        (b"7", 7.0),
        (b"9" * 400, 300.0),
        (b"Wed, 21 Oct 2026 07:28:00 GMT", 0.0),
        (b"-1", 0.0),
        (b"\xb2", 0.0),
        (b"", 0.0),
    ],
)
def test_the_seconds_of_retry_after_are_told(named: bytes, seconds: float) -> None:
    pool = _Pool([b"HTTP/1.1 429 Too Many\r\nRetry-After: " + named + b"\r\nContent-Length: 0\r\n\r\n"])
    with Connections(pool).answer(REQUEST, TIMEOUT) as answer:
        assert (answer.status, answer.retry_after, answer.read()) == (429, seconds, b"")
    _closed(pool)


@pytest.mark.parametrize(
    ("head", "told"),
    [
        (b"", []),
        (b'Warning: 299 - "it is old"\r\nWarning: 299 - "and \\"odd\\""\r\n', ["it is old", 'and "odd"']),
        (b'Warning: 299 teal "one, two", 299 - "three"\r\n', ["one, two", "three"]),
        ('Warning: 299 - "größer"\r\n'.encode(), ["größer"]),
        (b'Warning: 110 - "stale"\r\nWarning: 299 - "cut\r\n', []),
    ],
)
def test_what_the_server_warns_of_is_told(head: bytes, told: list[str]) -> None:
    pool = _Pool([b"HTTP/1.1 200 OK\r\n" + head + b"Content-Length: 0\r\n\r\n"])
    with Connections(pool).answer(REQUEST, TIMEOUT) as answer:
        assert answer.warnings == told


def test_idle_connections_end_with_what_keeps_them() -> None:
    pool = _Pool([b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\naa"])
    assert _read(Connections(pool)) == (200, b"aa")
    assert pool.made[0].sock is None


def test_what_is_not_permitted_once_there_is_a_connection_is_not_sent() -> None:
    pool = _Pool([b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"])

    def permit() -> None:
        assert len(pool.made) == 1
        raise RuntimeError("another leads")

    with (
        pytest.raises(RuntimeError, match="another leads"),
        Connections(pool).answer(REQUEST, TIMEOUT, permit),
    ):
        pass
    _closed(pool)
    assert pool.asked == [b""]


def test_what_comes_while_an_answer_rests_is_read_in_one_go(monkeypatch: pytest.MonkeyPatch) -> None:
    near, far = socket.socketpair()
    many = b"2710\r\n" + b"2" * 9_999 + b"\n\r\n"  # nine of these are more than is received at once
    batches = iter([CHUNKED + b"2\r\n1\n\r\n", many * 9 + b"2\r\n3\n\r\n", b"0\r\n\r\n"])
    rested: list[float] = []

    def sleep(seconds: float) -> None:
        rested.append(seconds)
        far.sendall(next(batches))

    monkeypatch.setattr("kube.receiving.time.sleep", sleep)
    with near, far, Connections(_Given(near)).answer(REQUEST, Timeout(30.0, 30.0, 30.0, rest=0.25)) as answer:
        assert [line[:1] for line in answer.lines()] == [b"1", *[b"2"] * 9, b"3"]
    assert rested == [0.25] * 3


class _Given(HTTPConnection):
    """A urllib3 pool and its only connection, over a socket that is there."""

    proxy = None
    is_connected = True

    def __init__(self, given: socket.socket) -> None:
        super().__init__("here")
        self.sock = given

    def connect(self) -> None:
        """Nothing is left to be done."""

    def _new_conn(self) -> _Given:
        return self

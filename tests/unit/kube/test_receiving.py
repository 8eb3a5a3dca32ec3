"""Answers as they are received: as by http.client where that takes them, and an error where they are none."""

from __future__ import annotations

import io
import time
from http.client import HTTPResponse
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kube.receiving import Answer, BrokenError, Incoming, OversizeError, Timeout

HEAD = b"HTTP/1.1 200 OK\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
TIMEOUT = Timeout(5.0, 5.0, 5.0)
HUNG_UP = "the server hung up before its answer was there as a whole"


class _Socket:
    """Gives what a server has sent, in pieces, and then hangs up."""

    def __init__(self, sent: bytes, piece: int = 7) -> None:
        self._pieces = iter([sent[at : at + piece] for at in range(0, len(sent), piece)])
        self._sent = sent

    def recv(self, _most: int) -> bytes:
        return next(self._pieces, b"")

    def gettimeout(self) -> float:
        return TIMEOUT.silence

    def settimeout(self, _seconds: float) -> None:
        """There is nothing to wait for."""

    def makefile(self, _mode: str) -> io.BytesIO:
        return io.BytesIO(self._sent)


def answered(sent: bytes, piece: int = 7) -> Answer:
    return Answer(Incoming(_Socket(sent, piece), TIMEOUT, time.monotonic() + TIMEOUT.whole))


def by_http_client(sent: bytes) -> HTTPResponse:
    given: Any = _Socket(sent)
    response = HTTPResponse(given, method="GET")
    response.begin()
    return response


def _framed(how: str, body: bytes, sizes: list[int]) -> bytes:
    """Return the rest of a head, and the body, whose end is told in one of three ways."""
    if how == "length":
        return b"Content-Length: %d\r\n\r\n" % len(body) + body
    if how == "close":
        return b"\r\n" + body
    chunks, at = [], 0
    for size in sizes:
        chunks.append(body[at : at + size])
        at += size
    chunks.append(body[at:])
    told = b"".join(b"%x;a=b\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks if chunk)
    return b"Transfer-Encoding: Chunked\r\n\r\n" + told + b"0\r\nTrailer: x\r\n\r\n"


VALUES = st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=9)
NAMED = st.lists(st.tuples(st.sampled_from(["Warning", "X-One", "x-one", "Date", "Retry-After"]), VALUES))


@st.composite
def answers(draw: st.DrawFn) -> bytes:
    """Return an answer, whole, as some server may send it."""
    version = draw(st.sampled_from([b"1.1", b"1.0"]))
    status = draw(st.integers(200, 999).filter(lambda status: status not in (204, 304)))
    head = b"HTTP/%b %d Words: of it\r\n" % (version, status)
    head += b"".join(f"{name}: {value}\r\n".encode() for name, value in draw(NAMED))
    closes = b"Connection: close\r\n" if draw(st.booleans()) else b""
    how = draw(st.sampled_from(["length", "chunks", "close"]))
    body, sizes = draw(st.binary(max_size=60)), draw(st.lists(st.integers(1, 20), max_size=4))
    return head + closes + _framed(how, body, sizes)


@given(sent=answers(), piece=st.integers(1, 80))
def test_what_http_client_reads_is_read_as_that(sent: bytes, piece: int) -> None:
    ours, theirs = answered(sent, piece), by_http_client(sent)
    assert ours.status == theirs.status
    assert ours.date == ", ".join(theirs.headers.get_all("Date", []))
    assert ours.read() == theirs.read()
    assert ours.keeps == (not theirs.will_close)


@given(body=st.lists(st.sampled_from([b"", b"a", b"bc" * 9])), piece=st.integers(1, 30))
def test_lines_are_those_of_the_body_however_it_comes(body: list[bytes], piece: int) -> None:
    sent = b"".join(line + b"\n" for line in body)
    answer = answered(CHUNKED + b"".join(b"1\r\n%c\r\n" % byte for byte in sent) + b"0\r\n\r\n", piece)
    assert [*answer.lines()] == [line for line in body if line]
    assert answer.keeps


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        (b"", HUNG_UP),
        (b"HTTP/1.1 200", HUNG_UP),
        (HEAD + b"X: y\r\n", HUNG_UP),
        (
            HEAD + b"Content-Length: 9\r\n\r\nhalf",
            HUNG_UP,
        ),
        (CHUNKED + b"9\r\nhalf", HUNG_UP),
        (CHUNKED + b"4\r\nhalf\r\n", HUNG_UP),
        (b"SSH-2.0-x\r\n", "what came is no answer of HTTP/1.1: 'SSH-2.0-x'"),
        (b"HTTP/2 200 OK\r\n\r\n", "what came is no answer of HTTP/1.1: 'HTTP/2 200 OK'"),
        (b"HTTP/1.1 20 OK\r\n\r\n", "what came is no answer of HTTP/1.1: 'HTTP/1.1 20 OK'"),
        (HEAD + b"no colon\r\n\r\n", "what came is no header: 'no colon'"),
        (HEAD + b"A: b\r\n folded: c\r\n\r\n", "what came is no header: ' folded: c'"),
        (HEAD + b"A : b\r\n\r\n", "what came is no header: 'A : b'"),
        (HEAD + b"X: " + b"y" * 70_000, "a head, or a line, of the answer is longer than 65536 bytes"),
        (HEAD + b"Content-Length: -1\r\n\r\n", "what came is no length of an answer: '-1'"),
        (
            HEAD + b"Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
            "what came is no length of an answer: '5, 5'",
        ),
        (CHUNKED + b"-1\r\n", "what came is no chunk's length: b'-1'"),
        (CHUNKED + b"0x1\r\na\r\n", "what came is no chunk's length: b'0x1'"),
        (CHUNKED + b"1\r\nab\r\n", "a chunk of the answer is longer than it says"),
    ],
)
def test_what_is_no_answer_is_told(sent: bytes, told: str) -> None:
    with pytest.raises(BrokenError) as raised:
        answered(sent, 1000).read()
    assert str(raised.value) == told


def test_what_ends_when_the_server_hangs_up_leaves_no_connection() -> None:
    answer = answered(HEAD + b"\r\nhello")
    assert (answer.read(), answer.keeps) == (b"hello", False)


def test_of_two_ends_that_are_told_chunks_count() -> None:
    answer = answered(HEAD + b"Content-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n")
    assert (answer.read(), answer.keeps) == (b"a", True)


@pytest.mark.parametrize("status", [204, 304])
def test_an_answer_without_a_body_is_read(status: int) -> None:
    answer = answered(b"HTTP/1.1 %d Nothing\r\n\r\n" % status)
    assert (answer.read(), answer.keeps) == (b"", True)


def test_a_connection_on_which_more_comes_than_was_asked_for_is_not_kept() -> None:
    answer = answered(HEAD + b"Content-Length: 1\r\n\r\nab", 1000)
    assert (answer.read(), answer.keeps) == (b"a", False)


@pytest.mark.parametrize(
    "chunks", [b"4\r\nabc\n\r\n5\r\nabcde\r\n", b"6\r\nabc\nab\r\n2\r\ncd\r\n1\r\ne\r\n1\r\n\n\r\n"]
)
def test_a_line_that_is_too_long_is_not_taken_in(chunks: bytes) -> None:
    answer = answered(CHUNKED + chunks + b"0\r\n\r\n")
    lines = answer.lines(4)
    assert next(lines) == b"abc"
    with pytest.raises(OversizeError, match=r"^the answer is larger than 4 bytes$"):
        next(lines)

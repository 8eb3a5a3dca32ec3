"""When a request is whole, byte by byte."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhook.serving.inbox import MOST_BODY_BYTES, MOST_HEAD_BYTES, Inbox

HEAD = b"POST /validate?timeout=3s HTTP/1.1\r\nHost: webhook\r\nContent-Length: 5\r\n\r\n"
REQUEST = HEAD + b"{...}"


def filled(*parts: bytes) -> Inbox:
    inbox = Inbox()
    for part in parts:
        inbox.add(part)
        inbox.whole()
    return inbox


def drained(inbox: Inbox) -> bytes:
    return b"".join(iter(lambda: inbox.recv(7), b""))


def test_a_request_is_whole_with_its_last_byte_and_is_read_as_from_a_socket() -> None:
    inbox = Inbox()
    for byte in REQUEST[:-1]:
        inbox.add(bytes([byte]))
        assert not inbox.whole()
        assert inbox.recv(100) == b"" or inbox.whole() is False
    inbox.add(REQUEST[-1:])
    assert inbox.whole()


@given(st.lists(st.integers(1, len(REQUEST) * 2), max_size=8))
def test_however_two_requests_are_cut_each_is_read_by_itself(cuts: list[int]) -> None:
    text, edges = REQUEST * 2, sorted({0, *cuts, len(REQUEST) * 2})
    inbox = filled(*(text[a:b] for a, b in pairwise(edges)))
    for left in (len(REQUEST), 0):
        assert inbox.whole()
        assert drained(inbox) == REQUEST
        assert inbox.next() == len(REQUEST)
        assert len(inbox) == left
    assert not inbox.whole()
    assert not inbox.cut


def test_a_request_without_a_length_has_no_body() -> None:
    inbox = filled(b"GET /healthz HTTP/1.1\r\nHost: webhook\r\n\r\n")
    assert inbox.whole()
    assert not inbox.cut


@pytest.mark.parametrize(
    "lines",
    [
        f"Content-Length: {MOST_BODY_BYTES + 1}",
        f"content-length:{10**30}",
        "Content-Length: -1",
        "Content-Length: +5",
        "Content-Length: five",
        "Content-Length:",
        "Content-Length: 5\r\nContent-Length: 5",
        "Content-Length: 5\r\nContent-Length: 6",
        "Transfer-Encoding: chunked",
        "Content-Length: 5\r\ntransfer-encoding : chunked",
    ],
)
def test_a_body_too_long_or_of_unclear_length_is_not_waited_for(lines: str) -> None:
    inbox = filled(f"POST /validate HTTP/1.1\r\nHost: webhook\r\n{lines}\r\n\r\n".encode())
    assert inbox.whole()
    assert inbox.cut


def test_the_longest_body_is_waited_for() -> None:
    inbox = filled(HEAD.replace(b": 5", f": {MOST_BODY_BYTES}".encode()))
    assert not inbox.whole()
    inbox.add(b"x" * MOST_BODY_BYTES)
    assert inbox.whole()
    assert not inbox.cut


def test_a_head_without_end_is_not_waited_for() -> None:
    inbox = filled(b"GET / HTTP/1.1\r\n" + b"a" * MOST_HEAD_BYTES)
    assert inbox.whole()
    assert inbox.cut

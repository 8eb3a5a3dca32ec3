"""A server that takes its time, or has no end, holds nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from kube import client
from kube.client import Cluster
from kube.connections import Connections
from kube.errors import UnavailableError
from kube.receiving import BrokenError, OversizeError, SilentError, Timeout
from routing.kinds import SERVICES
from tests.unit.kube.api_server import ApiServer, Reply
from tests.unit.kube.test_connections import CHUNKED, REQUEST, TIMEOUT, _closed, _Pool

if TYPE_CHECKING:
    from pathlib import Path

HEAD = b"HTTP/1.1 200 OK\r\n"
DRIPPING = {
    "its first line": b"HTTP/1.1 200 " + b"O" * 1_000,
    "its head": HEAD + b"X: y\r\n" * 50 + b"\r\n",
    "interim answers": b"HTTP/1.1 100 Continue\r\n\r\n" * 50,
    "a body of known length": HEAD + b"Content-Length: 1000\r\n\r\n" + b" " * 1_000,
    "a body without length": HEAD + b"Connection: close\r\n\r\n" + b" " * 1_000,
    "chunks": HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + b"1\r\n \r\n" * 200,
    "a chunk's length": HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + b"0" * 1_000,
}


@pytest.mark.parametrize("raw", DRIPPING.values(), ids=DRIPPING)
def test_a_server_that_sends_a_byte_now_and_then_is_waited_for_until_the_deadline_only(
    server: ApiServer, tmp_path: Path, raw: bytes
) -> None:
    """Each byte comes well within the time that silence is allowed; all of them would take ten seconds."""
    server.script = [Reply(raw=raw, pause=0.01)]
    cluster = Cluster(server.kubeconfig(tmp_path), timeout=(5.0, 0.2))
    with pytest.raises(UnavailableError, match=r"not all of the answer came within 0\.2 s|timed out"):
        cluster.get(SERVICES, "a", "b")


def test_one_object_is_waited_for_no_longer_than_its_own_deadline(
    server: ApiServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "ONE_SECONDS", 0.2)
    server.script = [Reply(raw=raw, pause=0.01) for raw in DRIPPING.values()]
    with pytest.raises(UnavailableError, match=r"not all of the answer came within 0\.2 s|timed out"):
        Cluster(server.kubeconfig(tmp_path), timeout=(5.0, 30.0)).get(SERVICES, "a", "b")


def test_once_the_deadline_is_over_nothing_more_is_received() -> None:
    pool = _Pool([HEAD + b"Content-Length: 2\r\n\r\n{}"])
    with (
        pytest.raises(SilentError, match=r"^not all of the answer came within 1e-09 s$"),
        Connections(pool).answer(REQUEST, Timeout(5.0, 5.0, 1e-9)),
    ):
        pass
    _closed(pool)


def test_an_answer_that_comes_slowly_and_in_time_is_read(server: ApiServer, tmp_path: Path) -> None:
    server.script = [Reply(raw=HEAD + b'Content-Length: 7\r\n\r\n{"a":1}', pause=0.001)]
    assert Cluster(server.kubeconfig(tmp_path), timeout=(60.0, 60.0)).get(SERVICES, "a", "b") == {"a": 1}


@pytest.mark.parametrize(
    "raw",
    [
        HEAD + b"Content-Length: 11\r\n\r\n" + b"x" * 11,
        HEAD + b"Content-Length: 99999999999999\r\n\r\n",
        CHUNKED + b"6\r\nxxxxxx\r\n5\r\nxxxxx\r\n0\r\n\r\n",
        HEAD + b"Connection: close\r\n\r\n" + b"x" * 11,
    ],
    ids=["length", "a promise", "chunks", "until the end"],
)
def test_an_answer_that_is_too_large_is_not_taken_in(raw: bytes) -> None:
    pool = _Pool([raw])
    with (
        pytest.raises(OversizeError, match=r"^the answer is larger than 10 bytes$"),
        Connections(pool).answer(REQUEST, TIMEOUT) as answer,
    ):
        answer.read(10)
    _closed(pool)


@pytest.mark.parametrize(
    "raw",
    [HEAD + b"Content-Length: 10\r\n\r\n" + b"x" * 10, CHUNKED + b"a\r\nxxxxxxxxxx\r\n0\r\n\r\n"],
    ids=["length", "chunks"],
)
def test_an_answer_of_just_the_size_is_read(raw: bytes) -> None:
    pool = _Pool([raw])
    with Connections(pool).answer(REQUEST, TIMEOUT) as answer:
        assert answer.read(10) == b"x" * 10
    _closed(pool)


@pytest.mark.parametrize("length", [b"ffffffffff", b"-1", b"zz"])
def test_a_chunk_of_absurd_length_is_an_error(length: bytes) -> None:
    pool = _Pool([CHUNKED + length + b"\r\nxx"])
    with pytest.raises(BrokenError), Connections(pool).answer(REQUEST, TIMEOUT) as answer:
        answer.read()
    _closed(pool)

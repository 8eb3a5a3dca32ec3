"""Prometheus' HTTP API on loopback: what is sent, and a sentence for each way in which no answer comes."""

from __future__ import annotations

import socket
import ssl
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import pytest

from certs.issue import Subject, issue, new_authority
from reconciler.asking.prometheus import Place, Prometheus, UnreachableError
from reconciler.asking.readings import NoAnswerError, Series
from tests.unit.kube.api_server import ApiServer, Reply, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DAY = timedelta(days=1)


def told(kind: str, result: Any) -> Reply:
    return Reply(body={"status": "success", "data": {"resultType": kind, "result": result}})


NUMBER = told("scalar", [1, "5"])


@pytest.fixture
def server() -> Iterator[ApiServer]:
    with serving() as running:
        yield running


def ask(server: ApiServer, **more: Any) -> float:
    return Prometheus(Place(server.url, **more)).number("up", 1.0, "shop")


def refused(server: ApiServer, reply: Reply, **more: Any) -> NoAnswerError:
    server.script = [reply]
    with pytest.raises(NoAnswerError) as raised:
        ask(server, **more)
    return raised.value


def test_a_range_query_is_posted_as_a_form(server: ApiServer) -> None:
    server.script = [told("matrix", [{"metric": {"a": "b"}, "values": [[15, "1"]]}])]
    asked = Prometheus(Place(f"{server.url}/prometheus/"))
    assert asked.growth('sum(a{b="c&d+e"})', 15, 30, 15) == [Series({"a": "b"}, {15.0: 1.0})]
    (sent,) = server.asked
    assert (sent.method, sent.path) == ("POST", "/prometheus/api/v1/query_range")
    assert sent.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert dict(parse_qsl(sent.body.decode())) == {
        "query": 'sum(a{b="c&d+e"})',
        "start": "15",
        "end": "30",
        "step": "15",
        "timeout": "10s",
    }


def test_a_users_query_tells_its_namespace_to_whoever_enforces_it(server: ApiServer) -> None:
    server.script = [NUMBER]
    assert ask(server) == 5.0
    (sent,) = server.asked
    assert (sent.path, sent.query) == ("/api/v1/query", {"namespace": "shop"})
    assert dict(parse_qsl(sent.body.decode())) == {"query": "up", "time": "1.000", "timeout": "10s"}


def test_no_credentials_are_sent_unless_there_are_some(server: ApiServer) -> None:
    server.script = [NUMBER]
    ask(server)
    assert "Authorization" not in server.asked[0].headers


def test_the_token_is_read_anew_for_each_question(server: ApiServer, tmp_path: Path) -> None:
    server.script, token = [NUMBER], tmp_path / "token"
    asked = Prometheus(Place(server.url, token=token, headers={"X-Scope-OrgID": "shop"}))
    for word in ("one", "two"):
        token.write_text(f"{word}\n")
        asked.number("up", 1.0, "shop")
    assert [sent.headers["Authorization"] for sent in server.asked] == ["Bearer one", "Bearer two"]
    assert {sent.headers["X-Scope-OrgID"] for sent in server.asked} == {"shop"}


def test_a_token_that_is_not_there_is_told(server: ApiServer, tmp_path: Path) -> None:
    error = refused(server, NUMBER, token=tmp_path / "token")
    assert isinstance(error, UnreachableError)
    assert str(error).startswith("Teal can't ask Prometheus: [Errno 2] No such file or directory")
    assert server.asked == []


@pytest.mark.parametrize(
    ("reply", "reason", "unreachable"),
    [
        (
            Reply(400, {"status": "error", "error": "1:5: parse error"}),
            "Prometheus refused the query (1:5: parse error)",
            False,
        ),
        (
            Reply(422, {"status": "error", "error": "too many"}),
            "Prometheus refused the query (too many)",
            False,
        ),
        (
            Reply(401, b"Unauthorized\n"),
            "Prometheus refused Teal's credentials with 401 (Unauthorized)",
            True,
        ),
        (Reply(403, b""), "Prometheus refused Teal's credentials with 403", True),
        (
            Reply(404, b"page not found"),
            "at prometheus.url there is no Prometheus: 404 (page not found)",
            True,
        ),
        (Reply(405, b""), "at prometheus.url there is no Prometheus: 405", True),
        (Reply(429, b"slow down"), "Prometheus is asked too often, it says (slow down)", True),
        (
            Reply(302, b"", {"Location": "http://elsewhere"}),
            "Prometheus is elsewhere (302): set prometheus.url to its own address",
            True,
        ),
        (Reply(500, b"oops"), "Prometheus answered 500 (oops)", True),
        (Reply(503, b"loading"), "Prometheus answered 503 (loading)", True),
        (Reply(204, b""), "Prometheus answered 204", True),
        (Reply(body=b"<html>"), "no Prometheus answered at that address: '<html>'", False),
        (Reply(body=[b'{"status": "succ'], cut=True), None, True),
    ],
)
def test_each_refusal_is_a_sentence(
    server: ApiServer,
    reply: Reply,
    reason: str | None,
    unreachable: bool,  # noqa: FBT001
) -> None:
    error = refused(server, reply)
    assert isinstance(error, UnreachableError) == unreachable
    if reason is None:
        assert str(error).startswith("Prometheus is out of reach: ")
    else:
        assert str(error) == reason


def test_redirects_are_not_followed(server: ApiServer) -> None:
    refused(server, Reply(307, b"", {"Location": f"{server.url}/other"}))
    assert len(server.asked) == 1


@pytest.mark.parametrize("status", [429, 503])
def test_how_long_it_wants_to_be_left_alone_is_told(server: ApiServer, status: int) -> None:
    error = refused(server, Reply(status, b"", {"Retry-After": "7"}))
    assert isinstance(error, UnreachableError)
    assert error.rest == 7.0


def test_silence_ends_in_time(server: ApiServer) -> None:
    error = refused(server, Reply(body=[b'{"status"'], hang=True), timeout=0.2)
    assert str(error) == "Prometheus did not answer within 0.2 s"
    assert isinstance(error, UnreachableError)


def test_an_answer_byte_by_byte_ends_in_time(server: ApiServer) -> None:
    raw = b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n" + b" " * 500
    error = refused(server, Reply(raw=raw, pause=0.02), timeout=0.3)
    assert str(error) == "Prometheus did not answer within 0.3 s"


@pytest.mark.parametrize("chunked", [False, True])
def test_an_answer_of_any_size_is_not_taken_in(server: ApiServer, chunked: bool) -> None:  # noqa: FBT001
    part = b" " * (1 << 20)
    reply = Reply(body=[part] * 6 if chunked else part * 6)
    error = refused(server, reply)
    assert str(error) == "Prometheus' answer is larger than 4 MiB"
    assert not isinstance(error, UnreachableError)


def test_an_error_of_any_size_is_an_error(server: ApiServer) -> None:
    error = refused(server, Reply(500, b" " * (1 << 20)))
    assert str(error) == "Prometheus answered 500"
    assert isinstance(error, UnreachableError)


def test_nobody_who_listens_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(UnreachableError, match=r"^Prometheus is out of reach: .*refused"):
        Prometheus(Place(f"http://127.0.0.1:{port}")).number("up", 1.0, "shop")


def test_what_is_no_http_is_told(server: ApiServer) -> None:
    assert str(refused(server, Reply(raw=b"SSH-2.0\r\n\r\n"))).startswith("Prometheus is out of reach: ")


def secured(server: ApiServer, folder: Path, name: str) -> bytes:
    """Have the server speak TLS; return who has signed its certificate for 127.0.0.1."""
    now = datetime.now(UTC)
    authority = new_authority(name, DAY, now)
    pair = issue(authority, Subject("p", ("127.0.0.1",)), DAY, now)
    (folder / "tls.crt").write_bytes(pair.certificate)
    (folder / "tls.key").write_bytes(pair.key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "tls.crt", folder / "tls.key")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    return authority.certificate


def test_a_certificate_has_to_be_signed_by_who_is_trusted(tmp_path: Path) -> None:
    with serving() as server:
        right = secured(server, tmp_path, "mine")
        server.script = [NUMBER]
        url = f"https://127.0.0.1:{server.server_port}"
        with pytest.raises(UnreachableError, match="certificate verify failed"):
            Prometheus(Place(url)).number("up", 1.0, "shop")
        authorities = tmp_path / "ca.crt"
        authorities.write_bytes(new_authority("other", DAY, datetime.now(UTC)).certificate)
        asked = Prometheus(Place(url, authorities=authorities))
        with pytest.raises(UnreachableError, match="certificate verify failed"):
            asked.number("up", 1.0, "shop")
        authorities.write_bytes(right)  # as kubelet does when the ConfigMap has changed
        assert asked.number("up", 1.0, "shop") == 5.0
        authorities.write_bytes(b"no certificate")
        with pytest.raises(UnreachableError, match=r"^Teal can't ask Prometheus: "):
            asked.number("up", 1.0, "shop")

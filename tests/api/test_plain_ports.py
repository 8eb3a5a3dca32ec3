"""Health and figures, asked by sockets; the bounds of what hostile clients may take."""

from __future__ import annotations

import logging
import os
import resource
import socket
import threading
from contextlib import ExitStack, closing, contextmanager
from typing import TYPE_CHECKING

import pytest
from prometheus_client import CollectorRegistry, Counter

from reconciler.serving import health
from serving import plain
from serving.plain import CONNECTIONS, MOST_HEAD_BYTES, Page, PlainServer

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENCE = 60.0
HOST = "127.0.0.1"
GET = "GET {} HTTP/1.1\r\nHost: teal\r\nUser-Agent: kube-probe/1.37\r\n\r\n"


@contextmanager
def running(server: PlainServer) -> Iterator[PlainServer]:
    thread = server.start("plain")
    try:
        yield server
    finally:
        server.stop()
        thread.join(PATIENCE)
        assert not thread.is_alive()


@pytest.fixture
def server() -> Iterator[PlainServer]:
    with running(PlainServer(0, {"/healthz": lambda: plain.health(None)}, HOST)) as started:
        yield started


def connect(server: PlainServer, source: str = HOST) -> socket.socket:
    return socket.create_connection((HOST, server.port), PATIENCE, (source, 0))


def ask(server: PlainServer, text: str, source: str = HOST) -> str:
    with closing(connect(server, source)) as client:
        client.sendall(text.encode())
        return b"".join(iter(lambda: client.recv(4096), b"")).decode()


def answer(server: PlainServer, path: str) -> tuple[int, str]:
    head, _, body = ask(server, GET.format(path)).partition("\r\n\r\n")
    return int(head.split()[1]), body


def hung_up(client: socket.socket) -> bool:
    try:
        return client.recv(1) == b""
    except ConnectionResetError:
        return True


def served(not_alive: str | None, not_ready: str | None) -> PlainServer:
    registry = CollectorRegistry()
    Counter("passes", "Passes", registry=registry).inc()
    return health.serve(0, lambda: not_ready, registry, lambda: not_alive)


@pytest.mark.parametrize(
    ("not_alive", "not_ready", "path", "status", "body"),
    [
        (None, "syncing", "/healthz", 200, "ok\n"),
        ("watch Services has ended", None, "/healthz", 503, "watch Services has ended\n"),
        (None, None, "/readyz", 200, "ok\n"),
        (None, "syncing", "/readyz", 503, "syncing\n"),
        (None, None, "/readyz?verbose", 200, "ok\n"),
        (None, None, "/", 404, "there are /healthz, /readyz, /metrics\n"),
    ],
)
def test_kubelet_is_told_whether_the_reconciler_is_alive_and_ready_and_why_not(
    not_alive: str | None, not_ready: str | None, path: str, status: int, body: str
) -> None:
    with closing_server(served(not_alive, not_ready)) as server:
        assert answer(server, path) == (status, body)


@contextmanager
def closing_server(server: PlainServer) -> Iterator[PlainServer]:
    try:
        yield server
    finally:
        server.stop()


def test_a_reconciler_is_alive_unless_something_says_otherwise() -> None:
    with closing_server(health.serve(0, lambda: None, CollectorRegistry())) as server:
        assert answer(server, "/healthz") == (200, "ok\n")


def test_prometheus_is_given_the_figures_as_text() -> None:
    with closing_server(served(None, None)) as server:
        said = ask(server, GET.format("/metrics"))
    assert "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n" in said
    assert "\npasses_total 1.0\n" in said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("POST /healthz HTTP/1.1\r\n\r\n", "HTTP/1.1 405 Method Not Allowed"),
        ("GET /healthz HTTP/2\r\n\r\n", "HTTP/1.1 400 Bad Request"),
        ("\r\n\r\n", "HTTP/1.1 400 Bad Request"),
        ("GET /healthz\r\n\r\n", "HTTP/1.1 400 Bad Request"),
        ("GET /h\xe9 HTTP/1.1\r\n\r\n", "HTTP/1.1 404 Not Found"),
        ("a" * (MOST_HEAD_BYTES + 1), "HTTP/1.1 400 Bad Request"),
    ],
)
def test_what_is_no_request_is_refused_and_the_next_is_answered(
    server: PlainServer, text: str, said: str
) -> None:
    assert ask(server, text).partition("\r\n")[0] == said
    assert answer(server, "/healthz") == (200, "ok\n")


def test_a_head_in_pieces_is_answered_with_its_last_byte(server: PlainServer) -> None:
    with closing(connect(server)) as client:
        for character in GET.format("/healthz"):
            client.sendall(character.encode())
        assert client.recv(15) == b"HTTP/1.1 200 OK"


def test_a_page_that_can_not_be_made_is_a_500_and_a_line_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with running(PlainServer(0, {"/broken": lambda: Page(1 // 0, "")}, HOST)) as server:
        assert answer(server, "/broken") == (500, "this page can't be made; the log has the cause\n")
    assert [record.getMessage() for record in caplog.records] == ["page not made"]


def test_a_port_that_is_taken_is_told_at_once(server: PlainServer) -> None:
    with pytest.raises(OSError, match="Address already in use"):
        PlainServer(server.port, {}, HOST)


@pytest.mark.parametrize("begun", ["", "GET /healthz HTTP/1.1\r\nX: ", "a" * MOST_HEAD_BYTES])
def test_kubelet_is_answered_beside_any_number_of_connections_of_another_address(
    server: PlainServer, begun: str
) -> None:
    threads, held = threading.active_count(), descriptors()  # other tests' watches may still be there
    with ExitStack() as stack:
        for _ in range(4 * CONNECTIONS):
            client = stack.enter_context(connect(server, "127.0.0.2"))
            client.sendall(begun.encode())
        assert answer(server, "/healthz") == (200, "ok\n")
        assert threading.active_count() < threads + CONNECTIONS / 8
        assert descriptors() < held + 4 * CONNECTIONS + 2 * CONNECTIONS


def test_a_connection_of_an_address_with_few_outlives_many_of_another(server: PlainServer) -> None:
    with closing(connect(server)) as kubelet, ExitStack() as stack:
        many = [stack.enter_context(connect(server, "127.0.0.2")) for _ in range(2 * CONNECTIONS)]
        assert hung_up(many[0])
        kubelet.sendall(GET.format("/healthz").encode())
        assert kubelet.recv(15) == b"HTTP/1.1 200 OK"


def descriptors() -> int:
    """Count this process' open files: the clients' ends, and the server's."""
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208 -- procfs


def test_heads_without_end_are_not_kept(server: PlainServer) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with ExitStack() as stack:
        for _ in range(CONNECTIONS):
            client = stack.enter_context(connect(server, "127.0.0.2"))
            for _ in range(98):
                try:
                    client.sendall(b"X: " + b"a" * 65_000 + b"\r\n")
                except OSError:
                    break  # refused in the middle of it
        assert answer(server, "/healthz") == (200, "ok\n")
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 32 * 1024  # KiB; they sent 400 MiB


def test_a_client_that_is_slow_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plain, "SECONDS", 0.05)
    with (
        running(PlainServer(0, {"/": lambda: Page(200, "")}, HOST)) as server,
        closing(connect(server)) as client,
    ):
        client.sendall(b"GET / HT")
        assert hung_up(client)


def test_stopping_ends_what_is_open(caplog: pytest.LogCaptureFixture) -> None:
    with (
        caplog.at_level(logging.WARNING),
        running(PlainServer(0, {}, HOST)) as server,
        closing(connect(server)) as client,
    ):
        assert answer(server, "/")[0] == 404  # who came before this one has been let in, too
        server.stop()
        assert hung_up(client)
    assert caplog.records == []

"""The webhook as a process, called over real TLS on loopback."""

from __future__ import annotations

import signal
import ssl
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING, Any

import pytest

from certs import files
from tests.api.served import (
    HOST,
    MANY,
    PATIENCE,
    REVIEW,
    Served,
    admit,
    client_context,
    client_hello,
    hung_up,
    leaf,
    refused,
    serving,
    until,
)
from tests.unit.webhook.reviews import body, routemap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Served]]:
    """Start webhooks that are stopped at the end, whatever happens."""
    with ExitStack() as stack:

        def run(*, drain_seconds: float = 0.0) -> Served:
            return stack.enter_context(serving(tmp_path, f"--drain-seconds={drain_seconds}"))

        yield run


@pytest.fixture
def served(start: Callable[..., Served], tmp_path: Path) -> Served:
    files.write(tmp_path / files.SERVING, leaf())
    webhook = start()
    until(lambda: webhook.get("/readyz") == 200, "ready")
    return webhook


def test_a_review_is_answered_over_a_verified_connection_that_stays_open(served: Served) -> None:
    with closing(served.connection()) as connection:
        assert admit(connection) == (True, "keep-alive")
        assert admit(connection, body(routemap(strategy="rainbow"))) == (False, "keep-alive")


def test_it_becomes_ready_when_the_certificate_comes(start: Callable[..., Served], tmp_path: Path) -> None:
    webhook = start()
    with pytest.raises(OSError, match=r"EOF|reset"):
        webhook.get("/readyz")
    files.write(tmp_path / files.SERVING, leaf())
    until(lambda: webhook.get("/readyz") == 200, "ready")


def test_a_swapped_certificate_is_served_at_once_and_open_connections_live_on(served: Served) -> None:
    def names() -> Any:
        with closing(served.handshaken()) as connection:
            certificate = connection.getpeercert()
            assert certificate
            return certificate["subject"]

    with closing(served.connection()) as before:
        assert admit(before)[0]
        files.write(served.folder / files.SERVING, leaf("renewed"))
        assert names() == ((("commonName", "renewed"),),)
        (served.folder / files.SERVING).write_bytes(b"garbage")
        assert names() == ((("commonName", "renewed"),),)
        assert admit(before)[0]


def test_an_older_tls_than_1_2_is_refused(served: Served) -> None:
    context = client_context()
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match=r"TLSv1_1 is deprecated"):
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    with served.raw() as raw, pytest.raises(ssl.SSLError):
        context.wrap_socket(raw, server_hostname=HOST)


def test_callers_are_answered_beside_many_silent_connections(served: Served) -> None:
    hello = client_hello()
    with ExitStack() as stack:
        for _ in range(MANY):
            stack.enter_context(served.handshaken())  # as Go's transport parks them after dialling ahead
            stack.enter_context(served.raw())
            for begun in (hello, hello[: len(hello) // 2]):
                stack.enter_context(served.raw()).sendall(begun)
        with ThreadPoolExecutor(64) as pool:
            assert all(pool.map(lambda _: served.admitted(), range(256)))


def test_a_parked_connection_is_answered_when_it_speaks_at_last(served: Served) -> None:
    with ExitStack() as stack:
        parked = [stack.enter_context(served.handshaken()) for _ in range(MANY)]
        assert served.admitted()
        for connection in parked:
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: webhook\r\n\r\n")
        for connection in parked:
            assert connection.recv(15) == b"HTTP/1.1 200 OK"


def test_clients_that_do_not_hang_up_after_the_last_answer_hold_up_nobody(served: Served) -> None:
    with ExitStack() as stack:
        staying = [stack.enter_context(served.handshaken()) for _ in range(MANY)]
        for connection in staying:
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: webhook\r\nConnection: close\r\n\r\n")
        assert served.admitted()
        for connection in staying:
            assert connection.recv(15) == b"HTTP/1.1 200 OK"


def test_plain_http_is_refused_and_the_next_caller_is_answered(served: Served) -> None:
    with served.raw() as plain:
        plain.sendall(b"GET /healthz HTTP/1.1\r\nHost: webhook\r\n\r\n")
        until(lambda: hung_up(plain), "connection closed")
    assert served.admitted()


def test_a_body_over_seven_mebibytes_is_refused_while_most_of_it_is_unsent(served: Served) -> None:
    with closing(served.connection()) as connection:
        connection.putrequest("POST", "/validate")
        connection.putheader("Content-Type", "application/json")
        connection.putheader("Content-Length", str(1024**3))
        connection.endheaders(b"{" * 1024)
        assert connection.getresponse().status == 413


def test_sigterm_first_makes_it_unready_and_ends_connections_while_it_still_answers_new_ones(
    start: Callable[..., Served], tmp_path: Path
) -> None:
    files.write(tmp_path / files.SERVING, leaf())
    webhook = start(drain_seconds=10.0)
    until(lambda: webhook.get("/readyz") == 200, "ready")
    with closing(webhook.connection()) as kept:
        assert admit(kept) == (True, "keep-alive")
        webhook.process.send_signal(signal.SIGTERM)
        until(lambda: webhook.get("/readyz") == 503, "unready")
        assert webhook.get("/healthz") == 200
        assert admit(kept) == (True, "close")
    with closing(webhook.connection()) as new:
        assert admit(new) == (True, "close")
    assert webhook.process.wait(PATIENCE) == 0


def test_sigterm_lets_a_request_in_hand_finish(served: Served) -> None:
    with closing(served.connection()) as connection:
        connection.putrequest("POST", "/validate")
        connection.putheader("Content-Type", "application/json")
        connection.putheader("Content-Length", str(len(REVIEW)))
        connection.endheaders(REVIEW[:10])
        until(lambda: served.get("/healthz") == 200, "healthy")
        served.process.send_signal(signal.SIGTERM)
        until(lambda: refused(served), "no longer accepting")
        connection.send(REVIEW[10:])
        answer = connection.getresponse()
        assert (answer.status, answer.getheader("Connection")) == (200, "close")
    assert served.process.wait(PATIENCE) == 0

"""Clients of one address that take all they can get: those of another are answered all the same."""

from __future__ import annotations

import resource
import socket
import threading
from contextlib import ExitStack, closing, contextmanager, suppress
from typing import TYPE_CHECKING

import pytest

from certs import files
from tests.api.served import (
    MALLORY,
    PATIENCE,
    REVIEW,
    Served,
    admit,
    hung_up,
    leaf,
    serving,
    until,
)
from tests.unit.webhook.reviews import body, routemap
from webhook.serving.inbox import MOST_BODY_BYTES
from webhook.serving.server import CONNECTIONS, UNANSWERED_BYTES

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator
    from pathlib import Path

HEAD = (
    "POST /validate HTTP/1.1\r\nHost: webhook\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n"
)
REFUSED = body(routemap(strategy="rainbow", hosts=["!"] * 16, gateways=["!"] * 16))


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder: Path = tmp_path_factory.mktemp("certificates")
    files.write(folder / files.SERVING, leaf())
    with serving(folder, "--drain-seconds=0") as webhook:
        until(lambda: webhook.get("/readyz") == 200, "ready")
        yield webhook


@pytest.fixture(autouse=True)
def room_for_many_files() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4 * CONNECTIONS), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_new_clients_are_answered_beside_idle_connections_up_to_the_limit(served: Served) -> None:
    with closing(served.connection()) as kept, ExitStack() as stack:
        assert admit(kept)[0]
        parked = [stack.enter_context(served.handshaken(MALLORY)) for _ in range(CONNECTIONS + 50)]
        assert all(served.admitted() for _ in range(20))
        assert admit(kept)[0]
        assert hung_up(parked[0])
        assert not readable(parked[-1])


def test_new_clients_are_answered_beside_handshakes_not_begun_up_to_the_limit(served: Served) -> None:
    with ExitStack() as stack:
        for _ in range(2 * CONNECTIONS):
            stack.enter_context(served.raw(MALLORY))
        assert all(served.admitted() for _ in range(20))


def readable(connection: ssl.SSLSocket) -> bool:
    connection.settimeout(0)
    with suppress(OSError):
        connection.recv(1)
        return True
    return False


def test_unfinished_bodies_of_one_address_cut_no_admission_of_another(served: Served) -> None:
    for _ in range(3):
        with ExitStack() as stack, closing(served.connection()) as kept:
            for size in unfinished():
                connection = stack.enter_context(served.handshaken(MALLORY))
                connection.sendall(HEAD.format(MOST_BODY_BYTES).encode().ljust(size))
            assert all(admit(kept)[0] for _ in range(60))


def unfinished() -> list[int]:
    """Sizes of requests that leave no room for another one, and none of which is whole."""
    sizes, left = [], UNANSWERED_BYTES - len(REVIEW) // 2
    while left:
        sizes.append(min(left, MOST_BODY_BYTES - 1))
        left -= sizes[-1]
    return sizes


def test_clients_that_read_no_answer_hold_up_nobody(served: Served) -> None:
    asked = (HEAD.format(len(REFUSED)).encode() + REFUSED) * 100
    with ExitStack() as stack:
        for _ in range(16):
            deaf = stack.enter_context(served.handshaken(MALLORY))
            deaf.settimeout(0)
            with suppress(OSError):
                deaf.sendall(asked)
        assert all(served.admitted() for _ in range(20))


def test_a_client_that_asks_without_end_on_one_connection_holds_up_nobody(served: Served) -> None:
    asked = b"GET /healthz HTTP/1.1\r\nHost: webhook\r\n\r\n" * 1_000
    with closing(served.handshaken(MALLORY)) as connection:

        def read() -> None:
            with suppress(OSError):
                while connection.recv(65536):
                    pass

        reader = threading.Thread(target=read)
        reader.start()
        with flooding(served, lambda: connection.sendall(asked)):
            assert all(served.admitted() for _ in range(20))
        with suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
        reader.join(PATIENCE)
        assert not reader.is_alive()


@contextmanager
def flooding(served: Served, attack: object) -> Iterator[None]:
    """Attack again and again in a thread; it has begun when this goes on, and ends with the block."""
    assert callable(attack)
    begun, ended = threading.Event(), threading.Event()

    def run() -> None:
        while not ended.is_set():
            with suppress(OSError):
                attack()
            begun.set()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        assert begun.wait(PATIENCE)
        yield
    finally:
        ended.set()
        thread.join(2 * PATIENCE)
        assert not thread.is_alive()
    assert served.process.poll() is None


def test_reviews_of_another_address_are_answered_while_the_largest_are_judged(served: Served) -> None:
    largest = body(routemap(hosts=[f"h{number}.default" for number in range(380_000)]))
    assert len(largest) < MOST_BODY_BYTES
    asked = HEAD.format(len(largest)).encode() + largest

    def ask() -> None:
        with closing(served.handshaken(MALLORY)) as connection:
            connection.sendall(asked)
            connection.recv(4096)

    with flooding(served, ask), flooding(served, ask), closing(served.connection()) as kept:
        assert all(admit(kept, REVIEW)[0] for _ in range(20))

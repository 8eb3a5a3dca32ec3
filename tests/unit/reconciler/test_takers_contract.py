"""The double of who takes notices and a real HTTP server, asked by the receiver, keep one contract."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from reconciler.notifying import receiver
from reconciler.notifying.bodies import Form
from reconciler.notifying.receiver import Receiver
from tests.contracts.takers import CONTRACT, Place
from tests.unit.kube.api_server import Reply, serving
from tests.unit.reconciler.memory_taker import MemoryTaker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


def memory() -> Place:
    taker = MemoryTaker()

    def answers(status: int, rest: float) -> None:
        taker.status, taker.rest = status, rest

    return Place(taker, answers, lambda: taker.taken)


@pytest.fixture
def by_http(tmp_path: Path) -> Iterator[Place]:
    key = tmp_path / "key"
    key.write_text("secret")
    with serving() as server:
        taker = Receiver(receiver.Place(server.url, key=key), Form.CLOUD_EVENTS, time.time)

        def answers(status: int, rest: float) -> None:
            wanted = {"Retry-After": f"{rest:.0f}"} if rest else {}
            server.script = [Reply(status, headers=wanted) if status else Reply(raw=b"\n")]

        def taken() -> list[tuple[str, bytes]]:
            return [(asked.headers["webhook-id"], asked.body) for asked in server.asked]

        yield Place(taker, answers, taken)


@pytest.mark.parametrize("holds", CONTRACT)
def test_the_double_keeps_it(holds: Callable[[Place], None]) -> None:
    holds(memory())


@pytest.mark.parametrize("holds", CONTRACT)
def test_a_receiver_keeps_it(holds: Callable[[Place], None], by_http: Place) -> None:
    holds(by_http)

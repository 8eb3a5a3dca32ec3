"""What kubelet and Prometheus are answered, over a loopback connection."""

from __future__ import annotations

import urllib.error
import urllib.request
from typing import TYPE_CHECKING

import pytest
from prometheus_client import CollectorRegistry, Gauge

from reconciler.serving import health

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Ask = Callable[[str], tuple[int, str]]

WHY: dict[str, str | None] = {}


@pytest.fixture
def ask() -> Iterator[Ask]:
    registry = CollectorRegistry()
    Gauge("teal_leader", "1 while it leads", registry=registry).set(1)
    WHY.clear()
    server = health.serve(0, lambda: WHY.get("ready"), registry, lambda: WHY.get("alive"))

    def asked(path: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{server.port}{path}", timeout=30) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    yield asked
    server.stop()


@pytest.mark.parametrize(("path", "what"), [("/healthz", "alive"), ("/readyz", "ready")])
def test_a_probe_is_answered_with_the_reason_why_not(ask: Ask, path: str, what: str) -> None:
    assert ask(path) == (200, "ok\n")
    WHY[what] = "the caches are not filled yet"
    assert ask(path) == (503, "the caches are not filled yet\n")


def test_figures_are_served_and_nothing_else(ask: Ask) -> None:
    status, text = ask("/metrics")
    assert (status, "teal_leader 1.0" in text) == (200, True)
    assert ask("/") == (404, "there are /healthz, /readyz, /metrics\n")

"""Threads whose end is the process's."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

import pytest

from reconciler.threads import Threads

if TYPE_CHECKING:
    from collections.abc import Callable

WAIT_SECONDS = 30.0


def _crash() -> None:
    raise OverflowError("timestamp too large to convert to C _PyTime_t")


def _exit() -> None:
    raise SystemExit(3)


@pytest.mark.parametrize("target", [_crash, _exit, lambda: None])
def test_a_root_thread_that_ends_however_ends_the_process(
    target: Callable[[], None], caplog: pytest.LogCaptureFixture
) -> None:
    ended = threading.Event()
    threads = Threads(ended.set)
    with caplog.at_level(logging.ERROR):
        threads.spawn(target, "pass-3").join(WAIT_SECONDS)
    assert ended.is_set()
    assert threads.dead() == "pass-3"
    assert "thread ended, so the process ends" in caplog.messages


def test_the_process_is_ended_once_however_many_threads_end() -> None:
    ends: list[None] = []
    threads = Threads(lambda: ends.append(None))
    for name in ("watch", "lease"):
        threads.spawn(_crash, name).join(WAIT_SECONDS)
    assert (len(ends), threads.dead()) == (1, "watch")


def test_a_process_that_stops_is_not_ended_by_its_threads() -> None:
    ended = threading.Event()
    threads = Threads(ended.set)
    threads.stopping()
    threads.spawn(lambda: None, "pass-0").join(WAIT_SECONDS)
    assert not ended.is_set()
    assert threads.dead() is None

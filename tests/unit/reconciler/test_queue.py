"""The work queue: each key once, to one worker at a time, now or later."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

import pytest

from reconciler.passes import queue as passes_queue
from reconciler.passes.queue import (
    FIRST_RETRY,
    LONGEST_REST,
    LONGEST_RETRY,
    LONGEST_WAIT,
    THINKING_SECONDS,
    Most,
    WorkQueue,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


def _none() -> float:
    return 0.0


def test_a_key_added_twice_is_handed_out_once() -> None:
    queue: WorkQueue[str] = WorkQueue(_none)
    queue.add("a")
    queue.add("a")
    queue.add("b")
    assert [queue.get(), queue.get()] == ["a", "b"]
    assert len(queue) == 0


def test_a_key_added_while_a_worker_has_it_is_handed_out_again_only_after_done() -> None:
    queue: WorkQueue[str] = WorkQueue(_none)
    queue.add("a")
    assert queue.get() == "a"
    queue.add("a")
    queue.add("b")
    assert queue.get() == "b"
    assert len(queue) == 0
    queue.done("a")
    assert queue.get() == "a"


def test_of_two_times_for_a_key_the_sooner_counts() -> None:
    queue: WorkQueue[str] = WorkQueue(_none)
    queue.add_after("a", 3600)
    queue.add_after("a", 0.001)
    queue.add_after("a", 7200)
    assert queue.get() == "a"
    queue.done("a")
    assert len(queue) == 0


def test_a_key_in_the_future_wakes_a_worker_that_waits() -> None:
    queue: WorkQueue[str] = WorkQueue(_none)
    taken: list[str | None] = []
    worker = threading.Thread(target=lambda: taken.append(queue.get()))
    worker.start()
    queue.add_after("a", 0.02)
    worker.join(timeout=60)
    assert taken == ["a"]


def test_failures_in_a_row_double_the_pause_up_to_a_limit_and_success_ends_them() -> None:
    queue: WorkQueue[str] = WorkQueue(_none)
    pauses = [queue.retry("a") for _ in range(20)]
    assert pauses[:3] == [FIRST_RETRY, FIRST_RETRY * 2, FIRST_RETRY * 4]
    assert pauses[-1] == LONGEST_RETRY
    queue.forget("a")
    assert queue.retry("a") == FIRST_RETRY
    assert queue.retry("b") == FIRST_RETRY


def test_closing_releases_every_worker() -> None:
    queue: WorkQueue[str] = WorkQueue(_none)
    taken: list[str | None] = []
    workers = [threading.Thread(target=lambda: taken.append(queue.get())) for _ in range(3)]
    for worker in workers:
        worker.start()
    queue.close()
    for worker in workers:
        worker.join(timeout=60)
    assert taken == [None, None, None]


def test_no_key_is_lost_or_held_twice_among_many_workers() -> None:
    queue: WorkQueue[int] = WorkQueue(_none)
    held: set[int] = set()
    twice: list[int] = []
    counts = dict.fromkeys(range(20), 0)
    lock = threading.Lock()

    def work() -> None:
        while (key := queue.get()) is not None:
            with lock:
                if key in held:
                    twice.append(key)
                held.add(key)
            counts[key] += 1
            with lock:
                held.discard(key)
            queue.done(key)

    workers = [threading.Thread(target=work) for _ in range(8)]
    for worker in workers:
        worker.start()
    for number in range(2000):
        queue.add(number % 20)
    end = time.monotonic() + 60
    while len(queue) and time.monotonic() < end:
        time.sleep(0.001)
    queue.close()
    for worker in workers:
        worker.join(timeout=60)
    assert twice == []
    assert all(counts.values())


def test_jitter_lengthens_a_back_off() -> None:
    queue: WorkQueue[str] = WorkQueue(lambda: 0.5)
    assert queue.retry("a") == FIRST_RETRY * 1.5


def test_while_the_queue_rests_nothing_is_handed_out() -> None:
    queue: WorkQueue[str] = WorkQueue(_none)
    taken: list[str | None] = []
    queue.add("a")
    queue.rest(3600)
    worker = threading.Thread(target=lambda: taken.append(queue.get()))
    worker.start()
    queue.close()
    worker.join(timeout=60)
    assert taken == [None]


def test_after_its_rest_the_queue_goes_on() -> None:
    queue: WorkQueue[str] = WorkQueue(_none)
    queue.add("a")
    queue.rest(0.01)
    assert queue.get() == "a"


@pytest.mark.parametrize("seconds", [253_370_764_800.0, float("inf")], ids=["the year 9998", "never"])
def test_a_worker_waits_for_no_key_longer_than_a_thread_can(
    seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue: WorkQueue[str] = WorkQueue(_none)
    waits: list[float] = []

    def wait(_: threading.Condition, timeout: float) -> bool:
        waits.append(timeout)
        queue.close()
        return False

    monkeypatch.setattr(threading.Condition, "wait", wait)
    queue.add_after("a", seconds)
    assert queue.get() is None
    assert 0 < waits[0] <= LONGEST_WAIT


def test_a_key_that_was_due_already_is_handed_out_at_once() -> None:
    queue: WorkQueue[str] = WorkQueue(_none)
    queue.add_after("a", -5.0)
    assert queue.get() == "a"


def test_eleven_hundred_failures_in_a_row_lengthen_no_pause_beyond_the_longest() -> None:
    queue: WorkQueue[str] = WorkQueue(_none)
    assert [queue.retry("a") for _ in range(1_100)][-1] == LONGEST_RETRY


def test_a_rest_has_a_limit_whoever_asks_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    now = Clock(monkeypatch)
    queue: WorkQueue[str] = WorkQueue(_none)
    queue.add("a")
    queue.rest(1e9)
    now.seconds += LONGEST_REST
    assert queue.get() == "a"


def test_a_shorter_rest_ends_no_longer_one(monkeypatch: pytest.MonkeyPatch) -> None:
    now = Clock(monkeypatch)
    queue: WorkQueue[str] = WorkQueue(_none)
    queue.add("a")
    queue.rest(20.0)
    queue.rest(1.0)
    now.seconds += 21.0
    assert queue.idle_seconds() == 1.0


def test_keys_have_waited_since_there_was_one_or_one_was_handed_out(monkeypatch: pytest.MonkeyPatch) -> None:
    now = Clock(monkeypatch)
    queue: WorkQueue[str] = WorkQueue(_none)
    now.seconds += 100
    assert queue.idle_seconds() == 0.0
    queue.add("a")
    queue.add("b")
    now.seconds += 7
    assert queue.idle_seconds() == 7.0
    queue.get()
    now.seconds += 3
    assert queue.idle_seconds() == 3.0
    queue.get()
    now.seconds += 5
    assert queue.idle_seconds() == 0.0


def test_a_key_that_has_become_due_waits_too_and_in_a_closed_queue_none_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = Clock(monkeypatch)
    queue: WorkQueue[str] = WorkQueue(_none)
    queue.add_after("a", 10.0)
    now.seconds += 10.0
    assert queue.idle_seconds() == 0.0
    now.seconds += 4.0
    assert queue.idle_seconds() == 4.0
    queue.close()
    assert queue.idle_seconds() == 0.0


def test_a_time_that_a_sooner_one_has_replaced_hands_nothing_out(monkeypatch: pytest.MonkeyPatch) -> None:
    now = Clock(monkeypatch)
    queue: WorkQueue[str] = WorkQueue(_none)
    queue.add_after("a", 10.0)
    queue.add_after("a", 5.0)
    now.seconds += 5.0
    assert queue.get() == "a"
    queue.done("a")
    now.seconds += 5.0
    assert queue.idle_seconds() == 0.0
    assert len(queue) == 0


def _thinking(workers: int = 1) -> WorkQueue[str]:
    queue: WorkQueue[str] = WorkQueue(_none, most=Most(thinking=workers))
    for key in ("a", "b", "c", "d"):
        queue.add(key)
    return queue


@contextmanager
def another(queue: WorkQueue[str]) -> Iterator[SimpleQueue[str | None]]:
    """Provide what a worker in a thread of its own takes, one key after the other."""
    taken: SimpleQueue[str | None] = SimpleQueue()

    def work() -> None:
        key = None
        while (key := queue.get(key)) is not None:
            taken.put(key)

    worker = threading.Thread(target=work)
    worker.start()
    try:
        yield taken
    finally:
        queue.close()
        worker.join(timeout=60)
        assert not worker.is_alive()


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever thinks may do so for long."""
    monkeypatch.setattr(passes_queue, "THINKING_SECONDS", 6000.0)


@pytest.mark.usefixtures("patient")
def test_while_a_worker_thinks_no_other_gets_a_key_and_while_it_waits_others_do() -> None:
    queue = _thinking()
    assert queue.get() == "a"
    with another(queue) as taken:
        with pytest.raises(Empty):
            taken.get(timeout=0.05)
        with queue.aside():
            assert [taken.get(timeout=60) for _ in range(3)] == ["b", "c", "d"]
        queue.add("e")
        with pytest.raises(Empty):
            taken.get(timeout=0.05)
        queue.done("a")
        assert taken.get(timeout=60) == "e"


@pytest.mark.usefixtures("patient")
def test_who_gives_a_key_back_and_asks_for_another_takes_it_itself() -> None:
    queue = _thinking()
    assert queue.get() == "a"
    queue.add("a")
    with another(queue) as taken:
        assert [queue.get("a"), queue.get("b"), queue.get("c"), queue.get("d")] == ["b", "c", "d", "a"]
        assert taken.empty()
    queue.done("a")


@pytest.mark.usefixtures("patient")
def test_who_comes_back_goes_on_though_another_thinks() -> None:
    queue = _thinking()
    assert queue.get() == "a"
    with queue.aside(), queue.aside():
        assert _elsewhere(queue) == "b"
    assert len(queue) == 2


def test_who_thinks_for_too_long_keeps_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    now = Clock(monkeypatch)
    queue = _thinking(2)
    assert [queue.get(), _elsewhere(queue)] == ["a", "b"]
    now.seconds += THINKING_SECONDS
    assert [_elsewhere(queue), _elsewhere(queue)] == ["c", "d"]
    assert queue.idle_seconds() == 0.0


def test_who_has_no_key_does_not_come_to_think_by_standing_aside() -> None:
    queue = _thinking()
    with queue.aside():
        pass
    assert _elsewhere(queue) == "a"


def _elsewhere(queue: WorkQueue[str]) -> str | None:
    """Return what a worker of its own takes."""
    taken: list[str | None] = []
    worker = threading.Thread(target=lambda: taken.append(queue.get()))
    worker.start()
    worker.join(timeout=60)
    return taken[0]


class Clock:
    """The queue's clock, set by a test."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.seconds = 1000.0
        monkeypatch.setattr(time, "monotonic", lambda: self.seconds)

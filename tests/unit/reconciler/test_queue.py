"""The work queue: each key once, to one worker at a time, now or later."""

from __future__ import annotations

import threading
import time

from reconciler.passes.queue import FIRST_RETRY, LONGEST_RETRY, WorkQueue


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
    worker.join(timeout=10)
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
        worker.join(timeout=10)
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
    end = time.monotonic() + 10
    while len(queue) and time.monotonic() < end:
        time.sleep(0.001)
    queue.close()
    for worker in workers:
        worker.join(timeout=10)
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
    worker.join(timeout=10)
    assert taken == [None]


def test_after_its_rest_the_queue_goes_on() -> None:
    queue: WorkQueue[str] = WorkQueue(_none)
    queue.add("a")
    queue.rest(0.01)
    assert queue.get() == "a"

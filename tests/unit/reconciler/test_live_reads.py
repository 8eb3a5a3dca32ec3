"""Live reads of one namespace are counted; who has had too many waits alone."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from reconciler.passes import live_reads
from reconciler.passes.live_reads import A_SECOND, AT_ONCE, LimitedReader
from reconciler.passes.queue import Most, WorkQueue
from routing.kinds import SERVICES, Resource

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pytest


class Shelf:
    """A reader that has every object."""

    def __init__(self) -> None:
        self.read = 0

    def get(self, resource: Resource, namespace: str, name: str) -> dict[str, Any]:
        assert (resource, namespace != "", name) == (SERVICES, True, "a")
        self.read += 1
        return {"read": self.read}


class Desk:
    """A reader with its limits, what it has paused, and a clock that a test sets."""

    def __init__(self, pause: Callable[[str, float], None] | None = None) -> None:
        self.shelf, self.now, self.paused = Shelf(), 1000.0, list[tuple[str, float]]()
        note = pause or (lambda namespace, seconds: self.paused.append((namespace, round(seconds, 6))))
        self.reader = LimitedReader(self.shelf, note, lambda: self.now)

    def reads(self, namespace: str, times: float) -> None:
        for _ in range(int(times)):
            self.reader.get(SERVICES, namespace, "a")


def test_as_many_as_applications_that_come_at_once_need_are_read_without_a_pause() -> None:
    desk = Desk()
    desk.reads("a", AT_ONCE)
    assert (desk.shelf.read, desk.paused) == (AT_ONCE, [])


def test_a_namespace_that_has_more_read_waits_until_it_owes_nothing() -> None:
    desk = Desk()
    desk.reads("a", AT_ONCE + 2)
    assert desk.paused == [("a", 1 / A_SECOND), ("a", 2 / A_SECOND)]
    assert desk.shelf.read == AT_ONCE + 2, "a pass that has begun ends"
    desk.now += 3.5 / A_SECOND
    desk.reads("a", 1)
    assert len(desk.paused) == 2
    desk.reads("a", 1)
    assert desk.paused[2:] == [("a", 0.5 / A_SECOND)]


def test_who_reads_stands_aside_until_it_is_answered() -> None:
    order: list[str] = []

    @contextmanager
    def aside() -> Iterator[None]:
        order.append("aside")
        yield
        order.append("back")

    class Noting(Shelf):
        def get(self, *of: Any) -> dict[str, Any]:
            order.append("read")
            return super().get(*of)

    LimitedReader(Noting(), lambda *_: None, aside=aside).get(SERVICES, "default", "a")
    assert order == ["aside", "read", "back"]


def test_what_one_namespace_has_read_is_no_other_ones_concern() -> None:
    desk = Desk()
    desk.reads("a", AT_ONCE + 5)
    desk.reads("b", AT_ONCE)
    assert {namespace for namespace, _ in desk.paused} == {"a"}


def test_after_a_time_without_reads_an_account_is_full_and_no_fuller() -> None:
    desk = Desk()
    desk.reads("a", AT_ONCE)
    desk.now += 1e6
    desk.reads("a", AT_ONCE)
    assert desk.paused == []
    desk.reads("a", 1)
    assert desk.paused == [("a", 1 / A_SECOND)]


def test_accounts_of_namespaces_that_ask_no_more_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_reads, "MOST_ACCOUNTS", 3)
    desk = Desk()
    desk.reads("a", AT_ONCE + 1)
    for number in range(20):
        desk.now += 0.1
        desk.reads(f"quiet-{number}", 1)
    accounts = vars(desk.reader)["_accounts"]
    assert len(accounts) <= live_reads.MOST_ACCOUNTS
    assert "a" in accounts, "it has not had all of it back"


def test_keys_of_who_has_had_too_much_read_keep_their_places_while_others_are_handed_out() -> None:
    queue: WorkQueue[tuple[str, int]] = WorkQueue(lambda: 0.0, lambda key: key[0], Most(alone=8))
    desk = Desk(queue.pause)
    desk.reads("greedy", AT_ONCE + 10 * A_SECOND)
    queue.add(("greedy", 0))
    queue.add(("other", 0))
    queue.add(("other", 1))
    assert [queue.get(), queue.get()] == [("other", 0), ("other", 1)]
    assert queue.idle_seconds() == 0.0, "a pause is no sign that no pass runs"
    assert len(queue) == 1


def test_a_pause_ends_by_itself() -> None:
    queue: WorkQueue[tuple[str, int]] = WorkQueue(lambda: 0.0, lambda key: key[0], Most(alone=8))
    queue.pause("greedy", 0.05)
    queue.add(("greedy", 0))
    assert queue.get() == ("greedy", 0)
    queue.pause("greedy", 1e9)
    queue.add(("greedy", 1))
    queue.add_after(("other", 0), 0.05)
    assert queue.get() == ("other", 0)

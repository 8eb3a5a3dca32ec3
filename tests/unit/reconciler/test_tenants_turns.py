"""Each namespace has its turn."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.passes import queue as passes_queue
from reconciler.passes.queue import Most, WorkQueue
from reconciler.passes.turns import Turns


def test_each_tenant_has_its_turn_and_its_items_keep_their_order() -> None:
    turns: Turns[str] = Turns()
    for item in ("a1", "a2", "a3", "b1", "c1", "b2"):
        turns.append(item[0], item)
    assert [turns.next() for _ in range(7)] == ["a1", "b1", "c1", "a2", "b2", "a3", None]
    assert len(turns) == 0


def test_a_tenant_that_is_passed_over_keeps_its_turn() -> None:
    turns: Turns[str] = Turns()
    for item in ("a1", "b1", "b2"):
        turns.append(item[0], item)
    assert [turns.next({"a"}), turns.next({"a", "b"}), turns.next()] == ["b1", None, "a1"]


def test_of_too_many_the_oldest_of_who_has_the_most_goes() -> None:
    turns: Turns[str] = Turns()
    for item in ("b1", "a1", "a2"):
        turns.append(item[0], item)
    assert turns.drop() == "a1"
    assert len(turns) == 2
    with pytest.raises(ValueError, match="empty"):
        Turns[str]().drop()


@given(st.lists(st.sampled_from("abc"), max_size=40))
def test_nothing_is_lost_and_who_waits_is_passed_by_no_tenant_twice(tenants: list[str]) -> None:
    turns: Turns[tuple[str, int]] = Turns()
    for number, tenant in enumerate(tenants):
        turns.append(tenant, (tenant, number))
    taken = []
    while (item := turns.next()) is not None:
        taken.append(item)
    assert sorted(taken) == sorted((tenant, number) for number, tenant in enumerate(tenants))
    for tenant in set(tenants):
        places = [place for place, (whose, _) in enumerate(taken) if whose == tenant]
        for before, after in pairwise(places):
            between = [whose for whose, _ in taken[before + 1 : after]]
            assert len(between) == len(set(between))


def _queue(alone: int, in_company: int = 100) -> WorkQueue[tuple[str, int]]:
    return WorkQueue(lambda: 0.0, lambda key: key[0], Most(alone, min(alone, in_company)))


def test_a_flood_of_one_namespace_delays_another_by_one_key() -> None:
    queue = _queue(100)
    for number in range(2000):
        queue.add(("flood", number))
    queue.add(("other", 0))
    taken = [queue.get(), queue.get()]
    assert ("other", 0) in taken


def test_passes_of_one_namespace_that_hang_leave_workers_to_the_others() -> None:
    queue = _queue(2)
    for number in range(10):
        queue.add(("hangs", number))
    queue.add(("other", 0))
    taken = [queue.get() for _ in range(3)]
    assert [key for key in taken if key] == [("hangs", 0), ("other", 0), ("hangs", 1)]
    queue.add(("other", 1))
    assert queue.get() == ("other", 1)
    queue.done(("hangs", 0))
    assert queue.get() == ("hangs", 2)


def test_keys_that_wait_for_their_own_namespace_are_no_sign_that_no_pass_runs() -> None:
    queue = _queue(1)
    queue.add(("hangs", 0))
    assert queue.get() == ("hangs", 0)
    queue.add(("hangs", 1))
    assert queue.idle_seconds() == 0.0
    queue.add(("other", 0))
    assert queue.idle_seconds() > 0.0


def test_who_is_alone_has_more_out_than_who_is_in_company() -> None:
    queue = _queue(4, in_company=2)
    for number in range(6):
        queue.add(("flood", number))
    assert [queue.get() for _ in range(4)] == [("flood", number) for number in range(4)]
    queue.add(("other", 0))
    assert queue.get() == ("other", 0)
    for number in range(2):
        queue.done(("flood", number))
    assert queue.idle_seconds() == 0.0, "two are still out, and others have work"
    queue.done(("flood", 2))
    assert queue.get() == ("flood", 4)


def test_who_is_left_alone_has_more_out_again_without_anything_else_that_happens(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(passes_queue, "COMPANY_SECONDS", 0.2)
    queue = _queue(2, in_company=1)
    queue.add(("other", 0))
    queue.add(("flood", 0))
    queue.add(("flood", 1))
    assert [queue.get() for _ in range(3)] == [("other", 0), ("flood", 0), ("flood", 1)]


def test_a_key_that_hangs_does_not_keep_those_of_its_own_tenant(monkeypatch: pytest.MonkeyPatch) -> None:
    queue = _queue(3, in_company=1)
    for key in (("other", 0), ("hangs", 0), ("hangs", 1), ("hangs", 2), ("hangs", 3)):
        queue.add(key)
    assert [queue.get(), queue.get()] == [("other", 0), ("hangs", 0)]
    assert queue.idle_seconds() == 0.0, "one is busy"
    monkeypatch.setattr(passes_queue, "BUSY_SECONDS", 0.1)
    assert [queue.get(), queue.get()] == [("hangs", 1), ("hangs", 2)]
    assert queue.idle_seconds() == 0.0, "three are out"


def test_company_is_counted_by_tenant_and_forgotten() -> None:
    queue = _queue(4, in_company=2)
    for tenant in range(50):
        queue.add((str(tenant), 0))
        queue.done(queue.get() or ("", 0))
    assert len(vars(queue)["_company"]) == 50
    vars(queue)["_company"].update((str(tenant), -1e9) for tenant in range(50))
    queue.add(("50", 0))
    queue.get()
    assert [*vars(queue)["_company"]] == ["50"]

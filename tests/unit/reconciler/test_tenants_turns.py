"""Each namespace has its turn."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.passes.queue import WorkQueue
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


def _queue(most: int) -> WorkQueue[tuple[str, int]]:
    return WorkQueue(lambda: 0.0, lambda key: key[0], most)


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

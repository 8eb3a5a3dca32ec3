from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.leading.election import MOST_SECONDS, Candidate, Election, Timings
from routing.kinds import LEASES
from tests.contracts.leases import CONTRACT
from tests.unit.reconciler.memory_leases import MemoryLeases

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.leading.election import Leases

TIMINGS = Timings()


@dataclass
class World:
    """Candidates for one Lease, and the time."""

    leases: MemoryLeases = field(default_factory=MemoryLeases)
    now: float = 100.0

    def candidate(self, identity: str) -> Election:
        return Election(self.leases, Candidate("teal", "teal", identity), TIMINGS, lambda: self.now)

    @property
    def spec(self) -> dict[str, Any]:
        found: dict[str, Any] = self.leases.get(LEASES, "teal", "teal")["spec"]
        return found


@pytest.mark.parametrize("holds", CONTRACT, ids=lambda rule: rule.__name__)
def test_the_in_memory_leases_keep_the_contract(holds: Callable[[Leases, str], None]) -> None:
    holds(MemoryLeases(), "teal")


def test_the_first_takes_the_lease_and_the_second_does_not() -> None:
    world = World()
    one, two = world.candidate("one"), world.candidate("two")
    assert one.attempt()
    assert not two.attempt()
    assert (one.holding(), two.holding()) == (True, False)
    assert world.spec["holderIdentity"] == "one"
    assert world.spec["leaseDurationSeconds"] == TIMINGS.duration


def test_a_lease_that_is_not_renewed_is_taken_after_its_duration_and_not_before() -> None:
    world = World()
    one, two = world.candidate("one"), world.candidate("two")
    one.attempt()
    two.attempt()
    world.now += TIMINGS.duration - 0.001
    assert not two.attempt()
    world.now += 0.001
    assert two.attempt()
    assert (one.holding(), two.holding()) == (False, True)
    assert world.spec["leaseTransitions"] == 1


def test_a_lease_that_is_renewed_is_never_taken() -> None:
    world = World()
    one, two = world.candidate("one"), world.candidate("two")
    for _ in range(20):
        assert one.attempt()
        assert not two.attempt()
        world.now += TIMINGS.renewal
    assert world.spec["leaseTransitions"] == 0


def test_a_leader_that_can_not_renew_stops_writing_before_another_may() -> None:
    world = World()
    one, two = world.candidate("one"), world.candidate("two")
    one.attempt()
    two.attempt()
    world.leases.away()
    world.now += TIMINGS.deadline - 0.001
    assert not one.attempt()
    assert one.holding()
    world.now += 0.001
    assert not one.holding()
    world.leases.fault = None
    assert not two.attempt()


def test_a_deposed_leader_stops_at_once() -> None:
    world = World()
    one, two = world.candidate("one"), world.candidate("two")
    one.attempt()
    two.attempt()
    world.now += TIMINGS.duration
    two.attempt()
    assert not one.attempt()  # its version is stale
    assert not one.attempt()
    assert not one.holding()


def test_a_lease_that_is_given_up_is_taken_at_once() -> None:
    world = World()
    one, two = world.candidate("one"), world.candidate("two")
    one.attempt()
    two.attempt()
    one.give_up()
    assert not one.holding()
    assert not one.attempt()
    assert two.attempt()


def test_a_follower_that_stops_gives_nothing_up() -> None:
    world = World()
    one, two = world.candidate("one"), world.candidate("two")
    one.attempt()
    two.attempt()
    two.give_up()
    assert world.spec["holderIdentity"] == "one"


@pytest.mark.parametrize("lost", [False, True], ids=["the write was not done", "the write was done"])
def test_a_renewal_without_an_answer_is_made_up_for(lost: bool) -> None:  # noqa: FBT001 -- a parameter
    world = World()
    one = world.candidate("one")
    one.attempt()
    acquired = world.spec["acquireTime"]
    world.leases.away()
    world.leases.lost = lost
    assert not one.attempt()
    world.leases.fault = None
    assert one.attempt()
    assert (world.spec["acquireTime"], world.spec["leaseTransitions"]) == (acquired, 0)


def test_a_process_that_is_restarted_under_its_name_goes_on_at_once() -> None:
    world = World()
    world.candidate("one").attempt()
    assert world.candidate("one").attempt()


def test_a_lease_that_was_deleted_or_emptied_is_made_anew() -> None:
    world = World()
    one = world.candidate("one")
    one.attempt()
    world.leases = MemoryLeases()
    two = world.candidate("two")
    assert two.attempt()
    emptied = world.leases.get(LEASES, "teal", "teal")
    world.leases.replace(LEASES, {**emptied, "spec": {}})
    assert world.candidate("three").attempt()


def test_a_lease_that_was_deleted_under_its_leader_is_its_leaders_to_make_anew() -> None:
    world = World()
    one, two = world.candidate("one"), world.candidate("two")
    one.attempt()
    two.attempt()
    world.leases.delete("teal", "teal")
    world.now += TIMINGS.renewal
    assert not two.attempt()
    assert not one.attempt()  # it hears that its Lease has gone
    assert one.attempt()
    assert not two.attempt()
    assert (one.holding(), two.holding()) == (True, False)


def test_a_lease_that_was_deleted_and_is_not_made_anew_is_made_after_its_duration() -> None:
    world = World()
    one, two = world.candidate("one"), world.candidate("two")
    one.attempt()
    two.attempt()
    world.leases.delete("teal", "teal")
    world.now += TIMINGS.duration - 0.001
    assert not two.attempt()
    world.now += 0.001
    assert two.attempt()
    world.leases.delete("teal", "teal")
    assert not two.attempt()
    assert two.attempt()  # its own


@pytest.mark.parametrize(("told", "waits"), [(MOST_SECONDS, MOST_SECONDS), (86_400, MOST_SECONDS), (3, 3)])
def test_a_lease_that_a_hand_has_written_holds_nobody_up_for_long(told: int, waits: int) -> None:
    world = World()
    one, two = world.candidate("one"), world.candidate("two")
    one.attempt()
    found = world.leases.get(LEASES, "teal", "teal")
    spec = {**found["spec"], "holderIdentity": "nobody", "leaseDurationSeconds": told}
    world.leases.replace(LEASES, {**found, "spec": spec})
    assert not one.attempt()
    assert not two.attempt()
    world.now += waits - 0.001
    assert not two.attempt()
    world.now += 0.001
    assert two.attempt()


def test_it_leads_once_elected_and_returns_when_the_lease_is_given_up() -> None:
    led = threading.Event()
    world = World()
    one = world.candidate("one")
    runs = threading.Thread(target=one.run, args=[led.set])
    runs.start()
    assert led.wait(60)
    one.give_up()
    runs.join(60)
    assert not runs.is_alive()


@given(
    st.lists(
        st.tuples(st.sampled_from(["one", "two", "three"]), st.sampled_from([0.0, 0.5, 1.0, 3.0, 7.0])),
        max_size=60,
    )
)
def test_two_never_hold_the_lease_at_the_same_time(history: list[tuple[str, float]]) -> None:
    """Candidates that wake up at any time, as paused and delayed processes do."""
    world = World()
    candidates = {name: world.candidate(name) for name in ("one", "two", "three")}
    for name, pause in history:
        candidates[name].attempt()
        assert sum(candidate.holding() for candidate in candidates.values()) <= 1
        world.now += pause
        assert sum(candidate.holding() for candidate in candidates.values()) <= 1


@given(st.lists(st.tuples(st.booleans(), st.permutations(["one", "two", "three"])), max_size=40))
def test_nor_do_they_while_somebody_deletes_the_lease_again_and_again(
    history: list[tuple[bool, list[str]]],
) -> None:
    world = World()
    candidates = {name: world.candidate(name) for name in ("one", "two", "three")}
    for candidate in candidates.values():
        candidate.attempt()
    for deleted, order in history:
        if deleted:
            world.leases.delete("teal", "teal")
        for name in order:
            candidates[name].attempt()
            assert sum(candidate.holding() for candidate in candidates.values()) <= 1
        world.now += TIMINGS.retry
        assert sum(candidate.holding() for candidate in candidates.values()) <= 1

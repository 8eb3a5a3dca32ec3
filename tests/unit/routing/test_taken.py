"""Whose drain begins: where those who follow a route tell of it, not before they have taken it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from routing.deciding.decide import Decision, VersionPlan, decide
from routing.facts import Facts, Part, Workload
from tests.unit.routing.worlds import DRAIN, NOW, SERVING, Memory, facts, routemap

PATIENCE = 600.0
RIVAL = facts("httpbin-0", memory=SERVING)
UNLISTED = Memory(marked=True)


def decided(fact: Facts, now: float = NOW) -> Decision:
    """Return what is decided of a candidate that is leaving, beside a primary that is ready."""
    return decide(routemap(50, 50), None, (RIVAL, fact), now, PATIENCE)


def leaving(memory: Memory, *, taken: bool | None, since: float = NOW - 3) -> Facts:
    left = facts("httpbin-1", "Deployment being deleted", memory)
    workload = Workload(marked=memory.marked, deleting_since=since)
    return replace(left, deployment=workload, taken=taken)


def told(plan: VersionPlan) -> tuple[bool, bool, float | None]:
    return plan.waits, plan.mark, plan.draining_until


@pytest.mark.parametrize(
    ("memory", "taken", "wanted"),
    [
        # Nobody tells: it begins in the pass that takes the version out.
        (SERVING, None, (False, True, NOW + DRAIN)),
        # Of what is written in this pass nobody has heard, whatever is said of what was there before.
        (SERVING, True, (True, True, None)),
        (SERVING, False, (True, True, None)),
        (UNLISTED, False, (True, True, None)),
        (UNLISTED, True, (False, True, NOW + DRAIN)),
        (UNLISTED, None, (False, True, NOW + DRAIN)),
        # What has begun goes on.
        (Memory(marked=True, draining_until=NOW + 4.5), False, (False, True, NOW + 4.5)),
        (Memory(marked=True, draining_until=NOW - 0.5), False, (False, False, None)),
        (Memory(), False, (False, False, None)),
    ],
)
def test_a_drain_begins_when_the_route_is_taken_without_the_version(
    memory: Memory,
    taken: bool | None,  # noqa: FBT001
    wanted: tuple[bool, bool, float | None],
) -> None:
    decision = decided(leaving(memory, taken=taken))
    assert told(decision.versions[1]) == wanted
    if wanted[0]:
        assert decision.again_at == NOW - 3 + PATIENCE


def test_a_version_that_is_not_deleted_waits_for_as_long_as_it_takes() -> None:
    fact = replace(facts("httpbin-1", "watch label removed", UNLISTED), taken=False)
    decision = decided(fact)
    assert (told(decision.versions[1]), decision.again_at) == ((True, True, None), None)


def test_a_deletion_waits_for_nobodys_word_longer_than_its_patience() -> None:
    plan = decided(leaving(UNLISTED, taken=False, since=NOW - PATIENCE)).versions[1]
    assert told(plan) == (False, True, NOW + DRAIN)
    plan = decided(leaving(SERVING, taken=True, since=NOW - PATIENCE)).versions[1]
    assert told(plan) == (False, True, NOW + DRAIN)


def test_what_can_t_be_marked_waits_for_nothing() -> None:
    gone = Facts("httpbin-1", Workload(deleting_since=NOW), Part(deleting_since=NOW), taken=True)
    exposed = replace(gone, exposure=facts("httpbin-1", memory=SERVING).exposure)
    assert told(decided(exposed).versions[1]) == (False, False, None)


def test_a_version_that_serves_waits_for_nothing() -> None:
    serving = replace(facts("httpbin-1", memory=SERVING), taken=False)
    assert told(decided(serving).versions[1]) == (False, True, None)

"""What holds in every world: version states by weights by what past passes have left behind."""

from __future__ import annotations

import itertools
from functools import cache, partial
from typing import TYPE_CHECKING

import pytest

from routing.deciding.decide import State, VersionPlan, decide, release
from tests.unit.routing.worlds import DRAIN, NOW, SETTLE, carried_out, replayed, worlds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from routing.facts import Facts
    from tests.unit.routing.worlds import Pass, World

LEAVING = (State.ABSENT, State.DRAINING)


def versions() -> Iterator[tuple[World, Facts, VersionPlan]]:
    for world in worlds():
        for fact, plan in zip(world.facts, world.decision.versions, strict=True):
            yield world, fact, plan


def test_there_are_worlds_of_one_two_and_three_versions() -> None:
    sizes = [len(world.facts) for world in worlds()]
    assert [sizes.count(size) for size in (1, 2, 3)] == [1152, 7776, 2916]


def test_the_percentages_sum_to_100() -> None:
    for world in worlds():
        assert sum(world.decision.split.values()) == 100, world


def test_only_ready_versions_share_the_requests_when_there_is_one() -> None:
    for world in worlds():
        ready = [plan.name for plan in world.decision.versions if plan.state is State.READY]
        assert [*world.decision.split] == (ready or ["httpbin-0"]), world


def test_a_version_without_ready_endpoint_gets_no_request_while_another_version_is_ready() -> None:
    for world, _, plan in versions():
        assert plan.ready_endpoints or not plan.weight or not world.decision.ready, world


def test_a_ready_version_of_weight_0_stays_at_0_unless_all_ready_ones_are_0() -> None:
    for world in worlds():
        own = {version.name: version.weight for version in world.routemap.versions}
        split = world.decision.split
        if world.decision.ready and any(own[name] for name in split):
            assert not any(split[name] for name in split if own[name] == 0), world


def test_of_ready_versions_that_are_all_0_the_primary_gets_all() -> None:
    for world in worlds():
        own = {version.name: version.weight for version in world.routemap.versions}
        split = world.decision.split
        if "httpbin-0" in split and not any(own[name] for name in split):
            assert split["httpbin-0"] == 100, world


def test_who_gets_requests_and_is_not_leaving_is_to_be_marked() -> None:
    for world, _, plan in versions():
        assert plan.mark or not plan.weight or plan.state in LEAVING, world


def test_who_leaves_the_split_stays_marked_for_the_whole_drain_and_again_at_says_until_when() -> None:
    for world, fact, plan in versions():
        if fact.applied and not plan.weight and fact.markable:
            assert plan.mark, world
            assert plan.draining_until == NOW + DRAIN, world
            assert world.decision.again_at is not None, world
            assert world.decision.again_at <= NOW + DRAIN, world


def test_what_can_carry_no_mark_is_not_drained() -> None:
    for world, fact, plan in versions():
        assert fact.markable or (plan.mark, plan.draining_until) == (False, None), world


def test_a_drain_that_has_begun_ends_when_it_was_to_end() -> None:
    for world, fact, plan in versions():
        began = fact.marked and not fact.applied and fact.draining_until is not None
        if began and (not plan.weight or plan.state in LEAVING):
            over = fact.draining_until is not None and fact.draining_until <= NOW
            assert plan.draining_until == (None if over else fact.draining_until), world
            assert plan.mark is not over, world


def test_a_mark_never_outlives_its_reason() -> None:
    for world, _, plan in versions():
        served = bool(plan.weight) and plan.state not in LEAVING
        assert plan.mark == (served or plan.draining_until is not None), world


def test_a_drain_that_is_over_is_not_planned_any_more() -> None:
    for world, _, plan in versions():
        assert plan.draining_until is None or plan.draining_until > NOW, world


def test_protected_is_exactly_the_only_ready_version() -> None:
    for world, _, plan in versions():
        ready = [other.name for other in world.decision.versions if other.state is State.READY]
        assert (plan.protected is not None) == (ready == [plan.name]), world


def test_again_at_is_the_next_end_of_a_drain_or_of_settling() -> None:
    for world in worlds():
        times = [plan.draining_until for plan in world.decision.versions]
        times += [
            fact.ready_since + SETTLE
            for fact, plan in zip(world.facts, world.decision.versions, strict=True)
            if plan.reason == "Settling" and fact.ready_since is not None
        ]
        wanted = min((time for time in times if time is not None), default=None)
        assert world.decision.again_at == wanted, world
        assert wanted is None or wanted > NOW, world


def test_a_reason_never_stands_with_two_states_of_a_version_that_may_get_requests() -> None:
    seen = {(plan.reason, plan.state) for _, fact, plan in versions() if fact.marked or fact.applied}
    assert len(seen) == len({reason for reason, _ in seen})


def test_deciding_again_after_a_pass_changes_nothing() -> None:
    for world in worlds():
        after = tuple(carried_out(fact, world.decision) for fact in world.facts)
        if any(map(_is_gone, world.facts, after)) or any(map(_has_come_in, world.decision.versions)):
            continue  # the pass itself has made news
        again = decide(world.routemap, None, after, NOW)
        assert again.again_at == world.decision.again_at, world
        assert [*map(_to_do, again.versions)] == [*map(_to_do, world.decision.versions)], world


def _is_gone(before: Facts, after: Facts) -> bool:
    return (before.deployment and not after.deployment) or (before.service and not after.service) or False


def _has_come_in(plan: VersionPlan) -> bool:
    """It got the requests that no other version can answer, and what it takes to stay is less."""
    return plan.reason in ("Settling", "DeploymentNotAvailable") and plan.weight is not None


def _to_do(plan: VersionPlan) -> tuple[object, ...]:
    return plan.weight, plan.mark, plan.protected, plan.draining_until


@cache
def histories() -> tuple[tuple[World, list[Pass]], ...]:
    """Return a seventh of the worlds (7 divides no table's length), each played until it rests."""
    return tuple(
        (world, replayed(world.facts, partial(decide, world.routemap, None), passes=7))
        for world in worlds()[::7]
    )


def test_every_world_comes_to_rest_within_seven_passes() -> None:
    assert max(len(history) for _, history in histories()) == 7


def test_a_world_changes_its_plan_at_most_three_times_on_the_way_to_rest() -> None:
    for world, history in histories():
        plans = [[_to_do(plan) for plan in decision.versions] for _, decision, _ in history]
        changes = sum(before != after for before, after in itertools.pairwise(plans))
        assert changes <= 3, world


def test_at_rest_nothing_that_leaves_is_marked_and_nothing_that_is_deleted_is_left() -> None:
    for world, history in histories():
        _, decision, rest = history[-1]
        for fact, plan in zip(rest, decision.versions, strict=True):
            assert not (plan.state in LEAVING and fact.marked), world
            assert fact.deployment is None or not fact.deployment.deleting, world
            assert fact.service is None or not fact.service.deleting, world


def test_no_version_loses_its_mark_sooner_than_the_drain_after_its_last_request() -> None:
    for world, history in histories():
        left: dict[str, float] = {}
        for now, decision, seen in history:
            for fact, plan in zip(seen, decision.versions, strict=True):
                if fact.applied and not plan.weight:
                    left[plan.name] = now
                if fact.marked and not plan.mark:
                    assert now >= left.get(plan.name, 0) + DRAIN, world


@pytest.mark.parametrize("marked", [True, False])
def test_a_released_version_keeps_its_mark_only_for_a_drain_that_runs(*, marked: bool) -> None:
    for world in worlds()[::7]:
        chosen = [fact for fact in world.facts if fact.marked is marked]
        for fact, plan in zip(chosen, release(chosen, NOW).versions, strict=True):
            runs = fact.draining_until is not None and fact.draining_until > NOW
            assert plan.mark == (marked and runs), world
            assert plan.draining_until == (fact.draining_until if plan.mark else None), world
            assert (plan.weight, plan.protected) == (None, None), world


def test_a_release_comes_to_rest_with_all_marks_off_within_four_passes() -> None:
    for world in worlds()[::7]:
        _, decision, rest = replayed(world.facts, release, passes=4)[-1]
        assert decision.split == {}, world
        assert not any(fact.marked for fact in rest), world

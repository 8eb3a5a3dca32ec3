"""What holds in every world: version states by weights by what past passes have left behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from routing.deciding.decide import asked
from routing.deciding.letting_go import let_go
from routing.model import State
from routing.reading.defaults import DEADLINE_SECONDS
from routing.routes.exposure import by_version
from routing.telling.progress import complete
from routing.telling.reasons import VERSIONS
from tests.unit.routing.worlds import DRAIN, NOW, SETTLE, share, split, worlds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from routing.deciding.decide import VersionPlan
    from routing.facts import Facts
    from tests.unit.routing.worlds import World

LEAVING = (State.ABSENT, State.DRAINING)


def versions() -> Iterator[tuple[World, Facts, VersionPlan]]:
    for world in worlds():
        for fact, plan in zip(world.facts, world.decision.versions, strict=True):
            yield world, fact, plan


def test_there_are_worlds_of_one_two_and_three_versions() -> None:
    sizes = [len(world.facts) for world in worlds()]
    assert [sizes.count(size) for size in (1, 2, 3)] == [1152, 7776, 2916]


def test_every_reason_that_any_world_gives_is_explained() -> None:
    assert {plan.reason for _, _, plan in versions()} - {*VERSIONS} == set()


def test_the_percentages_sum_to_100() -> None:
    for world in worlds():
        if world.decision.ready or world.decision.answered:
            assert sum(split(world.decision).values()) == 100, world


def test_only_ready_versions_share_the_requests_when_there_is_one() -> None:
    for world in worlds():
        ready = [plan.name for plan in world.decision.versions if plan.state is State.READY]
        if ready:
            assert [*split(world.decision)] == ready, world


def test_while_no_version_is_ready_requests_go_nowhere_that_they_did_not_go_before() -> None:
    for world in worlds():
        if not world.decision.ready:
            named = {fact.name for fact in world.facts if fact.exposure is not None}
            assert split(world.decision).keys() <= named, world


def test_while_somebody_who_got_requests_answers_nobody_gets_any_who_does_not() -> None:
    for world in worlds():
        endpoints = {fact.name: fact.ready_endpoints for fact in world.facts}
        reached = [name for name, part in split(world.decision).items() if part]
        if any(fact.exposed and fact.ready_endpoints for fact in world.facts):
            assert all(endpoints[name] for name in reached), world


def test_a_version_without_ready_endpoint_gets_no_request_while_another_version_is_ready() -> None:
    for world, _, plan in versions():
        assert plan.ready_endpoints or not share(plan) or not world.decision.ready, world


def test_a_ready_version_of_weight_0_stays_at_0_unless_all_ready_ones_are_0() -> None:
    for world in worlds():
        own = {version.name: version.weight for version in world.routemap.versions}
        shares = split(world.decision)
        if world.decision.ready and any(own[name] for name in shares):
            assert not any(shares[name] for name in shares if own[name] == 0), world


def test_of_ready_versions_that_are_all_0_the_primary_gets_all() -> None:
    for world in worlds():
        own = {version.name: version.weight for version in world.routemap.versions}
        shares = split(world.decision)
        if world.decision.ready and "httpbin-0" in shares and not any(own[name] for name in shares):
            assert shares["httpbin-0"] == 100, world


def test_who_gets_requests_and_is_not_leaving_is_to_be_marked() -> None:
    for world, _, plan in versions():
        assert plan.mark or not share(plan) or plan.state in LEAVING, world


def test_who_leaves_the_split_stays_marked_for_the_whole_drain_and_again_at_says_until_when() -> None:
    for world, fact, plan in versions():
        if fact.exposed and not share(plan) and fact.markable:
            assert plan.mark, world
            assert plan.draining_until == NOW + DRAIN, world
            assert world.decision.again_at is not None, world
            assert world.decision.again_at <= NOW + DRAIN, world


def test_what_can_carry_no_mark_is_not_drained() -> None:
    for world, fact, plan in versions():
        assert fact.markable or (plan.mark, plan.draining_until) == (False, None), world


def test_a_drain_that_has_begun_ends_when_it_was_to_end() -> None:
    for world, fact, plan in versions():
        began = fact.marked and not fact.exposed and fact.draining_until is not None
        if began and (not share(plan) or plan.state in LEAVING):
            over = fact.draining_until is not None and fact.draining_until <= NOW
            assert plan.draining_until == (None if over else fact.draining_until), world
            assert plan.mark is not over, world


def test_a_mark_never_outlives_its_reason() -> None:
    for world, fact, plan in versions():
        served = bool(share(plan)) and (plan.state not in LEAVING or (plan.held and fact.markable))
        assert plan.mark == (served or plan.draining_until is not None), world


def test_a_drain_that_is_over_is_not_planned_any_more() -> None:
    for world, _, plan in versions():
        assert plan.draining_until is None or plan.draining_until > NOW, world


def test_protected_is_exactly_the_only_ready_version() -> None:
    for world, _, plan in versions():
        ready = [other.name for other in world.decision.versions if other.state is State.READY]
        answering = [other.name for other in world.decision.versions if other.held]
        assert (plan.protected is not None) == ((ready or answering) == [plan.name]), world


def test_again_at_is_the_next_end_of_a_drain_or_of_settling() -> None:
    for world in worlds():
        times = [plan.draining_until for plan in world.decision.versions]
        times += [
            fact.ready_since + SETTLE
            for fact, plan in zip(world.facts, world.decision.versions, strict=True)
            if plan.reason == "Settling" and fact.ready_since is not None
        ]
        times += [
            fact.deleting_since + DEADLINE_SECONDS
            for fact, plan in zip(world.facts, world.decision.versions, strict=True)
            if plan.held and fact.deleting_since is not None
        ]
        wanted = min((time for time in times if time is not None), default=None)
        assert world.decision.again_at == wanted, world
        assert wanted is None or wanted > NOW, world


def test_a_reason_never_stands_with_two_states_of_a_version_that_may_get_requests() -> None:
    seen = {(plan.reason, plan.state) for _, fact, plan in versions() if fact.marked or fact.exposed}
    assert len(seen) == len({reason for reason, _ in seen})


@pytest.mark.parametrize("marked", [True, False])
def test_a_released_version_keeps_its_mark_only_for_a_drain_that_runs(*, marked: bool) -> None:
    for world in worlds()[::7]:
        chosen = [fact for fact in world.facts if fact.marked is marked]
        for fact, plan in zip(chosen, let_go(chosen, NOW).versions, strict=True):
            runs = fact.draining_until is not None and fact.draining_until > NOW
            assert plan.mark == (marked and runs), world
            assert plan.draining_until == (fact.draining_until if plan.mark else None), world
            assert (share(plan), plan.protected) == (None, None), world


def test_complete_holds_exactly_where_all_who_are_to_get_requests_are_ready_in_every_world() -> None:
    for world in worlds():
        whole = asked(world.routemap, None, [version.name for version in world.routemap.versions])
        wanted = {item.version for item in whole if item.share}
        ready = {plan.name for plan in world.decision.versions if plan.state is State.READY}
        told_of = complete(world.routemap, None, world.decision, by_version(world.decision.exposures))
        assert told_of.holds == (wanted <= ready), world

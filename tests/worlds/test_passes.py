"""What the real plan does in every world: one pass, cut off anywhere, and all until nothing changes."""

from __future__ import annotations

import itertools
import os
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from routing import facts, patches
from routing.kinds import VIRTUAL_SERVICES
from routing.leftovers import plan_left
from routing.model import State
from routing.plan import events_of, plan
from routing.reading import status
from routing.reading.times import timestamp
from routing.routes import ROUTER
from routing.writes import LEFT_SECONDS, Apply
from tests.unit.routing.cluster import Played, cluster, replayed
from tests.unit.routing.worlds import DRAIN, NOW, worlds

if TYPE_CHECKING:
    from routing.writes import Patch
    from tests.unit.routing.cluster import Cluster

LEAVING = (State.ABSENT, State.DRAINING)
MOST_LOOKS = 2
"""Marks first, and traffic after another look; the worlds' Routemaps are held already."""
PHASES = ["mark", "route", "let go"]
EVERY = int(os.environ.get("TEAL_EVERY_WORLD", "41"))
"""Of how many worlds one is played; 41 divides no table's length, and `make fuzz` plays all."""


@cache
def clusters() -> tuple[Cluster, ...]:
    return tuple(cluster(world.routemap, world.facts) for world in worlds()[::EVERY])


@cache
def histories() -> tuple[tuple[Played, ...], ...]:
    """Return the worlds, each played until it rests."""
    return tuple(tuple(replayed(start, passes=14)) for start in clusters())


def passes() -> list[Played]:
    return [played for history in histories() for played in history]


@cache
def firsts() -> tuple[tuple[Played, ...], ...]:
    """Return the first pass over each world: its looks."""
    return tuple(tuple(looks(start, NOW)) for start in clusters())


def looks(start: Cluster, now: float) -> list[Played]:
    """Return what is planned and done, one after the other, while it says to look again at once."""
    done: list[Played] = []
    while not done or done[-1].due.again_at == now:
        assert len(done) < MOST_LOOKS, done[-1]
        due = plan(start.seen(), now)
        done.append(Played(now, start, due, start.after(due)))
        start = done[-1].after
    return done


def test_a_cluster_has_the_facts_of_its_world() -> None:
    for world, start in zip(worlds()[::EVERY], clusters(), strict=True):
        for wanted, seen in zip(world.facts, start.seen().facts, strict=True):
            found = seen.deployment and replace(seen.deployment, revision="")
            assert (found, seen.service) == (wanted.deployment, wanted.service)
            assert (seen.ready_endpoints, seen.ready_since) == (wanted.ready_endpoints, wanted.ready_since)
            assert (seen.exposure is None) == (wanted.exposure is None)
            assert seen.exposed is wanted.exposed


def test_a_pass_first_marks_then_routes_then_lets_go() -> None:
    for played in passes():
        phases = [{_phase(write) for write in step} - {None} for step in played.due.steps]
        assert all(len(step) <= 1 for step in phases), played
        told = [PHASES.index(phase) for step in phases for phase in step if phase]
        assert told == sorted(told), played


def test_cut_off_after_any_write_who_is_to_get_requests_is_marked_or_was_not_before() -> None:
    for played in passes():
        if played.after.routemap is not None:
            told = status.read(played.after.routemap.get("status"))
            serving = {version.name for version in told.versions if version.state not in LEAVING}
            before, *cuts = (_unmarked(cut) & serving for cut in played.before.cut(played.due))
            assert all(cut <= before for cut in cuts), played
            assert not cuts[-1], played


def test_cut_off_after_any_write_the_next_pass_comes_to_the_same() -> None:
    for first in firsts():
        for played in first:
            for cut in played.before.cut(played.due):
                if _objects(cut) == _objects(first[0].before) == _objects(first[-1].after):
                    again = looks(cut, NOW)[-1].after
                    assert _standing(again) == _standing(first[-1].after), played


def test_a_second_pass_at_once_writes_no_object_and_a_third_one_nothing() -> None:
    for first in firsts():
        after = first[-1].after
        if _has_news(first[0].before, after):
            continue
        second = plan(after.seen(), NOW)
        assert second.steps == (), first
        third = plan(after.after(second).seen(), NOW)
        assert (third.steps, third.status) == ((), None), first


def test_a_second_pass_at_once_has_nothing_to_do_unless_a_write_calls_for_it() -> None:
    """So a pass needs no other one after it (`carry_out`)."""
    found = {"route": 0, "let go": 0}
    for first in firsts():
        due, after = first[-1].due, first[-1].after
        if any(patch.ends for patch in due.after) or _has_news(first[0].before, after):
            continue
        second = plan(after.seen(), NOW)
        assert (second.steps, second.status, second.again_at) == ((), None, due.again_at), first
        found["route"] += bool(due.route)
        found["let go"] += "let go" in map(_phase, due.after)
    assert min(found.values()) > len(firsts()) / 100


def test_what_is_told_is_what_stands() -> None:
    for played in passes():
        if played.due.again_at == played.now:
            assert (played.due.route, played.due.after, played.due.status) == ((), (), None), played
            continue
        assert played.after.routemap is not None
        told = status.read(played.after.routemap.get("status"))
        weights = {version.name: version.weight for version in told.versions if version.weight}
        assert weights == {name: share for name, share in played.after.split.items() if share}, played
        assert played.after.marked <= {*told.held, *played.after.split}, played


def test_events_have_the_words_of_the_status_that_they_lead_to() -> None:
    for played in passes():
        before, after = played.before.seen().status, played.after.seen().status
        reasons = {told.reason for told in after.conditions} | {told.reason for told in after.versions}
        for event in events_of(played.due, before):
            assert event.reason in reasons | {"SplitApplied", "Draining", "Drained", "WeightOverridden"}, (
                played
            )
            assert event.reason != "SplitApplied" or event.message.startswith(
                f"requests are split {after.split}"
            )
            told = event.message.split()[0]
            assert event.reason not in ("Draining", "Drained") or after.version(told) is not None, played


def test_why_nobody_is_ready_is_told_as_the_status_tells_it_of_each_version() -> None:
    for played in passes():
        if played.due.again_at == played.now:
            continue  # marks first: what is told comes with the look after them
        told = played.after.seen().status
        ready = told.condition("Ready")
        assert ready is not None, played
        listed = [version for version in told.versions if version.reason != "NotListed"]
        if not ready.holds:
            assert all(f"{version.name}: {version.reason}" in ready.message for version in listed), played
            assert ready.reason in ("Held", "NoReadyVersion"), played
        assert ready.holds == any(version.state is State.READY for version in told.versions), played


def test_every_world_comes_to_rest_within_thirteen_passes() -> None:
    assert max(map(len, histories())) == 13


def test_a_world_changes_at_most_five_times_on_the_way_to_rest() -> None:
    for history in histories():
        stand = [_standing(history[0].before), *(_standing(played.after) for played in history)]
        assert sum(before != after for before, after in itertools.pairwise(stand)) <= 5, history


def test_at_rest_nothing_that_is_deleted_is_left_and_only_who_may_get_requests_is_marked() -> None:
    for *_, last in histories():
        for fact in last.after.seen().facts:
            assert (fact.deleting_since, fact.draining_until) == (None, None), last
            assert not fact.marked or fact.exposed, last


def test_no_version_loses_its_mark_sooner_than_the_drain_after_its_last_request() -> None:
    for history in histories():
        left: dict[str, float] = {}
        for played in history:
            for name in _exposed(played.before) - _exposed(played.after):
                left[name] = played.now
            for name in played.before.marked - played.after.marked:
                assert played.now >= left.get(name, 0) + DRAIN, history


def test_a_routemap_that_is_deleted_goes_with_all_marks_off_and_its_route_after_a_while() -> None:
    for history in deletions():
        last = history[-1].after
        assert (last.routemap, last.split, last.marked) == (None, history[0].before.split, set()), history
        for route in last.routes.values():
            [[given_back]] = plan_left(ROUTER, route, history[-1].now + LEFT_SECONDS).steps
            assert last.written(given_back).collected().routes == {}, history


def test_of_a_routemap_that_is_deleted_the_finalizer_goes_last_and_the_split_stays_until_then() -> None:
    for history in deletions():
        for played in history:
            for cut in played.before.cut(played.due):
                assert cut.routemap is not None or not cut.marked, played
                assert cut.routemap is None or cut.split == history[0].before.split, played


@cache
def deletions() -> tuple[tuple[Played, ...], ...]:
    """Return the worlds with their Routemap deleted, each played until it has gone."""
    return tuple(tuple(replayed(_deleted(start), passes=4)) for start in clusters())


def _deleted(start: Cluster) -> Cluster:
    deleted = {"deletionTimestamp": timestamp(NOW)}
    maps = {
        name: {**manifest, "metadata": {**manifest["metadata"], **deleted}}
        for name, manifest in start.routemaps.items()
    }
    return replace(start, routemaps=maps)


def _phase(write: Patch | Apply) -> str | None:
    """Return what a write is for, as the order of a pass has it."""
    if isinstance(write, Apply) or write.resource == VIRTUAL_SERVICES:
        return "route"
    before = facts.is_marked(write.manifest)
    after = facts.is_marked(patches.patched(write.manifest, write.operations))
    return None if before is after else "mark" if after else "let go"


def _exposed(place: Cluster) -> set[str]:
    return {name for name, exposure in place.exposures.items() if exposure.exposed}


def _unmarked(place: Cluster) -> set[str]:
    """Return who may be getting requests, has an object that can be marked, and is not."""
    parts = (*place.deployments.items(), *place.services.items())
    markable = {name for name, manifest in parts if "deletionTimestamp" not in manifest["metadata"]}
    return (_exposed(place) & markable) - place.marked


def _standing(place: Cluster) -> tuple[object, ...]:
    protected = {name for name, manifest in place.deployments.items() if facts.is_protected(manifest)}
    return place.split, place.marked, protected


def _objects(place: Cluster) -> tuple[object, ...]:
    return place.deployments.keys(), place.services.keys(), place.endpoints


def _has_news(before: Cluster, after: Cluster) -> bool:
    """The pass has let something go, or has sent requests to who had not settled, for want of another."""
    told = status.read((after.routemap or {}).get("status")).versions
    early = [version.name for version in told if version.reason in ("Settling", "DeploymentNotAvailable")]
    return _objects(before) != _objects(after) or bool({*early} & after.split.keys())

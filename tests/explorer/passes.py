"""The reconciler's passes: the real `Observer` and the real plan over what a state has.

What a pass is depends on few parts of a state, so each is planned once.
"""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from reconciler.passes.observe import Observer
from reconciler.watching.mentions import Mentions, OrphanKey, RoutemapKey
from routing.kinds import DEPLOYMENTS, ROUTEMAPS, SERVICES, VIRTUAL_SERVICES
from routing.leftovers import plan_left, plan_orphan
from routing.plan import plan_failed
from routing.routes.exposure import Exposure
from routing.writes import Apply
from tests.explorer import manifests, rollouts
from tests.explorer.glimpse import Glimpse, Shelves, glimpse
from tests.explorer.manifests import APPLICATION, NAMESPACE, NOW, ago
from tests.explorer.state import LONG_AGO, NO, name
from tests.explorer.world import Applied, Patched, Told

if TYPE_CHECKING:
    from routing.passes import Pass
    from routing.writes import Patch
    from tests.explorer.state import State
    from tests.explorer.world import World, Write

KEY = RoutemapKey(NAMESPACE, APPLICATION)
_KINDS = {
    DEPLOYMENTS: "deployment",
    SERVICES: "service",
    ROUTEMAPS: "routemap",
    VIRTUAL_SERVICES: "route",
}
_GONE = -1

Steps = tuple[tuple[int, ...], ...]


class Due(NamedTuple):
    """A pass: the writes of each step, those after a failure, what is remembered then, and when again."""

    steps: Steps
    fallback: Steps
    since: tuple[int, ...]
    unready: tuple[bool, ...]
    unfit: bool
    again: bool


class Passes:
    """What the reconciler would do in a state."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._known: dict[tuple[object, ...], Due | None] = {}

    def routemap(self, state: State) -> Due | None:
        """Return the pass over the Routemap, None where none is seen."""
        return self._once(state, None)

    def orphan(self, state: State, index: int) -> Due | None:
        """Return the pass over a version that no Routemap mentions, None while one does."""
        return self._once(state, index)

    def gone(self, state: State) -> Due | None:
        """Return the pass over what a Routemap that has gone has left, None where there is nothing of it."""
        return self._once(state, _GONE)

    def _once(self, state: State, index: int | None) -> Due | None:
        parts = tuple((*version[:3], version.since, version.unready) for version in state.versions)
        route = (state.route, state.owned, state.leaving)
        told = (state.evidence, state.override)
        key = (index, parts, state.routemap, route, state.failing, state.late, told)
        if key not in self._known:
            self._known[key] = self._planned(state, index)
        return self._known[key]

    def _planned(self, state: State, index: int | None) -> Due | None:
        truth, seen = glimpse(self._world, state), glimpse(self._world, state, state.late)
        mentions, shelves = Mentions(), Shelves()
        if seen.routemap is not None:
            mentions.update(KEY, seen.routemap)
        observer = Observer(shelves.stores, mentions, truth)
        if index is None:
            _remind(self._world, state, observer, shelves)
            shelves.show(seen)
            return self._routemap(state, observer)
        shelves.show(seen)
        return self._left(state, observer) if index == _GONE else self._orphan(state, observer, index)

    def _routemap(self, state: State, observer: Observer) -> Due | None:
        seen = observer.observe(KEY, NOW)
        if seen is None:
            return None
        seen = replace(seen, failing_since=ago(state.failing), answers=rollouts.answers(state, seen))
        due = self._world.plan(seen, NOW)
        known = {fact.name: manifests.told(fact.ready_since) for fact in seen.facts}
        since = tuple(known.get(name(index), version.since) for index, version in enumerate(state.versions))
        kept = {
            fact.name: fact.was_unready
            and (fact.ready_since is not None or fact.exposure is not None or fact.name in seen.status.held)
            for fact in seen.facts
        }
        unready = tuple(
            kept.get(name(index), version.unready) for index, version in enumerate(state.versions)
        )
        failed = plan_failed(replace(seen, failing_since=seen.failing_since or NOW), None, "failed", NOW)
        return Due(self._steps(due), self._steps(failed), since, unready, due.unfit, due.again_at is not None)

    def _orphan(self, state: State, observer: Observer, index: int) -> Due | None:
        key = OrphanKey(NAMESPACE, name(index))
        version = observer.orphan(key)
        if version is None:
            return None
        due = plan_orphan(version, NOW, routed=observer.routed(key))
        since = tuple(NO if at == index else version.since for at, version in enumerate(state.versions))
        unready = tuple(at != index and version.unready for at, version in enumerate(state.versions))
        return Due(self._steps(due), (), since, unready, unfit=False, again=due.again_at is not None)

    def _left(self, state: State, observer: Observer) -> Due | None:
        routes = observer.left(KEY)
        if not routes:
            return None
        [(router, route)] = routes  # the model's world has VirtualServices only
        due = plan_left(router, route, NOW)
        since = tuple(version.since for version in state.versions)
        unready = tuple(version.unready for version in state.versions)
        return Due(self._steps(due), (), since, unready, unfit=False, again=due.again_at is not None)

    def _steps(self, due: Pass) -> Steps:
        number = self._world.writes.number
        steps = [tuple(number(_write(write)) for write in step) for step in due.steps]
        if due.status is not None:
            steps.append((number(Told(self._world.statuses.number(rollouts.stored(due.status)))),))
        return tuple(steps)


def _remind(world: World, state: State, observer: Observer, shelves: Shelves) -> None:
    """Have an observer remember since when versions have had a ready endpoint: it has seen them then.

    Those that it remembers without one it has seen so, too, first, while the router's object named them.
    """
    versions = {name(index): version for index, version in enumerate(state.versions)}
    unready = [version for version, value in versions.items() if value.unready]
    named = tuple(Exposure(version, 0 if at else 100) for at, version in enumerate(unready))
    route = world.rendered(named) if named else None
    if named:
        shelves.show(Glimpse({}, {}, frozenset(), _of_all(tuple(unready)), route))
        observer.observe(KEY, ago(LONG_AGO) or NOW)
    for when in sorted({version.since for version in state.versions} - {NO}, reverse=True):
        ready = frozenset(version for version, value in versions.items() if value.since >= when)
        shelves.show(Glimpse({}, {}, ready, _of_all(tuple(versions)), route))
        observer.observe(KEY, ago(when) or NOW)


@cache
def _of_all(versions: tuple[str, ...]) -> dict[str, Any]:
    return manifests.routemap({"versions": [{"name": version} for version in versions]}, 1)


def _write(write: Patch | Apply) -> Write:
    if isinstance(write, Apply):
        return Applied(manifests.read_route(write.manifest))
    kind = _KINDS[write.resource]
    version = write.manifest["metadata"]["name"]
    index = 0 if kind in ("routemap", "route") else int(version.rsplit("-", 1)[1])
    operations = json.dumps([*write.operations], sort_keys=True)
    return Patched(kind, index, operations, lost=write.manifest["metadata"]["uid"] == "0")

"""What happens next: all that a user, the cluster, the proxies, the reconciler or time can do in a state."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from tests.explorer import rollouts
from tests.explorer.manifests import OVER, RUNNING
from tests.explorer.promises import excuse
from tests.explorer.state import AVAILABLE, FAILED, JUST_NOW, LONG_AGO, NO, NONE, SOME, Late, Run, name
from tests.explorer.users import users
from tests.explorer.writes import write

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator

    from tests.explorer.passes import Due, Passes
    from tests.explorer.state import Deployment, Service, State
    from tests.explorer.world import World

    Step = tuple[str, State]
    P = TypeVar("P", Deployment, Service)


@dataclass(frozen=True)
class Actions:
    """All steps from a state, by who takes them."""

    world: World
    passes: Passes

    def every(self, state: State) -> Iterator[Step]:
        """Yield every step, each as a line and the state after it."""
        for label, after in self._by_others(state):
            yield label, after
            yield from late_news(label, state, after)
        yield from self.reconciler(state)
        yield from proxies(state)
        yield from clock(self.world, state)
        yield from rollouts.evidence(self.world, state)

    def _by_others(self, state: State) -> Iterator[Step]:
        yield from users(self.world, state)
        yield from pods(state)
        yield from collected(state)

    def reconciler(self, state: State) -> Iterator[Step]:
        """Yield the reconciler's steps."""
        if state.late is not None:
            yield f"the reconciler hears of {_object(state.late)}", state._replace(late=None)
        if state.left.crashes:
            yield "the reconciler crashes, another leads", _crashed(state)
        if state.run is not None:
            yield from self._goes_on(state, state.run)
            return
        yield from self.begins(state)

    def begins(self, state: State) -> Iterator[Step]:
        """Yield the passes that would do something."""
        due = self.passes.routemap(state)
        if due is not None:
            yield from self._begun(state, due, "the Routemap")
        elif state.failing != NO:
            yield "the reconciler forgets failures", state._replace(failing=NO)
        left = self.passes.gone(state)
        if left is not None and left.steps:
            yield from self._begun(state, left, "what the Routemap has left")
        for index in range(len(state.versions)):
            orphan = self.passes.orphan(state, index)
            if orphan is not None and orphan.steps:
                yield from self._begun(state, orphan, name(index))

    def _begun(self, state: State, due: Due, what: str) -> Iterator[Step]:
        versions = tuple(
            version._replace(since=since, unready=unready)
            for version, since, unready in zip(state.versions, due.since, due.unready, strict=True)
        )
        run = Run(what, due.steps, due.fallback, unfit=due.unfit) if due.steps else None
        after = state._replace(versions=versions, run=run)
        if run is None:
            after = _ended(after, unfit=due.unfit)
        if after != state:
            yield f"the reconciler looks at {what}", after

    def _goes_on(self, state: State, run: Run) -> Iterator[Step]:
        step = run.steps[0]
        for number in step if self.world.bounds.orders else step[:1]:
            answer = write(self.world, state, number)
            failed = run.failed or not answer.taken
            left = tuple(other for other in step if other != number)
            after = answer.state._replace(run=_next(run, left, failed=failed))
            if after.run is None:
                after = _ended(after, unfit=run.unfit)
            result = (
                "" if answer.found and answer.taken else ", which fails" if failed else ", which has gone"
            )
            yield f"  it writes {self.world.shown(number)}{result}", after


def _next(run: Run, left: tuple[int, ...], *, failed: bool) -> Run | None:
    """Return a pass after a write; of a step all writes are tried, then a failure ends it."""
    if left:
        return run._replace(steps=(left, *run.steps[1:]), failed=failed)
    if failed:
        return Run(run.what, run.fallback, (), unfit=True) if run.fallback else None
    return run._replace(steps=run.steps[1:]) if run.steps[1:] else None


def _ended(state: State, *, unfit: bool) -> State:
    return state._replace(failing=(state.failing or JUST_NOW) if unfit else NO)


def _crashed(state: State) -> State:
    """A new leader lists everything and remembers nothing."""
    left = state.left._replace(crashes=state.left.crashes - 1)
    versions = tuple(version._replace(since=NO, unready=False) for version in state.versions)
    return state._replace(left=left, versions=versions, run=None, failing=NO, late=None)


def remembered(before: State, after: State) -> State:
    """Return a state with what the reconciler remembers of endpoints of which it has heard that they went."""
    for index, version in enumerate(after.versions):
        place = ("endpoints", index)
        late = after.late is not None and after.late[:2] == place
        heard = before.late is not None and before.late[:2] == place and not late
        gone = before.versions[index].ready and not version.ready
        if version.since != NO and not late and (heard or gone):
            after = after.with_version(index, version._replace(since=NO, unready=True))
    return after


def pods(state: State) -> Iterator[Step]:
    """Yield what pods do by themselves: they get ready, and, as often as bounds say, unready."""
    for index, version in enumerate(state.versions):
        found = version.deployment
        if found is None:
            continue
        if version.pods != AVAILABLE and not found.stopped and found.deleting == NO:
            after = state.with_version(index, version._replace(pods=AVAILABLE))
            yield f"pods of {name(index)} are ready", after
        if version.pods == NONE or not state.left.pods:
            continue
        quiet = state._replace(left=state.left._replace(pods=state.left.pods - 1))
        if version.pods == AVAILABLE:
            yield f"a pod of {name(index)} is evicted", quiet.with_version(index, version._replace(pods=SOME))
        failed = excuse(quiet.with_version(index, version._replace(pods=NONE)), index, FAILED)
        yield f"all pods of {name(index)} become unready", failed


def collected(state: State) -> Iterator[Step]:
    """Yield the end of pods whose Deployment has gone, or wants none."""
    for index, version in enumerate(state.versions):
        unwanted = version.deployment is None or version.deployment.stopped
        if unwanted and version.pods != NONE:
            yield f"pods of {name(index)} end", state.with_version(index, version._replace(pods=NONE))


def late_news(label: str, before: State, after: State) -> Iterator[Step]:
    """Yield the same step with the reconciler not having heard of one of the objects that it changed."""
    if not after.left.news or after.late is not None:
        return
    left = after.left._replace(news=after.left.news - 1)
    for late, value in _objects(before, after):
        if late.value != value:
            told = f"{label} (the reconciler has not heard of {_object(late)})"
            unheard = after._replace(late=late, left=left)
            went = late.kind == "endpoints" and late.value
            yield told, excuse(unheard, late.version, FAILED) if went else unheard


def _objects(before: State, after: State) -> Iterator[tuple[Late, Hashable]]:
    for index, (was, is_) in enumerate(zip(before.versions, after.versions, strict=True)):
        if was is not is_:
            yield Late("deployment", index, (was.deployment, was.pods)), (is_.deployment, is_.pods)
            yield Late("service", index, was.service), is_.service
            yield Late("endpoints", index, was.ready), is_.ready
    yield Late("routemap", 0, before.routemap), after.routemap


def _object(late: Late) -> str:
    kind = {"deployment": "Deployment", "service": "Service", "endpoints": "the endpoints of"}.get(late.kind)
    return f"{kind} {name(late.version)}" if kind else "the Routemap"


def proxies(state: State) -> Iterator[Step]:
    """Yield what proxies hear: of routes and of each version's endpoints apart, the newest at once."""
    if state.heard != state.route:
        yield "proxies hear of the route", state._replace(heard=state.route)
    for index, version in enumerate(state.versions):
        if version.heard != version.ready:
            after = state.with_version(index, version._replace(heard=version.ready))
            yield f"proxies hear of the endpoints of {name(index)}", after


def clock(world: World, state: State) -> Iterator[Step]:
    """Yield the ends of waits, which rest on what Teal's times promise.

    A version has settled once proxies know of its endpoints; its drain is over once they know a route without
    it; the deletion deadline is longer than any of this, and news are never later than a wait. Between passes
    only: what ends during one is seen by the next.
    """
    if state.run is not None or state.late is not None:
        return
    if state.leaving == JUST_NOW and state.routemap is None:
        yield "the route has been left for long enough", state._replace(leaving=LONG_AGO)
    yield from rollouts.time(world, state)
    for index, version in enumerate(state.versions):
        yield from _drained(world, state, index)
        if version.since == JUST_NOW and version.heard == version.ready:
            after = state.with_version(index, version._replace(since=LONG_AGO))
            yield f"{name(index)} has settled", after
        if version.deleting == JUST_NOW and state.heard == state.route:
            deployment, service = _older(version.deployment), _older(version.service)
            after = state.with_version(index, version._replace(deployment=deployment, service=service))
            yield f"the deletion of {name(index)} has waited for the deadline", after


def _drained(world: World, state: State, index: int) -> Iterator[Step]:
    routemap = state.routemap
    if routemap is None or (state.heard != state.route and state.sends(index)):
        return
    status = world.statuses[routemap.status]
    if status.draining.get(name(index)) == RUNNING:
        told = tuple(
            replace(version, draining_until=OVER) if version.name == name(index) else version
            for version in status.versions
        )
        number = world.statuses.number(replace(status, versions=told))
        yield f"the drain of {name(index)} is over", state._replace(routemap=routemap._replace(status=number))


def _older(part: P | None) -> P | None:
    return part._replace(deleting=LONG_AGO) if part is not None and part.deleting == JUST_NOW else part

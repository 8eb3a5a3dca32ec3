"""What must never happen, and what may not be so at rest.

Requests to a version may fail without any fault of Teal's, and only for these reasons:

- its pods became unready by themselves while requests reached it or were about to, or its endpoints went in
  whatever way and the reconciler had not heard of it yet (FAILED): until they are ready again, proxies know,
  the reconciler has heard, and the pass under way has ended; or until no request can reach it any more;
- when it began, no other version that the VirtualService exposes had a ready endpoint (FAILED, too): nowhere
  would it have been better;
- the user has deleted the Routemap (RELEASED), or the version's deletion has waited for the deletion
  deadline, after which it is let go whatever comes of it: until no request can reach it any more.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from routing.routes.exposure import split_of
from tests.explorer import promotions, rollouts
from tests.explorer.state import AVAILABLE, FAILED, LONG_AGO, NO, NONE, RELEASED, exposed, name, of
from tests.explorer.world import Applied

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.explorer.state import State, Version
    from tests.explorer.world import World


def excuse(state: State, index: int, why: int) -> State:
    """Return the state with a version excused; `judged` takes that back where no request can reach it."""
    version = state.versions[index]
    if version.excused == RELEASED:
        return state
    return state.with_version(index, version._replace(excused=why))


def judged(world: World, before: State, after: State) -> tuple[State, str | None]:
    """Return a state with its excuses brought up to date, and what of the step before it breaks a promise."""
    if before.run is None:
        broken = next(promotions.begun(world, before, after), None)
    else:
        stepped = rollouts.broken(world, before, after), promotions.broken(world, before, after)
        broken = next(chain(_broken(before, after), *stepped), None)
    for index, earlier in enumerate(before.versions):
        late = before.run is not None and _let_go_late(earlier, after.versions[index])
        if late or (_released(after) and _reachable(world, after, index)):
            after = excuse(after, index, RELEASED)
        version = after.versions[index]
        fails = after.sends(index) and not (version.heard and version.pods != NONE)
        if fails and version.excused == NO:
            if any(_answers(after, other) for other in range(len(after.versions)) if other != index):
                broken = broken or f"a proxy sends requests to {name(index)}, which has no ready endpoint"
            after = after.with_version(index, version._replace(excused=FAILED))
        elif version.excused != NO and _healed(world, after, index):
            after = after.with_version(index, version._replace(excused=NO))
    return after, broken


def _released(state: State) -> bool:
    """Tell whether a user has taken the routing away."""
    return state.routemap is None or state.routemap.deleting


def _answers(state: State, index: int) -> bool:
    return state.asks(index) and state.versions[index].ready


def _healed(world: World, state: State, index: int) -> bool:
    version = state.versions[index]
    if not _reachable(world, state, index):
        return True
    unheard = state.run is not None or _unheard(state, index)
    return version.excused == FAILED and version.heard and version.ready and not unheard


def _reachable(world: World, state: State, index: int) -> bool:
    """Tell whether requests may reach a version now, or when the pass under way goes on."""
    if state.exposes(index) or state.sends(index) or _unheard(state, index):
        return True
    coming = [number for step in (state.run.steps if state.run else ()) for number in step]
    writes = (world.writes[number] for number in coming)
    return any(isinstance(write, Applied) and index in exposed(write.route) for write in writes)


def _unheard(state: State, index: int) -> bool:
    """Tell whether the reconciler has not heard of the newest of a version's endpoints."""
    return state.late is not None and state.late[:2] == ("endpoints", index)


def _let_go_late(before: Version, after: Version) -> bool:
    """Tell whether a mark has come off because a deletion had waited for the deadline."""
    return _waited(before) and _marks(after) < _marks(before)


def _waited(version: Version) -> bool:
    parts = (version.deployment, version.service)
    return any(part is not None and part.deleting == LONG_AGO for part in parts)


def _marks(version: Version) -> int:
    return sum(part is not None and part.marked for part in (version.deployment, version.service))


def _broken(before: State, after: State) -> Iterator[str]:
    """Yield what a write breaks: marks come before traffic and go after it; it goes to who answers."""
    if after.route != before.route and _moved_to_nobody(before, after):
        yield "requests are taken from a version that answers, and nobody answers them now"
    for index, version in enumerate(after.versions):
        earlier = before.versions[index]
        if after.exposes(index) and not before.exposes(index):
            bare = [part for part in (version.deployment, version.service) if part and not part.marked]
            if any(part.deleting == NO for part in bare):
                yield f"{name(index)} is exposed without a mark"
        released = _released(before) or earlier.excused != NO
        reached = (before.exposes(index) or before.sends(index)) and earlier.ready
        if _marks(version) < _marks(earlier) and reached and not (released or _waited(earlier)):
            yield f"{name(index)} loses its mark while requests may reach it"


def _moved_to_nobody(before: State, after: State) -> bool:
    """Tell whether a route takes requests from where they are answered to where nobody answers."""
    places = range(len(after.versions))
    answered = [index for index in places if _answers(before, index) and not _waited(before.versions[index])]
    now = [after.versions[index] for index in places if after.asks(index)]
    return bool(answered) and bool(now) and not any(version.ready or version.excused for version in now)


def at_rest(world: World, state: State) -> Iterator[str]:
    """Yield what is wrong with a state in which nothing happens any more."""
    for index, version in enumerate(state.versions):
        if version.deleting != NO:
            yield f"the deletion of {name(index)} never ends"
        if _marks(version) and not state.exposes(index):
            yield f"{name(index)} keeps a mark that has no reason"
        deployment, service = version.deployment, version.service
        protected = (deployment and deployment.protected) or (service and service.protected)
        if protected and not state.exposes(index):
            yield f"{name(index)} stays protected without a reason"
        if (
            state.exposes(index)
            and version.ready
            and any(part and not part.marked for part in (deployment, service))
        ):
            yield f"{name(index)} is exposed without a mark"
    if state.routemap is None:
        if state.route is not None:
            yield "a route stays without its Routemap"
        return
    if state.routemap.deleting:
        yield "the deletion of the Routemap never ends"
    yield from _unserved(world, state)
    yield from _untrue(world, state)
    yield from rollouts.untrue(world, state)
    yield from promotions.untrue(world, state)


def _unserved(world: World, state: State) -> Iterator[str]:
    """Yield the versions that get requests and can't answer them, while one that is listed and fit could."""
    fit = [index for index in range(len(state.versions)) if _fit(world, state, index)]
    for index, version in enumerate(state.versions):
        if state.exposes(index) and not version.ready and fit:
            yield f"{name(index)} stays exposed without a ready endpoint, and {name(fit[0])} could serve"
    if fit and not any(_answers(state, index) for index in range(len(state.versions))):
        yield f"{name(fit[0])} could serve, and nobody does"


def _fit(world: World, state: State, index: int) -> bool:
    version, routemap = state.versions[index], state.routemap
    deployment = version.deployment
    return (
        routemap is not None
        and name(index) in world.mentioned(routemap)
        and deployment is not None
        and (deployment.watched and not deployment.stopped and deployment.deleting == NO)
        and version.service is not None
        and version.pods == AVAILABLE
    )


def _untrue(world: World, state: State) -> Iterator[str]:
    """Yield what the status says that is not so."""
    if state.routemap is None:
        return
    status = world.statuses[state.routemap.status]
    split = split_of(state.route or ())
    if {*status.split.split()} != {*split.split()}:
        yield f"the status says {status.split!r}, the split is {split!r}"
    if status.draining:
        yield f"the status says that {', '.join(status.draining)} drains"
    for index, version in enumerate(state.versions):
        told = status.version(name(index))
        so = of(state.route, index)
        if told is not None and (told.weight, told.copies, told.matched, bool(told.ready_endpoints)) != (
            *(so.share, so.copies, so.matched),
            version.ready,
        ):
            yield f"the status says {told}"

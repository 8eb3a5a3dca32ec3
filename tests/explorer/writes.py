"""What a write does to a state: as the API server takes it, or does not."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from routing import facts, names, patches
from routing.reading.raw import section
from routing.routes.objects import owned
from tests.explorer import manifests, promotions, rollouts
from tests.explorer.state import JUST_NOW, NO, Deployment, Service
from tests.explorer.world import Applied, Patched, Told

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.explorer.state import State
    from tests.explorer.world import World, Write

    Manifest = Mapping[str, Any]


class Answer(NamedTuple):
    """The state after a write; `found`: its object is there; `taken`: it was accepted."""

    state: State
    found: bool = True
    taken: bool = True


def write(world: World, state: State, number: int) -> Answer:
    """Carry a write out."""
    what = world.writes[number]
    answer = _written(world, state, what)
    return answer._replace(state=_heard_of(answer.state, what)) if answer.found and answer.taken else answer


def _written(world: World, state: State, what: Write) -> Answer:
    if isinstance(what, Applied):
        return Answer(state._replace(route=what.route, owned=True))
    routemap = state.routemap
    if isinstance(what, Told):
        told = None if routemap is None else routemap._replace(status=what.status)
        return Answer(
            rollouts.counted_anew(world, state, state._replace(routemap=told)), found=told is not None
        )
    if what.kind == "routemap":
        return _routemap(world, state, what)
    if what.kind == "route":
        return _route(world, state, what)
    version = state.versions[what.index]
    before = version.deployment if what.kind == "deployment" else version.service
    if before is None:
        return Answer(state, found=False)
    after, taken = _patched(what, before)
    version = version.with_part(after, what.kind)
    return Answer(state.with_version(what.index, version), taken=taken)


def _routemap(world: World, state: State, what: Patched) -> Answer:
    if state.routemap is None:
        return Answer(state, found=False)
    after = _after(what, world.stored(state.routemap))
    if after is None:
        return Answer(state, taken=False)
    held = names.RELEASE in after["metadata"].get("finalizers", ())
    if state.routemap.deleting and not held:  # and garbage collection takes along what it owns
        gone = state._replace(routemap=None)
        return Answer(gone.without_route() if state.owned else gone)
    listed = tuple((item["name"], item.get("weight", 0)) for item in after["spec"]["versions"])
    noted = section(after["metadata"], "annotations").get(names.PROMOTION, "")
    routemap = state.routemap._replace(held=held, spec=world.specs.number(listed), noted=noted)
    return Answer(promotions.noted(world, state, state._replace(routemap=routemap)))


def _route(world: World, state: State, what: Patched) -> Answer:
    """Patch the router's object. Garbage collection takes it once its only owner is not there any more."""
    if state.route is None:
        return Answer(state, found=False)
    rendered = world.rendered(state.route)
    after = _after(what, manifests.left_route(rendered, owned=state.owned, leaving=state.leaving))
    if after is None:
        return Answer(state, taken=False)
    if owned(after, "0"):
        return Answer(state.without_route())
    left = names.LEFT in (after["metadata"].get("annotations") or {})
    leaving = (state.leaving or JUST_NOW) if left else NO
    return Answer(state._replace(owned=owned(after, "1"), leaving=leaving))


@cache
def _patched(what: Patched, before: Deployment | Service) -> tuple[Deployment | Service | None, bool]:
    """Return an object after a patch, None where that lets it go, and whether the patch was taken."""
    if isinstance(before, Deployment):
        manifest = manifests.deployment(what.index, before, 0)
    else:
        manifest = manifests.service(what.index, before)
    after = _after(what, manifest)
    if after is None:
        return before, False
    if before.deleting != NO and not after["metadata"].get("finalizers"):
        return None, True
    read = manifests.read_deployment if isinstance(before, Deployment) else manifests.read_service
    return read(after), True


def _after(what: Patched, manifest: Manifest) -> Manifest | None:
    """Return a manifest after a patch, None where the API server refuses it."""
    operations = patches.guarded(
        {"metadata": {"uid": "0" if what.lost else "1"}}, json.loads(what.operations)
    )
    if not all(_holds(operation, manifest) for operation in operations):
        return None
    after = patches.patched(manifest, operations)
    fresh = facts.is_marked(after) and not facts.is_marked(manifest)
    return None if fresh and "deletionTimestamp" in manifest["metadata"] else after


def _holds(operation: Mapping[str, Any], manifest: Manifest) -> bool:
    """Tell whether what an operation needs is so (RFC 6902; a test for null holds where nothing is)."""
    found: Any = manifest
    for part in operation["path"].split("/")[1:]:
        found = found.get(part.replace("~1", "/").replace("~0", "~")) if found is not None else None
    if operation["op"] == "test":
        return bool(found == operation["value"])
    return operation["op"] == "add" or found is not None


def _heard_of(state: State, what: Write) -> State:
    """The answer to a write of one's own is news of its object."""
    if state.late is None or isinstance(what, Applied):
        return state
    kind, index = ("routemap", 0) if isinstance(what, Told) else (what.kind, what.index)
    return state._replace(late=None) if state.late[:2] == (kind, index) else state


def made_anew(world: World, state: State, kind: str, index: int) -> State:
    """Have all that is under way for an object concern the one before, of which a new one has the name."""
    late, run = state.late, state.run
    if late is not None and late[:2] == (kind, index):
        late = late._replace(lost=True)
    if run is not None:
        steps = tuple(tuple(_of_another(world, one, kind, index) for one in step) for step in run.steps)
        run = run._replace(steps=steps)
    return state._replace(late=late, run=run)


def _of_another(world: World, number: int, kind: str, index: int) -> int:
    what = world.writes[number]
    if isinstance(what, Patched) and (what.kind, what.index) == (kind, index):
        return world.writes.number(replace(what, lost=True))
    return number

"""Promotions that the reconciler makes by itself: who has become the primary, and what must not happen then.

Users may list what they like at any time, and so take a promotion back. So a write counts as a promotion
only where the reconciler makes it, and a version as promoted until its template changes, or somebody wishes
to retry.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from routing.reading.rollout_status import Phase
from routing.stepping.promotion import PROMOTING
from tests.explorer import rollouts
from tests.explorer.state import NOTHING, name, place
from tests.explorer.world import Patched

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.explorer.state import State
    from tests.explorer.world import World


def noted(world: World, before: State, after: State) -> State:
    """Return a state after a write to the Routemap with who has become the primary by it."""
    primary = _primary(world, after)
    if primary == _primary(world, before):
        return after
    return after._replace(promoted=after.promoted | {primary})


def asked_anew(state: State, index: int, kind: str) -> State:
    """Return a state after a user's command about a version: another template may be promoted, too."""
    return state._replace(promoted=state.promoted - {index}) if kind in ("create", "template") else state


def wished(state: State, wish: str) -> State:
    """Return a state after a wish: who asks for another try asks for another promotion."""
    return state._replace(promoted=frozenset()) if wish == "retry" else state


def broken(world: World, before: State, after: State) -> Iterator[str]:
    """Yield what a promotion breaks: it follows the last step, once, and goes to who can answer."""
    primary = _primary(world, after)
    by_a_user = before.run == after.run
    if by_a_user or NOTHING in (primary, _primary(world, before)) or primary == _primary(world, before):
        return
    rollout = rollouts.told(world, before)
    if rollout is None or (rollout.phase, rollout.reason) != (Phase.SUCCEEDED, PROMOTING):
        yield f"{name(primary)} is promoted, and that was not told"
    elif rollout.version != name(primary):
        yield f"{name(primary)} is promoted, and {rollout.version} has taken the steps"
    if primary in before.promoted:
        yield f"{name(primary)} is promoted once more, and nobody has asked for it"


def begun(world: World, before: State, after: State) -> Iterator[str]:
    """Yield what is wrong with a promotion that is about to be written: it goes to who can't answer."""
    if before.run is not None or after.run is None or before.late is not None:
        return
    for number in (number for step in after.run.steps for number in step):
        write = world.writes[number]
        if isinstance(write, Patched) and write.kind == "routemap":
            for operation in json.loads(write.operations):
                promoted = operation["value"][0]["name"] if _lists(operation) else ""
                if promoted and not after.versions[place(promoted)].ready:
                    yield f"{promoted} is to be promoted, and has no ready endpoint"


def untrue(world: World, state: State) -> Iterator[str]:
    """Yield what is wrong with a promotion at rest."""
    rollout = rollouts.told(world, state)
    if rollout is None or state.override != NOTHING:
        return
    if rollout.reason == PROMOTING:
        yield f"{rollout.version} is about to become the primary, for ever"
    first = name(_primary(world, state))
    if rollout.phase is Phase.PROMOTED and rollout.version != first:
        yield f"{rollout.version} is told to be the primary, and {first} is"


def _lists(operation: Mapping[str, Any]) -> bool:
    return (operation["op"], operation["path"]) == ("replace", "/spec/versions")


def _primary(world: World, state: State) -> int:
    """Return the place of the version that is listed first, NOTHING without a Routemap."""
    if state.routemap is None:
        return NOTHING
    return place(world.specs[state.routemap.spec][0][0])

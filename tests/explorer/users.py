"""What users do. The real rule book refuses them what it refuses."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from routing.rules.review import Review
from routing.rules.rulebook import review
from tests.explorer import manifests, promotions, rollouts
from tests.explorer.state import JUST_NOW, NO, NONE, NOTHING, Deployment, Routemap, Service, State, name
from tests.explorer.writes import made_anew

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.explorer.world import World

    Step = tuple[str, State]


def users(world: World, state: State) -> Iterator[Step]:
    """Yield what a user can do next: one command each."""
    if not state.left.users:
        return
    quiet = state._replace(left=state.left._replace(users=state.left.users - 1))
    for index in range(len(state.versions)):
        for kind, label, after in _version(world, quiet, index):
            if kind in world.bounds.kinds:
                yield label.format(name(index)), promotions.asked_anew(after, index, kind)
    for kind, label, after in _routemap(world, quiet):
        if kind in world.bounds.kinds:
            yield label, after


def _version(world: World, state: State, index: int) -> Iterator[tuple[str, str, State]]:
    version = state.versions[index]
    found = version.deployment
    if found is None:
        made = made_anew(
            world, state.with_version(index, version._replace(deployment=Deployment())), "deployment", index
        )
        if version.pods == NONE:
            yield "create", "a user creates Deployment {}", made
    else:
        yield from _deployment(state, index, found)
    if version.service is None:
        made = made_anew(
            world, state.with_version(index, version._replace(service=Service())), "service", index
        )
        yield "create", "a user creates Service {}", made
    elif version.service.deleting == NO:
        left = version.service._replace(deleting=JUST_NOW) if version.service.marked else None
        yield "delete", "a user deletes Service {}", state.with_version(index, version._replace(service=left))


def _deployment(state: State, index: int, found: Deployment) -> Iterator[tuple[str, str, State]]:
    version = state.versions[index]

    def becomes(after: Deployment | None) -> State:
        return state.with_version(index, version._replace(deployment=after))

    if found.deleting == NO and allowed(found, version.pods, None):
        left = found._replace(deleting=JUST_NOW) if found.marked else None
        yield "delete", "a user deletes Deployment {}", becomes(left)
    label = "a user takes the watch label off {}" if found.watched else "a user has {} watched again"
    yield "watch", label, becomes(found._replace(watched=not found.watched))
    yield "template", "a user has {} run another image", becomes(found._replace(template=1 - found.template))
    scaled = found._replace(stopped=not found.stopped)
    if allowed(found, version.pods, scaled):
        yield "scale", f"a user scales {{}} to {0 if scaled.stopped else 2}", becomes(scaled)


@cache
def allowed(before: Deployment, pods: int, after: Deployment | None) -> bool:
    """Ask the rule book about a change of a Deployment; `after` None is its deletion, in the background."""
    old = manifests.deployment(0, before, pods)
    new = None if after is None else manifests.deployment(0, after, pods)
    return review(Review("DELETE" if new is None else "UPDATE", new, old)).allowed


def _routemap(world: World, state: State) -> Iterator[tuple[str, str, State]]:
    found = state.routemap
    if found is None:
        for spec, listed in enumerate(world.bounds.specs):
            made = state._replace(routemap=Routemap(spec, world.untold), promoted=frozenset())
            yield (
                "routemap",
                f"a user creates the Routemap with {_listed(listed)}",
                made_anew(world, made, "routemap", 0),
            )
        return
    for spec, listed in enumerate(world.bounds.specs):
        if spec != found.spec:
            after = state._replace(routemap=found._replace(spec=spec))
            yield "spec", f"a user has the Routemap list {_listed(listed)}", after
    for wish in rollouts.WISHES if world.bounds.rollout else ():
        if wish != found.wish:
            after = promotions.wished(state._replace(routemap=found._replace(wish=wish)), wish)
            yield "wish", f"a user wishes to {wish}", after
    if state.override == NOTHING:
        for number, weights in enumerate(world.bounds.overrides):
            yield "override", f"a user overrides by {_listed(weights)}", state._replace(override=number)
    else:
        yield "override", "a user deletes the WeightOverride", state._replace(override=NOTHING)
    if not found.deleting:
        after = state._replace(routemap=found._replace(deleting=True))
        yield "routemap", "a user deletes the Routemap", after


def _listed(listed: tuple[tuple[str, int], ...]) -> str:
    return " ".join(f"{version}={weight}" for version, weight in listed)

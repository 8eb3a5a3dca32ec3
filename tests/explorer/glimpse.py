"""What the real `Observer` looks at: stores, and an API server to read from, that hold what a state has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from kube.errors import NotFoundError
from reconciler.watching.kinds import KINDS
from reconciler.watching.stores import Stores
from routing.facts import is_watched
from routing.kinds import DEPLOYMENTS, SERVICES, VIRTUAL_SERVICES, Resource
from tests.explorer import manifests
from tests.explorer.manifests import APPLICATION
from tests.explorer.state import Late, Routemap, Service, name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from reconciler.watching.kinds import Kind
    from reconciler.watching.store import Store
    from tests.explorer.state import Deployment, State
    from tests.explorer.world import World

    Manifest = Mapping[str, Any]


@dataclass(frozen=True)
class Glimpse:
    """Objects by name. `ready`: the versions with a ready endpoint."""

    deployments: Mapping[str, Manifest]
    services: Mapping[str, Manifest]
    ready: frozenset[str]
    routemap: Manifest | None = None
    route: Manifest | None = None
    override: Manifest | None = None

    def get(self, resource: Resource, _: str, key: str) -> dict[str, Any]:
        """Read one object, as the API server does. Raises NotFoundError."""
        routes = {APPLICATION: self.route} if self.route else {}
        kept = {DEPLOYMENTS: self.deployments, SERVICES: self.services, VIRTUAL_SERVICES: routes}
        found = kept.get(resource, {}).get(key)
        if found is None:
            raise NotFoundError(f"{resource.kind} {key}")
        return dict(found)


class Shelf:
    """What is kept of one kind, as a `Store` tells of it; `entries`: what is found under another name."""

    installed = True

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self._objects: Mapping[str, Manifest] = {}
        self._entries: Iterable[str] | None = None

    def put(self, objects: Mapping[str, Manifest], entries: Iterable[str] | None = None) -> None:
        self._objects, self._entries = objects, entries

    def get(self, _: str, key: str) -> Manifest | None:
        return self._objects.get(key)

    kept = get

    def indexed(self, _: str, entry: str) -> list[Manifest]:
        if self._entries is None:
            return [self._objects[entry]] if entry in self._objects else []
        return list(self._objects.values()) if entry in self._entries else []


class Shelves:
    """Stores that can be shown one glimpse after the other."""

    def __init__(self) -> None:
        self._shelves = [Shelf(kind) for kind in KINDS]
        self.stores = Stores(*(cast("Store", shelf) for shelf in self._shelves))

    def show(self, glimpse: Glimpse) -> None:
        """Keep what the watches have told: Deployments with their label only."""
        routemaps, overrides, deployments, services, slices, routes, *_ = self._shelves
        routemaps.put({APPLICATION: glimpse.routemap} if glimpse.routemap else {})
        overrides.put({APPLICATION: glimpse.override} if glimpse.override else {})
        deployments.put({key: item for key, item in glimpse.deployments.items() if is_watched(item)})
        services.put(glimpse.services)
        slices.put({key: manifests.endpoint_slice(key) for key in glimpse.ready})
        exposed = manifests.read_route(glimpse.route) if glimpse.route else ()
        routes.put(
            {APPLICATION: glimpse.route} if glimpse.route else {},
            [exposure.version for exposure in exposed if exposure.exposed],
        )


def glimpse(world: World, state: State, late: Late | None = None) -> Glimpse:
    """Return what there is in a state; of the object that is late, as it was."""
    deployments, services, ready = {}, {}, set()
    for index, version in enumerate(state.versions):
        mine = late if late is not None and late.version == index else None
        kind, uid = (mine.kind, "0" if mine.lost else "1") if mine else ("", "1")
        whole: object = mine.value if mine and kind == "deployment" else (version.deployment, version.pods)
        found, pods = cast("tuple[Deployment | None, int]", whole)
        if found is not None:
            deployments[name(index)] = manifests.deployment(
                index, found, pods, uid if kind == "deployment" else "1"
            )
        part = cast("Service | None", mine.value) if mine and kind == "service" else version.service
        if part is not None:
            services[name(index)] = manifests.service(index, part, uid if kind == "service" else "1")
        if mine.value if mine and kind == "endpoints" else version.ready:
            ready.add(name(index))
    services[APPLICATION] = manifests.application()
    return Glimpse(
        deployments,
        services,
        frozenset(ready),
        _routemap(world, state, late),
        _route(world, state),
        world.override(state.override),
    )


def _routemap(world: World, state: State, late: Late | None) -> Manifest | None:
    value, uid = state.routemap, "1"
    if late is not None and late.kind == "routemap":
        value, uid = cast("Routemap | None", late.value), "0" if late.lost else "1"
    return None if value is None else world.stored(value, uid)


def _route(world: World, state: State) -> Manifest | None:
    if state.route is None:
        return None
    return manifests.left_route(world.rendered(state.route), owned=state.owned, leaving=state.leaving)

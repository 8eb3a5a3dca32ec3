"""A Routemap and the routers' objects of its name as the stores have them, read once while they stay so."""

from __future__ import annotations

from operator import is_
from typing import TYPE_CHECKING, Any

from reconciler.watching.mentions import listed_versions
from routing.kinds import ROUTEMAPS
from routing.reading import status
from routing.routes import ROUTERS, router_of
from routing.routes.exposure import Exposure, by_version
from routing.routes.objects import ours
from routing.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reconciler.watching.mentions import RoutemapKey
    from reconciler.watching.stores import Stores
    from routing.reading.status import RoutemapStatus
    from routing.routes.router import Router

    Manifest = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen of a Routemap itself.

    `routes`: the routers' objects of its name, Teal's or not; `told`: its status; `exposures`: by version,
    whom these objects expose. `versions`: those that a pass concerns, each once: listed, then those that may
    still carry a mark, then those that a router's object names, whatever the status has been told of them.
    `kept`: what it was read from.
    """

    routemap: Manifest
    routes: Sequence[tuple[Router, Manifest]]
    told: RoutemapStatus
    exposures: Mapping[str, Exposure]
    versions: tuple[str, ...]
    kept: tuple[object, ...]


class Looks:
    """Looks at stores. For several threads."""

    def __init__(self, stores: Stores) -> None:
        self._routers = [(router, stores.of(router.resource)) for router in ROUTERS.values()]
        self._routemaps = stores.of(ROUTEMAPS)
        self._read = [self._routemaps, *(store for _, store in self._routers)]

    def at(self, key: RoutemapKey, before: Look | None = None) -> Look | None:
        """Return what there is of a Routemap, None where there is none.

        An earlier look is returned again where nothing that it was read from is another now.
        """
        kept = tuple(store.kept(*key.place) for store in self._read)  # first: what comes meanwhile is news
        if before is not None and all(map(is_, kept, before.kept)):
            return before
        routemap = self._routemaps.get(*key.place)
        if routemap is None:
            return None
        routes, told = self.routes(key), status.read(routemap.get("status"))
        exposures = _exposures(routes, routemap, told)
        versions = dict.fromkeys((*listed_versions(routemap), *told.held, *exposures))
        return Look(routemap, routes, told, exposures, tuple(versions), kept)

    def routes(self, key: RoutemapKey) -> Sequence[tuple[Router, Manifest]]:
        """Return the routers' objects of a Routemap's name, Teal's or not."""
        found = [(router, store.get(*key.place)) for router, store in self._routers]
        return [(router, route) for router, route in found if route is not None]


def _exposures(
    routes: Sequence[tuple[Router, Manifest]], routemap: Manifest, told: RoutemapStatus
) -> Mapping[str, Exposure]:
    """Return whom the routers' objects expose, those that are Teal's: the asked router's, or else another's.

    Where all are missing though there was one, somebody has deleted it: what was told of it last counts.
    """
    if not routes:
        return {
            each.name: Exposure(each.name, each.weight, copies=each.copies)
            for each in told.versions
            if each.weight or each.copies
        }
    metadata = routemap["metadata"]
    name, uid, asked = metadata["name"], metadata.get("uid", ""), router_of(routemap)
    mine = [(router, route) for router, route in routes if ours(route, name, uid)]
    found: dict[str, Exposure] = {}
    for router, route in sorted(mine, key=lambda pair: pair[0] is asked):
        found |= by_version(router.exposures(route))
    return found

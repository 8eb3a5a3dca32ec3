"""From the stores to what a pass rests on: the one place where a pass looks at the cluster."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Protocol

from kube.errors import NotFoundError
from reconciler.watching.mentions import listed_versions, versions_of
from routing import facts, names
from routing.facts import Facts
from routing.kinds import DEPLOYMENTS, ENDPOINT_SLICES, SERVICES, Resource
from routing.plan import Seen
from routing.reading import status
from routing.reading.raw import section
from routing.routes import ROUTER
from routing.routes.exposure import by_version
from routing.routes.virtualservice import owned
from routing.writes import SeenVersion

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.watching.kinds import Change, Kind
    from reconciler.watching.mentions import Mentions, OrphanKey, RoutemapKey
    from reconciler.watching.store import Store
    from routing.routes.exposure import Exposure

    Manifest = Mapping[str, Any]


class Reader(Protocol):
    """Reads one object from the API server itself."""

    def get(self, resource: Resource, namespace: str, name: str) -> dict[str, Any]:
        """Return an object. Raises NotFoundError."""


@dataclass(frozen=True, slots=True)
class Stores:
    """What is watched, by kind, in the order of `KINDS`."""

    routemaps: Store
    weight_overrides: Store
    deployments: Store
    services: Store
    endpoint_slices: Store
    routes: Store

    def of(self, resource: Resource) -> Store:
        """Return the store of a kind that is watched."""
        return next(store for store in self.every() if store.kind.resource == resource)

    def every(self) -> tuple[Store, ...]:
        """Return all stores."""
        return tuple(getattr(self, field.name) for field in fields(self))


class Observer:
    """Reads what passes rest on. It remembers one thing: since when each version has had a ready endpoint."""

    def __init__(self, stores: Stores, mentions: Mentions, reader: Reader) -> None:
        self._stores = stores
        self._mentions = mentions
        self._reader = reader
        self._ready_since: dict[tuple[str, str], float] = {}

    def heard(self, kind: Kind, change: Change) -> None:
        """Take notice of a change, from the thread that has put it into its store.

        Endpoints that went may be back before a pass looks; proxies have to hear of them again all the same.
        """
        if kind.resource != ENDPOINT_SLICES:
            return
        namespace, _ = change.name
        for service in kind.indexed(change.manifest):
            known = (namespace, service) in self._ready_since
            if known and not facts.ready_endpoints(self._stores.endpoint_slices.indexed(namespace, service)):
                self._ready_since.pop((namespace, service), None)

    def versions(self, key: RoutemapKey) -> tuple[str, ...] | None:
        """Return the versions that a pass concerns, None when there is no such Routemap.

        Those listed, then those that may still carry a mark; those that the router's object still names
        count, whatever the status has been told of them.
        """
        routemap = self._stores.routemaps.get(key.namespace, key.name)
        if routemap is None:
            return None
        route = self._stores.routes.get(key.namespace, key.name)
        return _concerned(routemap, _exposures(route, routemap))

    def observe(self, key: RoutemapKey, now: float) -> Seen | None:
        """Return what is seen of a Routemap, None when there is none. Raises ClusterError."""
        routemap = self._stores.routemaps.get(key.namespace, key.name)
        if routemap is None:
            return None
        route = self._route(key)
        exposures = _exposures(route, routemap)
        told = status.read(routemap.get("status"))
        held = {*told.held, *exposures}
        versions = tuple(
            self._seen(
                (key.namespace, version),
                exposures.get(version),
                told.drain_of(version, exposed=_exposed(exposures.get(version))),
                now,
                held=version in held,
            )
            for version in _concerned(routemap, exposures)
        )
        return Seen(
            routemap=routemap,
            versions=versions,
            override=self._stores.weight_overrides.get(key.namespace, key.name),
            route=route,
            senior=self._seniors(key, routemap),
            routable=self._stores.routes.installed,
        )

    def orphan(self, key: OrphanKey) -> SeenVersion | None:
        """Return a version that no Routemap mentions, watched or not; None while one does."""
        if self._mentions.of(key.namespace, key.name):
            return None
        self._ready_since.pop((key.namespace, key.name), None)
        place = key.namespace, key.name
        deployment = self._stores.deployments.get(*place) or self._live(DEPLOYMENTS, *place)
        service = self._stores.services.get(*place) or self._live(SERVICES, *place)
        return SeenVersion(Facts(key.name), deployment, service)

    def routed(self, key: OrphanKey) -> bool:
        """Tell whether a router's object exposes a version, for a Routemap that is still there."""
        for route in self._stores.routes.indexed(key.namespace, key.name):
            routemap = self._stores.routemaps.get(key.namespace, route["metadata"]["labels"][names.ROUTEMAP])
            if routemap is not None and "deletionTimestamp" not in routemap["metadata"]:
                return True
        return False

    def _route(self, key: RoutemapKey) -> Manifest | None:
        """Return the router's object of the Routemap's name, Teal's or not."""
        known = self._stores.routes.get(key.namespace, key.name)
        if known is not None or not self._stores.routes.installed:
            return known
        return self._live(ROUTER.resource, key.namespace, key.name)

    def _seniors(self, key: RoutemapKey, routemap: Manifest) -> Mapping[str, str]:
        found = {version: self._mentions.senior(key, version) for version in listed_versions(routemap)}
        return {version: other for version, other in found.items() if other is not None}

    def _seen(
        self,
        place: tuple[str, str],
        exposure: Exposure | None,
        draining_until: float | None,
        now: float,
        *,
        held: bool,
    ) -> SeenVersion:
        deployment: Manifest | None = self._stores.deployments.get(*place)
        service: Manifest | None = self._stores.services.get(*place)
        if held or (service is not None and facts.is_marked(service)):
            # It may have lost its label, and so our sight, with the mark still on.
            deployment = deployment or self._live(DEPLOYMENTS, *place)
        if service is None and (held or deployment is not None):
            # Services are found by name: one without the watch label is not in the store.
            service = self._live(SERVICES, *place)
        endpoints = facts.ready_endpoints(self._stores.endpoint_slices.indexed(*place))
        told = Facts(
            name=place[1],
            deployment=facts.workload(deployment) if deployment else None,
            service=facts.part(service) if service else None,
            ready_endpoints=endpoints,
            ready_since=self._since(place, now, ready=endpoints > 0),
            exposure=exposure,
            draining_until=draining_until,
        )
        return SeenVersion(told, deployment, service)

    def _since(self, place: tuple[str, str], now: float, *, ready: bool) -> float | None:
        if ready:
            return self._ready_since.setdefault(place, now)
        self._ready_since.pop(place, None)
        return None

    def _live(self, resource: Resource, namespace: str, name: str) -> Manifest | None:
        try:
            return self._reader.get(resource, namespace, name)
        except NotFoundError:
            return None


def _exposed(exposure: Exposure | None) -> bool:
    return exposure is not None and exposure.exposed


def _concerned(routemap: Manifest, exposures: Mapping[str, Exposure]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*versions_of(routemap), *exposures)))


def _exposures(route: Manifest | None, routemap: Manifest) -> Mapping[str, Exposure]:
    """Return whom the router's object exposes, if it is Teal's."""
    if route is None:
        return {}
    metadata = routemap["metadata"]
    labelled = section(route, "metadata", "labels").get(names.ROUTEMAP) == metadata["name"]
    ours = labelled or owned(route, metadata.get("uid", ""))
    return by_version(ROUTER.exposures(route)) if ours else {}

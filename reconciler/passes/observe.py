"""From the caches to the facts that `routing` decides on."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Protocol

from kube.errors import NotFoundError
from reconciler.watching.mentions import versions_of
from routing import facts, names
from routing.facts import Facts
from routing.kinds import DEPLOYMENTS, SERVICES, VIRTUAL_SERVICES, Resource
from routing.routes import virtualservice
from routing.telling import conditions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.watching.mentions import RoutemapKey
    from reconciler.watching.store import Cache

    Manifest = Mapping[str, Any]


class Reader(Protocol):
    """Reads one object from the API server itself."""

    def get(self, resource: Resource, namespace: str, name: str) -> dict[str, Any]:
        """Return an object. Raises NotFoundError."""


@dataclass(frozen=True, slots=True)
class Caches:
    """What is watched, by kind."""

    routemaps: Cache
    weight_overrides: Cache
    deployments: Cache
    services: Cache
    endpoint_slices: Cache
    virtual_services: Cache

    def of(self, resource: Resource) -> Cache:
        """Return the cache of a kind that is watched."""
        return next(cache for cache in self.every() if cache.watched.resource == resource)

    def every(self) -> tuple[Cache, ...]:
        """Return all caches."""
        return tuple(getattr(self, field.name) for field in fields(self))


@dataclass(frozen=True, slots=True)
class Seen:
    """A version's facts beside the manifests that they were read from."""

    facts: Facts
    deployment: Manifest | None
    service: Manifest | None


class Observer:
    """Reads a Routemap's versions. It remembers one thing: since when each has had a ready endpoint."""

    def __init__(self, caches: Caches, reader: Reader) -> None:
        self._caches = caches
        self._reader = reader
        self._ready_since: dict[tuple[str, str], float] = {}

    def routemap(self, key: RoutemapKey) -> Manifest | None:
        """Return a Routemap."""
        return self._caches.routemaps.get(key.namespace, key.name)

    def weight_override(self, key: RoutemapKey) -> Manifest | None:
        """Return the WeightOverride of a Routemap."""
        return self._caches.weight_overrides.get(key.namespace, key.name)

    def versions(self, routemap: Manifest) -> tuple[str, ...]:
        """Return the versions that a pass concerns: those listed, then those that may still carry a mark.

        Those that the VirtualService still names count, whatever the status has been told of them.
        """
        return _concerned(routemap, self._applied(routemap))

    def observe(self, routemap: Manifest, now: float) -> list[Seen]:
        """Return what is seen of each of these versions."""
        namespace = routemap["metadata"]["namespace"]
        before = routemap.get("status") or {}
        draining, held = conditions.draining_until(before), set(conditions.held_versions(before))
        applied = self._applied(routemap)
        return [
            self._seen(
                (namespace, version),
                held=version in held or version in applied,
                applied=applied.get(version),
                draining_until=draining.get(version),
                now=now,
            )
            for version in _concerned(routemap, applied)
        ]

    def routed(self, namespace: str, version: str) -> bool:
        """Tell whether a VirtualService gives a version requests, for a Routemap that is still there."""
        for virtual_service in self._caches.virtual_services.indexed(namespace, version):
            name = virtual_service["metadata"]["labels"][names.ROUTEMAP]
            routemap = self._caches.routemaps.get(namespace, name)
            if routemap is not None and "deletionTimestamp" not in routemap["metadata"]:
                return True
        return False

    def virtual_service(self, namespace: str, name: str) -> Manifest | None:
        """Return the VirtualService of this name, Teal's or not."""
        return self._caches.virtual_services.get(namespace, name) or self._live(
            VIRTUAL_SERVICES, namespace, name
        )

    def version(self, namespace: str, name: str) -> tuple[Manifest | None, Manifest | None]:
        """Return the Deployment and the Service of this name, watched or not."""
        deployment = self._caches.deployments.get(namespace, name) or self._live(DEPLOYMENTS, namespace, name)
        service = self._caches.services.get(namespace, name) or self._live(SERVICES, namespace, name)
        return deployment, service

    def forget(self, namespace: str, version: str) -> None:
        """Remember no more of a version that no Routemap mentions."""
        self._ready_since.pop((namespace, version), None)

    def _applied(self, routemap: Manifest) -> Mapping[str, int]:
        metadata = routemap["metadata"]
        virtual_service = self._caches.virtual_services.get(metadata["namespace"], metadata["name"])
        return virtualservice.applied_split(virtual_service) if virtual_service else {}

    def _seen(
        self,
        key: tuple[str, str],
        *,
        held: bool,
        applied: int | None,
        draining_until: float | None,
        now: float,
    ) -> Seen:
        deployment: Manifest | None = self._caches.deployments.get(*key)
        service: Manifest | None = self._caches.services.get(*key)
        if held or (service is not None and facts.is_marked(service)):
            # It may have lost its label, and so our sight, with the mark still on.
            deployment = deployment or self._live(DEPLOYMENTS, *key)
        if service is None and (held or deployment is not None):
            # Services are found by name: one without the watch label is not in the cache.
            service = self._live(SERVICES, *key)
        endpoints = facts.ready_endpoints(self._caches.endpoint_slices.indexed(*key))
        told = Facts(
            name=key[1],
            deployment=facts.workload(deployment) if deployment else None,
            service=facts.part(service) if service else None,
            ready_endpoints=endpoints,
            ready_since=self._since(key, now, ready=endpoints > 0),
            applied=applied,
            draining_until=draining_until,
        )
        return Seen(told, deployment, service)

    def _since(self, key: tuple[str, str], now: float, *, ready: bool) -> float | None:
        if ready:
            return self._ready_since.setdefault(key, now)
        self._ready_since.pop(key, None)
        return None

    def _live(self, resource: Resource, namespace: str, name: str) -> Manifest | None:
        try:
            return self._reader.get(resource, namespace, name)
        except NotFoundError:
            return None


def _concerned(routemap: Manifest, applied: Mapping[str, int]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*versions_of(routemap), *applied)))

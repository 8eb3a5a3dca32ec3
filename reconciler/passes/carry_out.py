"""What a pass writes: marks, the VirtualService, status. Nothing that is so already is written."""

from __future__ import annotations

import uuid
from concurrent.futures import wait
from typing import TYPE_CHECKING, Any, Protocol

from kube.errors import NotFoundError
from routing import facts, names, patches
from routing.deciding.decide import State
from routing.kinds import DEPLOYMENTS, ROUTEMAPS, SERVICES, VIRTUAL_SERVICES, WEIGHT_OVERRIDES, Resource
from routing.routes import virtualservice
from routing.telling import events

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from concurrent.futures import ThreadPoolExecutor

    from reconciler.passes.event_recorder import Teller
    from reconciler.passes.observe import Caches, Seen
    from routing.deciding.decide import VersionPlan
    from routing.model import Routemap

    Manifest = Mapping[str, Any]
    Job = tuple[Resource, Manifest, list[dict[str, Any]]]


class Objects(Protocol):
    """Writes to the API server."""

    def patch(
        self, resource: Resource, namespace: str, name: str, operations: Sequence[Manifest]
    ) -> dict[str, Any]:
        """Carry out a JSON patch and return the object."""

    def apply(self, resource: Resource, manifest: Manifest) -> dict[str, Any]:
        """Apply on the server's side and return the object."""

    def merge(
        self, resource: Resource, namespace: str, name: str, body: Manifest, subresource: str
    ) -> dict[str, Any]:
        """Merge into a subresource and return the object."""


class Writer:
    """Carries out what has been decided. Each method is one step of a pass; any may be the last.

    A write that brings what it was to bring calls for no other pass. One that ends a version's traffic or its
    mark does: the facts that the next decision rests on are others then.
    """

    def __init__(
        self, objects: Objects, caches: Caches, parallel: ThreadPoolExecutor, teller: Teller
    ) -> None:
        self._objects = objects
        self._caches = caches
        self._parallel = parallel
        self._teller = teller

    def prepare(self, seen: Sequence[Seen], plans: Sequence[VersionPlan]) -> None:
        """Mark and protect before the traffic comes: what gets requests can't vanish unnoticed."""
        self._patch_all(_versions(seen, plans, adding=True))

    def release(self, seen: Sequence[Seen], plans: Sequence[VersionPlan]) -> None:
        """Take off the marks and protections whose reason has gone, after the traffic has."""
        self._patch_all(_versions(seen, plans, adding=False))

    def route(self, wanted: Manifest) -> Manifest:
        """Make the VirtualService as wanted; return it as it is in the cluster."""
        metadata = wanted["metadata"]
        current = self._caches.virtual_services.get(metadata["namespace"], metadata["name"])
        if current is not None and virtualservice.same(current, wanted):
            return current
        left = (
            virtualservice.applied_split(current or {}).keys() - virtualservice.applied_split(wanted).keys()
        )
        with self._caches.virtual_services.writing(None if left else wanted):
            written = self._objects.apply(VIRTUAL_SERVICES, wanted)
            self._caches.virtual_services.wrote(written)
        return written

    def hold(self, routemap: Manifest, *, held: bool) -> bool:
        """Put the Routemap's own finalizer on, or take it off. False when the Routemap has gone."""
        operations = patches.finalizer(routemap, names.RELEASE, wanted=held)
        return not operations or self._patch((ROUTEMAPS, routemap, operations))

    def own(self, routemap: Routemap, override: Manifest) -> None:
        """Make the Routemap the owner of its WeightOverride, so that cleaning up takes it along."""
        if not virtualservice.owned(override, routemap.uid):
            owners = override["metadata"].get("ownerReferences")
            path, owner = "/metadata/ownerReferences", virtualservice.owner_reference(routemap)
            operations = [
                {"op": "test", "path": path, "value": owners},
                {"op": "add", "path": path, "value": [*(owners or ()), owner]},
            ]
            self._patch_all([(WEIGHT_OVERRIDES, override, operations)])

    def report(self, routemap: Manifest, after: Manifest, now: float) -> None:
        """Write the status, and tell of what has changed by Events."""
        before = routemap.get("status") or {}
        if after == before:
            return
        metadata = routemap["metadata"]
        with self._caches.routemaps.writing({**routemap, "status": after}):
            written = self._objects.merge(
                ROUTEMAPS, metadata["namespace"], metadata["name"], {"status": after}, "status"
            )
            self._caches.routemaps.wrote(written)
        for event in events.between(before, after):
            self.tell(routemap, event, now)

    def tell(self, routemap: Manifest, event: events.Event, now: float) -> None:
        """Have an Event written about a Routemap."""
        name = f"{routemap['metadata']['name']}.{uuid.uuid4().hex[:16]}"
        self._teller.tell(events.manifest(event, routemap, name, now))

    def _patch_all(self, jobs: Sequence[Job]) -> None:
        """Patch several objects at the same time. Raises the first error after all have been tried."""
        due = [job for job in jobs if job[2]]
        if not due:
            return
        others = [self._parallel.submit(self._patch, job) for job in due[1:]]
        try:
            self._patch(due[0])
        finally:
            wait(others)
        for future in others:
            future.result()

    def _patch(self, job: Job) -> bool:
        resource, manifest, operations = job
        namespace, name = manifest["metadata"]["namespace"], manifest["metadata"]["name"]
        after = patches.patched(manifest, operations)
        freed = facts.is_marked(manifest) and not facts.is_marked(after)
        cache = self._caches.of(resource)
        with cache.writing(None if freed else after):
            try:
                written = self._objects.patch(
                    resource, namespace, name, patches.guarded(manifest, operations)
                )
            except NotFoundError:
                return False  # gone: what was to be written of it has no reason any more
            if resource not in (DEPLOYMENTS, SERVICES) or facts.is_watched(written):
                cache.wrote(written)
        return True


def _versions(seen: Sequence[Seen], plans: Sequence[VersionPlan], *, adding: bool) -> list[Job]:
    """Return what is to be added to the versions' objects, or else what is to be taken off them."""
    jobs: list[Job] = []
    for version, plan in zip(seen, plans, strict=True):
        if version.deployment is not None:
            operations = _mark(version.deployment, plan, adding=adding)
            if (plan.protected is not None) == adding:
                operations += patches.entry(
                    version.deployment, "annotations", names.PROTECTED, plan.protected
                )
            jobs.append((DEPLOYMENTS, version.deployment, operations))
        if version.service is not None:
            operations = _mark(version.service, plan, adding=adding)
            if adding and plan.state in (State.STARTING, State.READY):
                operations += patches.entry(version.service, "labels", names.WATCH, "true")
            jobs.append((SERVICES, version.service, operations))
    return jobs


def _mark(manifest: Manifest, plan: VersionPlan, *, adding: bool) -> list[dict[str, Any]]:
    return patches.finalizer(manifest, names.MARK, wanted=adding) if plan.mark == adding else []

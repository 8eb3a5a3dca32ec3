"""Everything that happened in a namespace, in the order of its resource versions, and what must never have.

All kinds are in one etcd, so their resource versions are in one order (KEP-5504).
"""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from kube.errors import ClusterError
from routing import facts
from routing.kinds import DEPLOYMENTS, ENDPOINT_SLICES, ROUTEMAPS, SERVICES, VIRTUAL_SERVICES, Resource
from routing.routes import shares
from routing.split import WHOLE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from kube.client import Cluster

    Objects = Mapping[tuple[str, str], dict[str, Any]]
    Event = tuple[int, str, Resource, dict[str, Any]]

KINDS = (ROUTEMAPS, DEPLOYMENTS, SERVICES, ENDPOINT_SLICES, VIRTUAL_SERVICES)
OWN = 8
"""So many marks a pass writes itself, one after another, before what rests on what it has seen."""


class Recorder:
    """Watches all namespaces until the process ends."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._events: defaultdict[str, list[Event]] = defaultdict(list)
        for resource in KINDS:
            version = list(cluster.pages(resource, ""))[-1][1]
            threading.Thread(target=self._follow, args=(resource, version), daemon=True).start()

    def state(self, namespace: str) -> dict[tuple[str, str], str]:
        """Return the resource version of each object, as far as has been heard."""
        found: dict[tuple[str, str], str] = {}
        for _, kind, resource, manifest in self.events(namespace):
            key = resource.kind, manifest["metadata"]["name"]
            if kind == "DELETED":
                found.pop(key, None)
            else:
                found[key] = manifest["metadata"]["resourceVersion"]
        return found

    def events(self, namespace: str) -> list[Event]:
        """Return what has happened, the oldest first."""
        return sorted(self._events[namespace], key=lambda event: event[0])

    def _follow(self, resource: Resource, version: str) -> None:
        while True:
            with suppress(ClusterError):
                for event in self._cluster.watch(resource, "", version):
                    metadata = event["object"]["metadata"]
                    version = metadata["resourceVersion"]
                    if event["type"] != "BOOKMARK":
                        told = (int(version), event["type"], resource, event["object"])
                        self._events[metadata["namespace"]].append(told)


def never(events: list[Event], unseen: int) -> Iterator[str]:
    """Yield a sentence for each moment at which something was as it must never be.

    `unseen`: so many events of others a pass may not have heard of when it writes.
    """
    objects: dict[tuple[str, str], dict[str, Any]] = {}
    lately: deque[Objects] = deque(maxlen=OWN + unseen)
    for version, kind, resource, manifest in events:
        key = resource.kind, manifest["metadata"]["name"]
        before = objects.get(key)
        if kind == "DELETED":
            objects.pop(key, None)
        else:
            objects[key] = manifest
        lately.append(dict(objects))
        if kind != "DELETED" and resource == VIRTUAL_SERVICES:
            yield from (f"{version}: {wrong}" for wrong in _routed(objects, lately, before))
        elif resource in (DEPLOYMENTS, SERVICES) and _let_go(before, objects.get(key)):
            yield from (f"{version}: {wrong}" for wrong in _freed(key, lately))


def _routed(objects: Objects, lately: deque[Objects], before: dict[str, Any] | None) -> Iterator[str]:
    """What is wrong with a VirtualService as it is written; once its Routemap goes, nobody is held by it.

    A new Routemap that takes over what one of its name has left finds versions in it that are held no more,
    and first takes off that it was left: that write sends requests to nobody who had none.
    """
    if not _is_kept(objects):
        return
    split, had = _split(objects), shares(before) if before else {}
    if sum(split.values()) != WHOLE:
        yield f"the split is {split}"
    for name in (name for name, weight in split.items() if weight):
        # With no version able to answer, the primary gets all, able or not.
        if not any(_answers(then, name) or not _answering(then) for then in lately):
            yield f"{name} gets requests, can't answer, and {_answering(objects)} can"
        if _answers(objects, name) and not _marked(objects, name) and not had.get(name):
            yield f"{name} gets requests and is not marked"


def _freed(key: tuple[str, str], lately: deque[Objects]) -> Iterator[str]:
    """What is wrong with a mark that is taken off."""
    if all(_split(then).get(key[1]) and _answering(then) for then in lately):
        yield f"{key} is let go and still gets requests"


def _let_go(before: dict[str, Any] | None, after: dict[str, Any] | None) -> bool:
    return before is not None and facts.is_marked(before) and not (after and facts.is_marked(after))


def _split(objects: Objects) -> dict[str, int]:
    found = objects.get((VIRTUAL_SERVICES.kind, "httpbin"))
    return shares(found) if found else {}


def _is_kept(objects: Objects) -> bool:
    """Tell whether there is a Routemap that is to stay."""
    routemap = objects.get((ROUTEMAPS.kind, "httpbin"))
    return routemap is not None and "deletionTimestamp" not in routemap["metadata"]


def _answering(objects: Objects) -> list[str]:
    """Return the versions that the Routemap lists and that are to get requests."""
    if not _is_kept(objects):
        return []
    routemap = objects[ROUTEMAPS.kind, "httpbin"]
    listed = [item["name"] for item in routemap["spec"]["versions"]]
    return [name for name in listed if _answers(objects, name) and _available(objects, name)]


def _answers(objects: Objects, name: str) -> bool:
    deployment, service, slices = (
        objects.get((resource.kind, name)) for resource in (DEPLOYMENTS, SERVICES, ENDPOINT_SLICES)
    )
    if not (deployment and service and slices) or facts.part(service).deleting:
        return False
    seen = facts.workload(deployment)
    going = seen.deleting or seen.scaled_to_zero or not seen.watched
    return not going and facts.ready_endpoints([slices]) > 0


def _available(objects: Objects, name: str) -> bool:
    return facts.workload(objects[DEPLOYMENTS.kind, name]).available


def _marked(objects: Objects, name: str) -> bool:
    parts = [objects[resource.kind, name] for resource in (DEPLOYMENTS, SERVICES)]
    return all(map(facts.is_marked, parts))

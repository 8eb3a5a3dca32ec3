"""The API server as `certs.cluster` uses it: objects by kind and name, versions, JSON patches with a test."""

from __future__ import annotations

import copy
import threading
from typing import TYPE_CHECKING, Any

from kube.errors import NotFoundError, StaleError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from routing.kinds import Resource


class MemoryCluster:
    """Shared by threads; `writes` are the kinds and names written, in order."""

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str, str], dict[str, Any]] = {}
        self.writes: list[tuple[str, str]] = []
        self.watched: list[tuple[str, str]] = []
        self._lock = threading.Lock()

    def put(self, resource: Resource, namespace: str, manifest: Mapping[str, Any]) -> dict[str, Any]:
        """Store an object as it comes, at the next version."""
        name = manifest["metadata"]["name"]
        self.writes.append((resource.kind, name))
        metadata = {**manifest["metadata"], "resourceVersion": str(len(self.writes))}
        self.objects[resource.kind, namespace, name] = copy.deepcopy({**manifest, "metadata": metadata})
        return self.get(resource, namespace, name)

    def get(self, resource: Resource, namespace: str, name: str) -> dict[str, Any]:
        try:
            return copy.deepcopy(self.objects[resource.kind, namespace, name])
        except KeyError:
            raise NotFoundError(f"{resource.kind} {name}", 404) from None

    def create(self, resource: Resource, manifest: Mapping[str, Any]) -> dict[str, Any]:
        namespace, name = manifest["metadata"]["namespace"], manifest["metadata"]["name"]
        with self._lock:
            if (resource.kind, namespace, name) in self.objects:
                raise StaleError("there is one", 409)
            return self.put(resource, namespace, manifest)

    def replace(self, resource: Resource, manifest: Mapping[str, Any]) -> dict[str, Any]:
        metadata = manifest["metadata"]
        with self._lock:
            found = self.get(resource, metadata["namespace"], metadata["name"])
            if found["metadata"]["resourceVersion"] != metadata["resourceVersion"]:
                raise StaleError("another version", 409)
            return self.put(resource, metadata["namespace"], manifest)

    def patch(
        self, resource: Resource, namespace: str, name: str, operations: Sequence[Mapping[str, Any]]
    ) -> dict[str, Any]:
        manifest = self.get(resource, namespace, name)
        for operation in operations:
            *way, last = operation["path"].split("/")[1:]
            place: Any = manifest
            for key in way:
                place = place[int(key) if isinstance(place, list) else key]
            if operation["op"] == "test":
                if place[last] != operation["value"]:
                    raise StaleError("a test failed", 422)
            else:
                assert operation["op"] == "add"
                place[last] = operation["value"]
        return self.put(resource, namespace, manifest)

    def watch_one(self, resource: Resource, name: str) -> Iterator[dict[str, Any]]:
        self.watched.append((resource.kind, name))
        yield {"type": "ADDED", "object": self.get(resource, "", name)}

"""The reconciler's memory of one kind: trimmed objects by namespace and name."""

from __future__ import annotations

import threading
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from reconciler.resources import SERVICE_OF_SLICE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from reconciler.resources import Watched

    Manifest = Mapping[str, Any]
    Key = tuple[str, str]
    Changed = Callable[[Manifest], None]


class Cache:
    """Objects as last seen, from a list, a watch, or the answer to a write of our own.

    `changed` is called with the object, outside the lock, whenever what is kept of one differs from before,
    and with its last form when it goes.
    """

    def __init__(self, watched: Watched, changed: Changed) -> None:
        self.watched = watched
        self._changed = changed
        self._lock = threading.Lock()
        self._objects: dict[Key, dict[str, Any]] = {}
        self._by_service: defaultdict[Key, set[Key]] = defaultdict(set)
        self._seen = 0  # the newest resource version that the watch has told of
        self.synced = threading.Event()

    def get(self, namespace: str, name: str) -> Manifest | None:
        """Return an object, or None."""
        return self._objects.get((namespace, name))

    def all(self) -> list[Manifest]:
        """Return all objects."""
        with self._lock:
            return list(self._objects.values())

    def of_service(self, namespace: str, service: str) -> Sequence[Manifest]:
        """Return the EndpointSlices of a Service."""
        with self._lock:
            return [self._objects[key] for key in self._by_service.get((namespace, service), ())]

    def reset(self, manifests: Sequence[Manifest], version: str) -> None:
        """Take over a list: what is not in it has gone."""
        listed = {_key(manifest) for manifest in manifests}
        gone = [manifest for manifest in self.all() if _key(manifest) not in listed]
        for manifest in manifests:
            self._put(manifest)
        for manifest in gone:
            self._drop(_key(manifest))
        self._seen = int(version)
        self.synced.set()

    def handle(self, kind: str, manifest: Manifest) -> None:
        """Take over an event of the watch."""
        if kind == "DELETED":
            self._drop(_key(manifest))
        elif kind != "BOOKMARK":
            self._put(manifest)
        self._seen = int(manifest["metadata"]["resourceVersion"])

    def wrote(self, manifest: Manifest) -> None:
        """Take over the answer to a write, unless the watch has told of it, or of later, already.

        So the next pass sees what this one did. Resource versions of a kind are ordered (KEP-5504).
        """
        if int(manifest["metadata"]["resourceVersion"]) > self._seen:
            self._put(manifest)

    def _put(self, manifest: Manifest) -> None:
        kept, key = self.watched.trim(manifest), _key(manifest)
        with self._lock:
            before = self._objects.get(key)
            self._objects[key] = kept
            service = _service(kept)
            if service:
                self._by_service[service].add(key)
        if before is None or _content(before) != _content(kept):
            self._changed(kept)

    def _drop(self, key: Key) -> None:
        with self._lock:
            gone = self._objects.pop(key, None)
            service = gone and _service(gone)
            if service:
                self._by_service[service].discard(key)
                if not self._by_service[service]:
                    del self._by_service[service]
        if gone is not None:
            self._changed(gone)


def _key(manifest: Manifest) -> Key:
    return manifest["metadata"]["namespace"], manifest["metadata"]["name"]


def _service(manifest: Manifest) -> Key | None:
    service = (manifest["metadata"].get("labels") or {}).get(SERVICE_OF_SLICE)
    return (manifest["metadata"]["namespace"], service) if service else None


def _content(manifest: Manifest) -> dict[str, Any]:
    metadata = {key: value for key, value in manifest["metadata"].items() if key != "resourceVersion"}
    return {**manifest, "metadata": metadata}

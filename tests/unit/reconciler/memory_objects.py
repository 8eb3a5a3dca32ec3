"""The in-memory double of Objects; `tests/contracts/objects.py` holds it to the real API server."""

from __future__ import annotations

import copy
import itertools
import threading
from typing import TYPE_CHECKING, Any

from kube.errors import ClusterError, NotFoundError, RefusedError, StaleError
from routing.kinds import EVENTS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from routing.kinds import Resource

    Key = tuple[str, str, str]

DELETED = "2023-11-14T22:13:17Z"


class MemoryObjects:
    """Objects in a dictionary, for several threads.

    `written` has what was asked for, such as "patch Deployment a", but for Events: those are written beside
    the passes, and so come at any time. `faults` has what is raised in place of it; `before` is called with
    it first, and may change what is there.
    """

    def __init__(self) -> None:
        self.written: list[str] = []
        self.read: list[str] = []
        self.faults: dict[str, Exception] = {}
        self.before: Callable[[str], None] = lambda _: None
        self._stored: dict[Key, dict[str, Any]] = {}
        self._lock = threading.RLock()
        self._versions = itertools.count(1)

    @property
    def version(self) -> str:
        """A version to watch from: all that is there is older."""
        return str(next(self._versions))

    def listed(self, resource: Resource) -> list[dict[str, Any]]:
        """Return the objects of a kind."""
        with self._lock:
            return [copy.deepcopy(item) for key, item in self._stored.items() if key[0] == resource.kind]

    def get(self, resource: Resource, namespace: str, name: str) -> dict[str, Any]:
        with self._lock:
            self.read.append(f"{resource.kind} {name}")
            return copy.deepcopy(self._found((resource.kind, namespace, name)))

    def create(self, resource: Resource, manifest: Mapping[str, Any]) -> dict[str, Any]:
        key = self._asked("create", resource, manifest["metadata"]["namespace"], manifest["metadata"]["name"])
        with self._lock:
            if key in self._stored:
                raise StaleError("there is one", 409)
            return self._put(key, {**manifest, "metadata": {**self._given(), **manifest["metadata"]}})

    def replace(self, resource: Resource, manifest: Mapping[str, Any]) -> dict[str, Any]:
        metadata = manifest["metadata"]
        key = self._asked("replace", resource, metadata["namespace"], metadata["name"])
        with self._lock:
            if self._found(key)["metadata"]["resourceVersion"] != metadata["resourceVersion"]:
                raise StaleError("another version", 409)
            return self._put(key, manifest)

    def delete(self, resource: Resource, name: str, namespace: str = "default") -> None:
        """Delete an object, which stays until its last finalizer has gone."""
        key = resource.kind, namespace, name
        with self._lock:
            found = copy.deepcopy(self._found(key))
            found["metadata"]["deletionTimestamp"] = DELETED
            self._put(key, found)

    def patch(
        self, resource: Resource, namespace: str, name: str, operations: Sequence[Mapping[str, Any]]
    ) -> dict[str, Any]:
        key = self._asked("patch", resource, namespace, name)
        with self._lock:
            before = self._found(key)
            after = copy.deepcopy(before)
            for operation in operations:
                _carry_out(after, operation)
            old, new = (set(item["metadata"].get("finalizers") or ()) for item in (before, after))
            if "deletionTimestamp" in before["metadata"] and new - old:
                raise StaleError("no new finalizers can be added if the object is being deleted", 422)
            return self._put(key, after)

    def apply(self, resource: Resource, manifest: Mapping[str, Any]) -> dict[str, Any]:
        metadata = manifest["metadata"]
        key = self._asked("apply", resource, metadata["namespace"], metadata["name"])
        with self._lock:
            before = self._stored.get(key, {"metadata": self._given()})
            return self._put(key, _merged(before, manifest))

    def merge(
        self, resource: Resource, namespace: str, name: str, body: Mapping[str, Any], subresource: str
    ) -> dict[str, Any]:
        key = self._asked(subresource, resource, namespace, name)
        part = "spec" if subresource == "scale" else subresource
        with self._lock:
            return self._put(key, _merged(self._found(key), {part: body[part]}))

    def _asked(self, verb: str, resource: Resource, namespace: str, name: str) -> Key:
        asked = f"{verb} {resource.kind} {name}"
        self.before(asked)
        with self._lock:
            if resource != EVENTS:
                self.written.append(asked)
        if asked in self.faults:
            raise self.faults[asked]
        return resource.kind, namespace, name

    def _given(self) -> dict[str, Any]:
        """Return the metadata that an API server gives an object that is made."""
        return {"uid": f"uid-{self.version}", "creationTimestamp": "2026-01-01T00:00:00Z"}

    def _found(self, key: Key) -> dict[str, Any]:
        if key not in self._stored:
            raise NotFoundError(" ".join(key), 404)
        return self._stored[key]

    def _put(self, key: Key, manifest: Mapping[str, Any]) -> dict[str, Any]:
        before = self._stored.get(key)
        after = copy.deepcopy({**manifest, "metadata": dict(manifest["metadata"])})
        for where in ("finalizers", "labels", "annotations", "ownerReferences"):
            if not after["metadata"].get(where):  # as the API server, which leaves out what is empty
                after["metadata"].pop(where, None)
        if after != before:
            after["metadata"]["resourceVersion"] = self.version
            self._stored[key] = after
        if "deletionTimestamp" in after["metadata"] and "finalizers" not in after["metadata"]:
            del self._stored[key]
        return copy.deepcopy(after)


def _carry_out(document: dict[str, Any], operation: Mapping[str, Any]) -> None:
    """Carry out an operation of RFC 6902. A test for null holds where nothing is, as in the API server."""
    *way, last = (key.replace("~1", "/").replace("~0", "~") for key in operation["path"].split("/")[1:])
    parent: Any = document
    for key in way:
        parent = parent.get(key) if isinstance(parent, dict) else None
    if operation["op"] == "test":
        if (parent or {}).get(last) != operation["value"]:
            raise StaleError(f"testing {operation['path']}: it is another", 422)
    elif not isinstance(parent, dict) or (operation["op"] == "remove" and last not in parent):
        raise StaleError(f"{operation['op']} {operation['path']}: there is none", 422)
    elif operation["op"] == "remove":
        del parent[last]
    else:
        parent[last] = operation["value"]


def _merged(before: Any, change: Any) -> Any:
    """Merge objects field by field, null taking one off; all else is replaced (RFC 7386)."""
    if not (isinstance(before, dict) and isinstance(change, dict)):
        return change
    merged = {**before, **{key: _merged(before.get(key), value) for key, value in change.items()}}
    return {key: value for key, value in merged.items() if value is not None}


def refused(message: str) -> ClusterError:
    return RefusedError(message, 403)

"""The in-memory double of Leases; `tests/contracts/leases.py` holds it to the real API server."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from kube.errors import ClusterError, NotFoundError, StaleError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from routing.kinds import Resource


class MemoryLeases:
    """Leases in a dictionary. A `fault` is raised in place of an answer; `lost`: the write is done first."""

    def __init__(self) -> None:
        self.fault: ClusterError | None = None
        self.lost = False
        self._stored: dict[tuple[str, str], dict[str, Any]] = {}
        self._version = 0

    def away(self) -> None:
        self.fault = UnavailableError("no answer")

    def get(self, _resource: Resource, namespace: str, name: str) -> dict[str, Any]:
        if self.fault:
            raise self.fault
        if (namespace, name) not in self._stored:
            raise NotFoundError(name, 404)
        return copy.deepcopy(self._stored[namespace, name])

    def create(self, _resource: Resource, manifest: Mapping[str, Any]) -> dict[str, Any]:
        key = _key(manifest)
        if not self.fault and key in self._stored:
            raise StaleError("there is one", 409)
        return self._put(key, manifest)

    def replace(self, _resource: Resource, manifest: Mapping[str, Any]) -> dict[str, Any]:
        key = _key(manifest)
        if not self.fault:
            if key not in self._stored:
                raise NotFoundError("gone", 404)
            if self._stored[key]["metadata"]["resourceVersion"] != manifest["metadata"]["resourceVersion"]:
                raise StaleError("another version", 409)
        return self._put(key, manifest)

    def delete(self, namespace: str, name: str) -> None:
        """Do what somebody does, and no candidate."""
        self._stored.pop((namespace, name), None)

    def _put(self, key: tuple[str, str], manifest: Mapping[str, Any]) -> dict[str, Any]:
        if self.fault and not self.lost:
            raise self.fault
        self._version += 1
        metadata = {**manifest["metadata"], "resourceVersion": str(self._version)}
        self._stored[key] = copy.deepcopy({**manifest, "metadata": metadata})
        if self.fault:
            raise self.fault
        return copy.deepcopy(self._stored[key])


def _key(manifest: Mapping[str, Any]) -> tuple[str, str]:
    return manifest["metadata"]["namespace"], manifest["metadata"]["name"]

"""Which Routemaps mention an object: from an event to the passes that it calls for."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from sys import intern
from typing import TYPE_CHECKING, Any

from routing.telling import conditions

if TYPE_CHECKING:
    from collections.abc import Mapping

    Manifest = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RoutemapKey:
    """A pass over a Routemap."""

    namespace: str
    name: str


@dataclass(frozen=True, slots=True)
class OrphanKey:
    """A pass over a version that no Routemap mentions."""

    namespace: str
    name: str


Key = RoutemapKey | OrphanKey


def versions_of(routemap: Manifest) -> tuple[str, ...]:
    """Return the versions that a Routemap, well formed or not, concerns: those listed, then those held."""
    spec = routemap.get("spec")
    listed = spec.get("versions") if isinstance(spec, dict) else None
    entries = listed if isinstance(listed, list) else []
    names = [entry.get("name") for entry in entries if isinstance(entry, dict)]
    held = conditions.held_versions(routemap.get("status") or {})
    return tuple(dict.fromkeys(intern(name) for name in [*names, *held] if isinstance(name, str)))


class Index:
    """Versions to the Routemaps that mention them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._routemaps: dict[tuple[str, str], tuple[RoutemapKey, ...]] = {}
        self._versions: dict[RoutemapKey, tuple[str, ...]] = {}

    def update(self, key: RoutemapKey, routemap: Manifest | None) -> set[Key]:
        """Take over a Routemap, None when it has gone; return all keys that are to be looked at for it."""
        after = versions_of(routemap) if routemap else ()
        with self._lock:
            before = self._versions.pop(key, ())
            if after != before:
                self._list(key, before, after)
            if after:
                self._versions[key] = after
        orphans = {OrphanKey(key.namespace, version) for version in before if version not in after}
        # Another Routemap may have waited for a version that this one had.
        others = {other for version in {*before, *after} for other in self.mentions(key.namespace, version)}
        return (
            {key}
            | others
            | {orphan for orphan in orphans if not self.mentions(orphan.namespace, orphan.name)}
        )

    def mentions(self, namespace: str, version: str) -> set[RoutemapKey]:
        """Return the Routemaps that mention a version."""
        with self._lock:
            return set(self._routemaps.get((namespace, version), ()))

    def _list(self, key: RoutemapKey, before: tuple[str, ...], after: tuple[str, ...]) -> None:
        for version in before:
            place = key.namespace, version
            left = tuple(other for other in self._routemaps[place] if other != key)
            if left:
                self._routemaps[place] = left
            else:
                del self._routemaps[place]
        for version in after:
            place = key.namespace, version
            self._routemaps[place] = (*self._routemaps.get(place, ()), key)

"""Which Routemaps mention a version, and which of them came first.

From a change to the passes it calls for.
"""

from __future__ import annotations

import threading
from sys import intern
from typing import TYPE_CHECKING, Any

from reconciler.watching.compact import Groups, place
from reconciler.watching.needs import Needs
from routing import names
from routing.reading import status
from routing.reading.parse import MOST_VERSIONS
from routing.reading.raw import listing, section
from routing.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping

    Manifest = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RoutemapKey:
    """A pass over a Routemap."""

    namespace: str
    name: str

    @property
    def place(self) -> tuple[str, str]:
        """Its namespace and name."""
        return self.namespace, self.name


@dataclass(frozen=True, slots=True)
class OrphanKey:
    """A pass over a version that no Routemap mentions."""

    namespace: str
    name: str


Key = RoutemapKey | OrphanKey


_Seniority = tuple[str, str]
"""Time of creation, and of two of the same second the name: the less comes first."""


def listed_versions(routemap: Manifest) -> tuple[str, ...]:
    """Return the versions that a Routemap, well formed or not, lists under names that are some."""
    entries = (section(entry).get("name") for entry in listing(routemap, "spec", "versions")[:MOST_VERSIONS])
    found = (name for name in entries if isinstance(name, str) and names.is_service_name(name))
    return tuple(dict.fromkeys(intern(name) for name in found))


def versions_of(routemap: Manifest) -> tuple[str, ...]:
    """Return the versions that a Routemap concerns.

    Those listed, then those held by what was told of them.
    """
    held = status.held_in(section(routemap, "status"))
    return tuple(dict.fromkeys((*listed_versions(routemap), *map(intern, held))))


class Mentions:
    """Versions to the Routemaps that mention them, and beside them `needs`. Safe to use from several threads.

    Of several that mention a version the oldest has it: by time of creation, which Kubernetes tells in whole
    seconds, then by name. Both are the objects' own, so a new leader decides as the one before, in whatever
    order it lists them.
    """

    def __init__(self) -> None:
        self.needs: Needs[RoutemapKey] = Needs()
        self._lock = threading.Lock()
        self._routemaps: Groups[str, RoutemapKey] = Groups()
        self._versions: dict[RoutemapKey, tuple[str, ...]] = {}
        self._created: dict[RoutemapKey, str] = {}

    def update(self, key: RoutemapKey, routemap: Manifest | None, before: Manifest | None = None) -> set[Key]:
        """Take over a Routemap, None when it has gone; return all keys that are to be looked at for it.

        They are the Routemap itself, those whose version has come to be another's or theirs, and the versions
        that nobody mentions any more, as orphans. Called by the thread that has put the change into its
        store. `before`: as it was taken over last, if it was: mostly its status alone is another.
        """
        alike = _is_alike(routemap, before)
        if not alike:
            self.needs.update(key, routemap)
        after = versions_of(routemap) if routemap else ()
        with self._lock:
            if alike and after == self._versions.get(key):
                return {key}
            mentioned = self._versions.pop(key, ())
            either = {version: place(key.namespace, version) for version in (*mentioned, *after)}
            first = {where: self._first(where) for where in either.values()}
            self._move(key, mentioned, after, _created(routemap))
            orphans = {
                OrphanKey(key.namespace, version)
                for version, where in either.items()
                if where not in self._routemaps
            }
            # Another may have waited for a version that this one had, or has to leave it to this one now.
            changed = [where for where in first if self._first(where) != first[where]]
            others = {other for where in changed for other in self._routemaps.of(where)}
        return {key} | others | orphans

    def of(self, namespace: str, version: str) -> set[RoutemapKey]:
        """Return the Routemaps that mention a version."""
        with self._lock:
            return set(self._routemaps.of(place(namespace, version)))

    def senior(self, key: RoutemapKey, version: str) -> str | None:
        """Return the name of the Routemap that came before this one with a version.

        None where it is first.
        """
        with self._lock:
            first = self._first(place(key.namespace, version))
        return None if first is None or first == key else first.name

    def _first(self, where: str) -> RoutemapKey | None:
        """Return who came first; the lock is held."""
        return min(self._routemaps.of(where), key=self._seniority, default=None)

    def _seniority(self, key: RoutemapKey) -> _Seniority:
        return self._created[key], key.name

    def _move(self, key: RoutemapKey, before: tuple[str, ...], after: tuple[str, ...], created: str) -> None:
        """Put a Routemap under its versions in place of those before; the lock is held."""
        for version in before:
            self._routemaps.discard(place(key.namespace, version), key)
        self._created.pop(key, None)
        for version in after:
            self._routemaps.add(place(key.namespace, version), key)
        if after:
            self._versions[key], self._created[key] = after, created


def _is_alike(routemap: Manifest | None, before: Manifest | None) -> bool:
    """Tell whether it is the same Routemap with the same spec."""
    if routemap is None or before is None:
        return False
    uids = [section(each, "metadata").get("uid") for each in (routemap, before)]
    return uids[0] == uids[1] and routemap.get("spec") == before.get("spec")


def _created(routemap: Manifest | None) -> str:
    """Return when a Routemap was made: RFC 3339 in UTC, which sorts as text."""
    return intern(str(section(routemap, "metadata").get("creationTimestamp", "")))

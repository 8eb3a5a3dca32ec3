"""What is kept of one kind: trimmed objects by namespace and name.

Each is kept as compact JSON and read anew when a pass asks for it. Dictionaries would take several times the
memory, and the garbage collector would go through all of them again and again.
"""

from __future__ import annotations

import json
import logging
import sys
import threading
from typing import TYPE_CHECKING, Any

from reconciler.watching.kinds import Change
from reconciler.watching.own_writes import OwnWrites

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from reconciler.watching.kinds import Kind

    Manifest = Mapping[str, Any]
    Name = tuple[str, str]

log = logging.getLogger(__name__)

_encoded = json.JSONEncoder(separators=(",", ":")).encode
_raw_decoded = json.JSONDecoder().raw_decode  # for what `_encoded` has written: no white space around it


class Store:
    """Objects as last seen, from a list, a watch, or the answer to a write of our own.

    `changed` is told of each object that is not kept as before, without the store's lock. An object that
    can't be read, or whose change can't be told of, is set aside and logged: it concerns its own key only.

    Two accounts tell of an object, the watch's and the answers to own writes, in any order. The higher
    resource version counts: `handle` compares with what is kept, `wrote` with the newest that the watch has
    told of, since of an object that has been deleted since nothing is kept to compare with.

    The lock guards objects and index together. A single object is read without it, as entries are replaced
    whole.
    """

    def __init__(self, kind: Kind, changed: Callable[[Change], None]) -> None:
        self.kind = kind
        self._changed = changed
        self._lock = threading.Lock()
        self._objects: dict[Name, tuple[int, str]] = {}  # resource version, JSON
        self._names: dict[Name, tuple[Name, ...]] = {}  # the objects that an index entry leads to
        self._own = OwnWrites()
        self._seen = 0  # the newest resource version that the watch has told of
        self.installed = True
        self.synced = threading.Event()

    def __len__(self) -> int:
        """Return how many objects are kept."""
        return len(self._objects)

    def get(self, namespace: str, name: str) -> dict[str, Any] | None:
        """Return an object, or None.

        It is the caller's own: changing it changes nothing here.
        """
        kept = self._objects.get((namespace, name))
        return None if kept is None else _decoded(kept[1])

    def kept(self, namespace: str, name: str) -> object:
        """Return what stands for an object as it is kept now, None where there is none.

        It is the same one (`is`) for as long as nothing has been heard of the object.
        """
        return self._objects.get((namespace, name))

    def indexed(self, namespace: str, entry: str) -> list[dict[str, Any]]:
        """Return the objects that are `kind.indexed` under an entry, such as the slices of a Service.

        In the namespace "" those of any namespace that have a host (`kind.hosts`).
        """
        with self._lock:
            kept = [self._objects[name] for name in self._names.get((namespace, entry), ())]
        return [_decoded(text) for _, text in kept]

    def reset(self, pages: Iterable[tuple[Sequence[Manifest], str]]) -> str:
        """Take over a list, page by page: what was kept and is not in it has gone. Return its version.

        Where a write of our own is newer than its page, the watch that goes on from this version tells of it
        again.
        """
        gone, version = set(self._objects), "0"
        for manifests, version in pages:  # noqa: B007 - the last one counts
            self.installed = True
            for manifest in manifests:
                gone.discard(_name(manifest))
                with self._lock:
                    change = self._put(manifest)
                self._tell(change)
        self._drop_all(gone)
        with self._lock:
            self._seen = int(version)
        self.synced.set()
        return version

    def missing(self) -> None:
        """Take notice that the kind is not installed: there is nothing of it."""
        self.installed = False
        self._drop_all(set(self._objects))
        self.synced.set()

    def handle(self, event: str, manifest: Manifest) -> None:
        """Take over an event of the watch, unless the answer to a write of our own has told as much.

        `event` is ADDED, MODIFIED, DELETED, or BOOKMARK, which brings nothing but a version. The reflector's
        thread calls it.
        """
        change: Change | None = None
        with self._lock:
            if event != "BOOKMARK":
                kept = self._objects.get(_name(manifest))
                told = -1 if kept is None else kept[0]
                if event == "DELETED" and told <= _version(manifest):
                    change = self._drop(_name(manifest))
                elif event != "DELETED" and told < _version(manifest):
                    change = self._put(manifest)
            self._seen = _version(manifest)
        self._tell(change)

    def writing(self, expected: Manifest | None) -> AbstractContextManager[None]:
        """Hold while a write is on its way that is to bring `expected`; None: whatever it brings is news.

        The pass that writes calls it. With a state to be expected, as it is to be kept, the change that
        brings it is told of as `own`.
        """
        return self._own.writing(("", "") if expected is None else _name(expected), expected)

    def wrote(self, manifest: Manifest) -> None:
        """Take over the answer to a write, unless the watch has told of it, or of later, already.

        So the next pass sees what this one did. Resource versions of a kind are ordered (KEP-5504).
        """
        change: Change | None = None
        with self._lock:
            if _removed(manifest):
                if self._keeps(manifest):
                    change = self._drop(_name(manifest))
            elif _version(manifest) > self._seen:
                change = self._put(manifest)
        self._tell(change)

    def lost(self, manifest: Manifest) -> None:
        """Take notice that an object has gone before the watch tells of it: a write of it has found none."""
        change: Change | None = None
        with self._lock:
            if self._keeps(manifest):
                change = self._drop(_name(manifest))
        self._tell(change)

    def _keeps(self, manifest: Manifest) -> bool:
        """Tell whether it is this object that is kept, and not another that was made under its name."""
        _, text = self._objects.get(_name(manifest), (0, None))
        return text is not None and _decoded(text)["metadata"].get("uid") == manifest["metadata"]["uid"]

    def _tell(self, change: Change | None) -> None:
        """Tell of a change, if there is one, without the lock. What goes wrong concerns its own key only."""
        if change is None:
            return
        try:
            self._changed(change)
        except Exception:
            log.exception("change not told", extra=self._who(change.name))

    def _put(self, manifest: Manifest) -> Change | None:
        """Keep an object. The lock is held; what is returned is to be told of without it."""
        name = _name(manifest)
        try:
            kept = self.kind.trim(manifest)
            text = _encoded(kept)
        except Exception:
            # Better not seen than seen as it was: it may have been able to answer requests then.
            log.exception("object set aside", extra=self._who(name))
            return self._drop(name)
        _, before = self._objects.get(name, (0, None))
        self._objects[name] = (_version(manifest), text)
        if before == text:
            return None
        was = _decoded(before) if before and self.kind.indexes else None
        self._index(name, was, kept)
        return Change(kept, own=self._own.brought(name, kept), before=was)

    def _drop(self, name: Name) -> Change | None:
        """Forget an object; as `_put`."""
        _, before = self._objects.pop(name, (0, None))
        if before is None:
            return None
        was = _decoded(before)
        self._index(name, was, None)
        return Change(was, gone=True)

    def _drop_all(self, names: Iterable[Name]) -> None:
        for name in names:
            with self._lock:
                change = self._drop(name)
            self._tell(change)

    def _who(self, name: Name) -> dict[str, str]:
        return {"kind": self.kind.resource.kind, "object": "/".join(name)}

    def _index(self, name: Name, before: Manifest | None, after: Manifest | None) -> None:
        """Move an object between index entries; the lock is held."""
        old = set(self._entries(before)) if before else set()
        new = set(self._entries(after)) if after else set()
        for place in old - new:
            left = tuple(other for other in self._names[place] if other != name)
            if left:
                self._names[place] = left
            else:
                del self._names[place]
        for place in new - old:
            self._names[place] = (*self._names.get(place, ()), name)

    def _entries(self, manifest: Manifest) -> Iterator[Name]:
        """Yield where an object is to be found, beside its own name."""
        namespace, _ = _name(manifest)
        for entry in self.kind.indexed(manifest):
            yield namespace, sys.intern(entry)
        for host in self.kind.hosts(manifest):
            yield "", sys.intern(host)


def _name(manifest: Manifest) -> Name:
    metadata = manifest["metadata"]
    return sys.intern(metadata["namespace"]), sys.intern(metadata["name"])


def _removed(manifest: Manifest) -> bool:
    """Tell whether the write that was answered so has let an object go. The answer has its last version."""
    metadata = manifest["metadata"]
    return "deletionTimestamp" in metadata and not metadata.get("finalizers")


def _decoded(text: str) -> dict[str, Any]:
    manifest: dict[str, Any] = _raw_decoded(text)[0]
    return manifest


def _version(manifest: Manifest) -> int:
    """Return the resource version as the number that it is to compare (KEP-5504)."""
    return int(manifest["metadata"]["resourceVersion"])

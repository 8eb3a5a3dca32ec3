"""What is kept of one kind: trimmed objects by namespace and name.

Each is kept as compact JSON and read anew when a pass asks for it. Dictionaries would take several times the
memory, and the garbage collector would go through all of them again and again.
"""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Any

import msgspec

from reconciler.watching.compact import Groups, place
from reconciler.watching.kinds import Change
from reconciler.watching.own_writes import OwnWrites

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from reconciler.watching.kinds import Kind

    Manifest = Mapping[str, Any]

log = logging.getLogger(__name__)

_encoded = msgspec.json.Encoder().encode
_read = msgspec.json.Decoder().decode


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
        self._objects: dict[str, bytes] = {}  # by place: the resource version, a space, JSON
        self._places: Groups[str, str] = Groups()  # the objects that an index entry leads to
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
        kept = self._objects.get(place(namespace, name))
        return None if kept is None else _decoded(kept)

    def kept(self, namespace: str, name: str) -> object:
        """Return what stands for an object as it is kept now, None where there is none.

        It is the same one (`is`) for as long as nothing has been heard of the object.
        """
        return self._objects.get(place(namespace, name))

    def within(self, namespace: str) -> list[dict[str, Any]]:
        """Return all objects of a namespace. It goes through all that are kept."""
        begin = place(namespace, "")
        with self._lock:
            kept = [text for where, text in self._objects.items() if where.startswith(begin)]
        return [*map(_decoded, kept)]

    def indexed(self, namespace: str, entry: str) -> list[dict[str, Any]]:
        """Return the objects that are `kind.indexed` under an entry, such as the slices of a Service.

        In the namespace "" those of any namespace that have a host (`kind.hosts`).
        """
        with self._lock:
            kept = [self._objects[where] for where in self._places.of(place(namespace, entry))]
        return [*map(_decoded, kept)]

    def reset(self, pages: Iterable[tuple[Sequence[Manifest], str]]) -> str:
        """Take over a list, page by page: what was kept and is not in it has gone. Return its version.

        Where a write of our own is newer than its page, the watch that goes on from this version tells of it
        again.
        """
        gone, version = set(self._objects), "0"
        for manifests, version in pages:  # noqa: B007 - the last one counts
            self.installed = True
            for manifest in manifests:
                gone.discard(_place(manifest))
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
                kept = self._objects.get(_place(manifest))
                told = -1 if kept is None else int(kept.partition(b" ")[0])
                if event == "DELETED" and told <= _version(manifest):
                    change = self._drop(_place(manifest))
                elif event != "DELETED" and told < _version(manifest):
                    change = self._put(manifest)
            self._seen = _version(manifest)
        self._tell(change)

    def writing(self, expected: Manifest | None) -> AbstractContextManager[None]:
        """Hold while a write is on its way that is to bring `expected`; None: whatever it brings is news.

        The pass that writes calls it. With a state to be expected, as it is to be kept, the change that
        brings it is told of as `own`.
        """
        return self._own.writing("" if expected is None else _place(expected), expected)

    def wrote(self, manifest: Manifest) -> None:
        """Take over the answer to a write, unless the watch has told of it, or of later, already.

        So the next pass sees what this one did. Resource versions of a kind are ordered (KEP-5504).
        """
        change: Change | None = None
        with self._lock:
            if _removed(manifest):
                if self._keeps(manifest):
                    change = self._drop(_place(manifest))
            elif _version(manifest) > self._seen:
                change = self._put(manifest)
        self._tell(change)

    def lost(self, manifest: Manifest) -> None:
        """Take notice that an object has gone before the watch tells of it: a write of it has found none."""
        change: Change | None = None
        with self._lock:
            if self._keeps(manifest):
                change = self._drop(_place(manifest))
        self._tell(change)

    def _keeps(self, manifest: Manifest) -> bool:
        """Tell whether it is this object that is kept, and not another that was made under its name."""
        kept = self._objects.get(_place(manifest))
        return kept is not None and _decoded(kept)["metadata"].get("uid") == manifest["metadata"]["uid"]

    def _tell(self, change: Change | None) -> None:
        """Tell of a change, if there is one, without the lock. What goes wrong concerns its own key only."""
        if change is None:
            return
        try:
            self._changed(change)
        except Exception:
            log.exception("change not told", extra=self._who(place(*change.name)))

    def _put(self, manifest: Manifest) -> Change | None:
        """Keep an object. The lock is held; what is returned is to be told of without it."""
        where = _place(manifest)
        try:
            kept = self.kind.trim(manifest)
            text = _encoded(kept)
        except Exception:
            # Better not seen than seen as it was: it may have been able to answer requests then.
            log.exception("object set aside", extra=self._who(where))
            return self._drop(where)
        before = self._objects.get(where)
        self._objects[where] = b"%d %b" % (_version(manifest), text)
        if before is not None and before.partition(b" ")[2] == text:
            return None
        was = _decoded(before) if before and self.kind.looks_back else None
        self._index(where, was, kept)
        return Change(kept, own=self._own.brought(where, kept), before=was)

    def _drop(self, where: str) -> Change | None:
        """Forget an object; as `_put`."""
        before = self._objects.pop(where, None)
        if before is None:
            return None
        was = _decoded(before)
        self._index(where, was, None)
        return Change(was, gone=True)

    def _drop_all(self, places: Iterable[str]) -> None:
        for where in places:
            with self._lock:
                change = self._drop(where)
            self._tell(change)

    def _who(self, where: str) -> dict[str, str]:
        return {"kind": self.kind.resource.kind, "object": where}

    def _index(self, where: str, before: Manifest | None, after: Manifest | None) -> None:
        """Move an object between index entries; the lock is held."""
        old = set(self._entries(before)) if before else set()
        new = set(self._entries(after)) if after else set()
        for entry in old - new:
            self._places.discard(entry, where)
        for entry in new - old:
            self._places.add(entry, where)

    def _entries(self, manifest: Manifest) -> Iterator[str]:
        """Yield where an object is to be found, beside its own name."""
        namespace = manifest["metadata"]["namespace"]
        for entry in self.kind.indexed(manifest):
            yield place(namespace, entry)
        for host in self.kind.hosts(manifest):
            yield place("", host)


def _place(manifest: Manifest) -> str:
    metadata = manifest["metadata"]
    return place(metadata["namespace"], metadata["name"])


def _removed(manifest: Manifest) -> bool:
    """Tell whether the write that was answered so has let an object go. The answer has its last version."""
    metadata = manifest["metadata"]
    return "deletionTimestamp" in metadata and not metadata.get("finalizers")


def _decoded(kept: bytes) -> dict[str, Any]:
    manifest: dict[str, Any] = _read(kept.partition(b" ")[2])
    return manifest


def _version(manifest: Manifest) -> int:
    """Return the resource version as the number that it is to compare (KEP-5504)."""
    return int(manifest["metadata"]["resourceVersion"])

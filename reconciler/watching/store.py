"""The reconciler's memory of one kind: trimmed objects by namespace and name.

Each is kept as compact JSON and read anew when a pass asks for it. Dictionaries would take several times the
memory, and the garbage collector would go through all of them again and again.
"""

from __future__ import annotations

import json
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from reconciler.watching.kinds import Watched

    Manifest = Mapping[str, Any]
    Key = tuple[str, str]
    Change = tuple[Manifest, bool]
    """What has changed, and whether that is our own doing."""


_encoded = json.JSONEncoder(separators=(",", ":")).encode
_raw_decoded = json.JSONDecoder().raw_decode  # for what `_encoded` has written: no white space around it


class Changed(Protocol):
    """Is told of each object that is not kept as before, and of the last form of one that goes.

    `own`: a write of our own brought what it was to bring, and nothing else has changed.
    """

    def __call__(self, manifest: Manifest, *, own: bool) -> None:
        """Take notice. Called without the cache's lock."""


class Cache:
    """Objects as last seen, from a list, a watch, or the answer to a write of our own."""

    def __init__(self, watched: Watched, changed: Changed) -> None:
        self.watched = watched
        self._changed = changed
        self._lock = threading.Lock()
        self._objects: dict[Key, tuple[int, str]] = {}  # resource version, JSON
        self._names: dict[Key, tuple[str, ...]] = {}  # of the objects that an index entry leads to
        self._expected: dict[Key, Manifest] = {}
        self._seen = 0  # the newest resource version that the watch has told of
        self.synced = threading.Event()

    def __len__(self) -> int:
        """Return how many objects are kept."""
        return len(self._objects)

    def get(self, namespace: str, name: str) -> dict[str, Any] | None:
        """Return an object, or None."""
        kept = self._objects.get((namespace, name))
        return None if kept is None else _decoded(kept[1])

    def indexed(self, namespace: str, entry: str) -> list[dict[str, Any]]:
        """Return the objects that are `watched.indexed` under an entry, such as the slices of a Service."""
        with self._lock:
            kept = [self._objects[namespace, name] for name in self._names.get((namespace, entry), ())]
        return [_decoded(text) for _, text in kept]

    def reset(self, pages: Iterable[tuple[Sequence[Manifest], str]]) -> str:
        """Take over a list, page by page: what was kept and is not in it has gone. Return its version."""
        gone, version = set(self._objects), "0"
        for manifests, version in pages:  # noqa: B007 - the last one counts
            for manifest in manifests:
                gone.discard(_key(manifest))
                with self._lock:
                    change = self._put(manifest)
                self._tell(change)
        for key in gone:
            with self._lock:
                change = self._drop(key)
            self._tell(change)
        with self._lock:
            self._seen = int(version)
        self.synced.set()
        return version

    def handle(self, kind: str, manifest: Manifest) -> None:
        """Take over an event of the watch, unless the answer to a write of our own has told as much."""
        change: Change | None = None
        with self._lock:
            if kind != "BOOKMARK":
                kept = self._objects.get(_key(manifest))
                told = -1 if kept is None else kept[0]
                if kind == "DELETED" and told <= _version(manifest):
                    change = self._drop(_key(manifest))
                elif kind != "DELETED" and told < _version(manifest):
                    change = self._put(manifest)
            self._seen = _version(manifest)
        self._tell(change)

    @contextmanager
    def writing(self, expected: Manifest | None) -> Iterator[None]:
        """Hold while a write is on its way that is to bring `expected`; None: whatever it brings is news.

        Its answer, or the watch if that is sooner, is told of as our own when it brings that and no more.
        """
        if expected is None:
            yield
            return
        key = _key(expected)
        self._expected[key] = self.watched.trim(expected)
        try:
            yield
        finally:
            self._expected.pop(key, None)  # another pass may write the same object

    def wrote(self, manifest: Manifest) -> None:
        """Take over the answer to a write, unless the watch has told of it, or of later, already.

        So the next pass sees what this one did. Resource versions of a kind are ordered (KEP-5504).
        """
        change: Change | None = None
        with self._lock:
            if _removed(manifest):
                if self._keeps(manifest):
                    change = self._drop(_key(manifest))
            elif _version(manifest) > self._seen:
                change = self._put(manifest)
        self._tell(change)

    def _keeps(self, manifest: Manifest) -> bool:
        """Tell whether it is this object that is kept, and not another that was made under its name."""
        _, text = self._objects.get(_key(manifest), (0, None))
        return text is not None and _decoded(text)["metadata"].get("uid") == manifest["metadata"]["uid"]

    def _tell(self, change: Change | None) -> None:
        if change is not None:
            self._changed(change[0], own=change[1])

    def _put(self, manifest: Manifest) -> Change | None:
        """Keep an object. The lock is held; what is returned is to be told of without it."""
        kept = self.watched.trim(manifest)
        text = _encoded(kept)
        key = _key(manifest)
        _, before = self._objects.get(key, (0, None))
        self._objects[key] = (_version(manifest), text)
        if before == text:
            return None
        self._index(key, before, kept)
        expected = self._expected.get(key)
        return kept, expected is not None and _same(kept, expected)

    def _drop(self, key: Key) -> Change | None:
        """Forget an object; as `_put`."""
        _, before = self._objects.pop(key, (0, None))
        self._index(key, before, None)
        return None if before is None else (_decoded(before), False)

    def _index(self, key: Key, before: str | None, after: Manifest | None) -> None:
        entries = self.watched.indexed
        old = set(entries(_decoded(before))) if before else set()
        new = set(entries(after)) if after else set()
        for entry in old - new:
            place = key[0], entry
            left = tuple(name for name in self._names[place] if name != key[1])
            if left:
                self._names[place] = left
            else:
                del self._names[place]
        for entry in new - old:
            place = key[0], sys.intern(entry)
            self._names[place] = (*self._names.get(place, ()), key[1])


def _key(manifest: Manifest) -> Key:
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
    return int(manifest["metadata"]["resourceVersion"])


def _same(one: Manifest, other: Manifest) -> bool:
    # The API server leaves out what is empty.
    parts = ({key: value for key, value in each["metadata"].items() if value} for each in (one, other))
    first, second = parts
    return first == second and {**one, "metadata": None} == {**other, "metadata": None}

"""What is known of all applications, and who is told of changes.

A row is kept as the JSON that is sent, so 1,000 applications and many readers cost as much as one. A reader
that is slow gets the newest of each application, so what waits for it never exceeds one row of each.
"""

from __future__ import annotations

import json
import threading
from collections import deque
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from dashboard import rows
from routing.reading.raw import section

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    Manifest = Mapping[str, Any]

SPLITS_KEPT = 30
"""Of each application: the splits that were seen since the page is served."""
MOST_READERS = 32

_encoded = json.JSONEncoder(separators=(",", ":")).encode


class FullError(Exception):
    """There are MOST_READERS readers already."""


class Reader:
    """Who is told of changes: one thread takes, any may put."""

    def __init__(self, waiting: Mapping[str, str], watch: str) -> None:
        self._lock = threading.Lock()
        self._news = threading.Event()
        self._waiting: dict[str, str | None] = dict(waiting)
        self._watch: str | None = watch
        self._first = True
        self._news.set()

    def put(self, key: str, row: str | None) -> None:
        """Have a row told, or (None) that there is none any more."""
        with self._lock:
            self._waiting[key] = row
        self._news.set()

    def put_watch(self, watch: str) -> None:
        """Have the state of the watch told."""
        with self._lock:
            self._watch = watch
        self._news.set()

    def take(self, seconds: float, now: Callable[[], float]) -> str | None:
        """Wait for news and return them as JSON; None where none came within so many seconds.

        The first has every row, and says so (`first`).
        """
        if not self._news.wait(seconds):
            return None
        with self._lock:
            self._news.clear()
            waiting, self._waiting = self._waiting, {}
            watch, self._watch = self._watch, None
            first, self._first = self._first, False
        told = [row for row in waiting.values() if row is not None]
        gone = [key for key, row in waiting.items() if row is None]
        return (
            f'{{"first":{_encoded(first)},"now":{now():.3f},"watch":{watch or "null"},'
            f'"rows":[{",".join(told)}],"gone":{_encoded(gone)}}}'
        )


class Board:
    """The rows of all applications. `clock` gives seconds since the epoch. Any thread may call anything."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._rows: dict[str, rows.Row] = {}
        self._told: dict[str, str] = {}
        self._splits: dict[str, deque[tuple[float, str]]] = {}
        self._watch = _encoded({"live": False, "why": ""})
        self._readers: set[Reader] = set()

    def put(self, routemap: Manifest) -> None:
        """Take over a Routemap as it is now. One whose row stays as it is, is told to nobody."""
        key, now = rows.key(routemap), self._clock()
        split = section(routemap, "status").get("split")
        with self._lock:
            row = rows.row(routemap, self._rows.get(key), now)
            self._see(key, split if isinstance(split, str) else "", now)
            if self._rows.get(key) == row:
                return
            self._rows[key], self._told[key] = row, _encoded(row)
            for reader in self._readers:
                reader.put(key, self._told[key])

    def drop(self, key: str) -> None:
        """Forget an application."""
        with self._lock:
            self._splits.pop(key, None)
            self._told.pop(key, None)
            if self._rows.pop(key, None) is not None:
                for reader in self._readers:
                    reader.put(key, None)

    def only(self, keys: Iterable[str]) -> None:
        """Forget all others: those that went while nobody watched."""
        with self._lock:
            gone = self._rows.keys() - {*keys}
        for key in gone:
            self.drop(key)

    def watching(self, why: str = "", *, live: bool) -> None:
        """Take notice that the rows are what is so, or `why` they may be old."""
        told = _encoded({"live": live, "why": why})
        with self._lock:
            if told == self._watch:
                return
            self._watch = told
            for reader in self._readers:
                reader.put_watch(told)

    def splits(self, key: str) -> list[tuple[float, str]]:
        """Return the splits that were seen of an application, each with when."""
        with self._lock:
            return [*self._splits.get(key, ())]

    @contextmanager
    def reader(self) -> Iterator[Reader]:
        """Give a reader that has everything to tell first. Raises FullError."""
        with self._lock:
            if len(self._readers) >= MOST_READERS:
                raise FullError(f"{MOST_READERS} pages are open already; close one")
            reader = Reader(self._told, self._watch)
            self._readers.add(reader)
        try:
            yield reader
        finally:
            with self._lock:
                self._readers.discard(reader)

    def _see(self, key: str, split: str, now: float) -> None:
        """Remember a split, if it is another one. The first has been so for nobody knows how long."""
        seen = self._splits.setdefault(key, deque(maxlen=SPLITS_KEPT))
        if split and (not seen or seen[-1][1] != split):
            seen.append((now, split))

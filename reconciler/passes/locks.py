"""Locks on versions: what one pass has decided on a version, no other may undo before it is carried out."""

from __future__ import annotations

import threading
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from contextlib import AbstractContextManager

_LOCKS = 1024
"""Versions that share a lock wait for each other: few do, and memory does not grow with their number."""


class VersionLocks:
    """A pass over a Routemap and one over a version that it no longer mentions exclude each other.

    `aside`: held while a lock is waited for, which may take as long as another's requests.
    """

    def __init__(self, aside: Callable[[], AbstractContextManager[None]] = nullcontext) -> None:
        self._aside = aside
        self._locks = tuple(threading.Lock() for _ in range(_LOCKS))

    @contextmanager
    def held(self, namespace: str, versions: Iterable[str]) -> Iterator[None]:
        """Hold the locks of versions; always taken in one order, so nobody waits in a circle.

        All that a pass concerns are taken at once: who holds some must not ask for more.
        """
        numbers = sorted({hash((namespace, version)) % _LOCKS for version in versions})
        taken: list[threading.Lock] = []
        try:
            for number in numbers:
                self._take(self._locks[number])
                taken.append(self._locks[number])
            yield
        finally:
            for lock in taken:
                lock.release()

    def _take(self, lock: threading.Lock) -> None:
        if not lock.acquire(blocking=False):
            with self._aside():
                lock.acquire()

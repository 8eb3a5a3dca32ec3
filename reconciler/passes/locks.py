"""Locks on versions: what one pass has decided on a version, no other may undo before it is carried out."""

from __future__ import annotations

import threading
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_LOCKS = 1024
"""Versions that share a lock wait for each other: few do, and memory does not grow with their number."""


class VersionLocks:
    """A pass over a Routemap and one over a version that it no longer mentions exclude each other."""

    def __init__(self) -> None:
        self._locks = tuple(threading.Lock() for _ in range(_LOCKS))

    @contextmanager
    def held(self, namespace: str, versions: Iterable[str]) -> Iterator[None]:
        """Hold the locks of versions; always taken in one order, so nobody waits in a circle.

        All that a pass concerns are taken at once: who holds some must not ask for more.
        """
        numbers = sorted({hash((namespace, version)) % _LOCKS for version in versions})
        with ExitStack() as stack:
            for number in numbers:
                stack.enter_context(self._locks[number])
            yield

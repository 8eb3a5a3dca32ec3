"""Live reads, counted by namespace: who has asked for too many waits, and keeps nobody else waiting."""

from __future__ import annotations

import threading
import time
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from routing.kinds import Resource

A_SECOND = 200.0
AT_ONCE = 2000.0
"""Live reads of one namespace: so many a second, and so many beyond that after a time without any. A thousand
applications that come at once ask for two each, once; what is settled asks for none."""
MOST_ACCOUNTS = 10_000


class Reader(Protocol):
    """Reads one object from the API server itself."""

    def get(self, resource: Resource, namespace: str, name: str) -> dict[str, Any]:
        """Return an object. Raises NotFoundError."""


class LimitedReader:
    """A `Reader` that has no more read for a namespace, over time, than A_SECOND.

    No read is refused or kept waiting: a pass that has begun ends, and no worker waits. Where a namespace has
    had more, `pause` is told of it and for how many seconds it is to have no pass. API servers share
    themselves out by account, and Teal is one: what one namespace had read without end would be asked of all
    (429, Retry-After).

    A namespace's account is how many reads it may still have. Safe for several threads; `pause` is called
    without the lock. `aside` is held while a read is on its way.
    """

    def __init__(
        self,
        reader: Reader,
        pause: Callable[[str, float], None],
        clock: Callable[[], float] = time.monotonic,
        aside: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        self._reader = reader
        self._pause = pause
        self._clock = clock
        self._aside = aside
        self._lock = threading.Lock()
        self._accounts: dict[str, tuple[float, float]] = {}

    def get(self, resource: Resource, namespace: str, name: str) -> dict[str, Any]:
        """Return an object, and have its namespace wait if that was too much. Raises ClusterErrors."""
        owed = self._charge(namespace)
        if owed > 0:
            self._pause(namespace, owed / A_SECOND)
        with self._aside():
            return self._reader.get(resource, namespace, name)

    def _charge(self, namespace: str) -> float:
        """Take a read off a namespace's account; return how many it owes, 0 if none."""
        now = self._clock()
        with self._lock:
            left = self._left(namespace, now) - 1
            self._accounts[namespace] = left, now
            if len(self._accounts) > MOST_ACCOUNTS:
                self._forget(now)
        return max(-left, 0.0)

    def _left(self, namespace: str, now: float) -> float:
        """Return what is left on an account; the lock is held."""
        left, since = self._accounts.get(namespace, (AT_ONCE, now))
        return min(left + (now - since) * A_SECOND, AT_ONCE)

    def _forget(self, now: float) -> None:
        """Drop the accounts that are full again; the lock is held."""
        self._accounts = {
            namespace: account
            for namespace, account in self._accounts.items()
            if self._left(namespace, now) < AT_ONCE
        }

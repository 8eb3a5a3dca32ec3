"""Whose connection goes on next. Pure."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Hashable

Member = TypeVar("Member")

MOST_REMEMBERED = 1_000
"""Peers whose time is remembered although they do not wait."""


class Turns(Generic[Member]):
    """Connections that have something to be done, shared out by peer and by the time that it took.

    The next turn is that of the peer that has used the least time; who comes (again) starts with as much as
    the one served last, so that nobody saves up time by staying away. While several peers wait, each gets the
    same time, whatever the others' requests cost. For one thread; nothing here waits or raises, but `next`.
    """

    def __init__(self) -> None:
        self._waiting: dict[Hashable, deque[Member]] = {}
        self._used: dict[Hashable, float] = {}
        self._level = 0.0

    def __bool__(self) -> bool:
        """Tell whether anybody waits."""
        return bool(self._waiting)

    def add(self, member: Member, peer: Hashable) -> None:
        """Queue a connection behind its peer's others. The caller sees to it that it is queued once."""
        if peer not in self._waiting:
            self._waiting[peer] = deque()
            self._used[peer] = max(self._used.get(peer, 0.0), self._level)
        self._waiting[peer].append(member)

    def next(self) -> Member:
        """Return the connection whose turn it is. Raises ValueError where none waits."""
        peer = min(self._waiting, key=self._used.__getitem__)
        self._level = self._used[peer]
        queue = self._waiting[peer]
        member = queue.popleft()
        if not queue:
            del self._waiting[peer]
        return member

    def charge(self, peer: Hashable, seconds: float) -> None:
        """Note the time that a turn took."""
        if len(self._used) > MOST_REMEMBERED:
            self._used = {waits: self._used[waits] for waits in self._waiting}
        self._used[peer] = self._used.get(peer, self._level) + seconds

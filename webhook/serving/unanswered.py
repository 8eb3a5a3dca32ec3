"""What all connections together hold of requests that are not answered yet. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Hashable

Member = TypeVar("Member")


class Unanswered(Generic[Member]):
    """Bytes by connection. Where they are too many, who has to go is told. For one thread."""

    def __init__(self, most_bytes: int) -> None:
        self._most = most_bytes
        self._held: dict[Member, tuple[Hashable, int, bool]] = {}
        self._total = 0

    @property
    def requests(self) -> int:
        """How many have begun to come. Any thread may ask."""
        return len(self._held)

    def hold(self, member: Member, peer: Hashable, size: int, *, whole: bool) -> None:
        """Note how many bytes a connection holds now, 0 for none, and whether its request has come whole."""
        self._total += size - self._held.get(member, (peer, 0, whole))[1]
        if size:
            self._held[member] = peer, size, whole
        else:
            self._held.pop(member, None)

    def greediest(self) -> Member | None:
        """Return who has to go while there are too many bytes, else None. The caller closes it, and holds 0.

        It is of the peer that holds the most; of its connections the one whose request began to come first
        and is not whole, for it has had the most time; where all are whole, the last, with longest to wait.
        """
        if self._total <= self._most:
            return None
        peers: dict[Hashable, int] = {}
        for peer, size, _ in self._held.values():
            peers[peer] = peers.get(peer, 0) + size
        most = max(peers, key=peers.__getitem__)
        own = [(member, whole) for member, (peer, _, whole) in self._held.items() if peer == most]
        return next((member for member, whole in own if not whole), own[-1][0])

"""Who is connected, and who has to go for a newcomer. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator

Member = TypeVar("Member")


class Crowd(Generic[Member]):
    """Connections by peer, the idlest first. For one thread; nothing here waits or raises.

    A peer is an address. No fixed share is set for it: where nobody else asks, one may have all the room, as
    a single API server does; as soon as others come, the one that holds the most gives way, until all have
    the same. So a peer can be put out only by as many others as leave it less than it has.
    """

    def __init__(self, most: int) -> None:
        """Take how many there may be in all, at least one."""
        self._most = most
        self._peers: dict[Hashable, dict[Member, None]] = {}
        self._peer: dict[Member, Hashable] = {}

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._peer)

    def __contains__(self, member: object) -> bool:
        """Tell whether a member has neither left nor been put out."""
        return member in self._peer

    def __iter__(self) -> Iterator[Member]:
        """Go through all members, in no promised order; they must not change meanwhile."""
        return iter(self._peer)

    def enter(self, member: Member, peer: Hashable) -> Member | None:
        """Take one more in; return the one that has been put out for it, which the caller has to close.

        It is the idlest of the peer that holds the most, the newcomer counted. Costs a look at each peer.
        """
        self._peers.setdefault(peer, {})[member] = None
        self._peer[member] = peer
        if len(self._peer) <= self._most:
            return None
        largest: dict[Member, None] = max(self._peers.values(), key=len)
        idlest = next(iter(largest))
        self.leave(idlest)
        return idlest

    def stir(self, member: Member) -> None:
        """Note that a member has just been of use: of its peer's it is now the last to be put out."""
        of_peer = self._peers[self._peer[member]]
        of_peer[member] = of_peer.pop(member)

    def leave(self, member: Member) -> None:
        """Forget a member; one that is not here may leave, too."""
        if member not in self._peer:
            return
        peer = self._peer.pop(member)
        del self._peers[peer][member]
        if not self._peers[peer]:
            del self._peers[peer]

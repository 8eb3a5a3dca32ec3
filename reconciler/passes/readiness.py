"""Since when a version has been ready, and how often it has lost that of late."""

from __future__ import annotations

from routing.values import dataclass

FLAPS_FORGOTTEN_SECONDS = 600.0
"""A version that has kept its endpoints for so long comes in as any other when it has lost them again."""


@dataclass(frozen=True, slots=True)
class Readiness:
    """How a version has been: ready since when (None: it is not), and how often it lost that of late.

    `lost_at`: when it was lost last. Seconds since the epoch. `was_unready`: whether it has been seen so,
    however long ago.
    """

    since: float | None = None
    flaps: int = 0
    lost_at: float = 0.0
    was_unready: bool = False

    def seen(self, now: float, *, ready: bool) -> Readiness:
        """Return what is known after another look."""
        flaps = self.flaps if now - self.lost_at < FLAPS_FORGOTTEN_SECONDS else 0
        if ready:
            # A clock that was set back would have it settle as late as it was early: it is ready since now.
            since = now if self.since is None else min(self.since, now)
            return Readiness(since, flaps, self.lost_at, self.was_unready)
        return Readiness(None, flaps + (self.since is not None), self.lost().lost_at, was_unready=True)

    def lost(self) -> Readiness:
        """Return what is known when the last ready endpoint has gone.

        One that was ready for long counts as lost long ago, and so is no flap that is remembered.
        """
        if self.since is None:
            return self
        return Readiness(None, self.flaps + 1, self.since, was_unready=True)

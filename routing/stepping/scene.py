"""What a rollout's progress rests on beside its own state, and what comes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from routing.values import dataclass

if TYPE_CHECKING:
    from routing.reading.rollout_status import RolloutStatus, Told
    from routing.stepping.rollout import Rollout


@dataclass(frozen=True, slots=True)
class Scene:
    """What is seen of a rollout at one time.

    `candidate`: "" where none is there; `revision`: which one of its name, and which pod template. `ready`
    and `pods`: whether it is ready, and its ready pods; `primary_ready` and `primary_pods` as well.
    `override`: weights that somebody has set by hand, "" for none. `findings`: what evidence says, counted
    since the state's `since`. `wish` and `by`: the annotation, and who set it. `applied`: those who send
    requests have the step's share. `beside`: other candidates that are there, and get nothing; `hindrance`:
    why the candidate can't become the primary by order, in a sentence, "" where nothing is in the way.
    `made`: the note of a promotion that is over is there; while one is told, it is of that one. `clock_set`:
    when the clock was set last, seconds since the epoch by what it says since; 0 for never. `unroutable`:
    what keeps requests from the route, or has them fail at it, "" for nothing.
    """

    primary: str
    candidate: str = ""
    revision: str = ""
    ready: bool = False
    primary_ready: bool = False
    pods: int = 0
    primary_pods: int = 0
    override: str = ""
    findings: tuple[Told, ...] = ()
    wish: str = ""
    by: str = ""
    applied: bool = False
    beside: tuple[str, ...] = ()
    hindrance: str = ""
    made: bool = False
    clock_set: float = 0.0
    unroutable: str = ""

    def carried(self, rollout: Rollout, share: int) -> bool:
        """Tell whether the candidate's pods can carry a share: none gets more than the primary's ever got.

        With all requests the primary's pods have 100 / `primary_pods` percent each.
        """
        return not rollout.capacity or share * self.primary_pods <= 100 * self.pods

    def needed(self, share: int) -> int:
        """Return how many ready pods of the candidate carry a share."""
        return -(-share * self.primary_pods // 100)


@dataclass(frozen=True, slots=True)
class Advance:
    """How a rollout stands now, and when time alone changes that (seconds since the epoch, None: never)."""

    state: RolloutStatus
    again_at: float | None = None

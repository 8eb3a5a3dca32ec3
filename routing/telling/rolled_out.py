"""The condition RolledOut, and the Events of a rollout."""

from __future__ import annotations

from typing import TYPE_CHECKING

from routing.reading.rollout_status import RolloutStatus
from routing.reading.status import Condition

if TYPE_CHECKING:
    from collections.abc import Iterator

ROLLED_OUT = "RolledOut"
ENDED = ("NoCandidate", "Succeeded", "Promoted")
"""Reasons with which nothing is left to be done."""
WARNINGS = ("RolledBack", "FailureHeld", "EvidenceLacking", "PromotionRefused")


def rolled_out(state: RolloutStatus | None) -> tuple[Condition, ...]:
    """Return RolledOut, none for a Routemap without a rollout: True when nothing is left to be rolled out."""
    if state is None:
        return ()
    return (Condition(ROLLED_OUT, holds=state.reason in ENDED, reason=state.reason, message=state.message),)


def news(before: RolloutStatus | None, after: RolloutStatus | None) -> Iterator[tuple[str, str, str]]:
    """Yield type, reason and message where a rollout goes another way, or waits for something else.

    That there is no candidate is an ordinary state.
    """
    was = before or RolloutStatus(reason="NoCandidate")
    if after is None or after.reason == "NoCandidate":
        return
    if (after.course, after.reason) != (was.course, was.reason):
        yield "Warning" if after.reason in WARNINGS else "Normal", after.reason, after.message

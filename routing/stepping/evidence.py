"""What a rollout asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from routing.stepping.rollout import Question
from routing.stepping.wishes import UNDER_WAY

if TYPE_CHECKING:
    from routing.model import Routemap
    from routing.reading.rollout_status import RolloutStatus
    from routing.stepping.rollout import Check


def questions(state: RolloutStatus | None, routemap: Routemap) -> tuple[Question, ...]:
    """Return what is to be asked while a step is under way: of the candidate, and to compare, of the primary.

    They follow from what is told, so that the next leader asks the same.
    """
    checks = routemap.rollout.checks if routemap.rollout else ()
    return tuple(
        Question(check, routemap.namespace, version, state.since)
        for check in checks
        if state is not None and state.since is not None and state.phase in UNDER_WAY
        for version in _asked_of(check, state, routemap)
    )


def _asked_of(check: Check, state: RolloutStatus, routemap: Routemap) -> tuple[str, ...]:
    return (state.version, routemap.primary.name) if check.worse_by is not None else (state.version,)

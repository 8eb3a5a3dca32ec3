"""What a rollout asks, and what the answers say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from routing import names
from routing.reading.rollout_status import Told
from routing.stepping.judging import judge
from routing.stepping.rollout import Counts, Question
from routing.stepping.wishes import UNDER_WAY

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from routing.facts import Facts
    from routing.model import Routemap
    from routing.reading.rollout_status import RolloutStatus
    from routing.stepping.judging import Finding
    from routing.stepping.rollout import Answer, Check

GROWTH = 1.25
"""By so much requests have to have become more, for their count to be told again: a quarter."""


def questions(
    state: RolloutStatus | None, routemap: Routemap, facts: Iterable[Facts] = ()
) -> tuple[Question, ...]:
    """Return what is to be asked while a step is under way: of the candidate, and to compare, of the primary.

    They follow from what is told, so that the next leader asks the same.
    """
    checks, copies = routemap.rollout.checks if routemap.rollout else (), routemap.strategy == "mirror"
    by_grpc = {fact.name for fact in facts if fact.grpc}
    all_grpc = routemap.router == names.GRPC_ROUTE
    return tuple(
        Question(check, routemap.namespace, version, state.since, copies, all_grpc or version in by_grpc)
        for check in checks
        if state is not None and state.since is not None and state.phase in UNDER_WAY
        for version in _asked_of(check, state, routemap)
    )


def _asked_of(check: Check, state: RolloutStatus, routemap: Routemap) -> tuple[str, ...]:
    return (state.version, routemap.primary.name) if check.worse_by is not None else (state.version,)


def findings(
    asked: Collection[Question],
    state: RolloutStatus | None,
    routemap: Routemap,
    answers: Mapping[Question, Answer],
) -> tuple[Told, ...]:
    """Return what the answers to a state's questions say of each check, none while nothing is asked."""
    rollout = routemap.rollout
    if state is None or rollout is None or not asked:
        return ()
    candidate, primary = (
        {each.check.name: answers[each] for each in asked if each.version == version and each in answers}
        for version in (state.version, routemap.primary.name)
    )
    before = {check.name: check for check in state.checks}
    found = judge(rollout.checks, rollout.enough, candidate, primary)
    return tuple(_told_anew(_told(each), before.get(each.check)) for each in found)


def _told_anew(told: Told, before: Told | None) -> Told:
    """Return what was told of a check before, while that says the same of nearly as many requests.

    Each new count would be a write of the status: of a thousand rollouts a thousand in each interval.
    """
    if before is None or before.verdict is not told.verdict:
        return told
    return before if before.total <= told.total < before.total * GROWTH else told


def _told(found: Finding) -> Told:
    counted = found.candidate if isinstance(found.candidate, Counts) else Counts(0.0, 0.0)
    return Told(found.check, found.verdict, counted.good, counted.total, found.sentence)

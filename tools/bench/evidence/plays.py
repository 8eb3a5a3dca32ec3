"""A rollout by Teal's evidence, by Flagger's and by Argo Rollouts', each on the same kind of traffic.

Flagger: `analysis: {interval: 1m, threshold: 5, stepWeight: 10, maxWeight: 50}`, the example of its docs.
Each minute the success rate of the last minute is compared with a minimum; a failed check is counted for good
and the weight stays, five roll back, no requests is a failed check (`pkg/controller/scheduler.go`).

Argo Rollouts: Teal's steps as setWeight and pause, an analysis in the background with `interval: 1m` and
`failureLimit: 3`: the fourth measurement below the minimum aborts. No requests is NaN, which is below.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from math import inf, sqrt
from typing import TYPE_CHECKING

from routing.stepping.judging import FEWEST, verdict
from routing.stepping.rollout import Check, Counts, Enough, Measure, Step, Verdict
from tools.bench.evidence.chance import binomial, poisson

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

STEPS = (Step(5, 120.0), Step(25, 300.0), Step(50, 600.0))
ENOUGH = Enough()
LOOK = 10.0
"""Seconds from one look to the next."""
LEAST, WORSE_BY = 98.5, 0.5
"""Limits midway between a primary with 1 % errors and a candidate with twice as many, for all alike."""
PRIMARY = 0.01
FLAGGER_FAILURES, FLAGGER_WEIGHT = 5, 50
ARGO_FAILURES = 3

PLAIN = (-2.4, 2.0)
"""How many standard errors from the limit an e-value of 20 takes at least, which takes a likelihood 20 times
as large: Poisson's distribution is steeper where there are fewer errors than expected."""


class End(StrEnum):
    """How a rollout ends."""

    PROMOTED = "promoted"
    HELD = "held"
    ROLLED_BACK = "rolled back"


@dataclass(frozen=True, slots=True)
class Setting:
    """Requests a second for both versions together, and the candidate's share of errors."""

    rate: float
    errors: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """How it ended, after how many seconds, and how many requests the candidate had failed by then."""

    end: End
    seconds: float
    failed: int


def teal(check: Check, setting: Setting, random: Random) -> Outcome:
    """Play a rollout by Teal's steps, looked at every ten seconds."""
    seconds, failed = 0.0, 0
    for step in STEPS:
        found, took, lost = _step(check, step, setting, random)
        seconds, failed = seconds + took, failed + lost
        if found is not Verdict.GOOD:
            return Outcome(End.ROLLED_BACK if found is Verdict.BAD else End.HELD, seconds, failed)
    return Outcome(End.PROMOTED, seconds, failed)


def _step(check: Check, step: Step, setting: Setting, random: Random) -> tuple[Verdict, float, int]:
    candidate, primary, seconds, lost = Counts(0, 0), Counts(0, 0), 0.0, 0
    while seconds < ENOUGH.within:
        seconds += LOOK
        expected = setting.rate * LOOK * step.share / 100.0
        failed, candidate = _more(random, candidate, expected, setting.errors)
        lost += failed
        if check.worse_by is not None:
            _, primary = _more(random, primary, setting.rate * LOOK - expected, PRIMARY)
        found = judged(check, ENOUGH, candidate, primary, early=seconds < step.seconds)
        if found is Verdict.BAD or (found is Verdict.GOOD and seconds >= step.seconds):
            return found, seconds, lost
    return Verdict.OPEN, seconds, lost


def _more(random: Random, counts: Counts, expected: float, errors: float) -> tuple[int, Counts]:
    total = poisson(random, expected)
    failed = binomial(random, total, errors)
    return failed, Counts(counts.good + total - failed, counts.total + total)


def judged(check: Check, enough: Enough, candidate: Counts, primary: Counts, *, early: bool) -> Verdict:
    """Return the verdict; OPEN is not asked for where it is plain, which is most of the time.

    Where `early`, good does not count yet.
    """
    if candidate.total < FEWEST or (check.worse_by is not None and primary.total == 0.0):
        return Verdict.OPEN
    ahead, error = candidate.good / candidate.total - (check.least or 0.0) / 100.0, PRIMARY / candidate.total
    if check.worse_by is not None:
        ahead += check.worse_by / 100.0 - primary.good / primary.total
        error += PRIMARY / primary.total
    good = inf if early or candidate.total < enough.requests else PLAIN[1]
    if PLAIN[0] < ahead / sqrt(error) < good:
        return Verdict.OPEN
    return verdict(check, enough, 1, candidate, None if check.worse_by is None else primary)


def flagger(setting: Setting, random: Random) -> Outcome:
    """Play a rollout by Flagger's analysis."""
    weight, failures, seconds, lost = 10, 0, 0.0, 0
    while True:
        seconds += 60.0
        failed, below = _minute(weight, setting, random)
        lost += failed
        failures += below
        if failures >= FLAGGER_FAILURES:
            return Outcome(End.ROLLED_BACK, seconds, lost)
        if weight == FLAGGER_WEIGHT and not below:
            return Outcome(End.PROMOTED, seconds, lost)
        weight += 0 if below else 10


def argo(setting: Setting, random: Random) -> Outcome:
    """Play a rollout by Argo Rollouts' steps and analysis."""
    failures, seconds, lost = 0, 0.0, 0
    for step in STEPS:
        for _ in range(int(step.seconds // 60)):
            seconds += 60.0
            failed, below = _minute(step.share, setting, random)
            lost += failed
            failures += below
            if failures > ARGO_FAILURES:
                return Outcome(End.ROLLED_BACK, seconds, lost)
    return Outcome(End.PROMOTED, seconds, lost)


def _minute(share: int, setting: Setting, random: Random) -> tuple[int, bool]:
    """Return how many requests failed in a minute, and whether too many, or none, were counted."""
    total = poisson(random, setting.rate * 60.0 * share / 100.0)
    failed = binomial(random, total, setting.errors)
    return failed, total == 0 or 100.0 * (total - failed) < LEAST * total


def compared(setting: Setting, random: Random) -> Outcome:
    """Play a rollout by Teal that compares with the primary."""
    return teal(Check("success", Measure.SUCCESS, worse_by=WORSE_BY), setting, random)


def limited(setting: Setting, random: Random) -> Outcome:
    """Play a rollout by Teal with a limit."""
    return teal(Check("success", Measure.SUCCESS, least=LEAST), setting, random)


METHODS: dict[str, Callable[[Setting, Random], Outcome]] = {
    "Teal, compared": compared,
    "Teal, limit": limited,
    "Flagger": flagger,
    "Argo Rollouts": argo,
}
SETTINGS = tuple(
    Setting(rate, times * PRIMARY) for times in (1, 2, 10) for rate in (0.1, 1.0, 10.0, 100.0, 1000.0)
)

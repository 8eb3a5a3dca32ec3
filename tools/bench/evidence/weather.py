"""One step whose truth is at the limit, so that either verdict is wrong, in fair and foul weather."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from routing.stepping.rollout import Check, Counts, Enough, Measure, Verdict
from tools.bench.evidence.chance import binomial, poisson
from tools.bench.evidence.plays import LEAST, LOOK, PRIMARY, WORSE_BY, judged

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

RATE, SHARE, SECONDS = 100.0, 0.25, 1800.0
COMPARED = Check("success", Measure.SUCCESS, worse_by=WORSE_BY)
LIMITED = Check("success", Measure.SUCCESS, least=LEAST)


@dataclass(frozen=True, slots=True)
class Weather:
    """What is unlike the assumptions. Times are seconds since the step began, shares of 0 to 1.

    `share`: of the candidate. `worse`: its errors beyond the primary's. `more`: errors that both have beyond
    their own. `group`: how many requests fail together. `counted`: by how much counts are too high.
    """

    name: str
    check: Check = COMPARED
    share: Callable[[float], float] = lambda _: SHARE
    worse: float = WORSE_BY / 100.0
    more: Callable[[float], float] = lambda _: 0.0
    group: int = 1
    counted: float = 1.0
    enough: Enough = field(default_factory=Enough)


def _rising(seconds: float) -> float:
    return SHARE * min(1.0, seconds / 600.0)


def _outage(seconds: float) -> float:
    return 0.1 if 300.0 < seconds <= 420.0 else 0.0  # noqa: PLR2004 - said in the weather's name


WEATHERS = (
    Weather("as assumed: a limit", LIMITED),
    Weather("as assumed: compared"),
    Weather("the candidate's share is 25.5 %", share=lambda _: 0.255),
    Weather("its share rises from 0 to 25 % in ten minutes", share=_rising),
    Weather("an outage: both fail 10 % more for two minutes", more=_outage),
    Weather("such an outage while the share rises", more=_outage, share=_rising),
    Weather("counts are 14 % too high", counted=1.14),
    Weather("errors come in groups of ten: a limit", LIMITED, group=10),
    Weather("errors come in groups of ten: compared", group=10),
    Weather("the same, a candidate as good as the primary: a limit", LIMITED, group=10, worse=0.0),
    Weather("the same, a candidate as good as the primary: compared", group=10, worse=0.0),
    Weather("in groups of ten, `together: 10`: a limit", LIMITED, group=10, enough=Enough(together=10.0)),
    Weather("in groups of ten, `together: 10`: compared", group=10, enough=Enough(together=10.0)),
)


def called(weather: Weather, random: Random) -> tuple[bool, bool]:
    """Return whether the candidate was called good, and bad, at any look of the step."""
    candidate, primary, found = Counts(0, 0), Counts(0, 0), set()
    for look in range(int(SECONDS / LOOK)):
        seconds = (look + 1) * LOOK
        share, more = weather.share(seconds), weather.more(seconds)
        errors = PRIMARY + weather.worse + more
        candidate = _plus(weather, random, candidate, RATE * LOOK * share, errors)
        primary = _plus(weather, random, primary, RATE * LOOK * (1.0 - share), PRIMARY + more)
        found.add(judged(weather.check, weather.enough, candidate, primary, early=False))
    return Verdict.GOOD in found, Verdict.BAD in found


def _plus(weather: Weather, random: Random, counts: Counts, expected: float, errors: float) -> Counts:
    total = poisson(random, expected)
    if weather.group == 1:
        failed = binomial(random, total, errors)
    else:
        failed = min(total, weather.group * poisson(random, total * errors / weather.group))
    return Counts(
        counts.good + (total - failed) * weather.counted,
        counts.total + total * weather.counted,
    )

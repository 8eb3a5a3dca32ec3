"""Counting a version's requests since a step began, interval by interval. Pure.

Time is cut into intervals of equal length, numbered since the epoch, the same for all. What was counted in
each adds up, so one query tells about any number of rollouts, whenever each began its step; and whoever
begins anew (a new leader) asks for all intervals since then and comes to the same sum.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler.asking.presets import BUCKETS_MS, Version, bucket
from reconciler.asking.statuses import Judged, judged
from routing.stepping.rollout import Measure
from routing.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from reconciler.asking.presets import Preset
    from reconciler.asking.readings import Series
    from routing.stepping.rollout import Question

MOST_AT_ONCE = 240
"""Intervals of one query: an hour, if each takes 15 s."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Intervals of `seconds`. `lag`: seconds after an interval's end, by when Prometheus has all of it."""

    seconds: int
    lag: float = 10.0

    def first(self, since: float) -> int:
        """Return the first interval to be counted: it begins at least one later than the step.

        What is known at its beginning may have been read up to one interval before: so no request of before
        the step is counted, if proxies are read that often.
        """
        return math.ceil(since / self.seconds) + 1

    def end(self, now: float) -> int:
        """Return the first interval that is not over, by all that Prometheus may have."""
        return math.floor((now - self.lag) / self.seconds)

    def asked_at(self, interval: int) -> int:
        """Return the time at which an interval ends, seconds since the epoch."""
        return (interval + 1) * self.seconds

    def interval(self, moment: float) -> int:
        """Return the interval that ends at a time."""
        return round(moment / self.seconds) - 1


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is counted for one or several checks: requests of a version, from an interval on.

    `limit_ms`: of LATENCY, else 0; `copies`: as of a `Question`.
    """

    measure: Measure
    limit_ms: int
    version: Version
    first: int
    copies: bool = False


@dataclass(frozen=True, slots=True)
class Tally:
    """How far it is counted: all intervals before `upto`. `wrong`: why it can't be, for the whole step.

    `calls`: of how many gRPC's status was told.
    """

    upto: int
    good: float = 0.0
    total: float = 0.0
    calls: float = 0.0
    wrong: str = ""


def wanted(question: Question, grid: Grid) -> Wanted:
    """Return what has to be counted to answer a question, which is none of QUERY."""
    check = question.check
    version = Version(question.namespace, question.version)
    first = grid.first(question.since)
    return Wanted(check.measure, check.under_ms, version, first, question.copies)


def by_version(preset: Preset, series: Iterable[Series]) -> dict[Version, list[Series]]:
    """Return series by the version whose they are."""
    found: dict[Version, list[Series]] = {}
    for each in series:
        version = preset.version(each.labels)
        if version is not None:
            found.setdefault(version, []).append(each)
    return found


@dataclass(frozen=True, slots=True)
class Growth:
    """What grew of a version's series, interval by interval, as a query told it."""

    preset: Preset
    grid: Grid
    series: Sequence[Series]

    def counted(self, want: Wanted, tally: Tally, end: int) -> Tally:
        """Return a tally that goes on up to the interval `end`, without it.

        What was said of an interval that is counted already is left out. What is no number of requests, or a
        limit that is no bucket's, is wrong for good: what came before can't be counted any more.
        """
        intervals = range(tally.upto, end)
        grown = [(each.labels, self._grown(each, intervals)) for each in self.series]
        if odd := [count for _, count in grown if not (math.isfinite(count) and count >= 0)]:
            return replace(tally, upto=end, wrong=f"Prometheus counted {odd[0]:g} requests")
        if want.measure is Measure.SUCCESS:
            found = judged(grown, self.preset.by, self.preset.code)
        else:
            within = sum(count for labels, count in grown if bucket(labels) == want.limit_ms)
            total = sum(count for labels, count in grown if bucket(labels) == math.inf)
            if total and all(bucket(labels) != want.limit_ms for labels, _ in grown):
                return replace(tally, upto=end, wrong=_no_bucket(want.limit_ms))
            found = Judged(min(within, total), total)
        return Tally(end, tally.good + found.good, tally.total + found.total, tally.calls + found.calls)

    def _grown(self, series: Series, intervals: range) -> float:
        """Return by how much a series grew in some intervals; what is said of others does not count."""
        found = ((self.grid.interval(moment), value) for moment, value in series.values.items())
        return sum(value for interval, value in found if interval in intervals)


def _no_bucket(limit: int) -> str:
    """Return what is wrong with a limit in milliseconds that is between two buckets, and which there are.

    What is between is not guessed: of 10 requests from 250 to 500 ms, all or none may take 300.
    """
    known = ", ".join(map(str, BUCKETS_MS))
    remedy = f"set the check's `under` to one; Envoy's own are {known} ms"
    return f"Prometheus has no bucket of {limit} ms, and can't tell between: {remedy}"

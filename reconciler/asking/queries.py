"""Which queries tell what is to be counted: their number follows what is measured, not who asks. Pure."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from reconciler.asking.tallies import MOST_AT_ONCE
from routing.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from reconciler.asking.presets import Preset
    from reconciler.asking.tallies import Grid, Tally, Wanted
    from routing.stepping.rollout import Measure

MOST_WANTED = 500
"""Of one query: the names of 500 versions are some 20 KB, and their series some 400 KB of answer."""
MOST_VALUES = 60_000
"""Of one answer: 1.5 MB."""
SERIES_OF_ONE = 8
"""Of a version, that is: statuses, or buckets."""
NEAR = 4
"""Intervals: who is so far behind is asked for with those who are up to date."""


@dataclass(frozen=True, slots=True)
class Query:
    """What is counted by one query: the intervals from `begin` up to `end`, without it.

    `copies`: as of a `Question`, of all that are wanted.
    """

    measure: Measure
    copies: bool
    wanted: Sequence[Wanted]
    begin: int
    end: int

    def text(self, preset: Preset, seconds: int) -> str:
        """Return it as PromQL."""
        versions, limits = ({each.version for each in self.wanted}, {each.limit_ms for each in self.wanted})
        return preset.reported(copies=self.copies).query(self.measure, versions, limits, seconds)


def queries(tallies: Mapping[Wanted, Tally], end: int) -> Iterator[Query]:
    """Yield the queries that count on towards the interval `end`, those of who is nearly there first.

    Who is far behind (a new leader begins so, and whoever comes back after Prometheus was away) is asked for
    apart, an hour at a time: one of them must not have all the others' last hour read again.
    """
    open_ = [(want, tally.upto) for want, tally in tallies.items() if tally.upto < end and not tally.wrong]

    def place(entry: tuple[Wanted, int]) -> tuple[bool, Measure, bool]:
        """Return with whom something is asked for."""
        want, upto = entry
        return end - upto > NEAR, want.measure, want.copies

    def nearby(entry: tuple[Wanted, int]) -> tuple[int, object]:
        """Return the order within a place: who is as far as another is asked for with it."""
        want, upto = entry
        return upto if place(entry)[0] else 0, (want.version, want.limit_ms, want.first)

    for (_, measure, copies), group in groupby(
        sorted(open_, key=lambda each: (place(each), nearby(each))), key=place
    ):
        rest = list(group)
        while rest:
            begin = min(upto for _, upto in rest[:MOST_WANTED])
            until = min(end, begin + MOST_AT_ONCE)
            room = max(1, min(MOST_WANTED, MOST_VALUES // (SERIES_OF_ONE * (until - begin))))
            taken, rest = rest[:room], rest[room:]
            yield Query(measure, copies, tuple(want for want, upto in taken if upto < until), begin, until)


def span(query: Query, grid: Grid) -> tuple[int, int]:
    """Return the times from and to which a query is evaluated, seconds since the epoch."""
    return grid.asked_at(query.begin), grid.asked_at(query.end - 1)

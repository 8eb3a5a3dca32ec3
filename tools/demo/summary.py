"""What came of it: requests, failures, shares beside weights, and how soon each split was right."""

from __future__ import annotations

import datetime as dt
from bisect import bisect
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rich import box
from rich.table import Table
from rich.text import Text

from tools.demo.answers import Answer, deviation, off, percentages

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tools.demo.answers import Tally

SETTLE_SECONDS = 2.0
"""From the VirtualService being right to the proxies having heard: what is sent by then is not counted."""
MOST_FAILURES = 10


@dataclass
class Effect:
    """A step that changed the split. Times are monotonic; `right` is None as long as the split is not."""

    title: str
    split: Mapping[str, int]
    entered: float
    took: float = 0.0
    right: float | None = None
    began: float | None = None
    """When the split before it ended, where that was not with the step's beginning."""


@dataclass
class Results:
    """What a play notes down."""

    effects: list[Effect] = field(default_factory=list)
    entered: list[tuple[float, str]] = field(default_factory=list)
    """When each step was begun, and its title."""
    refused: int = 0
    tallies: Mapping[str, Tally] = field(default_factory=dict)
    complaints: Sequence[str] = ()
    """Sentences about clients that did not send all that they should."""

    @property
    def failures(self) -> list[tuple[str, Answer]]:
        """All failed requests with the name of their client, in the order in which they were sent."""
        found = [(name, each) for name, tally in self.tallies.items() for each in tally.failures]
        return sorted(found, key=lambda pair: pair[1].sent)

    @property
    def own(self) -> int:
        """How many requests a version failed that was meant to."""
        return sum(tally.own for tally in self.tallies.values())

    @property
    def requests(self) -> int:
        """How many requests there were."""
        return sum(map(len, self.tallies.values()))

    def since(self, begin: float) -> tuple[int, int]:
        """Return how many requests have been sent since a time, and how many of them failed."""
        failed = sum(each.sent >= begin for _, each in self.failures)
        return sum(tally.versions(begin).total() for tally in self.tallies.values()) + failed, failed

    def step_at(self, at: float) -> tuple[str, float]:
        """Return the step that was played at a time, and the seconds since it had begun."""
        place = bisect([begin for begin, _ in self.entered], at)
        begin, title = self.entered[max(place - 1, 0)]
        return title, at - begin

    def answers(self, number: int) -> Counter[str]:
        """Count by version the answers while an effect lasted, from when the proxies had heard of it."""
        begin = self.effects[number].right
        later = float("inf")
        if number + 1 < len(self.effects):
            following = self.effects[number + 1]
            later = following.entered if following.began is None else following.began
        found: Counter[str] = Counter()
        for tally in self.tallies.values() if begin is not None else ():
            found += tally.versions((begin or 0.0) + SETTLE_SECONDS, later)
        return found

    def shares_off(self) -> list[str]:
        """Return a sentence for each version whose share chance does not explain."""
        told = []
        for number, effect in enumerate(self.effects):
            counts = self.answers(number)
            told += [
                f"After “{effect.title}”, {name} answered {percentages(counts).get(name, 0):.1f} % of "
                f"{sum(counts.values())} requests; its weight is {effect.split.get(name, 0)} %."
                for name in off(effect.split, counts)
            ]
        return told


def verdict(results: Results) -> str:
    """Say in one sentence how the requests fared."""
    failed = len(results.failures)
    share = f" ({100 * failed / results.requests:.2g} %)" if failed else ""
    own = f"; {results.own} more were failed by the bad candidate itself, until it was found out"
    return f"{results.requests} requests, {failed or 'none'} failed{share}{own if results.own else ''}."


def clients_table(results: Results, versions: Sequence[str]) -> Table:
    """Return requests, failures and answers of each client."""
    table = _table("", "requests", "failed", *versions, "median", "99 % in")
    for name, tally in results.tallies.items():
        counts, failed = tally.versions(), len(tally.failures)
        times = [f"{1000 * tally.seconds(share):.0f} ms" for share in (0.5, 0.99)]
        answered = [str(counts[version]) for version in versions]
        table.add_row(name, str(len(tally)), _judged(str(failed), good=not failed), *answered, *times)
    return table


def effects_table(results: Results, versions: Sequence[str], *, wide: bool) -> Table:
    """Return how soon the split was right after each step that changes it, and how requests were shared."""
    columns = ["right after", "took", "weights", "answered ± chance", "requests"]
    shown = 3 if not results.tallies else len(columns) if wide else len(columns) - 1
    table = _table("", *columns[:shown])
    for number, effect in enumerate(results.effects):
        counts = results.answers(number)
        after = "never" if effect.right is None else f"{effect.right - effect.entered:.2f} s"
        answered, total = _answered(effect.split, counts, versions), str(counts.total() or "-")
        cells: list[Text | str] = [
            after,
            f"{effect.took:.1f} s",
            _ratio(effect.split, versions, 0),
            answered,
            total,
        ]
        table.add_row(effect.title, *cells[:shown])
    return table


def failure_lines(results: Results, offset: float) -> Iterator[str]:
    """Yield a line for each failed request, one for those that are too many. `offset`: epoch - monotonic."""
    failures = results.failures
    for name, each in failures[:MOST_FAILURES]:
        title, seconds = results.step_at(each.sent)
        clock = dt.datetime.fromtimestamp(each.sent + offset).astimezone().strftime("%H:%M:%S.%f")[:-3]
        yield f"{clock}, {seconds:.1f} s into “{title}”, {name}: {each.what}"
    if len(failures) > MOST_FAILURES:
        yield f"… and {len(failures) - MOST_FAILURES} more"


def _answered(split: Mapping[str, int], counts: Mapping[str, int], versions: Sequence[str]) -> Text:
    total = sum(counts.values())
    spread = 2 * deviation(max(split.values(), default=0), total)
    ratio = _ratio(percentages(counts), versions, 1 if spread else 0)
    return _judged(f"{ratio} ± {spread:.1f}" if spread else ratio, good=not off(split, counts))


def _ratio(shares: Mapping[str, float], versions: Sequence[str], digits: int) -> str:
    return " : ".join(f"{shares.get(version, 0):.{digits}f}" for version in versions) if shares else "-"


def _judged(text: str, *, good: bool) -> Text:
    return Text(text, style="" if good else "bold red")


def _table(first: str, *columns: str) -> Table:
    table = Table(
        first, box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style="dim", padding=(0, 1, 0, 0)
    )
    for column in columns:
        table.add_column(column, justify="right")
    return table

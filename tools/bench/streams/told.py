"""What the clients of `hold.py` tell, as values: which version holds what, what was cut, what failed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from routing import names

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

EVENTS = ("opened", "cut", "failed", "answered")
SPLIT = {names.HTTP: ("grpc", "ws", "ask"), names.TCP: ("tcp", "ask")}
"""By protocol, what Teal splits. What is another's goes to whatever pods a Service has."""
_FIELDS = 6


@dataclass(frozen=True)
class Told:
    """A line of a client: `at` (seconds since the epoch) this happened to a stream or a call (`ask`)."""

    at: float
    kind: str
    number: int
    event: str
    version: str
    words: str = ""


@dataclass
class Account:
    """All that has been told. `held`: by kind and number the version that each open stream is at."""

    held: dict[tuple[str, int], str] = field(default_factory=dict)
    cuts: list[Told] = field(default_factory=list)
    failed: list[Told] = field(default_factory=list)
    answered: list[Told] = field(default_factory=list)
    other: list[str] = field(default_factory=list)

    def add(self, line: str) -> None:
        """Note a line; what is none of the client's own is kept as it is."""
        told = parse(line)
        if told is None:
            self.other.append(line.strip())
        elif told.event == "opened":
            self.held[told.kind, told.number] = told.version
        elif told.event == "cut":
            self.held.pop((told.kind, told.number), None)
            self.cuts.append(told)
        else:
            (self.failed if told.event == "failed" else self.answered).append(told)

    def at(self) -> dict[str, Counter[str]]:
        """Return by kind how many streams each version holds."""
        found: dict[str, Counter[str]] = {}
        for (kind, _), version in [*self.held.items()]:  # a thread may be adding
            found.setdefault(kind, Counter())[version] += 1
        return found


def parse(line: str) -> Told | None:
    """Return what a line tells, None if it is no client's."""
    at, *rest = line.strip().split(" ", _FIELDS - 1)
    if len(rest) < _FIELDS - 2 or rest[2] not in EVENTS:
        return None
    try:
        return Told(float(at), rest[0], int(rest[1]), rest[2], rest[3], " ".join(rest[4:]))
    except ValueError:
        return None


def unfair(cuts: Iterable[Told], leaving: str, since: float) -> list[str]:
    """Return a sentence for each cut that a drain should have kept from happening.

    A stream may be cut if its version is the one that leaves, and not before the drain's end: `since` at the
    earliest, in seconds since the epoch.
    """
    return [
        f"{each.kind} {each.number} at {each.version} was cut {each.at - since:+.1f} s from the drain's end: "
        f"{each.words}"
        for each in cuts
        if each.version != leaving or each.at < since
    ]


def summed(cuts: Sequence[Told], begin: float) -> list[str]:
    """Return a line for each kind and way of being cut: how many, and when, in seconds from `begin`."""
    ways = Counter((each.kind, each.version, each.words) for each in cuts)
    lines = []
    for (kind, version, words), count in sorted(ways.items()):
        found = [
            each.at - begin
            for each in cuts
            if (each.kind, each.version, each.words) == (kind, version, words)
        ]
        lines.append(f"{count} {kind} at {version}, {min(found):.1f} to {max(found):.1f} s: {words}")
    return lines

"""What was played, as the tables of docs/evidence.md. Pure."""

from __future__ import annotations

from collections import Counter
from statistics import fmean, median
from typing import TYPE_CHECKING

from tools.bench.evidence.plays import METHODS, PRIMARY, SETTINGS, End

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tools.bench.evidence.plays import Outcome, Setting

    Played = Mapping[tuple[Setting, str], Sequence[Outcome]]
    Called = Mapping[str, Sequence[tuple[bool, bool]]]

ALL, NEARLY_ALL = 100.0, 99.0
ENDS = (End.PROMOTED, End.HELD, End.ROLLED_BACK)


def ends(outcomes: Sequence[Outcome]) -> tuple[float, ...]:
    """Return the percentages that were promoted, held and rolled back."""
    counted = Counter(outcome.end for outcome in outcomes)
    return tuple(100.0 * counted[end] / len(outcomes) for end in ENDS)


def rollouts(played: Played) -> str:
    """Return a table of settings by methods."""
    lines = [
        "| errors | requests a second | " + " | ".join(METHODS) + " |",
        "|---|---|" + "---|" * len(METHODS),
    ]
    for setting in SETTINGS:
        cells = [cell(played[setting, method]) for method in METHODS]
        lines.append(f"| {times(setting)} | {setting.rate:,g} | {' | '.join(cells)} |")
    return "\n".join(lines)


def times(setting: Setting) -> str:
    """Return by how much the candidate is worse, in a word."""
    factor = round(setting.errors / PRIMARY)
    return "equal" if factor == 1 else f"{factor} x"


def cell(outcomes: Sequence[Outcome]) -> str:
    """Return "promoted / held / rolled back %, minutes, failed requests"."""
    shares = " / ".join(figure(share) for share in ends(outcomes))
    minutes = median(outcome.seconds for outcome in outcomes) / 60.0
    return f"{shares} %, {minutes:.1f} min, {figure(fmean(outcome.failed for outcome in outcomes))}"


def figure(value: float) -> str:
    """Return a figure in three digits at most, never 0 or 100 for what is only near to it."""
    if value in {0.0, ALL} or value > ALL:
        return f"{value:,.0f}"
    return f"{min(value, 99.99):.2f}" if value < 1.0 or value > NEARLY_ALL else f"{value:.1f}"


def weathers(called: Called) -> str:
    """Return a table of how often either verdict was said where both are wrong."""
    lines = [
        "| one step, its truth at the limit unless said | called good, % | called bad, % |",
        "|---|---|---|",
    ]
    for name, runs in called.items():
        good, bad = (100.0 * sum(run[side] for run in runs) / len(runs) for side in (0, 1))
        lines.append(f"| {name} | {good:.2f} | {bad:.2f} |")
    return "\n".join(lines)

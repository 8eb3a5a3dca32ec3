"""The live picture: what the VirtualService says, and which version answers."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

from rich.panel import Panel
from rich.segment import Segment
from rich.spinner import Spinner
from rich.style import Style
from rich.table import Table
from rich.text import Text

from tools.demo.answers import percentages

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rich.console import Console, ConsoleOptions, RenderResult

    from tools.demo.clients import Client

COLOURS = ("dodger_blue2", "green3", "magenta", "yellow")
GLYPHS = "█▒░▓"
ASCII_GLYPHS = "#=-+"
RECENT_SECONDS = 2.0
ROOM_FOR_CTRL_C = 2
"""A terminal prints `^C` behind the picture; on a line of its own the picture could not be wiped off."""
_ROOM_FOR_COUNTS = 70


@dataclass(frozen=True)
class Bar:
    """One line as wide as there is room, divided by percentage; the versions in the order of their names."""

    shares: Mapping[str, float]
    versions: tuple[str, ...]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Fill the width that there is."""
        yield from bar(self.shares, self.versions, options.max_width, glyphs(console))


def glyphs(console: Console) -> str:
    """Return a character for each version, such as this console can show."""
    return GLYPHS if console.encoding.lower().startswith("utf") else ASCII_GLYPHS


def bar(shares: Mapping[str, float], versions: tuple[str, ...], width: int, signs: str) -> list[Segment]:
    """Return a bar's parts: their ends are rounded, so that they fill the width together."""
    if not shares:
        return [Segment("·" * width, Style(dim=True))]
    sums = [sum(shares.get(name, 0.0) for name in versions[:number]) for number in range(len(versions) + 1)]
    ends = [round(width * part / (sums[-1] or 1)) for part in sums]
    return [
        Segment(signs[at % len(signs)] * (end - begin), Style(color=colour(at)))
        for at, (begin, end) in enumerate(pairwise(ends))
    ]


def colour(at: int) -> str:
    """Return the colour of a version by its place."""
    return COLOURS[at % len(COLOURS)]


def in_words(split: Mapping[str, int]) -> str:
    """Say a split in words."""
    return ", ".join(f"{name} {percent} %" for name, percent in sorted(split.items())) or "gone"


def in_shares(counts: Mapping[str, int]) -> str:
    """Say in words who has answered."""
    total, shares = sum(counts.values()), sorted(percentages(counts).items())
    return (
        ", ".join(f"{name} {percent:.1f} %" for name, percent in shares) + f" of {total}"
        if total
        else "none yet"
    )


@dataclass
class Board:
    """What the live picture shows. One thread changes it, another draws."""

    versions: tuple[str, ...]
    split: Mapping[str, int] = field(default_factory=dict)
    clients: Mapping[str, Client] = field(default_factory=dict)
    title: str = ""
    doing: str = ""
    since: float = field(default_factory=time.monotonic)
    begin: float = field(default_factory=time.monotonic)
    spinner: Spinner = field(default_factory=lambda: Spinner("dots"))

    @contextmanager
    def busy(self, doing: str) -> Iterator[None]:
        """Show, until the context ends, that something is being done."""
        self.doing, self.since = doing, time.monotonic()
        try:
            yield
        finally:
            self.doing = ""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw."""
        roomy = options.max_width >= _ROOM_FOR_COUNTS
        grid = Table.grid(padding=(0, 1), expand=True)
        grid.add_column(no_wrap=True)
        grid.add_column(ratio=1, no_wrap=True)
        for _ in range(3 if roomy else 2):
            grid.add_column(justify="right", no_wrap=True)
        self._row(grid, "weights", dict(self.split), ["", ""] if roomy else [""])
        for name, client in self.clients.items():
            counts = client.tally.recent(time.monotonic() - RECENT_SECONDS)
            failures = len(client.tally.failures)
            failed = Text(f"{failures} failed", style="bold red" if failures else "green")
            if client.tally.own:
                failed.append(f" + {client.tally.own} its own", style="yellow")
            number = [Text(f"{len(client.tally)} requests")] if roomy else []
            self._row(grid, name, percentages(counts), [*number, failed])
        table = Table.grid(expand=True)
        table.add_row(grid)
        table.add_row(self._status())
        minutes, seconds = divmod(round(time.monotonic() - self.begin), 60)
        yield Panel(
            table,
            title=self._legend(console),
            title_align="left",
            subtitle=Text(f" {minutes}:{seconds:02d} "),
            subtitle_align="right",
            border_style="dim",
            width=options.max_width - ROOM_FOR_CTRL_C,
        )

    def _row(self, grid: Table, name: str, shares: Mapping[str, float], more: list[Text] | list[str]) -> None:
        told = " : ".join(f"{shares.get(version, 0):.0f}" for version in self.versions) if shares else "-"
        grid.add_row(name, Bar(shares, self.versions), told, *more)

    def _legend(self, console: Console) -> Text:
        signs = glyphs(console)
        legend = Text(" ")
        for at, name in enumerate(self.versions):
            legend.append(signs[at % len(signs)] * 2, style=colour(at)).append(f" {name}  ")
        return legend

    def _status(self) -> Table:
        line = Table.grid(padding=(0, 1))
        line.add_column(width=1)
        line.add_column(no_wrap=True)
        doing = Text(self.title, style="bold", overflow="ellipsis")
        if self.doing:
            doing.append(f"  {time.monotonic() - self.since:.0f} s", style="not bold")
            doing.append(f"  {self.doing}", style="not bold dim")
        line.add_row(self.spinner if self.doing else "", doing)
        return line

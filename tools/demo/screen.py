"""Where the demo is shown: a transcript that stays, and on a terminal a live picture below it."""

from __future__ import annotations

import os
import textwrap
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from rich.console import Console, RenderableType
from rich.live import Live
from rich.padding import Padding
from rich.rule import Rule
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.style import StyleType

WIDTH_OF_A_FILE = 100
_FRAMES_PER_SECOND = 8


def console(output: IO[str]) -> tuple[Console, bool]:
    """Return a console, and whether the output is a terminal that wants colours and a live picture."""
    alive = output.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    if alive:
        return Console(file=output, highlight=False), True
    width = None if output.isatty() else WIDTH_OF_A_FILE
    return Console(file=output, highlight=False, force_terminal=False, color_system=None, width=width), False


@dataclass(frozen=True)
class Screen:
    """Prints what happens, in order. Commands and what they print are never cut or broken into lines."""

    console: Console
    live: bool

    def section(self, title: str) -> None:
        """Begin a section."""
        self.blank()
        if self.live:
            self.console.print(Rule(Text(title, style="bold"), align="left", style="dim"))
        else:
            self._line(Text(f"== {title} =="))

    def step(self, title: str, prose: str) -> None:
        """Begin a step."""
        self.blank()
        self._line(Text(title, style="bold"))
        self._wrapped(Text("  "), prose, "italic")

    def command(self, text: str, prompt: str = "$") -> None:
        """Show what is typed."""
        first, *more = text.split("\n")
        self._line(Text.assemble(f"  {prompt} ".rjust(4), (first, "bold")))
        for line in more:
            self._line(Text(f"    {line}", style="bold"))

    def output(self, line: str) -> None:
        """Show a line that a command printed."""
        self._line(Text(f"    {line}", style="bright_black"))

    def good(self, text: str) -> None:
        """Show that something is as it should be."""
        self._mark("✓", text, "green")

    def bad(self, text: str) -> None:
        """Show that something is not."""
        self._mark("✗", text, "red")

    def refused(self, text: str) -> None:
        """Show a refusal, which is what was wanted."""
        self._line(Text(f"    {text}", style="yellow"))

    def news(self, text: str) -> None:
        """Show that something has changed."""
        self._mark("→", text, "cyan")

    def note(self, text: str) -> None:
        """Say something aside."""
        self._wrapped(Text("  "), text, "dim")

    def blank(self) -> None:
        """Leave a line empty."""
        self._line(Text())

    def show(self, what: RenderableType, indent: int = 2) -> None:
        """Show a table or the like."""
        self.console.print(Padding(what, (0, 0, 0, indent), expand=False))

    @contextmanager
    def watching(self, picture: RenderableType) -> Iterator[None]:
        """Keep a picture below all else until the context ends; on a live screen only."""
        if not self.live:
            yield
            return
        with Live(picture, console=self.console, refresh_per_second=_FRAMES_PER_SECOND, transient=True):
            yield

    def _mark(self, sign: str, text: str, style: StyleType) -> None:
        if not self.console.encoding.lower().startswith("utf"):
            sign = {"✓": "+", "✗": "!", "→": ">"}[sign]
        self._wrapped(Text.assemble("  ", (f"{sign} ", style)), text)

    def _wrapped(self, first: Text, text: str, style: StyleType = "") -> None:
        """Print prose, wrapped, the later lines below where its first begins."""
        indent = len(first.plain)
        lines = textwrap.wrap(text, max(self.console.width - indent - 1, 20), break_long_words=False)
        for at, line in enumerate(lines):
            self._line(Text.assemble(first if at == 0 else " " * indent, (line, style)))

    def _line(self, text: Text) -> None:
        self.console.print(text, soft_wrap=True)

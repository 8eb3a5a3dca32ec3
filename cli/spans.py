"""Lines of text whose parts may have a style: the form in which commands hand over what they print.

A style is a word of STYLES. In what is piped there is none, so the text alone has to say everything.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

STYLES = {"good": "green", "bad": "bold red", "waits": "yellow", "dim": "dim", "head": "bold", "name": "cyan"}
"""By word, how a terminal shows it: of its own sixteen colours, which suit dark and light."""


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a line."""

    text: str
    style: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A line; what of it does not fit into the terminal's width goes on below, `indent` columns in."""

    spans: tuple[Span, ...] = ()
    indent: int = 0

    @property
    def text(self) -> str:
        """The line without styles."""
        return "".join(span.text for span in self.spans).rstrip()


def line(*parts: str | Span, indent: int = 0) -> Line:
    """Return a line of some parts."""
    return Line(tuple(part if isinstance(part, Span) else Span(part) for part in parts), indent)


def plain(lines: Iterable[Line]) -> str:
    """Return lines as what is piped has them: no styles, and nothing is broken."""
    return "".join(f"{each.text}\n" for each in lines)


def table(head: Sequence[str], rows: Sequence[Sequence[str | Span]]) -> list[Line]:
    """Return lines of columns that are as wide as they need to be, apart from the last, as kubectl's are."""
    cells = [[Span(name, "head") for name in head], *([_span(cell) for cell in row] for row in rows)]
    widths = [max(len(row[column].text) for row in cells) + 3 for column in range(len(head))]
    widths[-1] = 0
    return [
        Line(
            tuple(Span(cell.text.ljust(width), cell.style) for cell, width in zip(row, widths, strict=True)),
            min(sum(widths), _MOST_INDENT),
        )
        for row in cells
    ]


_MOST_INDENT = 24


def _span(cell: str | Span) -> Span:
    return cell if isinstance(cell, Span) else Span(cell)

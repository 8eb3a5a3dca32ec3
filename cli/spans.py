"""Lines of text whose parts may have a style: the form in which commands hand over what they print.

A style is a word of STYLES. In what is piped there is none, so the text alone has to say everything.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

STYLES = {
    "good": "color(28)",
    "bad": "bold color(196)",
    "waits": "color(166)",
    "dim": "dim",
    "head": "bold",
    "name": "color(31)",
}
"""By word, how a terminal shows it.

Colours are of the 256 that no theme changes, as far from black as from white: of their own sixteen many
terminals have a yellow, a green and a cyan that nobody can read on white. A terminal that has only sixteen
gets the nearest of these.
"""

_BLANK = re.compile(r"[\t\n\r]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""Control characters (C0, C1) and those that turn the direction of writing."""


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a line."""

    text: str
    style: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A line; what of it does not fit into the terminal's width goes on below, `indent` columns in.

    `cells`: it is a table's row, whose cells are kept whole, as far as they can be.
    """

    spans: tuple[Span, ...] = ()
    indent: int = 0
    cells: bool = False

    @property
    def text(self) -> str:
        """The line without styles."""
        return "".join(harmless(span.text) for span in self.spans).rstrip()


def line(*parts: str | Span, indent: int = 0) -> Line:
    """Return a line of some parts."""
    return Line(tuple(part if isinstance(part, Span) else Span(part) for part in parts), indent)


def harmless(text: str) -> str:
    """Return text as a terminal may have it, in one line.

    Messages and names come from whoever may write them into the cluster, and a terminal obeys control
    characters (as CVE-2021-25743, of kubectl).
    """
    return _CONTROL.sub("\ufffd", _BLANK.sub(" ", text))


def plain(lines: Iterable[Line]) -> str:
    """Return lines as what is piped has them: no styles, and nothing is broken."""
    return "".join(f"{each.text}\n" for each in lines)


GAP = "   "
"""Between two cells of a table there is at least this."""
_MOST_INDENT = 24


def table(head: Sequence[str], rows: Sequence[Sequence[str | Span]]) -> list[Line]:
    """Return lines of columns that are as wide as they need to be, apart from the last, as kubectl's are."""
    cells = [[Span(name, "head") for name in head], *([_span(cell) for cell in row] for row in rows)]
    gap = len(GAP)
    widths = [max(len(row[column].text) for row in cells) + gap for column in range(len(head))]
    widths[-1] = 0
    return [_row(row, widths) for row in cells]


def _row(cells: Sequence[Span], widths: Sequence[int]) -> Line:
    pairs = zip(cells, widths, strict=True)
    padded = [(harmless(cell.text).ljust(width), cell.style) for cell, width in pairs]
    return Line(tuple(Span(*each) for each in padded), min(sum(widths), _MOST_INDENT), cells=True)


def _span(cell: str | Span) -> Span:
    return cell if isinstance(cell, Span) else Span(cell)

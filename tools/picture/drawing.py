"""A recording drawn as an SVG that plays it by CSS alone, the last line at the bottom.

Waits are shortened, and what is printed at once is let come line by line, so that it can be read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from rich.color import Color
from rich.terminal_theme import SVG_EXPORT_THEME
from rich.text import Text

from tools.picture.cast import HEIGHT, WIDTH

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.style import Style

    from tools.picture.cast import Cast

LINE, COLUMN, EDGE = 18, 8.4, 14
LEAST_SECONDS, MOST_SECONDS, LAST_SECONDS = 0.12, 1.6, 6.0
_STYLE = """\
text{{font:14px/18px ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:{ink};white-space:pre}}
.l{{animation:s {seconds:.2f}s step-end infinite}}
@media (prefers-reduced-motion:reduce){{.l{{animation:none;transform:translateY({end}px)}}}}
@keyframes s{{{frames}}}"""


@dataclass(frozen=True)
class Line:
    """A line and when it is complete, in seconds."""

    at: float
    text: Text


def lines(cast: Cast) -> list[Line]:
    """Return a recording's lines, each when its end was printed, cut at the terminal's width."""
    found, open_ = [], ""
    for at, printed in cast.printed:
        *ended, open_ = (open_ + printed.replace("\r\n", "\n")).split("\n")
        for each in ended:
            text = Text.from_ansi(each)
            text.truncate(WIDTH, overflow="ellipsis")
            found.append(Line(at, text))
    return found


def paced(found: Sequence[Line]) -> list[float]:
    """Return when each line is shown: in their order, none too soon after the one before, none too late."""
    shown, before = [0.0], found[0].at
    for line in found[1:]:
        wait = min(max(line.at - before, LEAST_SECONDS), MOST_SECONDS)
        shown.append(shown[-1] + wait)
        before = line.at
    return shown


def draw(cast: Cast) -> str:
    """Return the SVG. Raises ValueError for a recording without a line."""
    found = lines(cast)
    if not found:
        raise ValueError("nothing was printed")
    times = paced(found)
    seconds = times[-1] + LAST_SECONDS
    ends = [(HEIGHT - count) * LINE for count in range(1, len(found) + 1)]
    frames = "".join(
        f"{100 * at / seconds:.3f}%{{transform:translateY({end}px)}}"
        for at, end in zip(times, ends, strict=True)
    )
    width, height = round(WIDTH * COLUMN + 2 * EDGE), HEIGHT * LINE + 2 * EDGE
    style = _STYLE.format(ink=_hex(None), seconds=seconds, end=ends[-1], frames=frames)
    body = "\n".join(_drawn(line.text, at) for at, line in enumerate(found))
    return f"""\
<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}"
 role="img">
<title>{escape(cast.title)}</title>
<style>{style}</style>
<rect width="100%" height="100%" rx="8" fill="{SVG_EXPORT_THEME.background_color.hex}"/>
<svg x="{EDGE}" y="{EDGE}" width="{width - 2 * EDGE}" height="{HEIGHT * LINE}"><g class="l">
{body}
</g></svg>
</svg>
"""


def _drawn(text: Text, row: int) -> str:
    """Return a line's element, its parts placed by column, whatever the font's width."""
    parts = "".join(_part(column, said, style) for column, said, style in _parts(text))
    return f'<text y="{row * LINE + 14}">{parts}</text>' if parts else ""


def _parts(text: Text) -> Iterator[tuple[int, str, Style]]:
    """Yield the parts of one style each, blank ones left out, with the column where they begin."""
    from rich.console import Console  # noqa: PLC0415 - slow to import

    column = 0
    for segment in text.render(Console(width=WIDTH, color_system="truecolor")):
        if segment.text.strip() and segment.style is not None:
            yield column, segment.text.rstrip("\n"), segment.style
        column += segment.cell_length


def _part(column: int, said: str, style: Style) -> str:
    bold = ' font-weight="bold"' if style.bold else ""
    italic = ' font-style="italic"' if style.italic else ""
    faint = ' opacity=".65"' if style.dim else ""
    ink = f' fill="{_hex(style.color)}"' if style.color else ""
    length = f' textLength="{len(said) * COLUMN:.1f}"'
    return f'<tspan x="{column * COLUMN:.1f}"{length}{ink}{bold}{italic}{faint}>{escape(said)}</tspan>'


def _hex(color: Color | None) -> str:
    return (color or Color.default()).get_truecolor(SVG_EXPORT_THEME).hex

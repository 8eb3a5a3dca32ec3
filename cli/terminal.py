"""Where lines go: plain where they are piped, coloured and broken at words in a terminal."""

from __future__ import annotations

import json
import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from cli import spans

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from rich.console import Console
    from rich.text import Text

    from cli.spans import Line


def is_terminal() -> bool:
    """Tell whether somebody looks at standard output."""
    return sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


def show(lines: Iterable[Line]) -> None:
    """Print lines to standard output."""
    if not is_terminal():
        write(spans.plain(lines))
        return
    out = console()
    for each in texts(lines, out.width):
        out.print(each, soft_wrap=True)


def write(text: str) -> None:
    """Print text in UTF-8, whatever the locale: a sentence that can't be printed must not end the run."""
    sys.stdout.buffer.write(text.encode(errors="backslashreplace"))
    sys.stdout.flush()


def written(value: Any, form: str) -> str:
    """Return plain data as "json" or "yaml" text."""
    if form == "json":
        return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
    import yaml  # noqa: PLC0415 - seldom needed, and a tenth of the time of a start

    return str(yaml.safe_dump(value, sort_keys=False, allow_unicode=True))


@contextmanager
def painting() -> Iterator[Callable[[Sequence[Sequence[Line]]], None]]:
    """Give a function that puts lines in the place of those before, without flicker, for as long as it lasts.

    It is given the lines in one form or several, the longest first, and shows the first that fits onto the
    screen, else the last, cut off at the screen's end.
    """
    from rich.live import Live  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    out = console()
    with Live(console=out, auto_refresh=False, vertical_overflow="crop", screen=True) as live:

        def paint(forms: Sequence[Sequence[Line]]) -> None:
            live.update(Text("\n").join(fitting(forms, out.width, out.height)), refresh=True)

        yield paint


def fitting(forms: Sequence[Sequence[Line]], width: int, height: int) -> list[Text]:
    """Return the first form that has at most `height` lines when it is broken to `width` columns.

    Where none has, it is the last, and its last line tells how many more there are.
    """
    from rich.text import Text  # noqa: PLC0415

    found: list[Text] = []
    for form in forms:
        found = [*texts(form, width)]
        if len(found) <= height:
            return found
    room = max(height - 1, 0)
    told = f"… {len(found) - room} more lines; a taller window shows them"
    return [*found[:room], Text(told[:width], style=spans.STYLES["dim"])]


def console() -> Console:
    """Return the terminal. NO_COLOR in the environment keeps it without colours."""
    # Here, since it takes a third of the time of a start, and what is piped does without.
    from rich.console import Console  # noqa: PLC0415

    return Console(highlight=False, markup=False, emoji=False)


def texts(lines: Iterable[Line], width: int) -> Iterator[Text]:
    """Yield lines as the terminal's library has them, broken at words to a width in columns."""
    from rich.text import Text  # noqa: PLC0415

    for each in lines:
        parts = ((spans.harmless(span.text), spans.STYLES.get(span.style, "")) for span in each.spans)
        text = Text.assemble(*parts)
        text.rstrip()
        begin = 0
        for end in breaks(text.plain, width, each.indent, cells=each.cells):
            part = text[begin:end]
            part.rstrip()
            yield Text(" " * (each.indent if begin else 0)) + part
            begin = end


def breaks(text: str, width: int, indent: int, *, cells: bool = False) -> list[int]:
    """Return where the parts of a line end, each beginning at a word and the later ones being indented.

    Blanks at a part's end don't count. A word that is wider than the room is cut; a cell of a table that has
    room on a line of its own is not.
    """
    indent = indent if indent < width // 2 else 0
    rest = max(width - indent, 1)
    ends: list[int] = []
    begin = 0
    while len(text) - begin > (room := rest if ends else max(width, 1)):
        begin = (_cell(text, begin, room, rest) if cells else 0) or _word(text, begin, room)
        ends.append(begin)
    return [*ends, len(text)]


def _word(text: str, begin: int, room: int) -> int:
    """Return where the first word begins that does not fit, or where one that is too wide is cut."""
    blank = text.rfind(" ", begin + 1, begin + room + 1)
    return _after(text, blank) if text[begin : max(blank, begin)].strip() else begin + room


def _cell(text: str, begin: int, room: int, rest: int) -> int:
    """Return where the first cell begins that does not fit, 0 if there is none, or it has no room at all."""
    gap = text.rfind(spans.GAP, begin, begin + room + len(spans.GAP))
    start = _after(text, gap)
    end = text.find(spans.GAP, start)
    fits = (len(text) if end < 0 else end) - start <= rest
    return start if text[begin : max(gap, begin)].strip() and fits else 0


def _after(text: str, blank: int) -> int:
    """Return where the blanks end that begin, or go on, at an index."""
    return len(text) - len(text[max(blank, 0) :].lstrip(" "))

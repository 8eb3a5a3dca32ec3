"""Lines in a terminal: broken at words, indented, coloured; and what is piped is plain."""

from __future__ import annotations

import io
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.color import Color, ColorSystem
from rich.console import Console
from rich.style import Style

from cli import spans, terminal
from cli.ages import length
from cli.spans import Span, line

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.color_triplet import ColorTriplet

    from cli.spans import Line

SENTENCE = "  httpbin-1 gets nothing yet: there is no Deployment of this name"


def shown(lines: Iterable[Line], width: int) -> list[str]:
    return [each.plain.rstrip() for each in terminal.texts(lines, width)]


def test_a_long_line_goes_on_below_indented() -> None:
    assert shown([line(SENTENCE, indent=4)], 30) == [
        "  httpbin-1 gets nothing yet:",
        "    there is no Deployment of",
        "    this name",
    ]


def test_a_line_that_fits_stays_as_it_is() -> None:
    assert shown([line(SENTENCE, indent=4)], 80) == [SENTENCE]
    assert shown([line()], 80) == [""]


def test_a_word_that_is_too_long_is_cut() -> None:
    assert shown([line("x" * 25)], 10) == ["x" * 10, "x" * 10, "x" * 5]


@given(st.text("ab   ", max_size=200), st.integers(1, 80), st.integers(0, 30), st.booleans())
def test_nothing_is_lost_and_nothing_is_too_wide(text: str, width: int, indent: int, cells: bool) -> None:  # noqa: FBT001
    ends = terminal.breaks(text, width, indent, cells=cells)
    begins = [0, *ends[:-1]]
    parts = [text[begin:end] for begin, end in zip(begins, ends, strict=True)]
    assert "".join(parts) == text
    rooms = [width, *[width - indent if indent < width // 2 else width] * len(parts)]
    assert all(len(part.rstrip()) <= room for part, room in zip(parts, rooms, strict=False))


def test_cells_of_a_table_are_kept_whole_where_they_do_not_fit() -> None:
    rows = [["httpbin", "True", "in 11s: it is let go"], ["payments-and-more", "-", "-"]]
    assert shown(spans.table(["NAME", "READY", "NEXT"], rows), 40) == [
        "NAME                READY   NEXT",
        "httpbin             True",
        " " * 24 + "in 11s: it is let go",
        "payments-and-more   -       -",
    ]
    assert shown(spans.table(["NAME", "WHY"], [["a", "one sentence, longer than a line"]]), 20) == [
        "NAME   WHY",
        "a      one sentence,",
        "       longer than a",
        "       line",
    ]


def test_styles_are_colours_in_a_terminal_and_nothing_when_piped() -> None:
    row = line("it is ", Span("ready", "good"))
    assert spans.plain([row]) == "it is ready\n"
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, color_system="standard", width=80)
    for each in terminal.texts([row], 80):
        console.print(each)
    assert out.getvalue() == "it is \x1b[32mready\x1b[0m\n"


def _luminance(colour: ColorTriplet) -> float:
    """WCAG 2.2's relative luminance."""
    red, green, blue = (
        each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in colour.normalized
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("background", ["#000000", "#1e1e1e", "#002b36", "#ffffff", "#fdf6e3"])
@pytest.mark.parametrize("style", ["good", "bad", "waits", "name"])
def test_a_colour_can_be_read_on_dark_and_light(style: str, background: str) -> None:
    colour = Style.parse(spans.STYLES[style]).color
    assert colour is not None
    light, dark = sorted(
        (_luminance(each.get_truecolor()) for each in (colour, Color.parse(background))), reverse=True
    )
    assert (light + 0.05) / (dark + 0.05) >= 3, "WCAG 2.2, 1.4.11"


def test_a_terminal_with_sixteen_colours_gets_the_nearest() -> None:
    words = ("good", "bad", "waits", "name")
    colours = [Style.parse(spans.STYLES[word]).color for word in words]
    assert [colour and colour.downgrade(ColorSystem.STANDARD).number for colour in colours] == [2, 1, 3, 6]


def test_of_several_forms_the_first_that_fits_is_shown() -> None:
    long, short = [line(SENTENCE)] * 6, [line("short")] * 2
    assert terminal.fitting([long, short], 80, 6) == [*terminal.texts(long, 80)]
    assert terminal.fitting([long, short], 80, 5) == [*terminal.texts(short, 80)]
    assert terminal.fitting([long, short], 40, 6) == [*terminal.texts(short, 40)], "broken, it has twelve"


def test_where_no_form_fits_it_says_how_many_lines_are_missing() -> None:
    shown = terminal.fitting([[line(f"{number}") for number in range(9)]], 80, 4)
    assert [each.plain for each in shown] == [
        "0",
        "1",
        "2",
        "… 6 more lines; a taller window shows them",
    ]
    assert len(terminal.fitting([[line("a")] * 3], 5, 1)[0]) == 5


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (-3, "0s"),
        (0, "0s"),
        (119, "119s"),
        (120, "2m"),
        (200, "3m20s"),
        (600, "10m"),
        (10799, "179m"),
        (10800, "3h"),
        (12000, "3h20m"),
        (100000, "27h"),
        (200000, "2d7h"),
        (864000, "10d"),
    ],
)
def test_times_are_told_as_kubectl_tells_them(seconds: float, told: str) -> None:
    assert length(seconds) == told


def test_a_table_is_as_wide_as_it_has_to_be() -> None:
    rows = [["a", "bbbb"], ["aaaa", "b"]]
    assert spans.plain(spans.table(["X", "Y"], rows)) == "X      Y\na      bbbb\naaaa   b\n"


def test_what_others_have_written_can_not_command_the_terminal() -> None:
    row = line("a\x1b]0;title\x07b\nc", Span("\u202ed", "bad"))
    assert spans.plain([row]) == "a\ufffd]0;title\ufffdb c\ufffdd\n"
    assert shown([row], 80) == ["a\ufffd]0;title\ufffdb c\ufffdd"]
    assert "\x1b" not in spans.plain(spans.table(["X"], [["\x1b[2J"]]))


@pytest.mark.parametrize("word", ["explain", "--help"])
def test_output_that_a_full_disk_does_not_take_is_a_sentence_and_exit_code_2(word: str) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "cli", word], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert (done.returncode, done.stderr) == (
        2,
        "teal: standard output can't be written: No space left on device\n",
    )


def test_an_error_is_broken_at_words_where_somebody_looks() -> None:
    reader, writer = pty.openpty()
    line = [sys.executable, "-m", "cli", "explain", "Nonsense"]
    subprocess.run(line, stderr=writer, env={**os.environ, "COLUMNS": "40"}, check=False)
    os.close(writer)
    with open(reader, "rb") as seen:  # noqa: PTH123 - a descriptor, no path
        told = seen.read1(1000)
    assert told == b"teal: Teal gives no reason Nonsense;\r\n`teal explain` lists them all\r\n"

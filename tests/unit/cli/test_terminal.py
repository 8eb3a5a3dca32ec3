"""Lines in a terminal: broken at words, indented, coloured; and what is piped is plain."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from cli import spans, terminal
from cli.ages import length
from cli.spans import Span, line

if TYPE_CHECKING:
    from collections.abc import Iterable

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


@given(st.text("ab  ", max_size=200), st.integers(1, 80), st.integers(0, 30))
def test_nothing_is_lost_and_nothing_is_too_wide(text: str, width: int, indent: int) -> None:
    ends = terminal.breaks(text, width, indent)
    begins = [0, *ends[:-1]]
    parts = [text[begin:end] for begin, end in zip(begins, ends, strict=True)]
    assert "".join(parts) == text
    assert all(len(part) <= width for part in parts)


def test_styles_are_colours_in_a_terminal_and_nothing_when_piped() -> None:
    row = line("it is ", Span("ready", "good"))
    assert spans.plain([row]) == "it is ready\n"
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, color_system="standard", width=80)
    for each in terminal.texts([row], 80):
        console.print(each)
    assert out.getvalue() == "it is \x1b[32mready\x1b[0m\n"


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

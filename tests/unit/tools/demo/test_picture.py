"""The moving picture: what is recorded, and how it is paced and drawn."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from rich.console import Console

from tools.demo.screen import Screen
from tools.picture.cast import HEIGHT, Cast, Recorder, load
from tools.picture.drawing import LEAST_SECONDS, MOST_SECONDS, draw, lines, paced

DOCS = Path(__file__).parents[4] / "docs"
MOST_BYTES = 1_000_000
TEXT = "{http://www.w3.org/2000/svg}text"


def test_what_is_printed_is_kept_with_its_time_and_shown() -> None:
    times, shown = iter((5.0, 5.25)), list[str]()
    recorder = Recorder(shown.append, times.__next__)
    for text in ("one\n", "two"):
        assert recorder.write(text) == len(text)
    assert recorder.printed == [(0.0, "one\r\n"), (0.25, "two")]
    assert shown == ["one\n", "two"]


def test_a_recording_is_read_as_it_was_written() -> None:
    cast = Cast("A title", ((0.0, "\x1b[1mone\x1b[0m\r\n"), (0.5, "two\r\n")))
    assert load(cast.dump()) == cast
    with pytest.raises(ValueError, match="version 2"):
        load('{"version": 3}\n')


def test_a_line_comes_when_its_end_was_printed() -> None:
    found = lines(Cast("", ((0.0, "one, "), (1.0, "two\r\nthr"), (2.0, "ee\r\n"), (3.0, "never ended"))))
    assert [(line.at, line.text.plain) for line in found] == [(1.0, "one, two"), (2.0, "three")]


def test_waits_are_shortened_and_what_came_at_once_comes_line_by_line() -> None:
    found = lines(Cast("", ((0.0, "a\r\nb\r\n"), (0.5, "c\r\n"), (90.0, "d\r\n"))))
    assert paced(found) == pytest.approx(
        [0, LEAST_SECONDS, LEAST_SECONDS + 0.5, LEAST_SECONDS + 0.5 + MOST_SECONDS]
    )


def test_markup_and_colours_are_drawn_as_they_were_printed() -> None:
    screen = Screen(
        Console(file=(recorder := Recorder(len)), force_terminal=True, color_system="256"), live=False
    )
    screen.good("<b> & so on")
    (drawn,) = ET.fromstring(draw(Cast("<title>", tuple(recorder.printed)))).iter(TEXT)  # noqa: S314 - ours
    assert "".join(drawn.itertext()) == "✓ <b> & so on"
    assert "fill" in drawn[0].attrib


def test_nothing_printed_is_no_picture() -> None:
    with pytest.raises(ValueError, match="nothing was printed"):
        draw(Cast("", ()))


def test_the_docs_picture_is_that_of_their_recording_and_is_small() -> None:
    cast = load((DOCS / "demo.cast").read_text("utf-8"))
    picture = (DOCS / "demo.svg").read_text("utf-8")
    assert picture == draw(cast)
    assert len(picture.encode()) < MOST_BYTES
    assert len(lines(cast)) > 3 * HEIGHT
    assert any("Everything went as it should." in line.text.plain for line in lines(cast))

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from tools.demo.answers import Answer
from tools.demo.clients import Client
from tools.demo.panel import ROOM_FOR_CTRL_C, Board, bar, in_shares, in_words
from tools.demo.screen import Screen

if TYPE_CHECKING:
    from rich.segment import Segment

VERSIONS = ("httpbin-0", "httpbin-1")


class Paper:
    """A screen that is a file."""

    def __init__(self, width: int = 60) -> None:
        self.file = StringIO()
        plain = Console(file=self.file, width=width, color_system=None, force_terminal=False, highlight=False)
        self.screen = Screen(plain, live=False)

    @property
    def text(self) -> str:
        return self.file.getvalue()


def test_a_step_in_plain_lines() -> None:
    paper = Paper()
    paper.screen.section("Deploy candidate")
    paper.screen.step(
        "Deploy a candidate", "Teal brings it in by itself, once it has an endpoint that is ready."
    )
    paper.screen.command("kubectl create deployment httpbin-1 --image=kennethreitz/httpbin --port=80")
    paper.screen.output("deployment.apps/httpbin-1 created")
    paper.screen.news("VirtualService httpbin: httpbin-0 50 %, httpbin-1 50 %  (after 4.85 s)")
    paper.screen.good("442 requests since Enter, none failed")
    assert paper.text == (
        "\n"
        "== Deploy candidate ==\n"
        "\n"
        "Deploy a candidate\n"
        "  Teal brings it in by itself, once it has an endpoint that\n"
        "  is ready.\n"
        "  $ kubectl create deployment httpbin-1 --image=kennethreitz/httpbin --port=80\n"
        "    deployment.apps/httpbin-1 created\n"
        "  → VirtualService httpbin: httpbin-0 50 %, httpbin-1 50 %\n"
        "    (after 4.85 s)\n"
        "  ✓ 442 requests since Enter, none failed\n"
    )


def test_a_command_of_several_lines_is_shown_as_it_is_typed() -> None:
    paper = Paper(20)
    paper.screen.command("cat <<EOF | kubectl apply -f -\nkind: WeightOverride\nEOF")
    assert paper.text == "  $ cat <<EOF | kubectl apply -f -\n    kind: WeightOverride\n    EOF\n"


def test_what_looks_like_markup_is_printed_as_it_is() -> None:
    paper = Paper()
    paper.screen.output("[bold]metadata.labels[iter8.tools/wacth]: no such key")
    assert paper.text == "    [bold]metadata.labels[iter8.tools/wacth]: no such key\n"


def test_a_screen_that_is_not_live_draws_no_picture() -> None:
    paper = Paper()
    with paper.screen.watching("picture"):
        paper.screen.note("meanwhile")
    assert paper.text == "  meanwhile\n"


def widths(segments: list[Segment]) -> list[int]:
    return [len(segment.text) for segment in segments]


@pytest.mark.parametrize(
    ("shares", "expected"),
    [
        ({"httpbin-0": 20, "httpbin-1": 80}, [2, 8]),
        ({"httpbin-0": 100}, [10, 0]),
        ({"httpbin-1": 100}, [0, 10]),
        ({"httpbin-0": 33.3, "httpbin-1": 66.7}, [3, 7]),
        ({}, [10]),
    ],
)
def test_a_bar_fills_its_width(shares: dict[str, float], expected: list[int]) -> None:
    assert widths(bar(shares, VERSIONS, 10, "#=")) == expected


def test_words_for_splits_and_for_answers() -> None:
    assert in_words({"httpbin-1": 80, "httpbin-0": 20}) == "httpbin-0 20 %, httpbin-1 80 %"
    assert in_words({}) == "gone"
    assert in_shares({"httpbin-1": 3, "httpbin-0": 1}) == "httpbin-0 25.0 %, httpbin-1 75.0 % of 4"
    assert in_shares({}) == "none yet"


def test_what_a_bad_version_fails_itself_stands_beside_the_failures() -> None:
    client = Client("inside")
    client.tally.bad = "httpbin-1"
    client.tally.add(Answer(0.0, 0.1, 500, "httpbin-1", ""))
    paper = Paper(100)
    paper.screen.console.print(Board(VERSIONS, {"httpbin-0": 100}, {"inside": client}))
    assert "0 failed + 1 its own" in paper.text


@pytest.mark.parametrize(("width", "shown"), [(100, "1 requests 1 failed"), (50, "1 failed")])
def test_a_narrow_terminal_shows_failures_rather_than_requests(width: int, shown: str) -> None:
    client = Client("inside")
    client.tally.add(Answer(0.0, 0.1, 503, "-", ""))
    paper = Paper(width)
    paper.screen.console.print(Board(VERSIONS, {"httpbin-0": 100}, {"inside": client}))
    lines = paper.text.splitlines()
    assert {len(line) for line in lines} == {width - ROOM_FOR_CTRL_C}
    assert any(line.startswith("│ inside") and line.endswith(f"{shown} │") for line in lines)
    assert "requests" not in paper.text or width > 70

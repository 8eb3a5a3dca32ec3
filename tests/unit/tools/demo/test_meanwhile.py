"""The first refusal is shown before anything is built."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from tools.demo import __main__ as demo
from tools.demo import meanwhile
from tools.demo.meanwhile import REFUSALS, Refusal
from tools.demo.screen import Screen
from tools.demo.shell import DemoError
from tools.local import programs

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What the demo has on its screen; its caches are empty."""
    monkeypatch.setenv("TEAL_CACHE", str(tmp_path))
    return io.StringIO()


def choose_ground(shown: io.StringIO) -> None:
    """Have the demo choose where it plays, which builds nothing yet."""
    demo._ground(demo.arguments(["--light"]), Screen(Console(file=shown, width=200), live=False))  # noqa: SLF001 - the order


def test_with_nothing_built_each_mistake_is_refused_first(shown: io.StringIO) -> None:
    choose_ground(shown)
    said = shown.getvalue()
    assert all(refusal.says in said for refusal in REFUSALS)
    assert said.index(REFUSALS[0].says) < said.index("Light mode")
    assert not programs.are_built()


def test_with_everything_built_nobody_is_kept_from_the_cluster(
    shown: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo, "are_built", lambda: True)
    choose_ground(shown)
    assert "teal lint" not in shown.getvalue()


def test_a_mistake_that_is_taken_ends_the_demo(shown: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = Refusal(
        "None at all",
        REFUSALS[1].manifest.replace("banana", "50").replace("drainSecond", "drainSeconds"),
        "x",
    )
    monkeypatch.setattr(meanwhile, "REFUSALS", (taken,))
    with pytest.raises(DemoError, match="This should have been refused with 'x': None at all"):
        choose_ground(shown)

"""docs/tutorial.md is what the demo and the tests play."""

from __future__ import annotations

from tools.tutorial import steps
from tools.tutorial.document import CHARTS_URL, PAGE, page


def test_the_page_is_made_from_the_steps() -> None:
    made = page(steps())
    assert PAGE.read_text(encoding="utf-8") == made, "run: python -m tools.tutorial.document"


def test_the_page_shows_every_command() -> None:
    made = page(steps())
    assert [step.name for step in steps() if step.command(CHARTS_URL) not in made] == []

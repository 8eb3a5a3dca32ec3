"""docs/tutorial.md and docs/rollout-tutorial.md are what the demo and the tests play."""

from __future__ import annotations

from tools.tutorial import ROLLOUT, steps
from tools.tutorial.document import CHARTS_URL, PAGE, ROLLOUT_PAGE, page, rollout_page


def test_the_page_is_made_from_the_steps() -> None:
    made = page(steps())
    assert PAGE.read_text(encoding="utf-8") == made, "run: python -m tools.tutorial.document"


def test_the_page_of_a_rollout_is_made_from_its_steps() -> None:
    made = rollout_page()
    assert ROLLOUT_PAGE.read_text(encoding="utf-8") == made, "run: python -m tools.tutorial.document"
    assert [step.name for step in steps(ROLLOUT) if step.command(CHARTS_URL) not in made] == []


def test_the_page_shows_every_command() -> None:
    made = page(steps())
    assert [step.name for step in steps() if step.command(CHARTS_URL) not in made] == []

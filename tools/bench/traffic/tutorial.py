"""The whole tutorial under load, as the demo plays it, mistakes included, `kubectl expose` typed late."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING

from tools.demo.leftovers import clean
from tools.demo.play import Pace, Play
from tools.demo.screen import Screen, console
from tools.demo.script import scenes
from tools.demo.summary import failure_lines
from tools.tutorial import Step, steps

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tools.demo.grounds import Ground
    from tools.demo.summary import Results

DELAYED = "deploy-candidate"
LOOK_SECONDS = 15.0


def run(
    ground: Ground, rate: float, expose_delay: int, look_seconds: float = LOOK_SECONDS
) -> tuple[Results, list[str]]:
    """Play it from install to uninstall; return what came of it, and a line for all that went wrong.

    `look_seconds`: for how long answers are counted after each change of the split. Raises DemoError when a
    step does not do what it should.
    """
    screen = Screen(*console(io.StringIO()))
    clean(ground.shell, screen)
    play = Play(ground, screen, Pace(0.0, look_seconds), rate)
    try:
        play.play(scenes(list(_steps(expose_delay)), pods=True, cleanup=True, uninstall=True))
    finally:
        play.close()
    results = play.results
    return results, [*failure_lines(results, 0.0), *results.complaints, *results.shares_off()]


def _steps(expose_delay: int) -> Iterator[Step]:
    for step in steps():
        if step.name == DELAYED and expose_delay:
            *before, expose = step.template.splitlines()
            template = "\n".join([*before, f"sleep {expose_delay}", expose])
            yield replace(step, template=template)
        else:
            yield step

"""`python -m tools.tutorial.document`: writes two pages from the steps that demo and tests play.

They are docs/tutorial.md and docs/rollout-tutorial.md.
"""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from tools.tutorial import ROLLOUT, Place, Step, steps

if TYPE_CHECKING:
    from collections.abc import Sequence

PAGE = Path(__file__).parents[2] / "docs" / "tutorial.md"
ROLLOUT_PAGE = PAGE.with_name("rollout-tutorial.md")
CHARTS_URL = "http://127.0.0.1:8879"
_BEGINNING = f"""\
# Automated blue-green rollout

A percentage of the requests goes to a candidate version of an application, the rest to the primary. You
deploy candidates, look at how they do, and promote or delete them; Teal configures the routing.

This page is made from `deploy/tutorial/tutorial.yaml` (`python -m tools.tutorial.document`); `make demo` and
the tests play it command by command. You need `kubectl`, `helm` and a cluster with Istio: `make cluster`
starts one on this machine. `make charts` serves the charts of this checkout at `{CHARTS_URL}`.
"""
_BEGINNING_OF_ROLLOUT = """\
# A rollout by steps, from its plan to its promotion

A candidate that is bad is found out by its own answers and gets nothing any more; one that is good comes in
by steps, through a gate that a person opens, and becomes the primary. This page goes on where
[the tutorial](tutorial.md) has promoted a candidate, while requests come in; [rollout.md](rollout.md) says
what can be asked for, and how it is judged.

It is made from `deploy/tutorial/rollout.yaml` (`python -m tools.tutorial.document`). A test enters every
command on a real cluster with a real Prometheus, and counts: no request fails but those that the bad
candidate answers with 500. `make demo` plays it until the gate is open.
"""


def page(found: Sequence[Step], beginning: str = _BEGINNING) -> str:
    """Return the page as Markdown."""
    sections = [
        "\n".join([f"## {section}", "", *(_step(step) for step in group)])
        for section, group in groupby(found, key=lambda step: step.section)
    ]
    return "\n".join([beginning, *sections])


def rollout_page() -> str:
    """Return the page of a rollout as Markdown."""
    return page(steps(ROLLOUT), _BEGINNING_OF_ROLLOUT)


def _step(step: Step) -> str:
    optional = " (optional)" if step.optional else ""
    lines = [f"### {step.title}{optional}", "", step.prose.strip(), *_place(step)]
    lines += ["", "```shell", step.command(CHARTS_URL), "```", ""]
    if step.split and step.template.startswith(("kubectl get virtualservice",)):
        split = ", ".join(f"{name} {weight} %" for name, weight in step.split.items())
        lines += [f"Now: {split}.", ""]
    return "\n".join(lines)


def _place(step: Step) -> list[str]:
    return ["", "*In the shell of that pod:*"] if step.place is Place.POD else []


if __name__ == "__main__":
    PAGE.write_text(page(steps()), encoding="utf-8")
    ROLLOUT_PAGE.write_text(rollout_page(), encoding="utf-8")

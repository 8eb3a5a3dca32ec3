"""`python -m tools.tutorial.document`: writes docs/tutorial.md from the steps that demo and tests play."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from tools.tutorial import Place, Step, steps

if TYPE_CHECKING:
    from collections.abc import Sequence

PAGE = Path(__file__).parents[2] / "docs" / "tutorial.md"
CHARTS_URL = "http://127.0.0.1:8879"
_BEGINNING = f"""\
# Automated blue-green rollout

A percentage of the requests goes to a candidate version of an application, the rest to the primary. You
deploy candidates, look at how they do, and promote or delete them; Teal configures the routing.

This page is made from `deploy/tutorial/tutorial.yaml` (`python -m tools.tutorial.document`); `make demo` and
the tests play it command by command. You need `kubectl`, `helm` and a cluster with Istio: `make cluster`
starts one on this machine. `make charts` serves the charts of this checkout at `{CHARTS_URL}`.
"""


def page(found: Sequence[Step]) -> str:
    """Return the page as Markdown."""
    sections = [
        "\n".join([f"## {section}", "", *(_step(step) for step in group)])
        for section, group in groupby(found, key=lambda step: step.section)
    ]
    return "\n".join([_BEGINNING, *sections])


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

"""The tutorial's steps, and those of a rollout that follow it, read from deploy/tutorial."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping

TUTORIAL = Path(__file__).parents[2] / "deploy" / "tutorial" / "tutorial.yaml"
ROLLOUT = TUTORIAL.with_name("rollout.yaml")
CHARTS = "{charts}"
"""Stands in a command for the URL of the charts' repository."""


class Place(StrEnum):
    """Where a command is typed."""

    SHELL = "shell"
    POD = "pod"
    """The shell in a pod that the nearest interactive step before has opened."""
    BACKGROUND = "background"
    """A terminal of its own, in which it goes on until it is ended."""


@dataclass(frozen=True)
class Until:
    """The command prints a table and is repeated until this column of its one row has this value."""

    column: str
    value: str

    def holds(self, printed: str) -> bool:
        """Tell whether a table as kubectl prints it is as wanted."""
        header, *rows = [line.split() for line in printed.splitlines()] or [[]]
        return any((self.column, self.value) in zip(header, row, strict=False) for row in rows)


@dataclass(frozen=True)
class Step:
    """One step of the tutorial; tutorial.yaml says what each field means.

    `split` is the percentage of the requests by version once the step has taken effect; empty: no routing.
    `fails`: the version, if any, that answers some requests with 500 itself while the step lasts.
    """

    name: str
    section: str
    title: str
    prose: str
    template: str
    split: Mapping[str, int]
    place: Place = Place.SHELL
    interactive: bool = False
    online: bool = False
    optional: bool = False
    after_done: str | None = None
    until: Until | None = None
    fails: str = ""

    def command(self, charts: str) -> str:
        """Return what the user types, given the URL of the charts' repository."""
        return self.template.replace(CHARTS, charts)


def told_in(path: Path) -> Any:
    """Return what a YAML file says. Libyaml, where it is there, reads ten times as fast."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load(path.read_text("utf-8"), loader)  # noqa: S506 - either is a safe loader


def steps(path: Path = TUTORIAL) -> tuple[Step, ...]:
    """Return the steps in the order in which they are played. Raises TypeError for a key that Step lacks."""
    found: list[Step] = []
    lasting: Mapping[str, Any] = {"split": {}, "fails": ""}
    for item in told_in(path):
        lasting = {key: item.get(key, value) for key, value in lasting.items()}
        found.append(_step({**item, **lasting}))
    return tuple(found)


def _step(item: Mapping[str, Any]) -> Step:
    values = {key: value for key, value in item.items() if key not in ("command", "place", "until")}
    return Step(
        template=item["command"].removesuffix("\n"),
        place=Place(item.get("place", Place.SHELL)),
        until=Until(**item["until"]) if "until" in item else None,
        **values,
    )

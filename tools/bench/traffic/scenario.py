"""The scenarios, read from scenarios.yaml beside this file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from routing import names
from tools.tutorial import steps, told_in

if TYPE_CHECKING:
    from collections.abc import Mapping

SCENARIOS = Path(__file__).with_name("scenarios.yaml")
STEP = "step: "


@dataclass(frozen=True)
class Scenario:
    """What is there before, what a user does, and the split in the end; scenarios.yaml says more."""

    name: str
    title: str
    given: tuple[str, ...]
    commands: tuple[str, ...]
    split: Mapping[str, int]
    only_inside: bool = False
    compared: bool = False
    slow: bool = False
    router: str = names.VIRTUAL_SERVICE
    strategy: str = "blue-green"


def scenarios(path: Path = SCENARIOS) -> tuple[Scenario, ...]:
    """Return the scenarios in their order. Raises KeyError or TypeError for a name or a key that is none."""
    read = told_in(path)
    known = {step.name: step.template for step in steps()}
    shared = read["commands"]

    def spelt(lines: list[str]) -> tuple[str, ...]:
        texts: list[str] = []
        for line in lines:
            if line.startswith(STEP):
                texts.append(known[line.removeprefix(STEP)])
            elif line in shared:
                texts += spelt(shared[line])
            else:
                texts.append(line.removesuffix("\n"))
        return tuple(texts)

    return tuple(
        Scenario(**{**item, "given": spelt(item["given"]), "commands": spelt(item["commands"])})
        for item in read["scenarios"]
    )

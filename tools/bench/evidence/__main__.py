"""`make bench-evidence`: plays rollouts by chance and writes docs/evidence.md's tables and its picture.

Every part has a seed of its own, so the figures are the same at each run.
"""

from __future__ import annotations

import argparse
from itertools import product
from multiprocessing import Pool
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, TypeVar

from tools.bench.evidence import picture, report
from tools.bench.evidence.plays import METHODS, SETTINGS
from tools.bench.evidence.weather import WEATHERS, called
from tools.bench.history import replaced

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tools.bench.evidence.plays import Outcome, Setting

T = TypeVar("T")
PAGE = Path(__file__).parents[3] / "docs" / "evidence.md"
PICTURE = PAGE.with_name("evidence.svg")
PARTS, ROLLOUTS, STEPS = 10, 1000, 100
"""Of each setting and method, and of each weather: how many parts, how many rollouts or steps in each."""


def main() -> None:
    """Play in two processes, print, and renew the page."""
    parser = argparse.ArgumentParser(prog="python -m tools.bench.evidence", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a fiftieth of it; no page is written")
    quick: bool = parser.parse_args().quick
    times = 50 if quick else 1
    with Pool(2) as pool:
        kinds = list(product(SETTINGS, METHODS))
        jobs = [(*kind, seed, ROLLOUTS // times) for kind in kinds for seed in range(PARTS)]
        ended = pool.starmap(rollouts, jobs, chunksize=1)
        weathers = [(index, seed, STEPS // times) for index in range(len(WEATHERS)) for seed in range(PARTS)]
        found = pool.starmap(steps, weathers, chunksize=1)
    played = {kind: joined(ended, index) for index, kind in enumerate(kinds)}
    tables = {
        "rollouts": report.rollouts(played),
        "weathers": report.weathers(
            {weather.name: joined(found, index) for index, weather in enumerate(WEATHERS)}
        ),
    }
    print("\n\n".join(tables.values()))
    if quick:
        return
    page = PAGE.read_text("utf-8")
    for name, table in tables.items():
        page = replaced(page, name, table)
    PAGE.write_text(page, "utf-8")
    PICTURE.write_text(picture.svg(played), "utf-8")


def rollouts(setting: Setting, method: str, seed: int, count: int) -> list[Outcome]:
    """Play a part of a setting's rollouts."""
    random = Random(f"{setting} {method} {seed}")  # noqa: S311 - no secret
    return [METHODS[method](setting, random) for _ in range(count)]


def steps(weather: int, seed: int, count: int) -> list[tuple[bool, bool]]:
    """Play a part of a weather's steps, of which only its place in the list can be sent to a process."""
    random = Random(f"{WEATHERS[weather].name} {seed}")  # noqa: S311 - no secret
    return [called(WEATHERS[weather], random) for _ in range(count)]


def joined(parts: Sequence[Sequence[T]], index: int) -> list[T]:
    """Return what belongs to the kind of an index; its parts stand one after the other."""
    return [one for part in parts[index * PARTS : (index + 1) * PARTS] for one in part]


if __name__ == "__main__":
    main()

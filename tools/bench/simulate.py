"""`python -m tools.bench.simulate N`: the memory and the reading of N applications, of which one is real.

No API server on two cores holds 50,000 applications. One is made and settled on a real one; what that lists
then is multiplied under other names and read as pages of lists are, into the caches of a process like Teal's.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import reconciler.__main__  # noqa: F401 - for its memory
from kube import paging
from reconciler.watching.kinds import KINDS, Change
from reconciler.watching.mentions import Mentions, RoutemapKey
from reconciler.watching.store import Store
from tools.bench.child import Child
from tools.bench.measures import plane
from tools.bench.population import Population
from tools.bench.wire import Target, Wire, listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_NAME = "app0"


def main() -> None:
    """Make the one application, then read so many in a process of its own."""
    parser = argparse.ArgumentParser(prog="python -m tools.bench.simulate", description=__doc__)
    parser.add_argument("applications", type=int)
    parser.add_argument("--read", action="store_true", help="read them from standard input")
    arguments = parser.parse_args()
    if arguments.read:
        _read(json.load(sys.stdin), arguments.applications)
        return
    command = [sys.executable, "-m", "tools.bench.simulate", "--read", str(arguments.applications)]
    subprocess.run(command, input=json.dumps(_one()), text=True, check=True)


def _one() -> dict[str, list[str]]:
    """Return the objects of a settled application as an API server lists them, by kind, as JSON."""
    with plane() as running:
        population = Population(Target.of(running), "default", 1)
        population.fill()
        with Child(running) as child:
            child.settle()
        wire = Wire(population.target)
        return {
            kind.resource.plural: [
                json.dumps(item) for item in listed(wire, kind.resource.path(), kind.selector)
            ]
            for kind in KINDS
        }


def _read(texts: Mapping[str, list[str]], applications: int) -> None:
    mentions, before, begin = Mentions(), _resident(), time.process_time()

    def changed(change: Change) -> None:
        if "versions" in (change.manifest.get("spec") or {}):
            mentions.update(RoutemapKey(*change.name), change.manifest)

    stores = [Store(kind, changed) for kind in KINDS]
    for store in stores:
        store.reset(_pages(texts[store.kind.resource.plural], applications))
    seconds, after = time.process_time() - begin, _resident()
    bytes_listed = sum(len(text) for kind in texts.values() for text in kind)
    print(f"{applications:,} applications, {sum(map(len, stores)):,} objects")
    print(f"an application's objects as listed  {bytes_listed / 1024:8.1f} KiB")
    print(f"memory before and after             {before:8.0f} MiB, {after:.0f} MiB")
    print(f"memory an application               {(after - before) * 1024 / applications:8.1f} KiB")
    print(f"CPU of making up, reading, trimming {seconds:8.1f} s")


def _pages(texts: list[str], applications: int) -> Iterator[tuple[list[Any], str]]:
    page: list[str] = []
    for number in range(applications):
        page += [text.replace(_NAME, f"app{number}") for text in texts]
        if len(page) >= paging.MOST or number == applications - 1:
            yield json.loads(f"[{','.join(page)}]"), "1"
            page.clear()


def _resident() -> float:
    lines = Path(f"/proc/{os.getpid()}/status").read_text("utf-8").splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS:")).split()[1]) / 1024


if __name__ == "__main__":
    main()

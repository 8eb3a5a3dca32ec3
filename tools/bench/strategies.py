"""`make bench-strategies`: what each strategy and each router costs, side by side in one run.

Of each on an API server of its own: a cold start, then every candidate loses its endpoints, then a restart.
"""

from __future__ import annotations

import argparse
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tools.bench.child import Child
from tools.bench.measures import FLOOR_CONNECTIONS, plane
from tools.bench.population import CONNECTIONS, Population
from tools.bench.recording import moved, writes
from tools.bench.report import table
from tools.bench.wire import Target, send_all

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tools.local.controlplane import ControlPlane

SPECS: Mapping[str, Mapping[str, Any]] = {
    "blue-green, VirtualService": {},
    "canary, VirtualService": {"strategy": "canary"},
    "mirror, VirtualService": {"strategy": "mirror"},
    "blue-green, HTTPRoute": {"router": "HTTPRoute", "port": 80},
    "canary, HTTPRoute": {"strategy": "canary", "router": "HTTPRoute", "port": 80},
    "mirror, HTTPRoute": {"strategy": "mirror", "router": "HTTPRoute", "port": 80},
}
_SHARED = ("=50 ", "+match", "copies")
"""What a split has once its candidate is in it."""
_HEAD = (
    "strategy, router",
    "writes of a cold start",
    "passes",
    "CPU an application",
    "cold start",
    "times the floor",
    "writes as a candidate goes",
    "CPU of it",
    "CPU of a restart",
    "memory",
)


@dataclass(frozen=True)
class Cost:
    """What one strategy costs by one router, an application; CPU in milliseconds, memory of all in MiB."""

    writes: float
    passes: float
    cpu: float
    seconds: float
    ratio: float
    gone_writes: float
    gone_cpu: float
    restart_cpu: float
    mib: float

    def row(self, name: str) -> tuple[str, ...]:
        """Return it as a row of the table."""
        return (
            name,
            f"{self.writes:.1f}",
            f"{self.passes:.1f}",
            f"{self.cpu:.1f} ms",
            f"{self.seconds:.2f} s",
            f"{self.ratio:.2f}",
            f"{self.gone_writes:.1f}",
            f"{self.gone_cpu:.1f} ms",
            f"{self.restart_cpu:.1f} ms",
            f"{self.mib:.0f} MiB",
        )


def main() -> int:
    """Measure, print; 1 where not every candidate came in, or a restart wrote."""
    parser = argparse.ArgumentParser(prog="python -m tools.bench.strategies", description=__doc__)
    parser.add_argument("--applications", type=int, default=200)
    count = parser.parse_args().applications
    load = os.getloadavg()[0]
    rows: list[tuple[str, ...]] = [_HEAD]
    for name, spec in SPECS.items():
        with plane() as running:
            rows.append(measure(running, Population(Target.of(running), "measured", count, spec)).row(name))
    print(f"{count} applications of two versions, load {load:.1f} before.\n")
    print(table(rows))
    return 0


def measure(running: ControlPlane, population: Population) -> Cost:
    """Measure one. Raises RuntimeError where a candidate is not in the split, or a restart writes."""
    population.create()
    count = population.applications
    with Child(running) as child:
        child.settle()
        cold, use = writes(child.recording.new()), child.use()
        passes, seconds = child.passes(), max(request.ended for request in cold) - child.began
        if sum(any(word in split for word in _SHARED) for split in population.splits()) != count:
            raise RuntimeError("not every candidate is in the split")
        candidates = [[population.endpoints(f"app{index}-1", 0)] for index in range(count)]
        send_all(population.target, candidates, CONNECTIONS)
        child.settle()
        gone, after = writes(child.recording.new()), child.use()
    with Child(running) as child:
        child.settle()
        restarted = child.use()
        if wrote := len(writes(child.recording.new())):
            raise RuntimeError(f"a restart wrote {wrote} times")
    floor = Population(population.target, "floor", count, population.spec)
    floor.create()
    least = send_all(floor.target, moved(cold, population, floor), FLOOR_CONNECTIONS)
    return Cost(
        writes=len(cold) / count,
        passes=passes / count,
        cpu=use.cpu * 1000 / count,
        seconds=seconds,
        ratio=seconds / least,
        gone_writes=len(gone) / count,
        gone_cpu=(after.cpu - use.cpu) * 1000 / count,
        restart_cpu=restarted.cpu * 1000 / count,
        mib=after.resident,
    )


if __name__ == "__main__":
    raise SystemExit(main())

"""`make bench-many-rollouts`: what it costs to have a thousand rollouts under way, beside the same without.

On an API server of its own, with the real reconciler as a process and what answers as a Prometheus does.
Beside it, in another namespace, endpoints go, until the VirtualService follows.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from dataclasses import dataclass
from statistics import median, quantiles
from typing import TYPE_CHECKING, Any

from routing.kinds import ROUTEMAPS
from tools.bench.child import Child
from tools.bench.lag import Lags
from tools.bench.measures import plane
from tools.bench.population import Population
from tools.bench.recording import writes
from tools.bench.stepping.counting import Counting
from tools.bench.wire import MERGE, Target, Wire, listed, raw, send_all

if TYPE_CHECKING:
    from tools.local.controlplane import ControlPlane

CHANGES = 40
ROLLOUT: dict[str, Any] = {
    "steps": [{"share": 10, "for": "1h"}],
    "checks": [
        {"metric": "success", "min": 99},
        {"metric": "success", "worseBy": 1, "name": "compared"},
        {"metric": "latency", "under": "250ms", "min": 99},
    ],
}
_CONNECTIONS = 8
_SECONDS = 600.0


@dataclass(frozen=True)
class Figures:
    """Of a minute or so: per minute queries, and writes by kind; parts of a core; MiB; seconds of changes."""

    queries: float
    writes: dict[str, float]
    core: float
    mib: float
    changes: list[float]

    def row(self, what: str) -> str:
        """Return it as a row of the table."""
        told = ", ".join(f"{count:.0f} {kind}" for kind, count in sorted(self.writes.items())) or "none"
        spread = f"{median(self.changes) * 1000:.1f} / {quantiles(self.changes, n=100)[98] * 1000:.1f} ms"
        return f"| {what} | {self.queries:.0f} | {told} | {self.core:.1%} | {self.mib:.0f} MiB | {spread} |"


def main() -> int:
    """Measure, print."""
    parser = argparse.ArgumentParser(prog="python -m tools.bench.stepping", description=__doc__)
    parser.add_argument("--rollouts", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=120.0, help="of rest before the changes")
    given = parser.parse_args()
    print("| | queries a minute | writes a minute | of a core | memory | a change of others p50 / p99 |")
    print("|---|---|---|---|---|---|")
    with plane() as running:
        target = Target.of(running)
        stepping = Population(target, "stepping", given.rollouts)
        others = Population(target, "others", 2 * CHANGES)
        stepping.create()
        others.create()
        prometheus = Counting()
        with Child(running, f"--prometheus={prometheus.url}") as child:
            child.settle()
            measured = _Measured(running, child, prometheus, others, given.seconds)
            print(measured.take(0).row("none under way"), flush=True)
            _begin(stepping)
            time.sleep(given.seconds)
            print(measured.take(CHANGES).row(f"{given.rollouts:,} under way"), flush=True)
            found = _phases(stepping)
    print(f"phases at the end: {dict(found)}")
    return 0 if found == {"Stepping": given.rollouts} else 1


@dataclass(frozen=True)
class _Measured:
    running: ControlPlane
    child: Child
    prometheus: Counting
    others: Population
    seconds: float

    def take(self, first: int) -> Figures:
        """Rest, then change applications from the first on; what is counted is counted while it rests."""
        self.child.recording.new()
        queries, cpu, begin = self.prometheus.queries, self.child.use().cpu, time.monotonic()
        time.sleep(self.seconds)
        minutes = (time.monotonic() - begin) / 60
        kinds = Counter(each.kind for each in writes(self.child.recording.new()))
        use = self.child.use()
        return Figures(
            (self.prometheus.queries - queries) / minutes,
            {kind: count / minutes for kind, count in kinds.items()},
            (use.cpu - cpu) / (minutes * 60),
            use.resident,
            self._changes(first),
        )

    def _changes(self, first: int) -> list[float]:
        lags = Lags(str(self.running.kubeconfig), self.others)
        try:
            return [lags.one(first + number) for number in range(CHANGES)]
        finally:
            lags.close()


def _begin(population: Population) -> None:
    """Have every Routemap roll its candidate out, and wait until all have begun. Raises TimeoutError."""
    body = {"spec": {"rollout": ROLLOUT}}
    paths = [
        ROUTEMAPS.path(population.namespace, f"app{number}") for number in range(population.applications)
    ]
    send_all(population.target, ([raw("PATCH", path, body, MERGE)] for path in paths), _CONNECTIONS)
    end = time.monotonic() + _SECONDS
    while _phases(population) != {"Stepping": population.applications}:
        if time.monotonic() > end:
            raise TimeoutError(f"not all rollouts have begun: {dict(_phases(population))}")
        time.sleep(1.0)


def _phases(population: Population) -> Counter[str]:
    """Return how many Routemaps are in each phase of a rollout, with a clock that runs."""
    items = listed(Wire(population.target), ROUTEMAPS.path(population.namespace))
    told = [(item.get("status") or {}).get("rollout") or {} for item in items]
    return Counter(each["phase"] if "since" in each else "no clock" for each in told if each)


if __name__ == "__main__":
    raise SystemExit(main())

"""`make bench-webhook`: the rules beside a constant answer, in turn; then the API server's own figures."""

from __future__ import annotations

import argparse
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles

from tools.bench.webhook import apiserver
from tools.bench.webhook.client import Disturbance, Outcome, load
from tools.bench.webhook.serving import server, show

CALLERS = (4, 64)
ROUNDS = 3
DISTURBED = Disturbance(parked=64, half_open=200, slow=32)
SERVERS = {"constant answer": "tools.bench.webhook.constant", "rules": "webhook"}


@dataclass
class Row:
    """What one server did under one load, over all rounds."""

    server: str
    callers: int
    seconds: float = 0.0
    outcome: Outcome = field(default_factory=Outcome)

    def add(self, outcome: Outcome, seconds: float) -> None:
        """Add a round."""
        self.outcome.seconds += outcome.seconds
        self.outcome.failures += outcome.failures
        self.seconds += seconds

    def figures(self) -> dict[str, object]:
        """Return what is printed."""
        cuts = quantiles(self.outcome.seconds, n=100)
        return {
            "server": self.server,
            "callers": self.callers,
            "requests": len(self.outcome.seconds),
            "per second": round(len(self.outcome.seconds) / self.seconds),
            "p50 ms": round(cuts[49] * 1000, 1),
            "p99 ms": round(cuts[98] * 1000, 1),
            "failed": dict(self.outcome.failures) or 0,
        }


def main() -> int:
    """Measure and print; return 1 if a request failed."""
    parser = argparse.ArgumentParser(prog="python -m tools.bench.webhook", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="of the load of 64 (default: 60)")
    parser.add_argument("--admissions", type=int, default=1000, help="by the API server (default: 1000)")
    arguments = parser.parse_args()
    rows = [row for callers in CALLERS for row in measure(callers, arguments.seconds)]
    show([row.figures() for row in rows])
    for callers in CALLERS:
        constant, rules = (row for row in rows if row.callers == callers)
        ratio = len(constant.outcome.seconds) / len(rules.outcome.seconds)
        print(f"{callers} callers: the rules cost {ratio:.2f} times the constant answer")
    with tempfile.TemporaryDirectory() as folder:
        show(apiserver.measure(Path(folder), arguments.admissions))
    return 1 if any(row.outcome.failures for row in rows) else 0


def measure(callers: int, seconds: float) -> list[Row]:
    """Load each server in turn, several rounds, so that what else the machine does meets both."""
    rows = [Row(server, callers) for server in SERVERS]
    with ExitStack() as stack:
        targets = [stack.enter_context(server(SERVERS[row.server])) for row in rows]
        for _ in range(ROUNDS):
            for row, target in zip(rows, targets, strict=True):
                row.add(load(target, callers, seconds / ROUNDS, DISTURBED), seconds / ROUNDS)
    return rows


if __name__ == "__main__":
    sys.exit(main())

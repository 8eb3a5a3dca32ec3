"""`make bench`: what Teal needs at 100, 1,000 and 5,000 applications, beside the floor of the same run."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from tools.bench import report
from tools.bench.measures import Plan, measure
from tools.local.cache import cache
from tools.local.programs import KUBERNETES

if TYPE_CHECKING:
    from collections.abc import Sequence

PLANS = (
    Plan(100, lags=100),
    Plan(1000, lags=150, busy=10.0, storm=True, unwatched=20_000, soak=1_000_000),
    Plan(5000, lags=100),
)
QUICK = (Plan(200, lags=30),)


def main() -> int:
    """Measure, print, and write JSON; return 1 when something that must not be was."""
    parser = argparse.ArgumentParser(prog="python -m tools.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="200 applications only, in less than a minute")
    parser.add_argument("--sizes", type=int, nargs="*", help="of the usual sizes only these")
    arguments = parser.parse_args()
    plans: Sequence[Plan] = QUICK if arguments.quick else PLANS
    if arguments.sizes:
        plans = [plan for plan in plans if plan.applications in arguments.sizes]
    begin, load = time.monotonic(), os.getloadavg()[0]
    sizes = []
    for plan in plans:
        sizes.append(measure(plan))
        print(json.dumps(sizes[-1]), file=sys.stderr)
    run = {
        "date": datetime.now(UTC).isoformat(timespec="minutes"),
        "commit": _commit(),
        "kubernetes": ".".join(KUBERNETES),
        "cpus": os.cpu_count(),
        "load_before": round(load, 2),
        "seconds": round(time.monotonic() - begin),
        "sizes": sizes,
    }
    name = f"{datetime.now(UTC):%Y-%m-%dT%H%M}{'-quick' if arguments.quick else ''}.json"
    path = cache("bench") / name
    path.write_text(json.dumps(run, indent=1) + "\n", "utf-8")
    print(report.text(run))
    print(f"\nwritten to {path}; `make bench-append RUN={path}` puts it into docs/performance.md")
    print(f"ratio={sizes[-1]['ratio']:.2f}")
    return 1 if any(report.wrong(size) for size in sizes) else 0


def _commit() -> str:
    command = ["git", "-C", str(Path(__file__).parent), "describe", "--always", "--dirty"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


if __name__ == "__main__":
    raise SystemExit(main())

"""The webhook at scale: by size of the object, over many reviews, and from start to first admission.

It looks nothing up, so the number of Routemaps can't matter: `tests/unit/test_imports.py` holds that.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from statistics import median, quantiles
from typing import TYPE_CHECKING, Any

from tools.bench.webhook import apiserver
from tools.bench.webhook.client import Disturbance, Target, load
from tools.bench.webhook.serving import post, server, show

if TYPE_CHECKING:
    from collections.abc import Iterator

SIZES_KB = (1, 10, 100, 500, 1000, 2000)
BATCH_SECONDS = 10.0
_CALLERS = 4
_QUIET = Disturbance()


def main() -> int:
    """Measure and print; return 1 if a request failed."""
    parser = argparse.ArgumentParser(prog="python -m tools.bench.webhook.scale", description=__doc__)
    parser.add_argument("--seconds", type=float, default=3.0, help="of the load of each size (default: 3)")
    parser.add_argument("--reviews", type=int, default=100_000, help="over which memory is watched")
    arguments = parser.parse_args()
    failures = 0
    began = time.monotonic()
    with server("webhook") as target:
        print(f"from start to the first admission: {time.monotonic() - began:.1f} s")
        rows: list[dict[str, Any]] = []
        for size in SIZES_KB:
            sized = Target(target.port, target.context, post(_review(size * 1000)))
            outcome = load(sized, 1, arguments.seconds, _QUIET)
            failures += outcome.failures.total()
            rows.append(
                {
                    "object KB": size,
                    "reviews": len(outcome.seconds),
                    "p50 ms": round(median(outcome.seconds) * 1000, 1),
                    "p99 ms": round(quantiles(outcome.seconds, n=100)[98] * 1000, 1),
                    "worker MiB": round(_worker(target.port), 1),
                }
            )
        show(rows)
    with server("webhook") as target:
        rows = list(_memory(target, arguments.reviews))
        show(rows)
    return 1 if failures + sum(row["failed"] for row in rows) else 0


def _memory(target: Target, reviews: int) -> Iterator[dict[str, Any]]:
    """Yield the worker's memory as it answers reviews of ordinary size."""
    answered = 0
    yield {"reviews": 0, "worker MiB": round(_worker(target.port), 1), "failed": 0}
    while answered < reviews:
        outcome = load(target, _CALLERS, BATCH_SECONDS, _QUIET)
        answered += len(outcome.seconds)
        failed = outcome.failures.total()
        yield {"reviews": answered, "worker MiB": round(_worker(target.port), 1), "failed": failed}


def _review(size: int) -> dict[str, Any]:
    """Return a review of a Deployment of about so many bytes."""
    review = apiserver.review()
    [container] = review["request"]["object"]["spec"]["template"]["spec"]["containers"]
    container["env"] = []
    missing = size - len(json.dumps(review["request"]["object"]))
    container["env"] = [
        {"name": f"SETTING_{number:06}", "value": "x" * 64} for number in range(max(missing, 0) // 103)
    ]
    return review


def _worker(port: int) -> float:
    """Return the MiB of the process that serves at a port: not gunicorn's master, but its child."""
    sizes = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_text("utf-8").split("\0")
            lines = (process / "status").read_text("utf-8").splitlines()
        except OSError:
            continue  # it has ended
        if f"--port={port}" in command:
            resident = next(line for line in lines if line.startswith("VmRSS:"))
            sizes[int(process.name)] = int(resident.split()[1]) / 1024
    return sizes[max(sizes)]


if __name__ == "__main__":
    sys.exit(main())

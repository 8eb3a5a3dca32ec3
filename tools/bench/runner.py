"""The reconciler without Lease and certificate, in a process of its own, its requests recorded.

It imports what `python -m reconciler` does, so its memory is that of one.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, generate_latest

import logs
import reconciler.__main__  # noqa: F401 - for its memory
from reconciler.asking.asker import Asker, Sources
from reconciler.asking.presets import ISTIO, preset
from reconciler.asking.prometheus import Place, Prometheus
from reconciler.asking.tallies import Grid
from reconciler.passes.controller import Controller
from reconciler.passes.reconcile import DEFAULT, Policy
from reconciler.serving.metrics import Metrics
from serving.plain import Page, PlainServer, health
from tools.bench.soak import SoakedCluster

if TYPE_CHECKING:
    from reconciler.watching.mentions import RoutemapKey

INTERVAL_SECONDS = 15
"""The chart's default."""


def main() -> None:
    """Run until SIGTERM; say on standard output when the work begins (CLOCK_MONOTONIC)."""
    parser = argparse.ArgumentParser(prog="python -m tools.bench.runner", description=__doc__)
    parser.add_argument("--kubeconfig", required=True)
    parser.add_argument("--record", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--prometheus", help="the address of whoever answers queries")
    parser.add_argument("--soak", type=int, default=0, help="events of EndpointSlices to make up once synced")
    arguments = parser.parse_args()
    logs.configure("warning")
    metrics = Metrics()
    cluster = SoakedCluster(arguments.kubeconfig, arguments.record, arguments.soak)
    asker = _asker(arguments.prometheus, metrics)
    controller = Controller(cluster, metrics, Policy(evidence=asker) if asker else DEFAULT)
    _serve(arguments.port, controller, metrics)
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=controller.stop, args=[5.0]).start())
    threading.Thread(target=_end_with_the_bench, daemon=True).start()
    sys.stdout.write(f"{time.monotonic()}\n")
    sys.stdout.flush()
    if asker:
        threading.Thread(target=asker.run, args=[controller.wake], daemon=True).start()
    controller.run()


def _asker(url: str | None, metrics: Metrics) -> Asker[RoutemapKey] | None:
    """Return who asks, as the reconciler has it by default."""
    if url is None:
        return None
    sources = Sources(Prometheus(Place(url)), preset(ISTIO))
    return Asker(sources, Grid(INTERVAL_SECONDS), metrics, random.random)


def _serve(port: int, controller: Controller, metrics: Metrics) -> None:
    """Serve what the bench asks for again and again, each time anew; of the figures, passes only."""
    passes = CollectorRegistry()
    passes.register(metrics.passes)
    pages = {
        "/readyz": lambda: health(None if controller.synced.is_set() else "syncing"),
        "/metrics": lambda: Page(200, generate_latest(passes).decode()),
    }
    PlainServer(port, pages).start("health")


def _end_with_the_bench() -> None:
    sys.stdin.read()  # until the bench closes it, in whatever way it ends
    os._exit(1)


if __name__ == "__main__":
    main()

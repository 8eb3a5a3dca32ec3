"""The measures of one size: a control plane, applications, the reconciler, and the floor at the end."""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from typing import TYPE_CHECKING, Any

from reconciler.watching.kinds import KINDS
from tools.bench.child import Child
from tools.bench.lag import Lags, Trips
from tools.bench.load import Storm, storm, unwatched
from tools.bench.population import Population
from tools.bench.recording import WATCH, Request, moved, writes
from tools.bench.wire import Target, Wire, listed, send_all
from tools.local.controlplane import ControlPlane, control_plane
from tools.local.kinds import install_kinds

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

FLOOR_CONNECTIONS = 16
_BUSY_RATE = 50.0
_ERROR = 400
_PAUSE_SECONDS = 0.03
_LOOK_SECONDS = 0.1
"""Between two questions to the process itself: asked every 20 ms it spent a tenth of its time on answers."""
_KINDS_SECONDS = 30.0
_FLAPS_SECONDS = 300.0

Figures = dict[str, Any]


@dataclass(frozen=True)
class Plan:
    """What is measured at a size; 0 leaves a part out. `busy` and `unwatched` are seconds."""

    applications: int
    lags: int
    busy: float = 0.0
    storm: bool = False
    unwatched: int = 0
    soak: int = 0


def measure(plan: Plan) -> Figures:
    """Measure one size."""
    figures: Figures = {"applications": plan.applications}
    with plane() as running:
        population = Population(Target.of(running), "measured", plan.applications)
        population.create()
        cold, weather = _working(running, population, plan, figures)
        _restarted(running, plan, figures)
        _floor(population, cold, weather, figures)
    return figures


@contextmanager
def plane() -> Iterator[ControlPlane]:
    """Run an API server that serves every kind."""
    with tempfile.TemporaryDirectory() as folder, control_plane(Path(folder)) as running:
        install_kinds(running.kubeconfig)
        _await_kinds(Target.of(running))
        yield running


def _await_kinds(target: Target) -> None:
    """Wait until every kind can be listed: an established one may still be answered by a 429."""
    wire, end = Wire(target), time.monotonic() + _KINDS_SECONDS
    for kind in KINDS:
        while True:
            try:
                listed(wire, kind.resource.path())
                break
            except RuntimeError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.1)


def _working(
    running: ControlPlane, population: Population, plan: Plan, figures: Figures
) -> tuple[list[Request], Storm | None]:
    """Measure a cold start and what changes after it; return the writes that it led to."""
    with Child(running) as child:
        child.settle()
        requests = child.recording.new()
        cold = writes(requests)
        use = child.use()
        figures["imports_seconds"] = child.began - child.started
        figures["cold_seconds"] = max(request.ended for request in cold) - child.began
        figures["cold_writes"] = len(cold)
        figures["cold_passes"] = child.passes()
        figures["cold_cpu_seconds"] = use.cpu
        figures["cold_mib"] = use.resident
        figures["refused"] = sum(request.status >= _ERROR and request.writes for request in requests)
        figures["settled"] = sum("=50 " in split for split in population.splits())
        _changes(running, population, child, plan, figures)
        weather = None
        if plan.unwatched:
            figures["unwatched"] = unwatched(child, population, plan.unwatched, 10.0)
        if plan.storm:
            weather = storm(child, population)
            figures["storm_seconds"], figures["storm_writes"] = weather.seconds, len(weather.writes)
            figures["storm_mib"] = child.use().resident
    return cold, weather


def _changes(
    running: ControlPlane, population: Population, child: Child, plan: Plan, figures: Figures
) -> None:
    trips, lags = Trips(population), Lags(str(running.kubeconfig), population)
    child.recording.new()
    single, trip = [], []
    for number in range(plan.lags):
        single.append(lags.one(number % population.applications))
        time.sleep(_PAUSE_SECONDS)
        trip.append(trips.one())
    trips.close()
    figures["trip_ms"] = median(trip) * 1000
    child.settle(0.3)
    requests = child.recording.new()
    figures["lag_ms"] = _spread(single)
    figures["per_change"] = _by_kind(requests, plan.lags)
    if plan.busy:
        before = child.use()
        others = range(plan.lags, min(plan.lags + int(plan.busy * _BUSY_RATE), plan.applications))
        figures["busy_lag_ms"] = _spread(lags.many(_BUSY_RATE, others))
        child.settle(0.3)
        heard = sum(request.method == WATCH for request in child.recording.new())
        cpu = child.use().cpu - before.cpu
        figures["cpu_ms_per_change"] = cpu * 1000 / len(others)
        figures["cpu_ms_per_event"] = cpu * 1000 / heard
    lags.restore()
    lags.close()
    _await_splits(population)
    child.settle()


def _await_splits(population: Population) -> None:
    """Wait until every application's requests are shared again: a version that was lost waits for longer.

    Raises TimeoutError. What another leader would find to be done is no part of its start.
    """
    end = time.monotonic() + _FLAPS_SECONDS
    while sum("=50 " in split for split in population.splits()) < population.applications:
        if time.monotonic() > end:
            raise TimeoutError(f"not every application is shared again after {_FLAPS_SECONDS} s")
        time.sleep(1.0)


def _restarted(running: ControlPlane, plan: Plan, figures: Figures) -> None:
    """Measure a start that finds everything as it should be."""
    with Child(running, *([f"--soak={plan.soak}"] if plan.soak else [])) as child:
        while child.passes() < plan.applications:
            time.sleep(_LOOK_SECONDS)
        figures["restart_seconds"] = time.monotonic() - child.began
        child.settle()
        figures["restart_writes"] = len(writes(child.recording.new()))
        figures["restart_passes"] = child.passes()
        use = child.use()
        figures["restart_mib"], figures["restart_cpu_seconds"] = use.resident, use.cpu
        if plan.soak:
            figures["soak"] = {"events": plan.soak, "seconds": child.soak(), "before_mib": use.resident}
            child.settle()
            figures["soak"] |= {"after_mib": child.use().resident, "passes": child.passes()}


def _floor(population: Population, cold: Sequence[Request], weather: Storm | None, figures: Figures) -> None:
    """Send the same writes by a bare loop; list the same objects."""
    wire, begin = Wire(population.target), time.monotonic()
    for kind in KINDS:
        listed(wire, kind.resource.path(), kind.selector)
    figures["list_seconds"] = time.monotonic() - begin
    floor = Population(population.target, "floor", population.applications)
    floor.create()
    figures["floor_seconds"] = send_all(floor.target, moved(cold, population, floor), FLOOR_CONNECTIONS)
    figures["ratio"] = figures["cold_seconds"] / figures["floor_seconds"]
    if weather is not None:
        again = moved(weather.writes, population, floor)
        figures["storm_floor_seconds"] = send_all(floor.target, again, FLOOR_CONNECTIONS)
        figures["storm_ratio"] = weather.seconds / figures["storm_floor_seconds"]


def _spread(seconds: Sequence[float]) -> dict[str, float]:
    cuts = quantiles(seconds, n=100)
    return {"p50": median(seconds) * 1000, "p99": cuts[98] * 1000, "most": max(seconds) * 1000}


def _by_kind(requests: Sequence[Request], changes: int) -> dict[str, dict[str, float]]:
    """Return, by verb and kind, how many requests a change led to, and the bytes of each way."""
    counts: Counter[str] = Counter(request.kind for request in requests)
    sent: Counter[str] = Counter()
    received: Counter[str] = Counter()
    for request in requests:
        sent[request.kind] += request.sent
        received[request.kind] += request.received
    return {
        kind: {
            "requests": count / changes,
            "sent": sent[kind] / changes,
            "received": received[kind] / changes,
        }
        for kind, count in sorted(counts.items())
    }

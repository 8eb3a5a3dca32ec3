"""`make bench`: cold start and lag on a real API server, beside its floor in the same run."""

from __future__ import annotations

import argparse
import resource
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from bench.population import populate
from bench.recording import RecordingCluster, moved, replay
from deploy.local.controlplane import control_plane
from deploy.local.kinds import install_kinds
from reconciler.cluster import Cluster
from reconciler.controller import PARALLEL_WRITES, Controller
from reconciler.metrics import Metrics
from reconciler.resources import VIRTUAL_SERVICES
from tests.api.conftest import running

if TYPE_CHECKING:
    from tests.api.stage import Stage

LAGS = 50


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--applications", type=int, default=200)
    applications = parser.parse_args().applications
    with tempfile.TemporaryDirectory() as folder, control_plane(Path(folder)) as plane:
        install_kinds(plane.kubeconfig)
        _measure(str(plane.kubeconfig), applications)


def _measure(kubeconfig: str, applications: int) -> None:
    cluster, recording = Cluster(kubeconfig), RecordingCluster(kubeconfig)
    stage = populate(cluster, "measured", applications)
    begin = time.monotonic()
    with running(Controller(recording, Metrics())):
        stage.until(applications, lambda: _settled(stage), seconds=600)
        cold = time.monotonic() - begin
        writes = list(recording.writes)
        lags = [_lag(stage, number % applications) for number in range(LAGS)]
    trips = [_trip(stage) for _ in range(LAGS)]
    floor = replay(cluster, moved(writes, stage, populate(cluster, "floor", applications)), PARALLEL_WRITES)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{applications} applications, 2 versions each; {len(writes)} writes")
    print(f"cold start to all splits right   {cold:8.2f} s")
    print(f"the same writes by a bare loop   {floor:8.2f} s")
    print(f"event to VirtualService, median  {statistics.median(lags) * 1000:8.1f} ms")
    print(f"event to VirtualService, worst   {max(lags) * 1000:8.1f} ms")
    print(f"one round trip, median           {statistics.median(trips) * 1000:8.1f} ms")
    print(f"peak memory, bench included      {memory:8.0f} MiB")
    print(f"ratio={cold / floor:.2f}")


def _settled(stage: Stage) -> int:
    """Return how many Routemaps say that their split is applied."""
    items = stage.cluster.request(
        "GET", f"/apis/iter8.tools/v1alpha1/namespaces/{stage.namespace}/routemaps"
    )["items"]
    return sum("=50 " in ((item.get("status") or {}).get("split") or "") for item in items)


def _lag(stage: Stage, number: int) -> float:
    """Make a candidate unready or ready again; return the seconds until its VirtualService says so."""
    name = f"app{number}"
    split = stage.split(name) or {}
    ready = len(split) == 1
    wanted = {f"{name}-0": 50, f"{name}-1": 50} if ready else {f"{name}-0": 100}
    version = stage.cluster.request("GET", VIRTUAL_SERVICES.path(stage.namespace))["metadata"][
        "resourceVersion"
    ]
    events = stage.cluster.watch(VIRTUAL_SERVICES, "", version)
    stage.endpoints(f"{name}-1", 1 if ready else 0)
    begin = time.monotonic()
    for event in events:
        if event["object"]["metadata"].get("name") == name and stage.split(name) == wanted:
            break
    return time.monotonic() - begin


def _trip(stage: Stage) -> float:
    begin = time.monotonic()
    stage.get(VIRTUAL_SERVICES, "app0")
    return time.monotonic() - begin


if __name__ == "__main__":
    main()

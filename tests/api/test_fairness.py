"""One namespace with hundreds of failing Routemaps does not keep another waiting.

The times are printed and not asserted: that each namespace has its turn is
`tests/unit/reconciler/test_tenants_turns.py`'s, and `make bench-tenants` measures thousands.
"""

from __future__ import annotations

import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from statistics import median
from typing import TYPE_CHECKING

from reconciler.passes.controller import Controller
from reconciler.serving.metrics import Metrics
from routing.kinds import ROUTEMAPS
from tests.api.conftest import running
from tests.api.stage import Stage

if TYPE_CHECKING:
    from kube.client import Cluster

FLOOD = 300
CHANGES = 8


def _flood(stage: Stage) -> None:
    """Make Routemaps that all want one version: all but the first look again every two seconds, for ever."""
    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(_wanting, stage, f"r{number}") for number in range(FLOOD)]:
            done.result()


def _wanting(stage: Stage, name: str) -> None:
    stage.routemap(name, versions=[{"name": "wanted", "weight": 1}])


def _seconds(stage: Stage) -> float:
    """Return how long a change of weights takes to be applied, the median of some."""
    taken = []
    for number in range(CHANGES):
        share = 10 + number
        begin = time.monotonic()
        stage.override(share, 100 - share)
        stage.until({"httpbin-0": share, "httpbin-1": 100 - share}, stage.split)
        taken.append(time.monotonic() - begin)
    return median(taken)


def test_changes_of_one_namespace_are_applied_while_another_is_flooded(
    cluster: Cluster, stage: Stage
) -> None:
    stage.version("httpbin-0")
    stage.version("httpbin-1")
    stage.routemap()
    flooded = Stage(cluster, f"flooded-{uuid.uuid4().hex[:8]}")
    with running(Controller(cluster, Metrics())):
        stage.until({"httpbin-0": 50, "httpbin-1": 50}, stage.split)
        alone = _seconds(stage)
        _flood(flooded)
        flooded.until("Conflict", lambda: flooded.condition("Ready", f"r{FLOOD - 1}").get("reason"), 300.0)
        beside = _seconds(stage)
    ratio = beside / alone
    print(f"a change: {alone:.3f} s alone, {beside:.3f} s beside {FLOOD} that fail: {ratio:.1f} x")
    cluster.request("DELETE", ROUTEMAPS.path(flooded.namespace))

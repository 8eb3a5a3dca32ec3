"""The life of a candidate that is a StatefulSet, on a real API server: no controllers but Teal."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from reconciler.passes.controller import Controller
from reconciler.serving.metrics import Metrics
from routing.kinds import SERVICES, STATEFUL_SETS
from tests.api.conftest import running

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kube.client import Cluster
    from tests.api.stage import Stage

MARK = ["iter8.tools/drain"]
SECONDS = 120


@pytest.fixture(scope="module", autouse=True)
def leader(cluster: Cluster) -> Iterator[None]:
    with running(Controller(cluster, Metrics())):
        yield


def test_it_comes_in_changes_is_promoted_by_order_and_the_old_one_goes(stage: Stage, kubeconfig: str) -> None:
    stage.stateful_version("httpbin-0")
    stage.routemap()
    stage.until({"httpbin-0": 100}, stage.split)
    stage.until(MARK, lambda: stage.finalizers(STATEFUL_SETS, "httpbin-0"))
    stage.until(True, lambda: "iter8.tools/protected" in noted(stage, "httpbin-0"))

    stage.stateful_version("httpbin-1", ready=False)
    stage.until("StatefulSetNotAvailable", lambda: told(stage, "httpbin-1").get("reason"))
    assert stage.split() == {"httpbin-0": 100}
    status = {"status": {"readyReplicas": 1, "availableReplicas": 1}}
    stage.cluster.merge(STATEFUL_SETS, stage.namespace, "httpbin-1", status, "status")
    stage.endpoints("httpbin-1", 1)
    stage.until({"httpbin-0": 50, "httpbin-1": 50}, stage.split)
    stage.until("statefulset/httpbin-1", lambda: told(stage, "httpbin-1").get("workload"))

    stage.override(20, 80)
    stage.until({"httpbin-0": 20, "httpbin-1": 80}, stage.split)

    refused = teal(stage, kubeconfig, "promote", "httpbin")
    assert refused.returncode != 0
    assert "only a Deployment can become what another is" in refused.stderr
    done = teal(stage, kubeconfig, "promote", "httpbin", "--by-order", "--delete")
    assert done.returncode == 0, done.stderr
    assert "StatefulSet httpbin-0 is deleted" in done.stdout
    assert stage.split() == {"httpbin-1": 100}
    assert [stage.get(resource, "httpbin-0") for resource in (STATEFUL_SETS, SERVICES)] == [None, None]
    stage.until(True, lambda: "iter8.tools/protected" in noted(stage, "httpbin-1"))


def test_one_that_is_deleted_while_it_has_requests_drains_first(stage: Stage) -> None:
    stage.version("httpbin-0")
    stage.stateful_version("httpbin-1")
    stage.routemap(drainSeconds=2)
    stage.until({"httpbin-0": 50, "httpbin-1": 50}, stage.split)
    stage.delete(STATEFUL_SETS, "httpbin-1")
    stage.until({"httpbin-0": 100}, stage.split)
    stage.until(None, lambda: stage.get(STATEFUL_SETS, "httpbin-1"))
    drained = ("Drained", "httpbin-1 has drained and is let go")
    stage.until(True, lambda: drained in stage.events())


def noted(stage: Stage, name: str) -> dict[str, str]:
    return ((stage.get(STATEFUL_SETS, name) or {}).get("metadata") or {}).get("annotations") or {}


def told(stage: Stage, name: str) -> dict[str, str]:
    return next((item for item in stage.status().get("versions") or () if item["name"] == name), {})


def teal(stage: Stage, kubeconfig: str, *words: str) -> subprocess.CompletedProcess[str]:
    options = ["-n", stage.namespace, f"--kubeconfig={kubeconfig}"]
    command = [sys.executable, "-m", "cli", *words, *options]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=SECONDS)

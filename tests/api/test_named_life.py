"""Versions of kinds that the administrator has named, on a real API server: KServe's and Argo's own kinds.

Their CRDs come after Teal has been started, and it takes them in.
"""

from __future__ import annotations

import subprocess
import sys
from functools import reduce
from typing import TYPE_CHECKING

import pytest

from reconciler.passes.controller import Controller
from reconciler.serving.metrics import Metrics
from tests.api.conftest import running
from tests.api.named_kinds import MODEL, ROLLOUT, definition, deploy, install, report

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kube.client import Cluster
    from routing.kinds import WorkloadKind
    from tests.api.stage import Stage

SECONDS = 120
MARK = ["iter8.tools/drain"]


@pytest.fixture(scope="module", autouse=True)
def leader(cluster: Cluster) -> Iterator[None]:
    with running(Controller(cluster, Metrics(), workloads=(ROLLOUT, MODEL))):
        yield


def test_a_rollout_and_a_model_share_requests_until_the_one_is_promoted_and_the_other_goes(
    stage: Stage, kubeconfig: str
) -> None:
    versions = [{"name": "shop-0"}, {"name": "shop-1-predictor"}]
    stage.routemap("shop", versions=versions, drainSeconds=1)
    for kind in (ROLLOUT, MODEL):
        install(stage, kind)
    deploy(stage, ROLLOUT, "shop-0")
    stage.until({"shop-0": 100}, lambda: stage.split("shop"))
    deploy(stage, MODEL, "shop-1-predictor", ready=False)
    stage.until("WorkloadNotReady", lambda: told(stage, "shop-1-predictor").get("reason"))
    report(stage, MODEL, "shop-1-predictor", ready=True)
    stage.endpoints("shop-1-predictor", 1)
    stage.until({"shop-0": 50, "shop-1-predictor": 50}, lambda: stage.split("shop"))
    stage.until(MARK, lambda: stage.finalizers(MODEL.resource, "shop-1"))
    called = "InferenceService.v1beta1.serving.kserve.io/shop-1"
    stage.until(called, lambda: told(stage, "shop-1-predictor").get("workload"))

    options = ["-n", stage.namespace, f"--kubeconfig={kubeconfig}"]
    command = [sys.executable, "-m", "cli", "promote", "shop", "--by-order", "--delete", *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=SECONDS)
    assert done.returncode == 0, done.stderr
    assert "Rollout shop-0 is deleted" in done.stdout
    assert stage.split("shop") == {"shop-1-predictor": 100}
    assert stage.get(ROLLOUT.resource, "shop-0") is None


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        (ROLLOUT, "spec.replicas"),
        (ROLLOUT, "spec.template.spec"),
        (ROLLOUT, "spec.strategy.canary.trafficRouting"),
        (ROLLOUT, "status.conditions"),
        (MODEL, "spec.predictor.canaryTrafficPercent"),
        (MODEL, "status.conditions"),
    ],
)
def test_what_the_docs_say_of_a_kind_is_in_its_own_schema(kind: WorkloadKind, path: str) -> None:
    [schema] = [
        each["schema"]["openAPIV3Schema"]
        for each in definition(kind)["spec"]["versions"]
        if each["name"] == kind.resource.api_version.rpartition("/")[2]
    ]
    found = reduce(lambda within, name: within["properties"][name], path.split("."), schema)
    assert found["type"] in ("object", "array", "integer")
    names = definition(kind)["spec"]["names"]
    assert (names["kind"], names["plural"]) == (kind.resource.kind, kind.resource.plural)


def told(stage: Stage, name: str) -> dict[str, str]:
    versions = stage.status("shop").get("versions") or ()
    return next((item for item in versions if item["name"] == name), {})

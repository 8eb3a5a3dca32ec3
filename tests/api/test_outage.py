"""The API server goes away and comes back; what was changed meanwhile, or right after, lands all the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kube.client import Cluster
from reconciler.passes.controller import Controller
from reconciler.serving.metrics import Metrics
from routing.kinds import DEPLOYMENTS
from tests.api.conftest import running
from tests.api.stage import Stage
from tools.local.controlplane import control_plane
from tools.local.kinds import install_kinds

if TYPE_CHECKING:
    from pathlib import Path

AFTER_SECONDS = 120.0


def test_an_outage_in_mid_drain_delays_the_drain_and_nothing_else(tmp_path: Path) -> None:
    with control_plane(tmp_path) as plane:
        install_kinds(plane.kubeconfig)
        stage = Stage(Cluster(str(plane.kubeconfig)), "outage")
        stage.version("httpbin-0")
        stage.version("httpbin-1")
        stage.routemap(drainSeconds=2)
        with running(Controller(Cluster(str(plane.kubeconfig)), Metrics())):
            stage.until({"httpbin-0": 50, "httpbin-1": 50}, stage.split)
            stage.delete(DEPLOYMENTS, "httpbin-1")
            stage.until({"httpbin-0": 100}, stage.split)
            plane.stop_apiserver()
            plane.start_apiserver()
            stage.version("httpbin-2")
            stage.until(None, lambda: stage.get(DEPLOYMENTS, "httpbin-1"), AFTER_SECONDS)
            stage.deployment("httpbin-1")
            stage.until({"httpbin-0": 50, "httpbin-1": 50}, stage.split, AFTER_SECONDS)

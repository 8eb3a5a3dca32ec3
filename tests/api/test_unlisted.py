"""A version that the Routemap lists no more, while only the VirtualService knows that it gets requests."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from kube.client import Cluster
from reconciler.passes.controller import Controller
from reconciler.serving.metrics import Metrics
from routing import names
from routing.kinds import DEPLOYMENTS, ROUTEMAPS
from tests.api.conftest import running

if TYPE_CHECKING:
    from tests.api.stage import Stage

BOTH = {"httpbin-0": 50, "httpbin-1": 50}
MERGE = "application/merge-patch+json"


class SlowlyTold(Cluster):
    """A cluster that takes its time with each status."""

    seconds = 0.0

    def merge(self, *args: Any) -> dict[str, Any]:
        time.sleep(self.seconds)
        return super().merge(*args)


@pytest.mark.parametrize("status_seconds", [0, 3], ids=["at once", "slowly"])
def test_it_drains_although_the_status_has_not_been_told_of_it(
    stage: Stage, kubeconfig: str, status_seconds: float
) -> None:
    """Slowly: what looks after versions that nobody mentions comes by meanwhile."""
    stage.version("httpbin-0")
    stage.version("httpbin-1")
    stage.routemap(drainSeconds=8 + status_seconds)
    with running(Controller(stage.cluster, Metrics())):
        stage.until(BOTH, stage.split)
        stage.until("httpbin-0=50 httpbin-1=50", lambda: stage.status().get("split"))
    # As if the leader had been killed between the VirtualService and the status.
    stage.cluster.merge(ROUTEMAPS, stage.namespace, "httpbin", {"status": {"versions": None}}, "status")
    only = {"spec": {"versions": [{"name": "httpbin-0", "weight": 50}]}}
    stage.cluster.request("PATCH", ROUTEMAPS.path(stage.namespace, "httpbin"), only, content_type=MERGE)
    cluster = SlowlyTold(kubeconfig)
    cluster.seconds = status_seconds
    with running(Controller(cluster, Metrics())):
        stage.until({"httpbin-0": 100}, stage.split)
        stage.until(True, lambda: "drainingUntil" in str(stage.status()))
        assert stage.finalizers(DEPLOYMENTS, "httpbin-1") == [names.MARK]
        stage.until([], lambda: stage.finalizers(DEPLOYMENTS, "httpbin-1"))

"""In a cluster of another domain requests go to its Services, and what is not named yet gets a name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.passes.controller import Controller
from reconciler.passes.reconcile import Policy
from reconciler.serving.metrics import Metrics
from routing.kinds import ROUTEMAPS, VIRTUAL_SERVICES
from tests.api.conftest import running

if TYPE_CHECKING:
    from tests.api.stage import Stage

OTHER = "k8s.example.com"


def test_requests_go_to_services_of_the_clusters_domain(stage: Stage) -> None:
    stage.version("httpbin-0")
    stage.routemap()
    with running(Controller(stage.cluster, Metrics(), Policy(domain=OTHER))):
        stage.until({"httpbin-0": 100}, stage.split)
        route: dict[str, Any] = stage.get(VIRTUAL_SERVICES, "httpbin") or {}
    assert route["spec"]["hosts"][-1] == f"httpbin.{stage.namespace}.svc.{OTHER}"
    [to] = route["spec"]["http"][0]["route"]
    assert to["destination"]["host"] == f"httpbin-0.{stage.namespace}.svc.{OTHER}"


def test_a_routemap_gets_a_name_and_is_served_by_it(stage: Stage) -> None:
    stage.version("httpbin-0")
    manifest = {
        "apiVersion": ROUTEMAPS.api_version,
        "kind": ROUTEMAPS.kind,
        "metadata": {"generateName": "httpbin-", "namespace": stage.namespace},
        "spec": {"versions": [{"name": "httpbin-0", "weight": 50}], "settleSeconds": 0, "drainSeconds": 0},
    }
    made = stage.cluster.request("POST", ROUTEMAPS.path(stage.namespace), manifest)
    with running(Controller(stage.cluster, Metrics())):
        stage.until({"httpbin-0": 100}, lambda: stage.split(made["metadata"]["name"]))

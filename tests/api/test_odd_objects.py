"""One object's oddity stops nobody else, and keeps nothing of its own waiting."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from reconciler.passes.controller import Controller
from reconciler.passes.reconcile import Policy
from reconciler.serving.metrics import Metrics
from routing.kinds import DEPLOYMENTS, ROUTEMAPS, SERVICES
from tests.api.conftest import running
from tools.local.programs import programs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.api.stage import Stage

DEADLINE = 2.0
KINDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


def _draining(name: str, until: str) -> dict[str, Any]:
    return {"versions": [{"name": name, "state": "draining", "drainingUntil": until}]}


ODD_STATUS: dict[str, dict[str, Any]] = {
    "a version without state": {"versions": [{"name": "httpbin-1"}]},
    "a condition without time": {"conditions": [{"type": "Ready", "status": "False"}]},
    "a drain that ends soon": _draining("httpbin-1", "soon"),
    "a drain that never ends": _draining("httpbin-1", "9998-12-31T23:59:59Z"),
    "a name that is a query": {"versions": [{"name": "?watch=true&x=0", "state": "ready"}]},
    "a name that leaves the namespace": {
        "versions": [{"name": "../../default/services/a", "state": "ready"}]
    },
    "ten thousand versions": {
        "versions": [{"name": f"v{number}", "state": "ready"} for number in range(10_000)]
    },
}


@pytest.fixture
def lax(rollout: Stage) -> Iterator[Stage]:
    """The kinds' schema without bounds on status, as an older release installed it."""
    path = f"{KINDS}/routemaps.iter8.tools"
    schema = rollout.cluster.request("GET", path)["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    status = "/spec/versions/0/schema/openAPIV3Schema/properties/status"
    lax = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    _patch(rollout, path, [{"op": "replace", "path": status, "value": lax}])
    yield rollout
    _patch(rollout, path, [{"op": "replace", "path": status, "value": schema["properties"]["status"]}])


def _patch(stage: Stage, path: str, operations: list[dict[str, Any]]) -> None:
    stage.cluster.request("PATCH", path, operations, content_type="application/json-patch+json")


def _take(stage: Stage, status: dict[str, Any]) -> bool:
    """Write a status; tell whether it was taken as it is. A schema is heard of late."""
    stage.cluster.merge(ROUTEMAPS, stage.namespace, "httpbin", {"status": status}, "status")
    return status.items() <= stage.status().items()


@pytest.mark.parametrize("odd", ODD_STATUS)
def test_no_status_that_a_hand_has_written_keeps_anybody_waiting(lax: Stage, odd: str) -> None:
    lax.until(True, lambda: _take(lax, ODD_STATUS[odd]))
    lax.version("other-0")
    with running(Controller(lax.cluster, Metrics(), Policy(DEADLINE))):
        lax.routemap("other")
        lax.until({"other-0": 100}, lambda: lax.split("other"))
        lax.delete(DEPLOYMENTS, "httpbin-1")
        lax.until(None, lambda: lax.get(DEPLOYMENTS, "httpbin-1"))
        lax.until("httpbin-0=100", lambda: lax.status().get("split"))
        lax.until("True", lambda: lax.condition("Ready").get("status"))
    assert [item["name"] for item in lax.status()["versions"]] == ["httpbin-0", "httpbin-1"]


def test_a_service_nested_deeper_than_python_reads_keeps_nobody_waiting(
    rollout: Stage, kubeconfig: str, tmp_path: Path
) -> None:
    nested = '{"f:x":' * 2000 + "{}" + "}" * 2000
    field = f'"manager": "a", "operation": "Update", "apiVersion": "v1", "fieldsV1": {nested}'
    value = f'[{{"fieldsType": "FieldsV1", {field}}}]'
    patch = f'[{{"op": "add", "path": "/metadata/managedFields", "value": {value}}}]'
    (tmp_path / "patch").write_text(patch, encoding="utf-8")
    command = [str(programs() / "kubectl"), f"--kubeconfig={kubeconfig}", f"--namespace={rollout.namespace}"]
    command += ["patch", "service", "httpbin-1", "--type=json", f"--patch-file={tmp_path / 'patch'}"]
    subprocess.run(command, check=True, capture_output=True)
    with running(Controller(rollout.cluster, Metrics(), Policy(DEADLINE))):
        rollout.version("other-0")
        rollout.routemap("other")
        rollout.until({"other-0": 100}, lambda: rollout.split("other"))
        rollout.delete(SERVICES, "httpbin-1")
        rollout.until(None, lambda: rollout.get(SERVICES, "httpbin-1"))

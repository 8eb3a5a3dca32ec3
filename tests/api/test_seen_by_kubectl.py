"""What users and pipelines see with kubectl: conditions to wait for, overrides, a label that lacks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from routing import names
from routing.kinds import DEPLOYMENTS, EVENTS, GATEWAYS, ROUTEMAPS, WEIGHT_OVERRIDES
from routing.leftovers import ALONE_SECONDS
from tests.api.bringing_about import make
from tests.charts.kubectl import Kubectl
from tools.local.programs import programs

if TYPE_CHECKING:
    import subprocess

    from tests.api.stage import Stage

pytestmark = pytest.mark.usefixtures("controller")

BOTH = {"httpbin-0": 50, "httpbin-1": 50}


@pytest.fixture
def kubectl(kubeconfig: str) -> Kubectl:
    return Kubectl(programs() / "kubectl", Path(kubeconfig))


def _waits(
    kubectl: Kubectl, stage: Stage, what: str, condition: str, seconds: float = 10
) -> subprocess.CompletedProcess[str]:
    space = f"--namespace={stage.namespace}"
    return kubectl.run("wait", what, f"--for=condition={condition}", f"--timeout={seconds}s", space)


def _applied(stage: Stage, name: str = "httpbin") -> tuple[str, str] | None:
    status = (stage.get(WEIGHT_OVERRIDES, name) or {}).get("status") or {}
    told = [(item["reason"], item["message"]) for item in status.get("conditions") or ()]
    return told[0] if told else None


def _events_of(stage: Stage, kind: str) -> list[tuple[str, str]]:
    found = stage.cluster.request("GET", EVENTS.path(stage.namespace))["items"]
    items = sorted(found, key=lambda item: int(item["metadata"]["resourceVersion"]))
    return [(item["type"], item["reason"]) for item in items if item["involvedObject"]["kind"] == kind]


def _version(stage: Stage, name: str) -> dict[str, Any]:
    found = [item for item in stage.status().get("versions") or () if item["name"] == name]
    return found[0] if found else {}


def _label(stage: Stage, name: str, value: str | None) -> None:
    stage.cluster.request(
        "PATCH",
        DEPLOYMENTS.path(stage.namespace, name),
        {"metadata": {"labels": {names.WATCH: value}}},
        content_type="application/merge-patch+json",
    )


def test_a_pipeline_waits_until_the_split_is_what_is_asked_for(stage: Stage, kubectl: Kubectl) -> None:
    stage.version("httpbin-0")
    stage.routemap()
    stage.until({"httpbin-0": 100}, stage.split)
    early = _waits(kubectl, stage, "routemap/httpbin", "Complete", 0.5)
    assert "timed out waiting for the condition on routemaps/httpbin" in early.stderr
    stage.version("httpbin-1")
    assert _waits(kubectl, stage, "routemap/httpbin", "Complete").returncode == 0
    assert stage.split() == BOTH
    assert stage.condition("Complete")["message"] == "split httpbin-0=50 httpbin-1=50"


def test_a_pipeline_hears_that_a_candidate_does_not_get_ready(stage: Stage, kubectl: Kubectl) -> None:
    stage.version("httpbin-0")
    stage.routemap()
    stage.deployment("httpbin-1", available=False)
    body = {"spec": {"progressDeadlineSeconds": 2}}
    path = DEPLOYMENTS.path(stage.namespace, "httpbin-1")
    stage.cluster.request("PATCH", path, body, content_type="application/merge-patch+json")
    assert _waits(kubectl, stage, "routemap/httpbin", "Progressing=False").returncode == 0
    assert stage.condition("Progressing")["message"] == (
        "not ready in time: httpbin-1 (DeploymentNotAvailable)"
    )
    stage.until(
        [("Warning", "ProgressDeadlineExceeded")],
        lambda: [told for told in _events_of(stage, "Routemap") if told[0] == "Warning"],
    )
    stage.available("httpbin-1")
    stage.service("httpbin-1")
    stage.endpoints("httpbin-1", 1)
    assert _waits(kubectl, stage, "routemap/httpbin", "Complete").returncode == 0
    assert stage.condition("Progressing")["status"] == "True"


def test_status_says_since_when_each_version_has_its_share(stage: Stage) -> None:
    stage.version("httpbin-0")
    stage.version("httpbin-1")
    stage.routemap()
    stage.until(BOTH, stage.split)
    stage.until(50, lambda: _version(stage, "httpbin-1").get("weight"))
    before = _version(stage, "httpbin-1")
    stage.until(True, lambda: before["weightSince"] < _now(stage))
    stage.override(20, 80)
    stage.until(80, lambda: _version(stage, "httpbin-1").get("weight"))
    after = _version(stage, "httpbin-1")
    assert after["stateSince"] == before["stateSince"]
    assert after["weightSince"] > before["weightSince"]


def _now(stage: Stage) -> str:
    """Return a time that the API server has given to something made now."""
    manifest = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"generateName": "now-", "namespace": stage.namespace},
    }
    made = stage.cluster.request("POST", f"/api/v1/namespaces/{stage.namespace}/configmaps", manifest)
    return str(made["metadata"]["creationTimestamp"])


def test_an_override_that_counts_says_so_and_can_be_waited_for(stage: Stage, kubectl: Kubectl) -> None:
    stage.version("httpbin-0")
    stage.version("httpbin-1")
    stage.routemap()
    stage.until(BOTH, stage.split)
    stage.override(20, 80)
    assert _waits(kubectl, stage, "weightoverride/httpbin", "Applied").returncode == 0
    assert stage.split() == {"httpbin-0": 20, "httpbin-1": 80}
    shown = kubectl("get", "weightoverride", f"--namespace={stage.namespace}")
    assert [line.split()[:3] for line in shown.splitlines()] == [
        ["NAME", "APPLIED", "REASON"],
        ["httpbin", "True", "Applied"],
    ]
    stage.until([("Normal", "Applied")], lambda: _events_of(stage, "WeightOverride"))


def test_an_override_says_what_is_wrong_with_it_and_when_it_is_mended(stage: Stage, kubectl: Kubectl) -> None:
    stage.version("httpbin-0")
    stage.routemap()
    stage.until({"httpbin-0": 100}, stage.split)
    stage.override(20, -5)
    stage.until(
        ("Invalid", "spec.weights[1].weight: -5 is out of range; use an integer from 0 to 1000000"),
        lambda: _applied(stage),
    )
    stage.override(20, 40, 40)
    stage.until(
        (
            "NotListed",
            "Routemap httpbin lists no httpbin-2; it lists httpbin-0, httpbin-1. Weights of the others count",
        ),
        lambda: _applied(stage),
    )
    assert _waits(kubectl, stage, "weightoverride/httpbin", "Applied=False").returncode == 0
    stage.override(20, 80)
    stage.until("Applied", lambda: (_applied(stage) or ("",))[0])
    stage.until(
        [("Warning", "Invalid"), ("Warning", "NotListed"), ("Normal", "Applied")],
        lambda: _events_of(stage, "WeightOverride"),
    )


def test_an_override_without_routemap_says_so_after_a_while_and_counts_when_one_comes(stage: Stage) -> None:
    stage.version("httpbin-0")
    stage.override(20, 80)
    stage.until("NoRoutemap", lambda: (_applied(stage) or ("",))[0], ALONE_SECONDS + 10)
    stage.until([("Warning", "NoRoutemap")], lambda: _events_of(stage, "WeightOverride"))
    stage.routemap()
    stage.until("Applied", lambda: (_applied(stage) or ("",))[0])


def test_an_override_and_its_routemap_that_come_together_warn_of_nothing(stage: Stage) -> None:
    stage.override(20, 80)
    stage.version("httpbin-0")
    stage.version("httpbin-1")
    stage.routemap()
    stage.until("Applied", lambda: (_applied(stage) or ("",))[0])
    warned = [*_events_of(stage, "WeightOverride"), *_events_of(stage, "Routemap")]
    assert [told for told in warned if told[0] == "Warning"] == []


def test_a_routemap_that_comes_before_all_it_names_warns_of_nothing(stage: Stage) -> None:
    """As where its file's name comes first in a folder that is applied."""
    stage.routemap(hosts=["shop"], gateways=["mesh", "shop"])
    stage.until("False", lambda: stage.condition("Routable").get("status"))
    stage.application("shop")
    port = {"number": 80, "name": "http", "protocol": "HTTP"}
    make(stage, GATEWAYS, "shop", servers=[{"hosts": ["shop"], "port": port}])
    stage.until("True", lambda: stage.condition("Routable").get("status"))
    stage.version("httpbin-0")
    stage.version("httpbin-1")
    stage.until({"httpbin-0": 50, "httpbin-1": 50}, stage.split)
    stage.until("True", lambda: stage.condition("Ready").get("status"))
    told = _events_of(stage, "Routemap")
    assert [kind for kind, _ in told if kind == "Warning"] == []
    assert {("Normal", "HostNotFound"), ("Normal", "GatewayNotFound")} & {*told}


def test_a_deployment_without_the_label_is_told_with_a_command_that_mends_it(
    stage: Stage, kubectl: Kubectl
) -> None:
    stage.deployment("httpbin-0", labels={})
    stage.service("httpbin-0", labels={})
    stage.endpoints("httpbin-0", 1)
    stage.routemap()
    stage.until("NotWatched", lambda: _version(stage, "httpbin-0").get("reason"))
    message = stage.condition("Ready")["message"]
    assert message.endswith(
        "; httpbin-0 is there and not watched, so it gets no requests: kubectl label deployment "
        f"httpbin-0 --namespace {stage.namespace} iter8.tools/watch=true"
    )
    stage.until(True, lambda: ("Normal", "NotWatched") in _events_of(stage, "Routemap"))
    command = message.partition(": kubectl ")[2].split()
    kubectl(*command)
    stage.until({"httpbin-0": 100}, stage.split)


def test_a_label_that_is_taken_off_is_an_event_only_once(stage: Stage) -> None:
    stage.version("httpbin-0")
    stage.version("httpbin-1")
    stage.routemap()
    stage.until(BOTH, stage.split)
    _label(stage, "httpbin-1", None)
    stage.until("NotWatched", lambda: _version(stage, "httpbin-1").get("reason"))
    assert "NotWatched" not in [reason for _, reason in _events_of(stage, "Routemap")]


def test_a_refused_routemap_fails_a_pipeline_at_once(stage: Stage, kubectl: Kubectl) -> None:
    stage.routemap(drainSeconds=900)
    assert _waits(kubectl, stage, "routemap/httpbin", "Progressing=False").returncode == 0
    found = json.loads(kubectl("get", "routemap/httpbin", f"--namespace={stage.namespace}", "-ojson"))
    told = {item["type"]: item["reason"] for item in found["status"]["conditions"]}
    assert told == dict.fromkeys(("Ready", "Conflict", "Complete", "Progressing"), "Invalid")
    assert stage.get(ROUTEMAPS, "httpbin") is not None

"""The reconciler on a real API server: a candidate's life as in the tutorial, and what users do wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from routing import names
from routing.kinds import DEPLOYMENTS, ROUTEMAPS, SERVICES, VIRTUAL_SERVICES, WEIGHT_OVERRIDES

if TYPE_CHECKING:
    from tests.api.stage import Stage

pytestmark = pytest.mark.usefixtures("controller")

BOTH = {"httpbin-0": 50, "httpbin-1": 50}


def _protected(stage: Stage, name: str) -> str | None:
    found = stage.get(DEPLOYMENTS, name) or {"metadata": {}}
    text: str | None = (found["metadata"].get("annotations") or {}).get(names.PROTECTED)
    return text


def _rollout(stage: Stage, **spec: Any) -> None:
    """Bring a primary and a candidate into the split."""
    stage.version("httpbin-0")
    stage.routemap(**spec)
    stage.version("httpbin-1")
    stage.until(BOTH, stage.split)


def test_the_primary_alone_has_one_destination_without_weight(stage: Stage) -> None:
    stage.version("httpbin-0")
    stage.routemap(gateways=["httpbin", "mesh"])
    stage.until({"httpbin-0": 100}, stage.split)
    found = stage.get(VIRTUAL_SERVICES, "httpbin")
    assert found is not None
    assert found["spec"] == {
        "hosts": [
            f"httpbin.{stage.namespace}",
            f"httpbin.{stage.namespace}.svc",
            f"httpbin.{stage.namespace}.svc.cluster.local",
        ],
        "gateways": ["httpbin", "mesh"],
        "http": [
            {
                "name": "httpbin",
                "route": [
                    {
                        "destination": {"host": f"httpbin-0.{stage.namespace}.svc.cluster.local"},
                        "headers": {"response": {"add": {"app-version": "httpbin-0"}}},
                    }
                ],
            }
        ],
    }


def test_a_candidate_comes_shares_by_weight_and_goes(stage: Stage) -> None:
    _rollout(stage)
    stage.override(20, 80)
    stage.until({"httpbin-0": 20, "httpbin-1": 80}, stage.split)
    stage.until("httpbin-0=20 httpbin-1=80", lambda: stage.status().get("split"))
    stage.delete(DEPLOYMENTS, "httpbin-1")
    stage.delete(SERVICES, "httpbin-1")
    stage.until({"httpbin-0": 100}, stage.split)
    stage.until(None, lambda: stage.get(DEPLOYMENTS, "httpbin-1"))
    stage.until(None, lambda: stage.get(SERVICES, "httpbin-1"))


def test_a_weight_of_zero_stays_zero(stage: Stage) -> None:
    _rollout(stage)
    stage.override(100, 0)
    stage.until({"httpbin-0": 100, "httpbin-1": 0}, stage.split)


def test_a_deleted_override_returns_to_the_routemaps_own_weights(stage: Stage) -> None:
    _rollout(stage)
    stage.override(1, 3)
    stage.until({"httpbin-0": 25, "httpbin-1": 75}, stage.split)
    stage.delete(WEIGHT_OVERRIDES, "httpbin")
    stage.until(BOTH, stage.split)


def test_available_without_endpoints_gets_no_request(stage: Stage) -> None:
    stage.version("httpbin-0")
    stage.routemap()
    stage.deployment("httpbin-1")
    stage.until("ServiceNotFound", lambda: _reason(stage, "httpbin-1"))
    stage.service("httpbin-1")
    stage.until("NoReadyEndpoint", lambda: _reason(stage, "httpbin-1"))
    assert stage.split() == {"httpbin-0": 100}
    stage.endpoints("httpbin-1", 1)
    stage.until(BOTH, stage.split)


def test_a_service_without_the_watch_label_is_found_by_its_name_and_gets_the_label(stage: Stage) -> None:
    stage.version("httpbin-0")
    stage.routemap()
    stage.deployment("httpbin-1")
    stage.service("httpbin-1", labels={})
    stage.endpoints("httpbin-1", 1)
    stage.until(BOTH, stage.split)
    found = stage.get(SERVICES, "httpbin-1")
    assert found is not None
    assert found["metadata"]["labels"] == {names.WATCH: "true"}


def test_every_version_with_traffic_carries_the_mark_and_only_the_lonely_one_is_protected(
    stage: Stage,
) -> None:
    stage.version("httpbin-0")
    stage.routemap()
    stage.until("the only ready version of Routemap httpbin", lambda: _protected(stage, "httpbin-0"))
    stage.version("httpbin-1")
    stage.until(None, lambda: _protected(stage, "httpbin-0"))
    for name in BOTH:
        for resource in (DEPLOYMENTS, SERVICES):
            assert stage.finalizers(resource, name) == [names.MARK]
    assert _protected(stage, "httpbin-1") is None


def test_a_version_that_leaves_is_held_while_it_drains(stage: Stage) -> None:
    _rollout(stage, drainSeconds=5)
    stage.delete(DEPLOYMENTS, "httpbin-1")
    stage.until({"httpbin-0": 100}, stage.split)
    assert stage.finalizers(DEPLOYMENTS, "httpbin-1") == [names.MARK]
    stage.until(None, lambda: stage.get(DEPLOYMENTS, "httpbin-1"))
    stage.until([], lambda: stage.finalizers(SERVICES, "httpbin-1"))
    stage.until(
        ["Draining", "Drained"], lambda: [reason for reason, _ in stage.events() if "Drain" in reason]
    )


def test_a_version_whose_watch_label_is_removed_leaves_and_loses_its_mark(stage: Stage) -> None:
    _rollout(stage)
    path = DEPLOYMENTS.path(stage.namespace, "httpbin-1")
    body = {"metadata": {"labels": {names.WATCH: "false"}}}
    stage.cluster.request("PATCH", path, body, content_type="application/merge-patch+json")
    stage.until({"httpbin-0": 100}, stage.split)
    stage.until([], lambda: stage.finalizers(DEPLOYMENTS, "httpbin-1"))
    stage.until([], lambda: stage.finalizers(SERVICES, "httpbin-1"))


def test_a_version_taken_out_of_the_routemap_leaves_and_loses_its_mark(stage: Stage) -> None:
    _rollout(stage)
    path = ROUTEMAPS.path(stage.namespace, "httpbin")
    body = {"spec": {"versions": [{"name": "httpbin-0", "weight": 50}]}}
    stage.cluster.request("PATCH", path, body, content_type="application/merge-patch+json")
    stage.until({"httpbin-0": 100}, stage.split)
    stage.until([], lambda: stage.finalizers(DEPLOYMENTS, "httpbin-1"))
    stage.until(["httpbin-0"], lambda: [item["name"] for item in stage.status()["versions"]])


def test_an_edited_or_deleted_virtual_service_is_put_right(stage: Stage) -> None:
    _rollout(stage)
    path = VIRTUAL_SERVICES.path(stage.namespace, "httpbin")
    route = [{"destination": {"host": "elsewhere"}}]
    stage.cluster.request(
        "PATCH", path, {"spec": {"http": [{"route": route}]}}, content_type="application/merge-patch+json"
    )
    stage.until(BOTH, stage.split)
    stage.delete(VIRTUAL_SERVICES, "httpbin")
    stage.until(BOTH, stage.split)


def test_before_a_version_is_ready_nothing_is_routed_and_the_routemap_says_why(stage: Stage) -> None:
    stage.routemap()
    stage.until("True", lambda: stage.condition("Degraded").get("status"))
    assert stage.condition("Ready")["message"] == (
        "no version is ready (httpbin-0: DeploymentNotFound, httpbin-1: DeploymentNotFound), "
        "so nothing is routed until one is"
    )
    assert stage.split() is None
    stage.version("httpbin-1")
    stage.until({"httpbin-1": 100}, stage.split)


def test_what_a_hand_adds_to_a_virtual_service_is_taken_away(stage: Stage) -> None:
    _rollout(stage)
    path = VIRTUAL_SERVICES.path(stage.namespace, "httpbin")
    spec = {"exportTo": ["."], "tcp": [{"route": [{"destination": {"host": "elsewhere"}}]}]}
    stage.cluster.request("PATCH", path, {"spec": spec}, content_type="application/merge-patch+json")

    def fields() -> set[str]:
        return {*(stage.get(VIRTUAL_SERVICES, "httpbin") or {})["spec"]}

    stage.until({"hosts", "gateways", "http"}, fields)
    assert stage.split() == BOTH


def test_a_malformed_routemap_that_slipped_past_admission_says_why_and_keeps_its_last_good_split(
    stage: Stage,
) -> None:
    _rollout(stage)
    stage.version("other-0")
    path = ROUTEMAPS.path(stage.namespace, "httpbin")
    body = {"spec": {"drainSeconds": 900, "strategy": "bluegreen"}}
    stage.cluster.request("PATCH", path, body, content_type="application/merge-patch+json")
    stage.until("Invalid", lambda: stage.condition("Ready").get("reason"))
    assert stage.condition("Ready")["message"] == (
        'spec.strategy: "bluegreen" is not a strategy; use blue-green, canary, mirror; '
        "spec.drainSeconds: 900 is out of range; use an integer from 0 to 300"
    )
    assert stage.split() == BOTH
    stage.routemap("other")
    stage.until({"other-0": 100}, lambda: stage.split("other"))


def test_a_malformed_override_says_so_and_names_itself(stage: Stage) -> None:
    _rollout(stage)
    stage.override(20, -5)
    stage.until("InvalidWeightOverride", lambda: stage.condition("Ready").get("reason"))
    assert stage.condition("Ready")["message"] == (
        "WeightOverride httpbin: spec.weights[1].weight: -5 is out of range; use an integer from 0 to 1000000"
    )
    assert stage.split() == BOTH


def test_a_virtual_service_of_somebody_else_is_left_alone(stage: Stage) -> None:
    theirs = {
        "apiVersion": VIRTUAL_SERVICES.api_version,
        "kind": "VirtualService",
        "metadata": {"name": "httpbin", "namespace": stage.namespace},
        "spec": {"hosts": ["a.example"], "http": [{"route": [{"destination": {"host": "theirs"}}]}]},
    }
    stage.cluster.create(VIRTUAL_SERVICES, theirs)
    stage.version("httpbin-0")
    stage.routemap()
    stage.until("Conflict", lambda: stage.condition("Ready").get("reason"))
    assert stage.condition("Conflict")["message"] == (
        "VirtualService httpbin is there already and is not Teal's; delete it, "
        "or give the Routemap another name"
    )
    assert stage.split() == {"theirs": 100}


def test_of_two_routemaps_with_one_version_the_older_keeps_it_until_it_goes(stage: Stage) -> None:
    stage.version("httpbin-0")
    stage.routemap()
    stage.until({"httpbin-0": 100}, stage.split)
    stage.routemap("late", versions=[{"name": "httpbin-0", "weight": 1}])
    stage.until("Conflict", lambda: stage.condition("Ready", "late").get("reason"))
    assert stage.condition("Conflict", "late")["message"] == (
        "version httpbin-0 belongs to Routemap httpbin already; list it in one of the two only"
    )
    stage.delete(ROUTEMAPS, "httpbin")
    stage.until({"httpbin-0": 100}, lambda: stage.split("late"))


def test_a_deleted_routemap_frees_its_versions_before_it_goes(stage: Stage) -> None:
    _rollout(stage)
    stage.delete(ROUTEMAPS, "httpbin")
    stage.until(None, lambda: stage.get(ROUTEMAPS, "httpbin"))
    for name in BOTH:
        assert stage.finalizers(DEPLOYMENTS, name) == []
        assert stage.finalizers(SERVICES, name) == []
        assert _protected(stage, name) is None


def test_a_routemap_torn_away_with_its_finalizer_leaves_no_mark_behind(stage: Stage) -> None:
    _rollout(stage)
    path = ROUTEMAPS.path(stage.namespace, "httpbin")
    stage.delete(ROUTEMAPS, "httpbin")
    body: dict[str, Any] = {"metadata": {"finalizers": []}}
    if stage.get(ROUTEMAPS, "httpbin"):
        stage.cluster.request("PATCH", path, body, content_type="application/merge-patch+json")
    stage.until([[], []], lambda: [stage.finalizers(DEPLOYMENTS, name) for name in BOTH])


def test_the_routemap_becomes_the_overrides_owner(stage: Stage) -> None:
    _rollout(stage)
    stage.override(20, 80)

    def owners() -> list[str]:
        found = stage.get(WEIGHT_OVERRIDES, "httpbin") or {"metadata": {}}
        return [owner["kind"] for owner in found["metadata"].get("ownerReferences") or ()]

    stage.until(["Routemap"], owners)


def _reason(stage: Stage, name: str) -> str | None:
    versions = stage.status().get("versions") or ()
    return next((item["reason"] for item in versions if item["name"] == name), None)

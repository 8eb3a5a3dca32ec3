"""Router HTTPRoute on a real API server with Gateway API's CRDs: a life, and the word of a controller."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from routing import names
from routing.kinds import DEPLOYMENTS, GRPC_ROUTES, HTTP_ROUTES, ROUTEMAPS, VIRTUAL_SERVICES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.api.stage import Stage

pytestmark = pytest.mark.usefixtures("controller")

CONTROLLER = "example.org/controller"
MERGE = "application/merge-patch+json"
HALF = "httpbin-0=50 httpbin-1=50"
TESTERS = [{"headers": {"traffic": {"exact": "test"}}}]
CANARY = [{"name": "httpbin-0", "weight": 100}, {"name": "httpbin-1", "weight": 0, "match": TESTERS}]
MIRROR = [{"name": "httpbin-0", "weight": 100}, {"name": "httpbin-1", "weight": 30}]


def made(stage: Stage, **spec: Any) -> None:
    """Make a Routemap with router HTTPRoute."""
    stage.routemap(**{"router": "HTTPRoute", "port": 80, **spec})


def route(stage: Stage) -> dict[str, Any]:
    return stage.get(HTTP_ROUTES, "httpbin") or {}


def say(
    stage: Stage, accepted: str = "True", reason: str = "Accepted", message: str = "", of: int = 0
) -> None:
    """Say of the route what its parents' controller does; `of` is a generation, by default its own."""
    say_all(stage, [("Accepted", accepted, reason, message)], of)


def say_all(stage: Stage, conditions: Sequence[tuple[str, str, str, str]], of: int = 0) -> None:
    """Say several things: type, status, reason, and message of each."""
    found = route(stage)
    common = {
        "lastTransitionTime": "2026-01-01T00:00:00Z",
        "observedGeneration": of or found["metadata"]["generation"],
    }
    fields = ("type", "status", "reason", "message")
    said = [dict(zip(fields, condition, strict=True)) | common for condition in conditions]
    parents = [
        {"parentRef": ref, "controllerName": CONTROLLER, "conditions": said}
        for ref in found["spec"]["parentRefs"]
    ]
    path = HTTP_ROUTES.path(stage.namespace, "httpbin", "status")
    stage.cluster.request("PATCH", path, {"status": {"parents": parents}}, content_type=MERGE)


def told(stage: Stage) -> str:
    return str(stage.status().get("split"))


def why(stage: Stage) -> tuple[Any, Any]:
    """Return whether it is Ready, and what Routable says."""
    return stage.condition("Ready").get("status"), stage.condition("Routable").get("reason")


def serving(stage: Stage, split: str, *versions: str, **spec: Any) -> None:
    """Have a Routemap whose versions are ready be routed, and the route be taken."""
    for version in versions:
        stage.version(version)
    made(stage, **spec)
    stage.until(split, lambda: told(stage))
    say(stage)
    stage.until(("True", "Routable"), lambda: why(stage))


@pytest.mark.parametrize(
    ("strategy", "versions", "split"),
    [
        ("blue-green", [{"name": "httpbin-0"}, {"name": "httpbin-1"}], HALF),
        ("canary", CANARY, "httpbin-0=100 httpbin-1=0+match"),
        ("mirror", MIRROR, "httpbin-0=100 httpbin-1=0+30%copies"),
    ],
)
def test_a_candidate_comes_is_held_and_goes(
    stage: Stage, strategy: str, versions: Sequence[Any], split: str
) -> None:
    serving(stage, "httpbin-0=100", "httpbin-0", strategy=strategy, versions=versions, drainSeconds=1)
    stage.version("httpbin-1")
    stage.until(split, lambda: told(stage))
    stage.until([names.MARK], lambda: stage.finalizers(DEPLOYMENTS, "httpbin-1"))
    stage.until(("False", "NotAcceptedYet"), lambda: why(stage))
    say(stage)
    stage.until(("True", "Routable"), lambda: why(stage))
    stage.delete(DEPLOYMENTS, "httpbin-1")
    stage.until("httpbin-0=100", lambda: told(stage))
    say(stage)
    stage.until(None, lambda: stage.get(DEPLOYMENTS, "httpbin-1"))
    stage.until(True, lambda: {"SplitApplied", "Draining", "Drained"} <= {r for r, _ in stage.events()})
    assert stage.get(VIRTUAL_SERVICES, "httpbin") is None


def test_by_grpc_route_the_word_of_its_controller_is_heard_too(stage: Stage) -> None:
    stage.version("httpbin-0")
    made(stage, router="GRPCRoute")
    stage.until("httpbin-0=100", lambda: told(stage))
    stage.until(("False", "NotAcceptedYet"), lambda: why(stage))
    found = stage.get(GRPC_ROUTES, "httpbin") or {}
    accepted = {
        "type": "Accepted",
        "status": "True",
        "reason": "Accepted",
        "message": "",
        "lastTransitionTime": "2026-01-01T00:00:00Z",
        "observedGeneration": found["metadata"]["generation"],
    }
    said = {"controllerName": CONTROLLER, "conditions": [accepted]}
    parents = [{"parentRef": ref, **said} for ref in found["spec"]["parentRefs"]]
    path = GRPC_ROUTES.path(stage.namespace, "httpbin", "status")
    stage.cluster.request("PATCH", path, {"status": {"parents": parents}}, content_type=MERGE)
    stage.until(("True", "Routable"), lambda: why(stage))
    assert stage.get(HTTP_ROUTES, "httpbin") is None


def test_what_is_stored_is_what_was_written_so_nothing_is_written_again(stage: Stage) -> None:
    serving(stage, HALF, "httpbin-0", "httpbin-1", gateways=["infra/web", "mesh"], timeout="1m30s")
    before = route(stage)["metadata"]
    stage.override(20, 80)
    stage.until("httpbin-0=20 httpbin-1=80", lambda: told(stage))
    after = route(stage)["metadata"]
    assert after["generation"] == before["generation"] + 1
    say(stage)
    stage.until(("True", "Routable"), lambda: why(stage))
    assert route(stage)["metadata"]["generation"] == after["generation"]


def test_a_drain_begins_when_the_route_is_taken_and_not_before(stage: Stage) -> None:
    serving(stage, HALF, "httpbin-0", "httpbin-1", drainSeconds=1)
    old = route(stage)["metadata"]["generation"]
    stage.delete(DEPLOYMENTS, "httpbin-1")
    stage.until("httpbin-0=100", lambda: told(stage))
    say(stage, of=old)
    stage.override(60, 40)  # which moves no request, and calls for a pass
    stage.until("httpbin-0=60 httpbin-1=40", lambda: stage.status().get("override"))
    assert stage.finalizers(DEPLOYMENTS, "httpbin-1") == [names.MARK]
    assert [item for item in stage.status()["versions"] if "drainingUntil" in item] == []
    say(stage)
    stage.until(None, lambda: stage.get(DEPLOYMENTS, "httpbin-1"))


def test_a_route_that_is_refused_is_not_ready_and_says_so_in_its_controllers_words(stage: Stage) -> None:
    serving(stage, "httpbin-0=100", "httpbin-0", gateways=["web"], hosts=["www.example.org"])
    say(stage, "False", "NotAllowedByListeners", "no listener takes routes of this namespace")
    stage.until(("False", "NotAccepted"), lambda: why(stage))
    assert stage.condition("Ready")["message"] == (
        f"spec.gateways: Gateway {stage.namespace}/web: its controller (example.org/controller) does not "
        "take the route; mend what it says: NotAllowedByListeners: no listener takes routes of this namespace"
    )
    say(stage)
    stage.until(("True", "Routable"), lambda: why(stage))


def test_a_part_of_a_route_that_leads_nowhere_is_told_in_its_controllers_words(stage: Stage) -> None:
    serving(stage, "httpbin-0=100", "httpbin-0", gateways=["web"], hosts=["www.example.org"])
    refs = ("ResolvedRefs", "False", "BackendNotFound", "Service httpbin-0 has no port 80")
    say_all(stage, [("Accepted", "True", "Accepted", ""), refs])
    stage.until(("False", "NotResolved"), lambda: why(stage))
    assert stage.condition("Ready")["message"].endswith("BackendNotFound: Service httpbin-0 has no port 80")


def test_a_hand_edited_or_deleted_route_is_put_right(stage: Stage) -> None:
    serving(stage, HALF, "httpbin-0", "httpbin-1")
    right = route(stage)["spec"]
    path = HTTP_ROUTES.path(stage.namespace, "httpbin")
    other = {
        "spec": {
            "hostnames": ["other.example.org"],
            "rules": [{"backendRefs": right["rules"][0]["backendRefs"][:1]}],
        }
    }
    stage.cluster.request("PATCH", path, other, content_type=MERGE)
    stage.until(right, lambda: route(stage).get("spec"))
    stage.delete(HTTP_ROUTES, "httpbin")
    stage.until(right, lambda: route(stage).get("spec"))


def test_a_route_of_somebody_elses_is_left_alone(stage: Stage) -> None:
    theirs = {
        "apiVersion": HTTP_ROUTES.api_version,
        "kind": HTTP_ROUTES.kind,
        "metadata": {"name": "httpbin", "namespace": stage.namespace},
        "spec": {"parentRefs": [{"name": "web"}]},
    }
    stage.cluster.create(HTTP_ROUTES, theirs)
    before = route(stage)
    stage.version("httpbin-0")
    made(stage)
    stage.until("Conflict", lambda: stage.condition("Ready").get("reason"))
    assert stage.condition("Ready")["message"] == (
        "HTTPRoute httpbin is there already and is not Teal's; delete it, or give the Routemap another name"
    )
    assert route(stage) == before


def test_another_router_takes_over_when_the_routemap_is_made_anew(stage: Stage) -> None:
    stage.version("httpbin-0")
    stage.routemap(port=80)
    stage.until("httpbin-0=100", lambda: told(stage))
    path = ROUTEMAPS.path(stage.namespace, "httpbin")
    stage.cluster.request("PATCH", path, {"spec": {"router": "HTTPRoute"}}, content_type=MERGE)
    stage.until("RouterChanged", lambda: stage.condition("Ready").get("reason"))
    assert (route(stage), stage.split()) == ({}, {"httpbin-0": 100})
    stage.delete(ROUTEMAPS, "httpbin")
    stage.until(None, lambda: stage.get(ROUTEMAPS, "httpbin"))
    made(stage)
    stage.until("httpbin-0=100", lambda: told(stage))
    assert stage.split() == {"httpbin-0": 100}
    assert why(stage) == ("False", "NotAcceptedYet")
    say(stage)
    # Garbage collection takes what names an owner that has gone.
    stage.until(True, lambda: bool(owners(stage)))
    stage.until(("True", "Routable"), lambda: why(stage))


def owners(stage: Stage) -> list[Any]:
    found = stage.get(VIRTUAL_SERVICES, "httpbin") or {"metadata": {}}
    return list(found["metadata"].get("ownerReferences", []))

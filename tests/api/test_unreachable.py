"""Versions that are up and can't be reached: told, and given no requests while another answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from routing.kinds import ROUTEMAPS, SERVICES

if TYPE_CHECKING:
    from routing.kinds import Resource
    from tests.api.stage import Stage

pytestmark = pytest.mark.usefixtures("controller")

BOTH, FIRST = {"httpbin-0": 50, "httpbin-1": 50}, {"httpbin-0": 100}
NO_81 = "spec.port: Service {} has no port 81, so requests for this version fail; it has 80"


@pytest.fixture
def both(stage: Stage) -> Stage:
    stage.version("httpbin-0")
    stage.version("httpbin-1")
    stage.routemap(port=80)
    stage.until(BOTH, stage.split)
    return stage


def _patch(stage: Stage, resource: Resource, name: str, spec: dict[str, Any]) -> None:
    path = resource.path(stage.namespace, name)
    stage.cluster.request("PATCH", path, {"spec": spec}, content_type="application/merge-patch+json")


def _told(stage: Stage, name: str) -> tuple[str, str]:
    found = {each["name"]: each for each in stage.status().get("versions", ())}.get(name, {})
    return found.get("reason", ""), found.get("message", "")


def test_a_port_mistyped_on_a_live_routemap_leaves_requests_where_they_are(both: Stage) -> None:
    _patch(both, ROUTEMAPS, "httpbin", {"port": 81})
    both.until("Held", lambda: both.condition("Ready").get("reason"))
    assert _told(both, "httpbin-1") == ("NoSuchPort", NO_81.format("httpbin-1"))
    assert both.split() == BOTH
    event = "NoSuchPort", f"httpbin-0 has to be mended: {NO_81.format('httpbin-0')}"
    both.until(True, lambda: event in both.events())
    _patch(both, ROUTEMAPS, "httpbin", {"port": 80})
    both.until("Applied", lambda: both.condition("Ready").get("reason"))
    assert _told(both, "httpbin-1") == ("Ready", "")


def test_a_candidate_with_another_port_gets_no_requests_until_it_has_the_right_one(both: Stage) -> None:
    _patch(both, SERVICES, "httpbin-1", {"ports": [{"port": 9080}]})
    both.until(FIRST, both.split)
    both.until("NoSuchPort", lambda: _told(both, "httpbin-1")[0])
    assert both.condition("Ready")["message"] == (
        "the split is applied; httpbin-1: spec.port: Service httpbin-1 has no port 80, "
        "so requests for this version fail; it has 9080"
    )
    _patch(both, SERVICES, "httpbin-1", {"ports": [{"port": 80}]})
    both.until(BOTH, both.split)

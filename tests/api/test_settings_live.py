"""Settings, routes and delegates on a real API server: what is routed, left alone and put right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from routing.kinds import ROUTEMAPS, VIRTUAL_SERVICES
from tests.unit.routing.setting_examples import EVERYTHING

if TYPE_CHECKING:
    from tests.api.stage import Stage

pytestmark = pytest.mark.usefixtures("controller")

CANARY = [
    {"name": "httpbin-0", "weight": 100},
    {"name": "httpbin-1", "weight": 0, "match": [{"headers": {"traffic": {"exact": "test"}}}]},
]
ROUTES = [{"name": "api", "match": [{"uri": {"prefix": "/api/"}}], "timeout": "5s"}]
RULES = ["httpbin-httpbin-1.api", "httpbin.api", "httpbin-httpbin-1", "httpbin"]


def spec(stage: Stage) -> dict[str, Any]:
    return dict((stage.get(VIRTUAL_SERVICES, "httpbin") or {}).get("spec", {}))


def rules(stage: Stage) -> list[str]:
    return [rule["name"] for rule in spec(stage).get("http", ())]


def version_of(stage: Stage) -> str:
    return str((stage.get(VIRTUAL_SERVICES, "httpbin") or {})["metadata"]["resourceVersion"])


def patched(stage: Stage, **fields: Any) -> int:
    """Change a Routemap's spec; return its generation."""
    path = ROUTEMAPS.path(stage.namespace, "httpbin")
    answer = stage.cluster.request(
        "PATCH", path, {"spec": fields}, content_type="application/merge-patch+json"
    )
    return int(answer["metadata"]["generation"])


def serve(stage: Stage, **more: Any) -> None:
    for name in ("httpbin-0", "httpbin-1"):
        stage.version(name)
    stage.routemap(strategy="canary", versions=CANARY, **more)


def test_settings_and_routes_are_routed_and_the_status_tells_of_one_split(stage: Stage) -> None:
    serve(stage, **EVERYTHING, routes=ROUTES)
    stage.until(RULES, lambda: rules(stage))
    stage.until("httpbin-0=100 httpbin-1=0+match", lambda: stage.status().get("split"))
    routed = spec(stage)["http"]
    assert [rule["timeout"] for rule in routed] == ["5s", "5s", "2s", "2s"]
    assert all(rule["retries"] == EVERYTHING["retries"] for rule in routed)


def test_another_pass_finds_nothing_to_write(stage: Stage) -> None:
    serve(stage, **EVERYTHING, routes=ROUTES)
    stage.until("httpbin-0=100 httpbin-1=0+match", lambda: stage.status().get("split"))
    before = version_of(stage)
    generation = patched(stage, drainSeconds=2)
    stage.until(generation, lambda: stage.status().get("observedGeneration"))
    assert version_of(stage) == before


def test_a_setting_changed_by_hand_is_put_right(stage: Stage) -> None:
    serve(stage, timeout="2s", routes=ROUTES)
    stage.until(RULES, lambda: rules(stage))
    wanted = spec(stage)
    path = VIRTUAL_SERVICES.path(stage.namespace, "httpbin")
    http = [{**rule, "timeout": "1h", "fault": EVERYTHING["fault"]} for rule in wanted["http"]]
    body = {"spec": {"http": http}}
    stage.cluster.request("PATCH", path, body, content_type="application/merge-patch+json")
    stage.until(wanted, lambda: spec(stage))


def test_hosts_and_gateways_go_with_a_delegate_and_come_back_after_it(stage: Stage) -> None:
    serve(stage)
    stage.until({"hosts", "gateways", "http"}, lambda: {*spec(stage)})
    patched(stage, delegate=True, hosts=None, gateways=None)
    stage.until({"http"}, lambda: {*spec(stage)})
    stage.until("True", lambda: stage.condition("Ready").get("status"))
    patched(stage, delegate=None)
    stage.until({"hosts", "gateways", "http"}, lambda: {*spec(stage)})


def test_routes_of_another_protocol_take_the_place_of_those_before(stage: Stage) -> None:
    for name in ("httpbin-0", "httpbin-1"):
        stage.version(name)
    stage.routemap()
    for protocol, field in (("HTTP", "http"), ("TCP", "tcp"), ("TLS", "tls"), ("HTTP", "http")):
        patched(stage, protocol=protocol)
        stage.until({"hosts", "gateways", field}, lambda: {*spec(stage)})
        stage.until({"httpbin-0": 50, "httpbin-1": 50}, stage.split)


def test_connections_are_left_as_they_are_routed(stage: Stage) -> None:
    stage.version("httpbin-0")
    stage.routemap(protocol="TCP")
    stage.until("httpbin-0=100", lambda: stage.status().get("split"))
    before = version_of(stage)
    generation = patched(stage, drainSeconds=2)
    stage.until(generation, lambda: stage.status().get("observedGeneration"))
    assert version_of(stage) == before

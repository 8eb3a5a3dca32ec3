"""Neighbours of what once took a site down, said Ready, was not seen, or stopped others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from reconciler.passes.controller import Controller
from reconciler.serving.metrics import Metrics
from routing import names
from routing.kinds import (
    DEPLOYMENTS,
    ENDPOINT_SLICES,
    EVENTS,
    GATEWAYS,
    ROUTEMAPS,
    SERVICES,
    VIRTUAL_SERVICES,
    WEIGHT_OVERRIDES,
    Resource,
)
from tests.api.bringing_about import BOTH, FIRST, both, change, make, one
from tests.api.conftest import running

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.api.stage import Stage

leader = pytest.mark.usefixtures("controller")


def _listed(stage: Stage, *versions: tuple[str, int], **spec: Any) -> None:
    listed = [{"name": name, "weight": weight} for name, weight in versions]
    change(stage, ROUTEMAPS, "httpbin", spec={"versions": listed, **spec})


def _reason(stage: Stage, name: str) -> str | None:
    versions = stage.status().get("versions") or ()
    return next((item["reason"] for item in versions if item["name"] == name), None)


# A. Traffic never moves to what cannot answer.


@leader
def test_a_new_version_with_all_of_the_weight_that_is_not_there_gets_nothing(stage: Stage) -> None:
    one(stage)
    _listed(stage, ("httpbin-2", 100), ("httpbin-0", 0))
    stage.until("DeploymentNotFound", lambda: _reason(stage, "httpbin-2"))
    assert stage.split() == FIRST


@leader
def test_the_only_versions_service_that_becomes_an_alias_keeps_what_it_had(stage: Stage) -> None:
    one(stage)
    change(stage, SERVICES, "httpbin-0", spec={"type": "ExternalName", "externalName": "example.com"})
    stage.until("Headless", lambda: _reason(stage, "httpbin-0"))
    stage.until("Held", lambda: stage.condition("Ready").get("reason"))
    assert stage.split() == FIRST


@leader
def test_slices_that_are_deleted_take_requests_away_and_bring_them_back(stage: Stage) -> None:
    both(stage)
    stage.delete(ENDPOINT_SLICES, "httpbin-1")
    stage.until(FIRST, stage.split)
    stage.endpoints("httpbin-1", 1)
    stage.until(BOTH, stage.split)


@leader
def test_another_strategy_whose_first_version_is_not_there_leaves_requests_with_who_answers(
    stage: Stage,
) -> None:
    one(stage)
    _listed(stage, ("httpbin-2", 100), ("httpbin-0", 100), strategy="mirror")
    stage.until("DeploymentNotFound", lambda: _reason(stage, "httpbin-2"))
    assert stage.split() == FIRST
    stage.until("Applied", lambda: stage.condition("Ready").get("reason"))


# B. Ready means that requests arrive.


@leader
def test_a_gateway_that_passes_tls_on_brings_no_request(stage: Stage) -> None:
    port = {"number": 443, "name": "tls", "protocol": "TLS"}
    make(stage, GATEWAYS, "in", servers=[{"hosts": ["*"], "port": port, "tls": {"mode": "PASSTHROUGH"}}])
    one(stage, gateways=["in"])
    stage.until("HostNotAtGateway", lambda: stage.condition("Routable").get("reason"))
    assert "(it takes none for HTTP)" in stage.condition("Routable")["message"]


@leader
def test_a_service_for_udp_is_no_way_to_a_version(stage: Stage) -> None:
    one(stage)
    stage.deployment("httpbin-1")
    make(stage, SERVICES, "httpbin-1", ports=[{"port": 80, "protocol": "UDP"}])
    stage.endpoints("httpbin-1", 1)
    stage.until("NoSuchPort", lambda: _reason(stage, "httpbin-1"))
    assert stage.split() == FIRST


@leader
def test_a_second_port_of_the_application_that_versions_lack_is_told_until_it_is_none_for_http(
    stage: Stage,
) -> None:
    one(stage)
    second = {"port": 9090, "name": "http-admin"}
    web = {"port": 80, "name": "web"}
    change(stage, SERVICES, "httpbin", spec={"ports": [web, second]})
    stage.until("PortNotGiven", lambda: stage.condition("Routable").get("reason"))
    change(
        stage,
        SERVICES,
        "httpbin",
        spec={"ports": [{"port": 80, "name": "web"}, {"port": 90, "name": "tcp-a"}]},
    )
    stage.until("Routable", lambda: stage.condition("Routable").get("reason"))


@leader
def test_an_older_route_that_comes_to_have_the_host_later_is_told(stage: Stage) -> None:
    rule = {"route": [{"destination": {"host": "x"}}]}
    make(stage, VIRTUAL_SERVICES, "a", hosts=["other"], http=[rule])
    one(stage)
    change(stage, VIRTUAL_SERVICES, "a", spec={"hosts": ["other", f"httpbin.{stage.namespace}"]})
    stage.until("HostTaken", lambda: stage.condition("Routable").get("reason"))


# C. What happens is seen where people look.


def _told_of(stage: Stage, kind: str, reason: str) -> list[str]:
    found = stage.cluster.request("GET", EVENTS.path(stage.namespace))["items"]
    about = [item for item in found if item["involvedObject"]["kind"] == kind]
    return [item["message"] for item in about if item["reason"] == reason]


@leader
def test_a_deployment_without_the_label_is_told_of_when_its_pods_are_ready(stage: Stage) -> None:
    """Its Service was there before, and the Routemap had come to rest: no watch tells of the Deployment."""
    one(stage)
    stage.service("httpbin-1", labels={})
    stage.until(
        {names.WATCH: "true"},
        lambda: ((stage.get(SERVICES, "httpbin-1") or {}).get("metadata") or {}).get("labels"),
    )
    stage.deployment("httpbin-1", labels={})
    stage.endpoints("httpbin-1", 1)
    stage.until("NotWatched", lambda: _reason(stage, "httpbin-1"))


@leader
def test_a_deployment_without_the_label_is_told_of_though_nothing_else_is_there_of_it(stage: Stage) -> None:
    """Neither Service nor pods, and the Routemap has come to rest; once it goes, that is told, too."""
    one(stage)
    stage.until("DeploymentNotFound", lambda: _reason(stage, "httpbin-1"))
    stage.deployment("httpbin-1", labels={}, available=False)
    stage.until("NotWatched", lambda: _reason(stage, "httpbin-1"))
    stage.delete(DEPLOYMENTS, "httpbin-1")
    stage.until("DeploymentNotFound", lambda: _reason(stage, "httpbin-1"))
    stage.deployment("httpbin-1", labels={names.WATCH: "false"}, available=False)
    stage.until("NotWatched", lambda: _reason(stage, "httpbin-1"))


def test_the_next_leader_tells_no_second_time_that_nobody_lists_a_deployment(stage: Stage) -> None:
    stage.deployment("httpbin-2")
    for later in ("httpbin-3", "httpbin-4"):
        with running(Controller(stage.cluster, Metrics())):
            # One that has come later is told of later.
            stage.until(True, lambda: _heard_of(stage, "httpbin-2") == 1)
            stage.deployment(later)
            stage.until(1, lambda later=later: _heard_of(stage, later))  # type: ignore[misc]
    assert _heard_of(stage, "httpbin-2") == 1
    [told] = [text for text in _told_of(stage, "Deployment", "NotListed") if "lists httpbin-2" in text]
    assert f"(there is none in namespace {stage.namespace})" in told


def _heard_of(stage: Stage, name: str) -> int:
    told = _told_of(stage, "Deployment", "NotListed")
    return len([text for text in told if text.startswith(f"no Routemap lists {name},")])


@leader
def test_a_routemap_that_comes_after_its_versions_makes_no_event_on_them(stage: Stage) -> None:
    stage.version("httpbin-0")
    stage.deployment("httpbin-2")
    stage.routemap()
    stage.until(True, lambda: bool(_told_of(stage, "Deployment", "NotListed")))
    assert ["httpbin-2" in text for text in _told_of(stage, "Deployment", "NotListed")] == [True]


@leader
def test_an_override_that_is_deleted_goes_from_the_columns_too(stage: Stage) -> None:
    both(stage)
    stage.override(20, 80)
    stage.until("httpbin-0=20 httpbin-1=80", lambda: stage.status().get("override"))
    stage.delete(WEIGHT_OVERRIDES, "httpbin")
    stage.until(None, lambda: stage.status().get("override"))
    stage.until(BOTH, stage.split)


# D. One object's oddity stops nobody else.

ODD: Mapping[str, tuple[Resource, Mapping[str, Any]]] = {
    "a Gateway without anything": (GATEWAYS, {}),
    "a Gateway of a hundred ports": (
        GATEWAYS,
        {
            "spec": {
                "servers": [
                    {"hosts": ["*"], "port": {"number": number, "name": f"p{number}", "protocol": "HTTP"}}
                    for number in range(1, 101)
                ]
            }
        },
    ),
    "a VirtualService without hosts": (VIRTUAL_SERVICES, {"spec": {"http": [{}]}}),
    "a VirtualService of a thousand hosts": (
        VIRTUAL_SERVICES,
        {"spec": {"hosts": [f"h{number}.example.com" for number in range(1000)], "http": [{}]}},
    ),
    "slices of no Service": (ENDPOINT_SLICES, {"addressType": "IPv4", "endpoints": []}),
    "slices without conditions": (
        ENDPOINT_SLICES,
        {"addressType": "IPv4", "endpoints": [{"addresses": ["10.0.0.1"]}], "ports": []},
    ),
    "a Service without ports": (SERVICES, {"spec": {"type": "ExternalName", "externalName": "a.b"}}),
    "a WeightOverride without spec": (WEIGHT_OVERRIDES, {}),
    "a Routemap without spec": (ROUTEMAPS, {}),
}


@leader
@pytest.mark.parametrize("odd", ODD)
def test_an_odd_object_keeps_nobody_waiting(stage: Stage, odd: str) -> None:
    resource, parts = ODD[odd]
    metadata = {"name": "odd", "namespace": stage.namespace, "labels": {names.WATCH: "true"}}
    manifest = {"apiVersion": resource.api_version, "kind": resource.kind, "metadata": metadata, **parts}
    stage.cluster.create(resource, manifest)
    both(stage)
    stage.delete(DEPLOYMENTS, "httpbin-1")
    stage.until(FIRST, stage.split)

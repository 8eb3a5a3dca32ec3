"""Routemaps of either router beside each other, and one that is to change its router."""

from __future__ import annotations

from typing import Any

import pytest

from routing.deciding.claims import Claim
from routing.deciding.routable import Surroundings, faults
from routing.reading.parse import parse_routemap
from routing.rules.review import Review
from routing.rules.rulebook import review
from routing.rules.together import misfits
from tests.unit.routing.manifests import Manifest, changed, routemap

APART = {"versions": [{"name": "web-0"}]}


def by(router: str, name: str, gateways: list[str], **spec: Any) -> Manifest:
    hosts = ["httpbin.default"]
    made = routemap(router=router, port=80, hosts=hosts, gateways=gateways, **spec)
    return changed(made, "metadata.name", name)


@pytest.mark.parametrize(
    ("one", "other", "gateway", "told"),
    [
        ("HTTPRoute", "HTTPRoute", "in", ["SameHost"]),
        ("VirtualService", "HTTPRoute", "mesh", ["SameHost"]),
        # Gateways of two APIs are two, whatever they are called.
        ("VirtualService", "HTTPRoute", "in", []),
        ("HTTPRoute", "VirtualService", "in", []),
    ],
)
def test_of_two_that_route_a_host_at_one_place_one_is_told(
    one: str, other: str, gateway: str, told: list[str]
) -> None:
    both = [by(one, "httpbin", [gateway]), by(other, "web", [gateway], **APART)]
    assert [misfit.reason for misfit in misfits(both)] == told


@pytest.mark.parametrize(("kind", "told"), [("HTTPRoute", ["Conflict"]), ("VirtualService", [])])
def test_an_object_of_the_name_that_is_not_teals_is_in_the_way_of_its_own_router(
    kind: str, told: list[str]
) -> None:
    group = {"HTTPRoute": "gateway.networking.k8s.io/v1", "VirtualService": "networking.istio.io/v1"}[kind]
    other = {"apiVersion": group, "kind": kind, "metadata": {"name": "httpbin", "namespace": "default"}}
    assert [misfit.reason for misfit in misfits([by("HTTPRoute", "httpbin", ["in"]), other])] == told


ROUTED = {"status": {"split": "httpbin-0=100"}}
LEFT_OUT = routemap()
HTTP_ROUTE = routemap(router="HTTPRoute", port=80)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (LEFT_OUT | ROUTED, routemap(router="VirtualService")),
        (HTTP_ROUTE | ROUTED, HTTP_ROUTE),
        # Nothing goes by it yet.
        (LEFT_OUT, HTTP_ROUTE),
        (LEFT_OUT | {"status": {"split": ""}}, HTTP_ROUTE),
    ],
)
def test_a_router_that_stays_or_that_nothing_goes_by_is_taken(old: Manifest, new: Manifest) -> None:
    assert review(Review("UPDATE", new, old)).allowed


def test_a_router_that_there_is_not_is_told_of_once() -> None:
    verdict = review(Review("UPDATE", routemap(router="Ingress"), LEFT_OUT | ROUTED))
    assert [violation.reason for violation in verdict.violations] == ["UnknownRouter"]


def test_of_an_http_route_its_controllers_tell_of_gateways_and_nobody_looks_for_istios() -> None:
    asked = parse_routemap(by("HTTPRoute", "httpbin", ["in"]))
    around = Surroundings(claims=(Claim("httpbin.default", "default/in", "default/old"),))
    assert faults(asked, around) == ()
    assert [
        fault.reason for fault in faults(parse_routemap(by("VirtualService", "httpbin", ["in"])), around)
    ] == [
        "GatewayNotFound",
        "HostTaken",
    ]


def test_weights_that_nothing_overrides_are_changed_without_a_word() -> None:
    weighted = routemap(versions=[{"name": "httpbin-0", "weight": 7}])
    assert review(Review("UPDATE", weighted, LEFT_OUT)).warnings == ()

"""The GRPCRoute of exposures, and the exposures of a GRPCRoute: what differs from an HTTPRoute."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from routing.deciding.strategies import STRATEGIES
from routing.reading.grpcroutes import called
from routing.reading.parse import parse_routemap
from routing.routes import ROUTERS, router_of, shares
from routing.routes.exposure import Exposure
from routing.rules.together import misfits
from tests.unit.routing.manifests import changed
from tests.unit.routing.manifests import routemap as manifest
from tests.unit.routing.test_httproute import backend

if TYPE_CHECKING:
    from routing.model import Routemap

ROUTER = ROUTERS["GRPCRoute"]
TESTERS = {"headers": [{"name": "traffic", "type": "Exact", "value": "test"}]}
TWO = [{"name": "httpbin-0"}, {"name": "httpbin-1"}]


def asked_for(**spec: Any) -> Routemap:
    return parse_routemap(manifest(**{"router": "GRPCRoute", "port": 80, **spec}))


def rendered(asked: Routemap) -> dict[str, Any]:
    names = tuple(version.name for version in asked.versions)
    return dict(ROUTER.render(asked, STRATEGIES[asked.strategy](asked.versions, names)))


def test_a_call_is_for_a_service_or_a_method_of_it() -> None:
    assert {
        kind: [called({kind: text}) for text in ("/shop.Cart", "/shop.Cart/", "/Cart/Add", "/")]
        for kind in ("prefix", "exact")
    } == {
        "prefix": [{"service": "shop.Cart"}, {"service": "shop.Cart"}, None, {}],
        "exact": [None, None, {"service": "Cart", "method": "Add"}, None],
    }
    assert called({}) == {}


@pytest.mark.parametrize("text", ["/a b/C", "/.a/C", "/a./C", "/a/1", "//C", "/a/B/C", "/a/b-c", "/a/B?c=d"])
def test_what_is_no_services_or_methods_name_is_no_call(text: str) -> None:
    assert called({"exact": text}) is None


def test_a_canary_goes_by_the_method_and_by_what_is_sent_along() -> None:
    alternatives = [
        {"uri": {"exact": "/shop.Cart/Add"}, "headers": {"a": {"regex": "b|c"}, "d": {"prefix": "e.f"}}},
        {"uri": {"prefix": "/shop.Cart/"}},
        {"uri": {"prefix": "/"}, "headers": {"traffic": {"exact": "test"}}},
    ]
    versions = [{"name": "httpbin-0"}, {"name": "httpbin-1", "match": alternatives}]
    made = rendered(asked_for(strategy="canary", versions=versions))
    assert (made["apiVersion"], made["kind"]) == ("gateway.networking.k8s.io/v1", "GRPCRoute")
    assert made["spec"]["rules"] == [
        # Without matches a rule takes every call, and the API server adds none.
        {"backendRefs": [backend("httpbin-0", 100)]},
        {
            "matches": [
                {
                    "method": {"type": "Exact", "service": "shop.Cart", "method": "Add"},
                    "headers": [
                        {"name": "a", "type": "RegularExpression", "value": "b|c"},
                        {"name": "d", "type": "RegularExpression", "value": "e\\.f.*"},
                    ],
                },
                {"method": {"type": "Exact", "service": "shop.Cart"}},
                TESTERS,
            ],
            "backendRefs": [backend("httpbin-1", 100)],
        },
    ]


def test_who_shows_a_split_reads_a_grpc_route_as_its_router_does() -> None:
    asked = asked_for(versions=TWO)
    assert router_of({"spec": {"router": "GRPCRoute"}}) is ROUTER
    assert shares(rendered(asked)) == {"httpbin-0": 50, "httpbin-1": 50}


def test_a_rule_for_a_method_is_not_one_for_all() -> None:
    rules = [
        {"matches": [{"method": {"service": "a"}}], "backendRefs": [{"name": "b", "port": 80}]},
        {"matches": [{}], "backendRefs": [{"name": "a", "port": 80}]},
    ]
    route = {"metadata": {"namespace": "default"}, "spec": {"rules": rules}}
    match = json.dumps([{"method": {"service": "a"}}])
    assert [*ROUTER.exposures(route)] == [Exposure("b", matches=(match,)), Exposure("a", 100)]


@pytest.mark.parametrize(("other", "told"), [("HTTPRoute", ["SameHost"]), ("VirtualService", [])])
def test_two_kinds_of_routes_of_one_api_share_its_gateways(other: str, told: list[str]) -> None:
    hosts, gateways = ["www.example.org"], ["web"]
    one = manifest(router="GRPCRoute", port=80, hosts=hosts, gateways=gateways)
    two = manifest(router=other, port=80, hosts=hosts, gateways=gateways, versions=[{"name": "web-0"}])
    both = [one, changed(two, "metadata.name", "web")]
    assert [misfit.reason for misfit in misfits(both)] == told

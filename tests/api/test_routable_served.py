"""What keeps requests from a route is told while it lasts; a change beside the versions is seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from routing.kinds import ENDPOINT_SLICES, GATEWAYS, ROUTEMAPS, SERVICES, VIRTUAL_SERVICES
from tests.api.bringing_about import change, make

if TYPE_CHECKING:
    from routing.kinds import Resource
    from tests.api.stage import Stage

pytestmark = pytest.mark.usefixtures("controller")


@pytest.fixture
def served(stage: Stage) -> Stage:
    stage.version("httpbin-0")
    stage.routemap()
    stage.until("Applied", lambda: stage.condition("Ready").get("reason"))
    return stage


def patch(stage: Stage, resource: Resource, name: str, spec: dict[str, Any]) -> None:
    change(stage, resource, name, spec=spec)


def told(stage: Stage, reason: str) -> None:
    """See a fault told by both conditions and by one Event; requests are split as before."""
    stage.until(reason, lambda: stage.condition("Routable").get("reason"))
    assert stage.condition("Routable")["status"] == "False"
    assert (stage.condition("Ready")["status"], stage.condition("Ready")["reason"]) == (
        "False",
        "NotRoutable",
    )
    stage.until(1, lambda: [found for found, _ in stage.events()].count(reason))
    assert stage.split() == {"httpbin-0": 100}


def mended(stage: Stage) -> None:
    stage.until("Applied", lambda: stage.condition("Ready").get("reason"))
    assert stage.condition("Routable")["status"] == "True"


def test_a_gateway_that_is_not_there_until_it_is(served: Stage) -> None:
    patch(served, ROUTEMAPS, "httpbin", {"gateways": ["mesh", "nope"]})
    told(served, "GatewayNotFound")
    make(
        served,
        GATEWAYS,
        "nope",
        servers=[{"hosts": ["shop.example.com"], "port": {"number": 80, "name": "http", "protocol": "HTTP"}}],
    )
    told(served, "HostNotAtGateway")
    patch(
        served,
        GATEWAYS,
        "nope",
        {"servers": [{"hosts": ["*"], "port": {"number": 80, "name": "http", "protocol": "HTTP"}}]},
    )
    mended(served)


def test_the_applications_service_goes_and_comes_back(served: Stage) -> None:
    served.delete(SERVICES, "httpbin")
    told(served, "HostNotFound")
    make(served, SERVICES, "httpbin", ports=[{"port": 80, "name": "tcp-web"}])
    told(served, "NotHTTP")
    patch(served, SERVICES, "httpbin", {"ports": [{"port": 80, "name": "http-web"}]})
    mended(served)


def test_versions_at_another_port_than_the_application_need_one_to_be_given(served: Stage) -> None:
    patch(served, SERVICES, "httpbin-0", {"ports": [{"port": 9080}]})
    told(served, "PortNotGiven")
    patch(served, ROUTEMAPS, "httpbin", {"port": 9080})
    mended(served)


def test_gateways_take_a_port_that_says_nothing_for_http_1_beside_one_for_grpc(served: Stage) -> None:
    patch(served, SERVICES, "httpbin", {"ports": [{"port": 80, "name": "grpc"}]})
    mended(served)
    port = {"number": 80, "name": "http", "protocol": "HTTP"}
    make(served, GATEWAYS, "in", servers=[{"hosts": ["*"], "port": port}])
    patch(served, ROUTEMAPS, "httpbin", {"gateways": ["mesh", "in"]})
    told(served, "OtherProtocol")
    patch(served, SERVICES, "httpbin-0", {"ports": [{"port": 80, "appProtocol": "kubernetes.io/h2c"}]})
    mended(served)


def test_an_older_virtual_service_has_the_host(stage: Stage) -> None:
    make(stage, VIRTUAL_SERVICES, "a", hosts=["httpbin"], http=[{"route": [{"destination": {"host": "x"}}]}])
    stage.version("httpbin-0")
    stage.routemap()
    told(stage, "HostTaken")
    assert f"VirtualService {stage.namespace}/a, too" in stage.condition("Routable")["message"]
    patch(stage, VIRTUAL_SERVICES, "a", {"hosts": ["other"]})
    mended(stage)


def test_of_two_routemaps_with_one_host_the_younger_is_told(served: Stage) -> None:
    served.version("shop-0")
    hosts = [f"httpbin.{served.namespace}.svc"]
    served.routemap("shop", versions=[{"name": "shop-0", "weight": 50}], hosts=hosts)
    served.until({"shop-0": 100}, lambda: served.split("shop"))
    ages = {
        name: (served.get(VIRTUAL_SERVICES, name) or {})["metadata"]["creationTimestamp"]
        for name in ("httpbin", "shop")
    }
    younger = "shop" if ages["httpbin"] <= ages["shop"] else "httpbin"
    served.until("HostTaken", lambda: served.condition("Routable", younger).get("reason"))
    served.delete(ROUTEMAPS, "shop")
    served.until("Routable", lambda: served.condition("Routable").get("reason"))


def test_pods_that_two_services_select_are_told(served: Stage) -> None:
    served.version("httpbin-1")
    served.until({"httpbin-0": 50, "httpbin-1": 50}, served.split)
    for name in ("httpbin-0", "httpbin-1"):
        pod = {"kind": "Pod", "name": "httpbin-1-5d4f8c7b9-abcde"}
        body = {
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": {
                "name": name,
                "namespace": served.namespace,
                "labels": {"kubernetes.io/service-name": name, "iter8.tools/watch": "true"},
            },
            "addressType": "IPv4",
            "endpoints": [{"addresses": ["10.0.0.9"], "conditions": {"ready": True}, "targetRef": pod}],
            "ports": [{"port": 80}],
        }
        served.cluster.apply(ENDPOINT_SLICES, body)
    served.until("SharedPods", lambda: served.condition("Routable").get("reason"))
    served.endpoints("httpbin-0", 1)
    mended(served)

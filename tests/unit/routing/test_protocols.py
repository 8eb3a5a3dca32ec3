"""At which ports of versions gRPC calls fail, by what an application's Services say, and at which not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from routing import names
from routing.deciding.protocols import unlike
from routing.deciding.routable import Surroundings, faults
from routing.reaching import is_http2
from tests.unit.routing.worlds import routemap

MESH = replace(routemap(50, 50), gateways=("mesh",))


def service(*said: dict[str, Any]) -> dict[str, Any]:
    return {"spec": {"ports": [{"port": 80 + place, **port} for place, port in enumerate(said)]}}


def at(said: str | None) -> dict[str, Any]:
    """A Service with one port of this appProtocol, None for one that says nothing."""
    return service({} if said is None else {"appProtocol": said})


def told(
    called: str | None, primary: str | None, candidate: str | None, **changed: Any
) -> list[tuple[str, int]]:
    services = {"httpbin": at(called), "httpbin-0": at(primary), "httpbin-1": at(candidate)}
    return [(found.version, found.place) for found in unlike(replace(MESH, **changed), services)]


@pytest.mark.parametrize(
    "odd", ["http", "HTTP", "http_proxy", "kubernetes.io/ws", "tcp", "tls", "https", "redis"]
)
def test_beside_one_for_grpc_a_port_for_anything_but_http2_is_told(odd: str) -> None:
    assert told(None, "grpc", odd) == [("httpbin-1", 0)]
    assert told(None, odd, "grpc") == [("httpbin-0", 0)]
    assert told("grpc", odd, odd) == [("httpbin-0", 0), ("httpbin-1", 0)]


@pytest.mark.parametrize(
    "like",
    ["grpc", "GRPC", "grpc-web", "http2", "HTTP2", "kubernetes.io/h2c", None, "unknown", "kubernetes.io/WS"],
)
def test_what_is_unlike_and_agrees_is_not_told(like: str | None) -> None:
    assert told("grpc", "grpc", like) == []


@pytest.mark.parametrize("called", ["http", "https", "http2", "kubernetes.io/h2c", None])
def test_without_a_word_of_grpc_nobody_knows_of_calls(called: str | None) -> None:
    for primary in ("http", "http2", "kubernetes.io/ws", "tcp", None):
        assert told(called, primary, "http") == []


def test_a_service_that_is_called_for_http_is_none_of_versions() -> None:
    assert told("http", "grpc", "grpc") == []


@pytest.mark.parametrize("gateways", [("in",), ("in", "mesh")])
def test_gateways_take_a_port_that_says_nothing_for_http_1(gateways: tuple[str, ...]) -> None:
    assert told(None, "grpc", None, gateways=gateways) == [("httpbin-1", 0)]
    assert told(None, "grpc", "http2", gateways=gateways) == []
    assert told(None, None, None, gateways=gateways) == []
    assert told(None, "grpc", None, gateways=gateways, router=names.HTTP_ROUTE) == []


def test_who_calls_by_a_gateway_does_not_go_by_the_service_of_the_mesh() -> None:
    assert told("grpc", "http", None, gateways=("in",)) == []


def test_a_gateway_of_another_kind_may_not_go_by_names() -> None:
    assert told("grpc", "grpc", "http", gateways=("in",), router=names.HTTP_ROUTE) == []
    assert told("grpc", "grpc", "http", router=names.HTTP_ROUTE) == [("httpbin-1", 0)]


def test_a_grpcroute_has_calls_of_grpc_only() -> None:
    assert told(None, None, "http", router=names.GRPC_ROUTE) == [("httpbin-1", 0)]
    assert told(None, None, "http", router=names.GRPC_ROUTE, gateways=("in",)) == []


def test_each_port_is_compared_with_those_of_its_number_unless_one_is_given() -> None:
    services = {
        "httpbin": service({}, {"name": "grpc"}),
        "httpbin-0": service({"name": "http"}, {"name": "grpc"}),
        "httpbin-1": service({"name": "http"}, {"name": "http-b"}),
    }
    found = [(each.version, each.place) for each in unlike(replace(MESH, port=None), services)]
    assert found == [("httpbin-1", 1)]
    found = [(each.version, each.place) for each in unlike(replace(MESH, port=80), services)]
    assert found == [("httpbin-0", 0), ("httpbin-1", 0)]


def test_what_is_for_udp_carries_no_calls() -> None:
    services = {"httpbin-0": service({"name": "grpc", "protocol": "UDP"}), "httpbin-1": at("http")}
    assert [*unlike(MESH, services)] == []


def test_for_http2_may_be_asked() -> None:
    services = {"httpbin-0": at("http2"), "httpbin-1": at("http")}
    assert [found.version for found in unlike(MESH, services, is_http2)] == ["httpbin-1"]


@pytest.mark.parametrize(
    ("of", "changed", "sentence"),
    [
        (
            {"httpbin-0": at("grpc"), "httpbin-1": service({"name": "http-web"})},
            {},
            (
                "Service httpbin-1, spec.ports[0].name: http-web is not for HTTP/2, and that of Service "
                "httpbin-0 (80 (appProtocol grpc)) is, so gRPC calls for httpbin-1 fail, or what else comes "
                "to httpbin-0"
            ),
        ),
        (
            {"httpbin-0": service({"name": "grpc"}), "httpbin-1": at(None)},
            {"gateways": ("in", "mesh")},
            (
                "Service httpbin-1, spec.ports[0].name: 80 says nothing, which gateways take for HTTP/1.1, "
                "and that of Service httpbin-0 (grpc) is for HTTP/2, so gRPC calls for httpbin-1 that come "
                "by them fail, or what else comes to httpbin-0"
            ),
        ),
        (
            {"httpbin-1": at("http")},
            {"router": names.GRPC_ROUTE},
            (
                "Service httpbin-1, spec.ports[0].name: 80 (appProtocol http) is not for HTTP/2, and what "
                "router GRPCRoute brings is, so gRPC calls for httpbin-1 fail"
            ),
        ),
    ],
)
def test_it_is_told_with_both_and_the_remedy(
    of: dict[str, Any], changed: dict[str, Any], sentence: str
) -> None:
    around = Surroundings(services={"httpbin": {}}, gateways={"default/in": ("*",)}, speaking=of)
    remedy = "say what their pods speak, by a name or an appProtocol that begins with grpc, http2 or http"
    assert [*map(str, faults(replace(MESH, **changed), around))] == [f"{sentence}; have both {remedy}"]

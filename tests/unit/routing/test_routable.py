"""Whether requests come to a route: each fault with its sentence, and what stands beside it and is none."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from routing.deciding.claims import Claim, Wanted, claims
from routing.deciding.listeners import listened, listener
from routing.deciding.routable import Surroundings, faults
from routing.names import PROTOCOLS
from routing.reading.hosts import full, qualified, service_of
from tests.unit.routing.worlds import routemap

ASKED = routemap(50, 50)
"""Hosts httpbin.default and httpbin.default.svc, gateways httpbin and mesh."""
WELL = Surroundings(services={"httpbin": {}}, gateways={"default/httpbin": ("*",)})


def told(around: Surroundings, **changed: Any) -> list[tuple[str, str]]:
    return [(fault.reason, str(fault)) for fault in faults(replace(ASKED, **changed), around)]


def ports(*items: dict[str, Any]) -> dict[str, Any]:
    return {"spec": {"ports": [*items]}}


def test_where_all_is_there_nothing_is_told() -> None:
    assert told(WELL) == []


def test_a_gateway_that_is_not_there() -> None:
    assert told(WELL, gateways=("mesh", "nope")) == [
        (
            "GatewayNotFound",
            (
                'spec.gateways[1]: there is no Gateway "nope", so nothing comes in by it; '
                "create it, or take it off"
            ),
        )
    ]


@pytest.mark.parametrize(
    ("taken", "fits"),
    [
        (["*"], True),
        (["*.default"], True),
        (["httpbin.default"], True),
        (["default/httpbin.default"], True),
        (["*/httpbin.default"], True),
        (["./*"], True),
        (["other/*"], False),
        (["shop.example.com", "*.example.com"], False),
        ([], False),
    ],
)
def test_a_gateway_has_to_take_one_of_the_hosts(taken: list[str], *, fits: bool) -> None:
    found = told(replace(WELL, gateways={"default/httpbin": tuple(taken)}))
    assert [reason for reason, _ in found] == ([] if fits else ["HostNotAtGateway"])


def test_a_gateway_that_takes_other_hosts_is_told_with_these() -> None:
    assert told(replace(WELL, gateways={"default/httpbin": ("a.test", "b.test")}))[0][1] == (
        'spec.gateways[0]: Gateway "httpbin" takes none of the hosts (it takes a.test, b.test), '
        "so no request comes in by it; add one of its hosts to spec.hosts, or one of these to the Gateway"
    )


HTTP = {"number": 80, "protocol": "HTTP"}


@pytest.mark.parametrize(
    ("servers", "hosts"),
    [
        ([{"hosts": ["a"], "port": HTTP}, {"hosts": ["b"], "port": HTTP}], {80: ["a", "b"]}),
        (
            [{"hosts": ["a"], "port": {"number": 443, "protocol": "HTTPS"}, "tls": {"mode": "SIMPLE"}}],
            {443: ["a"]},
        ),
        (
            [{"hosts": ["a"], "port": {"number": 443, "protocol": "HTTPS"}, "tls": {"mode": "PASSTHROUGH"}}],
            {},
        ),
        ([{"hosts": ["a"], "port": {"number": 443, "protocol": "TLS"}}], {}),
        ([{"hosts": ["a"], "port": {"number": 80, "protocol": "TCP"}}], {}),
        ([{"hosts": ["a"], "port": {"number": 80, "protocol": "grpc"}}], {80: ["a"]}),
        ([{"hosts": ["a", 7, None]}, "x", None], {0: ["a"]}),
        ("x", {}),
    ],
)
def test_a_gateway_takes_hosts_for_http_only_where_it_ends_tls_itself(
    servers: Any, hosts: dict[int, Any]
) -> None:
    found = listened({"spec": {"servers": servers}}, "HTTP")
    assert {port: taken for port, taken in found.items() if taken} == hosts


@pytest.mark.parametrize(
    ("protocol", "mode", "taken"),
    [
        ("TCP", None, "TCP"),
        ("mongo", None, "TCP"),
        ("TLS", "SIMPLE", "TCP"),
        ("TLS", "PASSTHROUGH", "TLS"),
        ("HTTPS", "PASSTHROUGH", "TLS"),
        ("HTTPS", "MUTUAL", "HTTP"),
        ("TLS", "AUTO_PASSTHROUGH", None),
    ],
)
def test_what_a_gateway_has_of_tls_goes_by_a_name_where_it_does_not_end_it(
    protocol: str, mode: str | None, taken: str | None
) -> None:
    server = {"hosts": ["a"], "port": {"number": 9000, "protocol": protocol}, "tls": {"mode": mode}}
    found = {each: listened({"spec": {"servers": [server]}}, each) for each in PROTOCOLS}
    assert found == {each: {9000: ["a"]} if each == taken else {} for each in PROTOCOLS}


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_what_is_kept_of_a_gateway_says_the_same(protocol: str) -> None:
    server = {"hosts": ["a"], **listener(protocol, 90)}
    assert listened({"spec": {"servers": [server]}}, protocol) == {90: ["a"]}


def test_a_gateway_without_a_server_for_the_protocol_is_told_so() -> None:
    around = replace(WELL, gateways={"default/httpbin": ()})
    assert told(around, protocol="TCP")[0][1] == (
        'spec.gateways[0]: Gateway "httpbin" takes none of the hosts (it takes none for TCP), so no request '
        "comes in by it; add one of its hosts to spec.hosts, or one of these to the Gateway"
    )


@pytest.mark.parametrize(
    ("ports_of", "port", "at", "lacks"),
    [
        ({"a": [8080, 9090]}, None, {80: ["*"]}, True),
        ({"a": [8080, 9090]}, 8080, {80: ["*"]}, False),
        ({"a": [8080]}, None, {80: ["*"]}, False),
        ({"a": [80, 9090]}, None, {80: ["*"]}, False),
        ({"a": [80, 9090]}, None, {80: ["*"], 443: ["*.default"]}, True),
        ({"a": [80, 9090]}, None, {80: ["*"], 443: ["*.test"]}, False),
        ({"a": [8080, 9090]}, None, {0: ["*"]}, False),
        ({"a": []}, None, {80: ["*"]}, False),
    ],
)
def test_of_several_ports_the_one_at_which_a_gateway_listens_is_taken_unless_one_is_given(
    ports_of: dict[str, list[int]], port: int | None, at: dict[int, list[str]], *, lacks: bool
) -> None:
    around = replace(WELL, listeners={"default/httpbin": at}, ports=ports_of)
    found = told(around, port=port, gateways=("httpbin",))
    assert [reason for reason, _ in found] == (["PortNotGiven"] if lacks else [])
    assert told(around, port=port, gateways=("mesh",)) == []


def test_a_port_that_a_gateway_needs_is_told_with_both() -> None:
    around = replace(WELL, listeners={"default/httpbin": {80: ["*"]}}, ports={"a": [8080, 9090]})
    assert told(around, port=None)[0][1] == (
        'spec.port: missing; requests come in by Gateway "httpbin" at 80, and Service a has 8080 and 9090, '
        "so they fail for it; set spec.port, such as 8080"
    )


def test_a_host_without_its_service_is_told_once() -> None:
    assert told(replace(WELL, services={})) == [
        (
            "HostNotFound",
            (
                "spec.hosts[0]: there is no Service httpbin, so clients in the mesh don't find "
                '"httpbin.default"; create it, or take mesh off spec.gateways'
            ),
        )
    ]


@pytest.mark.parametrize(
    "changed",
    [
        {"gateways": ("httpbin",)},
        {"hosts": ("shop.example.com",)},
        {"hosts": ("*.default",)},
    ],
)
def test_what_is_not_called_by_a_service_needs_none(changed: dict[str, Any]) -> None:
    assert told(replace(WELL, services={}), **changed) == []


@pytest.mark.parametrize(
    ("service", "fits"),
    [
        (ports({"port": 80}), True),
        (ports({"port": 80, "name": "http"}), True),
        (ports({"port": 80, "name": "web"}), True),
        (ports({"port": 80, "name": "tcp-web"}), False),
        (ports({"port": 80, "name": "tcp"}), False),
        (ports({"port": 443, "name": "https"}), False),
        (ports({"port": 80, "name": "http", "appProtocol": "tcp"}), False),
        (ports({"port": 80, "name": "tcp", "appProtocol": "http"}), True),
        (ports({"port": 80, "name": "tcp", "appProtocol": "kubernetes.io/h2c"}), True),
        (ports({"port": 80, "appProtocol": "kubernetes.io/wss"}), False),
        (ports({"port": 80, "name": "tcp-a"}, {"port": 81, "name": "http-b"}), True),
        (ports({"port": 80, "name": "http", "protocol": "UDP"}), False),
        (ports({"port": 80, "name": "http", "appProtocol": "tcp-web"}), False),
        (ports({"port": 80, "name": "tcp", "appProtocol": "HTTP2-web"}), True),
        (ports({"port": 80, "name": "tcp", "appProtocol": "example.com/any"}), True),
        (ports({"port": 3306}), False),
        (ports({"port": 3306, "name": "web"}), False),
        (ports({"port": 3306, "name": "grpc-web"}), True),
        (ports({"port": 53, "appProtocol": "http"}), True),
    ],
)
def test_a_host_is_called_by_a_port_for_http(service: dict[str, Any], *, fits: bool) -> None:
    found = told(replace(WELL, services={"httpbin": service}))
    assert [reason for reason, _ in found] == ([] if fits else ["NotHTTP"])


@pytest.mark.parametrize(
    ("port", "fits"),
    [
        ({}, ["HTTP", "TCP"]),
        ({"name": "web"}, ["HTTP", "TCP"]),
        ({"name": "http-web"}, ["HTTP"]),
        ({"appProtocol": "kubernetes.io/h2c"}, ["HTTP"]),
        ({"name": "tcp-db"}, ["TCP"]),
        ({"name": "http", "appProtocol": "redis"}, ["TCP"]),
        ({"port": 3306}, ["TCP"]),
        ({"name": "tls"}, ["TLS"]),
        ({"appProtocol": "https"}, ["TLS"]),
        ({"name": "tcp", "protocol": "UDP"}, []),
        ({"name": "tls", "protocol": "SCTP"}, []),
    ],
)
def test_a_port_is_for_what_it_says_of_itself(port: dict[str, Any], fits: list[str]) -> None:
    around = replace(WELL, services={"httpbin": ports({"port": 80, **port})})
    found = {protocol: [reason for reason, _ in told(around, protocol=protocol)] for protocol in PROTOCOLS}
    assert found == {each: [] if each in fits else [f"Not{each}"] for each in PROTOCOLS}


@pytest.mark.parametrize(("protocol", "begin"), [("TCP", "tcp"), ("TLS", "tls or https")], ids=["TCP", "TLS"])
def test_a_port_whose_connections_are_not_split_is_told_with_its_name(protocol: str, begin: str) -> None:
    around = replace(WELL, services={"httpbin": ports({"port": 80, "name": "http-web"})})
    assert told(around, protocol=protocol)[0][1] == (
        f"spec.hosts[0]: no port of Service httpbin is for {protocol} (http-web), so sidecars do not split "
        f"its connections; if it speaks {protocol}, begin the port's name with {begin}, or set its "
        "appProtocol so"
    )


def test_of_a_services_ports_those_for_the_protocol_are_called() -> None:
    called = ports({"port": 80, "name": "http"}, {"port": 90, "name": "tcp-db"})
    around = replace(WELL, services={"httpbin": called}, ports={"a": [80, 91]})
    assert told(around, protocol="TCP", port=None)[0][1].startswith(
        "spec.port: missing; clients in the mesh call Service httpbin at 90, and Service a has 80 and 91"
    )


def test_a_port_for_something_else_is_told_with_its_name() -> None:
    around = replace(WELL, services={"httpbin": ports({"port": 80, "name": "tcp-web"})})
    assert told(around)[0][1] == (
        "spec.hosts[0]: no port of Service httpbin is for HTTP (tcp-web), so sidecars do not split its "
        "requests; if it speaks HTTP, begin the port's name with http or grpc, or set its appProtocol so"
    )


@pytest.mark.parametrize(
    ("ports_of", "port", "reasons"),
    [
        ({"a": [9080]}, None, ["PortNotGiven"]),
        ({"a": [80], "b": [9080]}, None, ["PortNotGiven"]),
        ({"a": [9080], "b": [9081]}, None, ["PortNotGiven"]),
        ({"a": [80], "b": [80, 9080]}, None, []),
        ({"a": [9080]}, 9080, []),
        ({"a": []}, None, []),
        ({}, None, []),
    ],
)
def test_in_the_mesh_versions_are_called_at_the_applications_port_unless_one_is_given(
    ports_of: dict[str, list[int]], port: int | None, reasons: list[str]
) -> None:
    around = replace(WELL, services={"httpbin": ports({"port": 80})}, ports=ports_of)
    assert [reason for reason, _ in told(around, port=port)] == reasons
    assert told(around, port=port, gateways=("httpbin",)) == []


@pytest.mark.parametrize(
    ("called", "lacks"),
    [
        ([{"port": 80}, {"port": 9090, "name": "http-admin"}], True),
        ([{"port": 80}, {"port": 9090, "name": "metrics"}], True),
        ([{"port": 80}, {"port": 9090, "name": "tcp-db"}], False),
        ([{"port": 80}, {"port": 9090, "protocol": "UDP"}], False),
    ],
)
def test_each_port_for_http_at_which_an_application_is_called_is_one_of_its_versions(
    called: list[dict[str, Any]], *, lacks: bool
) -> None:
    around = replace(WELL, services={"httpbin": ports(*called)}, ports={"a": [80]})
    assert [reason for reason, _ in told(around, port=None)] == (["PortNotGiven"] if lacks else [])
    assert told(around, port=80) == []


def test_a_port_that_is_not_given_is_told_with_both() -> None:
    around = replace(WELL, services={"httpbin": ports({"port": 80})}, ports={"a": [9080]})
    assert told(around, port=None)[0][1] == (
        "spec.port: missing; clients in the mesh call Service httpbin at 80, and Service a has 9080, "
        "so their requests for it fail; set spec.port, such as 9080"
    )


def test_a_host_that_another_has_is_told_with_whom() -> None:
    around = replace(WELL, claims=(Claim("httpbin.default.svc", "mesh", "default/old"),))
    assert told(around) == [
        (
            "HostTaken",
            (
                'spec.hosts[1]: "httpbin.default.svc" is routed by VirtualService default/old, too, which is '
                "older and so has it in the mesh; give each its own hosts or gateways, or delete the other"
            ),
        )
    ]


def test_pods_that_two_versions_have_in_common_are_told() -> None:
    pods = {"a": frozenset({"a-1", "b-1"}), "b": frozenset({"b-1"}), "c": frozenset({"c-1"})}
    assert told(replace(WELL, pods=pods)) == [
        (
            "SharedPods",
            (
                "spec.versions: Services a and b select the same pods (b-1), so requests for one go to the "
                "other; select by a label that only one version's pods have"
            ),
        )
    ]


@pytest.mark.parametrize(
    ("host", "name", "service"),
    [
        ("web", "web.shop.svc", "web"),
        ("web.shop", "web.shop.svc", "web"),
        ("web.shop.svc", "web.shop.svc", "web"),
        ("web.shop.svc.cluster.local", "web.shop.svc", "web"),
        ("web.shop.svc.example.org", "web.shop.svc", "web"),
        ("web.other.svc", "web.other.svc", None),
        ("web.other.svc.cluster.local", "web.other.svc", None),
        ("*.shop.svc", "*.shop.svc", None),
        ("example.com", "example.com.svc", None),
        ("www.example.com", "www.example.com", None),
    ],
)
def test_hosts_are_compared_by_the_service_that_they_name(host: str, name: str, service: str | None) -> None:
    assert (full(host, "shop"), service_of(host, "shop")) == (name, service)


@pytest.mark.parametrize(("gateway", "name"), [("mesh", "mesh"), ("a", "shop/a"), ("b/a", "b/a")])
def test_a_gateway_is_of_the_routemaps_namespace_unless_told(gateway: str, name: str) -> None:
    assert qualified(gateway, "shop") == name


def route(
    name: str = "other", namespace: str = "shop", created: str = "2024-01-01T00:00:00Z", **spec: Any
) -> Any:
    metadata = {"name": name, "namespace": namespace, "creationTimestamp": created}
    return {"metadata": metadata, "spec": {"hosts": ["web"], "http": [{"route": []}], **spec}}


MINE = route("web", created="2024-06-01T00:00:00Z")
MATCHED = [{"match": [{"uri": {"prefix": "/a"}}]}]


@pytest.mark.parametrize(
    ("other", "taken"),
    [
        (route(), ["mesh"]),
        (route(created="2024-07-01T00:00:00Z"), []),
        (route("a", created="2024-06-01T00:00:00Z"), ["mesh"]),
        (route("z", created="2024-06-01T00:00:00Z"), []),
        (route(http=MATCHED), ["mesh"]),
        (route(gateways=["in"]), ["shop/in"]),
        (route(gateways=["shop/in"], http=MATCHED), []),
        (route(gateways=["mesh", "in"]), ["mesh", "shop/in"]),
        (route(hosts=["web.shop.svc.cluster.local"]), ["mesh"]),
        (route(hosts=["web.shop"], namespace="infra"), ["mesh"]),
        (route(hosts=["web"], namespace="infra"), []),
        (route(hosts=["web.shop.svc"], namespace="infra", exportTo=["."]), []),
        (route(hosts=["web.shop.svc"], namespace="infra", exportTo=["shop"]), ["mesh"]),
        (route(hosts=["www"]), []),
        (route(takesAll=["HTTP"], http=None, gateways=["in"]), ["shop/in"]),
    ],
)
def test_of_two_with_the_same_host_the_older_has_it(other: Any, taken: list[str]) -> None:
    found = [*claims(Wanted(["web"], ["mesh", "in"]), MINE, other)]
    assert [claim.gateway for claim in found] == taken
    assert all(claim.by == f"{other['metadata']['namespace']}/{other['metadata']['name']}" for claim in found)


def test_one_that_is_not_there_yet_is_the_youngest() -> None:
    missing = {"metadata": {"namespace": "shop", "name": "web"}}
    assert [*claims(Wanted(["web"], ["mesh"]), missing, route(created="2030-01-01T00:00:00Z"))]


FOR_ALL = {"tcp": [{"route": []}], "tls": [{"match": [{"sniHosts": ["web"]}], "route": []}]}


@pytest.mark.parametrize("gateway", ["mesh", "in"])
@pytest.mark.parametrize("protocol", ["TCP", "TLS"])
@pytest.mark.parametrize(
    ("spec", "taken"),
    [
        ({}, []),
        ({"takesAll": ["HTTP"]}, []),
        (FOR_ALL, ["TCP", "TLS"]),
        ({"takesAll": ["TCP"]}, ["TCP"]),
        ({"tcp": [{"match": [{"port": 9000}], "route": []}]}, []),
        ({"tls": [{"match": [{"sniHosts": ["web"], "port": 443}], "route": []}]}, []),
    ],
)
def test_connections_are_taken_by_an_older_one_that_has_a_route_for_all_of_them(
    spec: dict[str, Any], taken: list[str], protocol: str, gateway: str
) -> None:
    found = [*claims(Wanted(["web"], [gateway], protocol), MINE, route(gateways=[gateway], **spec))]
    assert bool(found) is (protocol in taken)

"""What a Routemap can say of a VirtualService that somebody else has written, field by field."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from routing.adopting.expressible import expressed
from routing.reading.parse import parse_routemap

if TYPE_CHECKING:
    from tests.unit.routing.manifests import Manifest

HOST = "pay.shop.svc.cluster.local"
TEST = [{"headers": {"traffic": {"exact": "test"}}}]
API = [{"uri": {"prefix": "/api/"}}]


def to(host: str = HOST, weight: int | None = None, **more: Any) -> Manifest:
    share = {} if weight is None else {"weight": weight}
    return {"destination": {"host": host, **more.pop("destination", {})}, **share, **more}


def virtual_service(*rules: Manifest, **spec: Any) -> Manifest:
    return {
        "apiVersion": "networking.istio.io/v1",
        "kind": "VirtualService",
        "metadata": {"name": "pay", "namespace": "shop"},
        "spec": {"hosts": ["pay"], "http": list(rules), **spec},
    }


RETRIES = {"attempts": 2, "perTryTimeout": "0.5s", "retryOn": "5xx"}
CORS = {"allowOrigins": [{"exact": "https://example.com"}]}
FAULT = {"abort": {"httpStatus": 503, "percentage": {"value": 1}}}
HEADERS = {"request": {"set": {"x-team": "pay"}}}
BOTH = [to(weight=80), to("pay-v2", 20)]
SAID = [
    ("one destination", [{"route": [to()]}], {}, {}),
    ("a timeout", [{"timeout": "5s", "route": [to()]}], {}, {"timeout": "5s"}),
    ("a part of a second", [{"timeout": "2.5s", "route": [to()]}], {}, {"timeout": "2500ms"}),
    ("a timeout that is none", [{"timeout": "0s", "route": [to()]}], {}, {}),
    (
        "retries",
        [{"retries": RETRIES, "route": [to()]}],
        {},
        {"retries": {"attempts": 2, "perTryTimeout": "500ms", "retryOn": "5xx"}},
    ),
    (
        "headers, CORS and a fault",
        [{"headers": HEADERS, "corsPolicy": CORS, "fault": FAULT, "route": [to()]}],
        {},
        {"headers": HEADERS, "cors": CORS, "fault": FAULT},
    ),
    (
        "a rewrite",
        [{"rewrite": {"uri": "/v2/"}, "route": [to()]}],
        {},
        {"rewrite": {"uri": "/v2/"}},
    ),
    (
        "hosts and gateways",
        [{"route": [to()]}],
        {"hosts": ["shop.example.com", "pay"], "gateways": ["istio-system/web", "mesh"]},
        {"hosts": ["shop.example.com", "pay"], "gateways": ["istio-system/web", "mesh"]},
    ),
    ("a port", [{"route": [to(destination={"port": {"number": 8080}})]}], {}, {"port": 8080}),
    ("exported to all", [{"route": [to()]}], {"exportTo": ["*"]}, {}),
    (
        "a version that is named in a header of the response",
        [{"route": [to(headers={"response": {"add": {"app-version": "pay"}}})]}],
        {},
        {},
    ),
    (
        "a path with settings of its own",
        [{"name": "api", "match": API, "timeout": "5s", "route": [to()]}, {"route": [to()]}],
        {},
        {"routes": [{"name": "api", "match": API, "timeout": "5s"}]},
    ),
    (
        "a path that overrides the rest's setting",
        [{"match": API, "timeout": "5s", "route": [to()]}, {"timeout": "1s", "route": [to()]}],
        {},
        {"timeout": "1s", "routes": [{"name": "route-1", "match": API, "timeout": "5s"}]},
    ),
    (
        "a path without the rest's setting, which is a route for each path then",
        [{"match": API, "route": [to()]}, {"timeout": "1s", "route": [to()]}],
        {},
        {
            "routes": [
                {"name": "route-1", "match": API},
                {"name": "rest", "match": [{"uri": {"prefix": "/"}}], "timeout": "1s"},
            ]
        },
    ),
    (
        "names that a route can't have, or that stand twice",
        [
            {"name": "to.api", "match": API, "route": [to()]},
            {"name": "x", "match": [{"uri": {"exact": "/a"}, "name": "a"}], "route": [to()]},
            {"name": "x", "match": [{"uri": {"exact": "/b"}}], "route": [to()]},
            {"route": [to()]},
        ],
        {},
        {
            "routes": [
                {"name": "route-1", "match": API},
                {"name": "x", "match": [{"uri": {"exact": "/a"}}]},
                {"name": "route-3", "match": [{"uri": {"exact": "/b"}}]},
            ]
        },
    ),
    (
        "connections",
        [],
        {"exportTo": ["*"], "tcp": [{"route": [to(destination={"port": {"number": 9000}})]}]},
        {"protocol": "TCP", "port": 9000},
    ),
    (
        "connections of TLS by all hosts",
        [],
        {
            "hosts": ["shop.example.com"],
            "gateways": ["in"],
            "tls": [{"match": [{"sniHosts": ["shop.example.com"]}], "route": [to()]}],
        },
        {"hosts": ["shop.example.com"], "gateways": ["in"], "protocol": "TLS"},
    ),
    (
        'the rest by the prefix "/", and what is never reached',
        [{"match": [{"uri": {"prefix": "/"}}], "route": [to()]}, {"mirror": {}, "route": [to("x.y.z")]}],
        {},
        {},
    ),
]


@pytest.mark.parametrize(("rules", "spec", "wanted"), [case[1:] for case in SAID], ids=[c[0] for c in SAID])
def test_what_a_routemap_can_say_is_said(rules: list[Manifest], spec: Manifest, wanted: Manifest) -> None:
    found = expressed(virtual_service(*rules, **spec))
    assert found.left == ()
    assert found.spec == {"hosts": ["pay"], **wanted}
    assert (found.split, found.candidates) == ((("pay", 100),), {})
    parse_routemap(
        {
            "kind": "Routemap",
            "metadata": {"name": "pay", "namespace": "shop"},
            "spec": {"versions": [{"name": "pay"}], **found.spec},
        }
    )


SUBSET = (
    'spec.http[0].route[0].destination.subset: "v1" is a part of Service pay; give each version a '
    "Service of its own, and send to that"
)
ELSEWHERE = (
    "spec.http[0].route: it sends elsewhere than spec.http[1]; the routes of a Routemap share one split"
)
NO_REST = (
    "spec.http: requests that no route matches are answered with 404, and would go to the versions; have "
    "a last route without match, if that is what you want"
)
LEFT = [
    (
        "connections beside requests",
        [{"route": [to()]}],
        {"tcp": [{"route": [to()]}]},
        ["spec.tcp: a Routemap can't say it"],
    ),
    (
        "connections of both kinds, to nobody",
        [],
        {"tcp": [{}], "tls": [{"route": [to()]}]},
        ["spec.tls: a Routemap can't say it", "spec.tcp[0].route: missing; give a destination"],
    ),
    (
        "connections to several ports",
        [],
        {"tcp": [{"match": [{"port": 90}], "route": [to()]}, {"route": [to()]}]},
        ["spec.tcp: a Routemap has one route, for all connections to its hosts"],
    ),
    (
        "connections after those for all",
        [],
        {"tcp": [{"route": [to()], "name": "x"}, {"route": [to()]}]},
        [
            "spec.tcp[0].name: a Routemap can't say it",
            "spec.tcp: a Routemap has one route, for all connections to its hosts",
        ],
    ),
    (
        "connections of TLS by some hosts",
        [],
        {
            "hosts": ["a.example.com", "b.example.com"],
            "tls": [{"match": [{"sniHosts": ["a.example.com"]}], "route": [to()]}],
        },
        ["spec.tls: a Routemap has one route, for all connections to its hosts"],
    ),
    (
        "exported to some",
        [{"route": [to()]}],
        {"exportTo": ["."]},
        ["spec.exportTo: a Routemap can't say it"],
    ),
    (
        "what Istio has beyond a Routemap",
        [
            {
                "mirror": {"host": "x"},
                "route": [to(headers={"request": {"remove": ["x"]}}, destination={"subset": "v1"})],
            }
        ],
        {},
        [
            "spec.http[0].mirror: a Routemap can't say it",
            SUBSET,
            "spec.http[0].route[0].headers: a Routemap can't say it",
        ],
    ),
    (
        "a redirect",
        [{"match": API, "redirect": {"uri": "/"}}, {"route": [to()]}],
        {},
        [
            "spec.http[0].redirect: a Routemap can't say it",
            ELSEWHERE,
        ],
    ),
    (
        "no destination",
        [{"timeout": "1s"}],
        {},
        ["spec.http[0].route: missing; give a destination"],
    ),
    (
        "a host of another namespace, and none",
        [{"route": [to("x.other"), {"destination": {}}]}],
        {},
        [
            'spec.http[0].route[0].destination.host: "x.other" is no Service of namespace shop; versions are',
            "spec.http[0].route[1].destination.host: null is no Service of namespace shop; versions are",
        ],
    ),
    (
        "a setting with more than a Routemap takes",
        [{"retries": {"attempts": 2, "backoff": "1s"}, "corsPolicy": {"maxAge": "1h"}, "route": [to()]}],
        {},
        [
            "spec.http[0].retries.backoff: no such field; known are attempts, perTryTimeout, retryOn",
            "spec.http[0].corsPolicy.allowOrigins: missing; list 1 to 32",
        ],
    ),
    (
        "a match by what a route can't match",
        [{"match": [{"headers": {"x": {"exact": "1"}}}], "route": [to()]}, {"route": [to()]}],
        {},
        ["spec.http[0].match[0].headers: no such field; known are method, uri"],
    ),
    (
        "several ports",
        [{"match": API, "route": [to(destination={"port": {"number": 81}})]}, {"route": [to()]}],
        {},
        ["spec.http[1].route[0].destination.port: 81, no port are sent to; a Routemap has one port for all"],
    ),
    (
        "nobody takes the rest",
        [{"match": API, "route": [to()]}],
        {},
        [NO_REST],
    ),
    (
        "another split for a path",
        [{"match": API, "route": [to()]}, {"route": BOTH}],
        {},
        [ELSEWHERE],
    ),
    (
        "settings of a candidate's own, and a match that none can have",
        [
            {"match": TEST, "timeout": "1s", "route": [to("pay-v2")]},
            {"match": [{"port": 80}], "route": [to("pay-v3")]},
            {"route": [to()]},
        ],
        {},
        [
            "spec.http[0]: its settings are not those of spec.http[2]; all versions share the latter",
            "spec.http[1].match[0].port: no such field; known are headers, method, queryParams, uri",
        ],
    ),
]


@pytest.mark.parametrize(("rules", "spec", "wanted"), [case[1:] for case in LEFT], ids=[c[0] for c in LEFT])
def test_what_it_cannot_say_is_named(rules: list[Manifest], spec: Manifest, wanted: list[str]) -> None:
    assert [*expressed(virtual_service(*rules, **spec)).left] == wanted


def test_several_destinations_are_the_split() -> None:
    both = (("pay", 80), ("pay-v2", 20))
    assert expressed(virtual_service({"route": BOTH})).split == both
    assert expressed(virtual_service(tcp=[{"route": BOTH}])).split == both


def test_a_weight_that_is_none_is_0_as_for_istio() -> None:
    route = [to(weight=80), to("pay-v2"), {**to("pay-v3"), "weight": "5"}]
    assert expressed(virtual_service({"route": route})).split == (("pay", 80), ("pay-v2", 0), ("pay-v3", 0))


def test_matches_that_lead_to_others_alone_are_a_canarys() -> None:
    other = [{"uri": {"prefix": "/beta"}}]
    found = expressed(
        virtual_service(
            {"match": TEST, "timeout": "1s", "route": [to("pay-v2")]},
            {"match": other, "timeout": "1s", "route": [to("pay-v2.shop")]},
            {"timeout": "1s", "route": [to()]},
        )
    )
    assert (found.split, found.left) == ((("pay", 100),), ())
    assert found.candidates == {"pay-v2": [*TEST, *other]}
    assert found.spec == {"hosts": ["pay"], "timeout": "1s"}


@pytest.mark.parametrize("spec", [{}, {"http": "x"}, {"http": [1, {"route": [None], "match": [2]}]}])
def test_of_whatever_shape_it_is_it_is_read(spec: Manifest) -> None:
    found = expressed({"metadata": {"name": "pay"}, "spec": spec})
    assert found.left
    assert found.split == ()

"""The HTTPRoute of exposures, and the exposures of an HTTPRoute."""

from __future__ import annotations

import inspect
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.deciding.strategies import STRATEGIES, held
from routing.reading.parse import parse_routemap
from routing.routes import ROUTERS, httpmatches, router_of, shares
from routing.routes.exposure import MOST_DESTINATIONS, Exposure, by_version
from routing.routes.httproute import HTTPRouteRouter
from routing.routes.router import Router
from routing.split import percentages
from tests.unit.routing.manifests import Manifest, changed, with_key
from tests.unit.routing.manifests import routemap as manifest
from tests.unit.routing.test_split import EXAMPLES, weights_of_a_split
from tests.unit.routing.worlds import routemap

if TYPE_CHECKING:
    from routing.model import Routemap

ROUTER = ROUTERS["HTTPRoute"]
ASKED = replace(routemap(50, 50), router="HTTPRoute")
OWNER = {
    "apiVersion": "iter8.tools/v1alpha1",
    "kind": "Routemap",
    "name": "httpbin",
    "uid": "12ab",
    "controller": True,
}
EVERYTHING = {"path": {"type": "PathPrefix", "value": "/"}}
TESTERS = {"headers": [{"name": "traffic", "type": "Exact", "value": "test"}], **EVERYTHING}


def http_route(asked: Routemap, split: dict[str, int]) -> Manifest:
    return dict(ROUTER.render(asked, [Exposure(version, share) for version, share in split.items()]))


def exposures(*rules: object, **spec: Any) -> list[Exposure]:
    return [*ROUTER.exposures({"metadata": {"namespace": "default"}, "spec": {"rules": [*rules], **spec}})]


def asked_for(**spec: Any) -> Routemap:
    return parse_routemap(manifest(router="HTTPRoute", port=80, **spec))


def rendered(asked: Routemap, *ready: str) -> list[dict[str, Any]]:
    """Return the rules of a Routemap's HTTPRoute while versions, or all, are ready."""
    names = ready or tuple(version.name for version in asked.versions)
    rules: list[dict[str, Any]] = ROUTER.render(asked, STRATEGIES[asked.strategy](asked.versions, names))[
        "spec"
    ]["rules"]
    return rules


def backend(version: str, weight: int) -> dict[str, Any]:
    header = {"add": [{"name": "app-version", "value": version}]}
    return {
        "group": "",
        "kind": "Service",
        "name": version,
        "port": 80,
        "weight": weight,
        "filters": [{"type": "ResponseHeaderModifier", "responseHeaderModifier": header}],
    }


def test_the_http_routes_router_does_all_that_a_router_has_to() -> None:
    for name, wanted in vars(Router).items():
        if not name.startswith("_"):
            assert hasattr(HTTPRouteRouter, name), name
        if inspect.isfunction(wanted) and not name.startswith("_"):
            given = inspect.signature(getattr(HTTPRouteRouter, name))
            assert [*given.parameters] == [*inspect.signature(wanted).parameters], name


def test_routers_go_by_the_kind_that_they_write() -> None:
    assert {name: router.resource.kind for name, router in ROUTERS.items()} == {
        name: name for name in ROUTERS
    }


@pytest.mark.parametrize(
    ("asked", "kind"),
    [
        ("HTTPRoute", "HTTPRoute"),
        ("VirtualService", "VirtualService"),
        ("x", "VirtualService"),
        ([], "VirtualService"),
    ],
)
def test_a_router_that_there_is_not_is_taken_for_the_one_by_default(asked: object, kind: str) -> None:
    assert router_of({"spec": {"router": asked}}).resource.kind == kind
    assert router_of({"spec": None}).resource.kind == "VirtualService"


def test_who_shows_a_split_reads_it_as_the_router_does() -> None:
    made = http_route(ASKED, {"httpbin-0": 20, "httpbin-1": 80})
    assert shares(made) == {"httpbin-0": 20, "httpbin-1": 80}


def test_all_that_the_api_server_would_fill_in_is_spelt_out() -> None:
    assert http_route(ASKED, {"httpbin-0": 20, "httpbin-1": 80}) == {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": {
            "name": "httpbin",
            "namespace": "default",
            "labels": {"app.kubernetes.io/managed-by": "teal", "iter8.tools/routemap": "httpbin"},
            "ownerReferences": [OWNER],
        },
        "spec": {
            "parentRefs": [
                {"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "httpbin"},
                {"group": "", "kind": "Service", "name": "httpbin"},
            ],
            "hostnames": ["httpbin.default", "httpbin.default.svc"],
            "rules": [
                {"matches": [EVERYTHING], "backendRefs": [backend("httpbin-0", 20), backend("httpbin-1", 80)]}
            ],
        },
    }


@pytest.mark.parametrize(
    ("gateways", "hosts", "parents"),
    [
        (("mesh",), ("httpbin", "httpbin.default", "shop.default.svc"), ["Service httpbin", "Service shop"]),
        (("mesh",), ("httpbin.other", "www.example.org", "httpbin"), ["Service httpbin"]),
        (("infra/web", "mesh"), ("httpbin",), ["Gateway infra/web", "Service httpbin"]),
        (("web",), ("www.example.org",), ["Gateway web"]),
    ],
)
def test_mesh_stands_for_the_services_that_hosts_name(
    gateways: tuple[str, ...], hosts: tuple[str, ...], parents: list[str]
) -> None:
    spec = http_route(replace(ASKED, gateways=gateways, hosts=hosts), {"httpbin-0": 100})["spec"]
    told = [
        f"{ref['kind']} {'/'.join(filter(None, (ref.get('namespace'), ref['name'])))}"
        for ref in spec["parentRefs"]
    ]
    assert told == parents
    # Hosts are compared at Gateways only.
    assert spec.get("hostnames") == (None if gateways == ("mesh",) else [*hosts])


@given(weights_of_a_split)
@EXAMPLES
def test_a_split_is_read_back_from_what_it_was_rendered_to(weights: list[int]) -> None:
    split = {f"httpbin-{index}": share for index, share in enumerate(percentages(weights))}
    made = http_route(ASKED, split)
    assert {each.version: each.share for each in ROUTER.exposures(made)} == split


def test_a_rule_for_testers_comes_beside_the_one_for_all_and_carries_the_timeout() -> None:
    rules = rendered(asked_for(strategy="canary", timeout="2s"))
    assert rules == [
        {
            "matches": [EVERYTHING],
            "backendRefs": [backend("httpbin-0", 100)],
            "timeouts": {"request": "2s"},
        },
        {"matches": [TESTERS], "backendRefs": [backend("httpbin-1", 100)], "timeouts": {"request": "2s"}},
    ]


def test_the_rule_for_all_keeps_its_place_whoever_comes_and_goes() -> None:
    """Envoy Gateway calls a backend by it: another's endpoints in that place would get its requests."""
    plain = [{"name": f"httpbin-{index}"} for index in range(3)]
    kept = {"affinity": {"cookie": "version"}}
    asked: list[dict[str, Any]] = [
        each | ({"match": [{"headers": {"a": {"exact": each["name"]}}}]} if place else {})
        for place, each in enumerate(plain)
    ]
    for versions, spec in (
        (asked, {"strategy": "canary"}),
        (asked, {"strategy": "canary", **kept}),
        (plain, {"strategy": "mirror"}),
        (plain, kept),
    ):
        for ready in (("httpbin-0",), ("httpbin-0", "httpbin-2"), ("httpbin-0", "httpbin-1", "httpbin-2")):
            rest, *others = rendered(asked_for(versions=versions, **spec), *ready)
            assert rest["matches"] == [EVERYTHING]
            assert rest["backendRefs"][0]["name"] == "httpbin-0"
            assert not any(httpmatches.takes_all(match) for rule in others for match in rule["matches"])


def test_a_candidate_that_wants_all_is_before_the_rule_for_all() -> None:
    """Of equals the first takes everything (HTTPRouteRule)."""
    versions = [{"name": "httpbin-0"}, {"name": "httpbin-1", "match": [{"uri": {"prefix": "/"}}]}]
    rules = rendered(asked_for(strategy="canary", versions=versions))
    assert [rule["backendRefs"][0]["name"] for rule in rules] == ["httpbin-1", "httpbin-0"]


@pytest.mark.parametrize(("weight", "percent"), [(30, {"percent": 30}), (100, {})])
def test_copies_are_of_the_rule_for_all_and_all_is_not_spelt_out(
    weight: int, percent: dict[str, int]
) -> None:
    versions = [{"name": "httpbin-0"}, {"name": "httpbin-1", "weight": weight}]
    (rule,) = rendered(asked_for(strategy="mirror", versions=versions))
    copy = {"group": "", "kind": "Service", "name": "httpbin-1", "port": 80}
    assert rule["filters"] == [{"type": "RequestMirror", "requestMirror": {"backendRef": copy, **percent}}]
    assert rule["backendRefs"] == [backend("httpbin-0", 100)]


@pytest.mark.parametrize(
    ("alternative", "match"),
    [
        ({"uri": {"exact": "/a"}}, {"path": {"type": "Exact", "value": "/a"}}),
        ({"uri": {"prefix": "/a"}}, {"path": {"type": "PathPrefix", "value": "/a"}}),
        ({"method": {"exact": "GET"}}, {**EVERYTHING, "method": "GET"}),
        (
            {"headers": {"a": {"regex": "b|c"}, "d": {"prefix": "e.f"}}},
            {
                **EVERYTHING,
                "headers": [
                    {"name": "a", "type": "RegularExpression", "value": "b|c"},
                    {"name": "d", "type": "RegularExpression", "value": "e\\.f.*"},
                ],
            },
        ),
        (
            {"queryParams": {"q": {"exact": "1"}}},
            {**EVERYTHING, "queryParams": [{"name": "q", "type": "Exact", "value": "1"}]},
        ),
    ],
)
def test_a_match_is_written_as_gateway_api_has_it(alternative: Any, match: Any) -> None:
    assert httpmatches.rendered(alternative) == match
    assert not httpmatches.takes_all(match)
    versions = [{"name": "httpbin-0"}, {"name": "httpbin-1", "match": [alternative]}]
    assert rendered(asked_for(strategy="canary", versions=versions))[1]["matches"] == [match]


@pytest.mark.parametrize(
    "match", [{}, None, EVERYTHING, {"path": {}}, {"path": {"value": "/"}, "headers": []}]
)
def test_what_asks_for_nothing_takes_all(match: object) -> None:
    assert httpmatches.takes_all(match)


def test_matches_that_a_hand_has_written_are_not_written_again() -> None:
    asked = asked_for(strategy="canary")
    hand = json.dumps([{"method": "GET"}])
    (rules,) = [
        ROUTER.render(asked, held([Exposure("httpbin-0", 100, matches=(hand,))], {"httpbin-0"}))["spec"][
            "rules"
        ]
    ]
    assert [rule["matches"] for rule in rules] == [[EVERYTHING]]


A, B, C = ({"name": name, "port": 80} for name in ("a", "b", "c"))
TEST = json.dumps([TESTERS], sort_keys=True)


def mirror(name: str, **more: Any) -> dict[str, Any]:
    return {"type": "RequestMirror", "requestMirror": {"backendRef": {"name": name}, **more}}


@pytest.mark.parametrize(
    ("rules", "wanted"),
    [
        ([], []),
        ([{}], []),
        ([{"backendRefs": [A]}], [Exposure("a", 100)]),
        # A weight that is not told is 1; an only backend of none gets nothing.
        ([{"backendRefs": [A | {"weight": 3}, B]}], [Exposure("a", 75), Exposure("b", 25)]),
        ([{"backendRefs": [A | {"weight": 0}]}], [Exposure("a")]),
        ([{"backendRefs": [A | {"weight": 7}, B | {"weight": 0}]}], [Exposure("a", 100), Exposure("b")]),
        # One in a million is not nothing.
        ([{"backendRefs": [A | {"weight": 1000000}, B]}], [Exposure("a", 99), Exposure("b", 1)]),
        # Of several rules for all the first takes everything; one with conditions is reached below it, too.
        ([{"backendRefs": [A]}, {"backendRefs": [B]}], [Exposure("a", 100)]),
        (
            [{"backendRefs": [A]}, {"matches": [TESTERS], "backendRefs": [B]}],
            [Exposure("a", 100), Exposure("b", matches=(TEST,))],
        ),
        (
            [{"backendRefs": [A]}, {"matches": [EVERYTHING, TESTERS], "backendRefs": [B]}],
            [Exposure("a", 100), Exposure("b", matches=(TEST,))],
        ),
        (
            [{"matches": [TESTERS], "backendRefs": [B | {"weight": 0}]}, {"backendRefs": [A]}],
            [Exposure("b"), Exposure("a", 100)],
        ),
        (
            [{"matches": [TESTERS], "backendRefs": [B]}, {"matches": [TESTERS], "backendRefs": [B]}],
            [Exposure("b", matches=(TEST,))],
        ),
        ([{"backendRefs": [A], "filters": [mirror("b")]}], [Exposure("a", 100), Exposure("b", copies=100)]),
        (
            [{"backendRefs": [A], "filters": [mirror("b", percent=30)]}],
            [Exposure("a", 100), Exposure("b", copies=30)],
        ),
        (
            [{"backendRefs": [A], "filters": [mirror("b", fraction={"numerator": 1, "denominator": 1000})]}],
            [Exposure("a", 100), Exposure("b", copies=1)],
        ),
        (
            [{"backendRefs": [A | {"filters": [mirror("b", fraction={"numerator": 5})]}]}],
            [Exposure("a", 100), Exposure("b", copies=5)],
        ),
        (
            [
                {
                    "backendRefs": [A],
                    "filters": [
                        {"type": "URLRewrite"},
                        mirror("b", percent=0),
                        mirror("c", fraction={"numerator": 1, "denominator": 0}),
                    ],
                }
            ],
            [Exposure("a", 100), Exposure("b"), Exposure("c", copies=100)],
        ),
        # Nobody's of ours: another namespace's, another kind's, no Service's name.
        ([{"backendRefs": [A | {"namespace": "other"}]}], []),
        (
            [{"backendRefs": [A | {"namespace": "default", "group": "core", "kind": "Service"}]}],
            [Exposure("a", 100)],
        ),
        ([{"backendRefs": [A | {"kind": "ServiceImport"}, A | {"group": "x"}]}], []),
        ([{"backendRefs": [{"name": "?watch=true&x="}, {"name": 7}, None]}], []),
        ([{"backendRefs": [A | {"namespace": "other"}, B]}], [Exposure("b", 50)]),
        (
            [{"filters": [{"type": "RequestMirror", "requestMirror": {"backendRef": A | {"kind": "X"}}}]}],
            [],
        ),
    ],
)
def test_an_http_route_edited_by_hand_is_read_as_its_specification_does(
    rules: list[Any], wanted: list[Exposure]
) -> None:
    assert exposures(*rules) == wanted


@pytest.mark.parametrize(
    ("rules", "port"),
    [
        ([{"backendRefs": [A | {"port": 81}, B]}], 81),
        ([{"filters": []}, {"backendRefs": []}], None),
        (None, None),
    ],
)
def test_the_port_is_that_of_the_first_backend(rules: object, port: int | None) -> None:
    assert ROUTER.port({"spec": {"rules": rules}}) == port


def test_no_more_backends_are_read_than_a_status_tells_of() -> None:
    many = [{"name": f"v{number}"} for number in range(5000)]
    assert len(exposures({"backendRefs": many})) == MOST_DESTINATIONS


junk = st.recursive(
    st.none() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
)


@given(junk)
@EXAMPLES
def test_an_http_route_without_backends_exposes_nobody(junk: Any) -> None:
    assert exposures({"backendRefs": junk, "filters": junk, "matches": junk}, parentRefs=junk) == []
    assert ROUTER.exposures({"metadata": junk, "spec": junk}) == ()
    assert exposures(junk, {"filters": [{"type": "RequestMirror", "requestMirror": junk}]}) == []
    word = ROUTER.word(
        {"metadata": {"generation": junk}, "spec": {"parentRefs": junk}, "status": {"parents": junk}}
    )
    assert word is not None
    assert ROUTER.word({"spec": junk, "status": junk}) is not None


NAMES = st.sampled_from(["a", "b", "c"])
BACKENDS = st.lists(st.tuples(NAMES, st.none() | st.integers(0, 1_000_000)), max_size=4)
RULES = st.lists(
    st.fixed_dictionaries(
        {"all": st.booleans(), "test": st.booleans(), "backends": BACKENDS, "mirror": st.none() | NAMES}
    ),
    max_size=4,
)


def reached(rules: list[dict[str, Any]]) -> set[str]:
    """Return who may get a request or a copy: the most specific match takes it, of equals the first."""
    found: set[str] = set()
    whole = False
    for rule in rules:
        for_all = rule["all"] or not rule["test"]
        if (for_all and not whole) or rule["test"]:
            found |= {name for name, weight in rule["backends"] if weight is None or weight}
            found |= {rule["mirror"]} - {None}
        whole = whole or for_all
    return found


def as_rule(rule: dict[str, Any]) -> dict[str, Any]:
    matches = [EVERYTHING] * rule["all"] + [TESTERS] * rule["test"]
    backends = [
        {"name": name} | ({} if weight is None else {"weight": weight}) for name, weight in rule["backends"]
    ]
    filters = {"filters": [mirror(rule["mirror"])]} if rule["mirror"] else {}
    return {"backendRefs": backends, **({"matches": matches} if matches else {}), **filters}


@given(RULES)
@EXAMPLES
def test_exposed_is_exactly_who_may_get_a_request_or_a_copy(rules: list[dict[str, Any]]) -> None:
    found = by_version(exposures(*map(as_rule, rules)))
    assert {name for name, exposure in found.items() if exposure.exposed} == reached(rules)
    assert sum(exposure.share for exposure in found.values()) in (0, 100)


WANTED = http_route(ASKED, {"httpbin-0": 20, "httpbin-1": 80})


@pytest.mark.parametrize(
    "current",
    [
        WANTED,
        WANTED | {"status": {"parents": []}},
        with_key(WANTED, "labels", "team", "a"),
        with_key(WANTED, "annotations", "team", "a"),
        changed(WANTED, "metadata.ownerReferences", [{"uid": "other"}, OWNER]),
    ],
)
def test_what_others_add_to_an_http_route_is_left_to_them(current: Manifest) -> None:
    assert ROUTER.same(current, WANTED)


@pytest.mark.parametrize(
    "current",
    [
        changed(WANTED, "spec.rules.0.backendRefs.0.weight", 21),
        changed(WANTED, "spec.hostnames", ["*"]),
        changed(WANTED, "spec.parentRefs.0.name", "other"),
        changed(WANTED, "spec.rules.0.filters", []),
        with_key(WANTED, "labels", "iter8.tools/routemap", "other"),
        changed(WANTED, "metadata.labels", None),
        changed(WANTED, "metadata.ownerReferences", None),
        changed(WANTED, "metadata.ownerReferences.0.uid", "34cd"),
        WANTED | {"spec": None},
    ],
)
def test_what_teal_owns_of_an_http_route_is_put_right(current: Manifest) -> None:
    assert not ROUTER.same(current, WANTED)

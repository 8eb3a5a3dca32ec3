"""The VirtualService of a split, and the split of a VirtualService."""

from __future__ import annotations

import inspect
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.names import PROTOCOLS
from routing.routes import ROUTER, shares
from routing.routes.exposure import MOST_DESTINATIONS, Exposure, by_version
from routing.routes.objects import owned
from routing.routes.router import Router
from routing.routes.virtualservice import VirtualServiceRouter
from routing.split import percentages
from tests.unit.routing.manifests import Manifest, changed, with_key
from tests.unit.routing.test_split import EXAMPLES, weights_of_a_split
from tests.unit.routing.worlds import routemap

if TYPE_CHECKING:
    from routing.model import Routemap

ASKED = routemap(50, 50)


def virtual_service(asked: Routemap, split: dict[str, int]) -> Manifest:
    return dict(ROUTER.render(asked, [Exposure(version, share) for version, share in split.items()]))


def exposures(spec: object) -> tuple[Exposure, ...]:
    return tuple(ROUTER.exposures({"metadata": {"namespace": "default"}, "spec": spec}))


def applied_split(manifest: Manifest) -> dict[str, int]:
    return {exposure.version: exposure.share for exposure in ROUTER.exposures(manifest)}


OWNER = {
    "apiVersion": "iter8.tools/v1alpha1",
    "kind": "Routemap",
    "name": "httpbin",
    "uid": "12ab",
    "controller": True,
}


def destination(version: str, **weight: int) -> dict[str, Any]:
    return {
        "destination": {"host": f"{version}.default.svc.cluster.local", "port": {"number": 80}},
        "headers": {"response": {"add": {"app-version": version}}},
        **weight,
    }


def test_the_virtual_services_router_does_all_that_a_router_has_to() -> None:
    for name, wanted in vars(Router).items():
        if not name.startswith("_"):
            assert hasattr(VirtualServiceRouter, name), name
        if inspect.isfunction(wanted) and not name.startswith("_"):
            given = inspect.signature(getattr(VirtualServiceRouter, name))
            assert [*given.parameters] == [*inspect.signature(wanted).parameters], name


def test_who_shows_a_split_reads_it_as_the_router_does() -> None:
    made = virtual_service(ASKED, {"httpbin-0": 20, "httpbin-1": 80})
    assert shares(made) == {"httpbin-0": 20, "httpbin-1": 80}


def test_a_single_destination_has_no_weight_as_in_the_tutorial() -> None:
    assert virtual_service(ASKED, {"httpbin-0": 100}) == {
        "apiVersion": "networking.istio.io/v1",
        "kind": "VirtualService",
        "metadata": {
            "name": "httpbin",
            "namespace": "default",
            "labels": {"app.kubernetes.io/managed-by": "teal", "iter8.tools/routemap": "httpbin"},
            "ownerReferences": [OWNER],
        },
        "spec": {
            "hosts": ["httpbin.default", "httpbin.default.svc"],
            "gateways": ["httpbin", "mesh"],
            "http": [{"name": "httpbin", "route": [destination("httpbin-0")]}],
        },
    }


def test_several_destinations_are_weighted_and_name_their_version_in_a_header() -> None:
    rendered = virtual_service(ASKED, {"httpbin-0": 20, "httpbin-1": 80})
    assert rendered["spec"]["http"] == [
        {
            "name": "httpbin",
            "route": [destination("httpbin-0", weight=20), destination("httpbin-1", weight=80)],
        }
    ]


def test_without_a_port_the_service_decides() -> None:
    rendered = virtual_service(replace(ASKED, port=None), {"httpbin-0": 100})
    assert "port" not in rendered["spec"]["http"][0]["route"][0]["destination"]


@given(weights_of_a_split, st.sampled_from(PROTOCOLS))
@EXAMPLES
def test_a_split_is_read_back_from_what_it_was_rendered_to(weights: list[int], protocol: str) -> None:
    split = {f"httpbin-{index}": share for index, share in enumerate(percentages(weights))}
    assert applied_split(virtual_service(replace(ASKED, protocol=protocol), split)) == split


A, B, C = ({"destination": {"host": name}} for name in ("a", "b.default", "c.default.svc.cluster.local"))
MATCH = {"headers": {"traffic": {"exact": "test"}}}


@pytest.mark.parametrize(
    ("http", "wanted"),
    [
        (None, []),
        ([{}], []),
        ([{"route": [A]}], [Exposure("a", 100)]),
        # Istio gives an only destination everything.
        ([{"route": [A | {"weight": 0}]}], [Exposure("a", 100)]),
        ([{"route": [A | {"weight": 100}, B]}], [Exposure("a", 100), Exposure("b", 0)]),
        ([{"route": [A | {"weight": 1}, B | {"weight": 3}]}], [Exposure("a", 25), Exposure("b", 75)]),
        ([{"route": [A | {"weight": 30}, A | {"weight": 70}]}], [Exposure("a", 100)]),
        # What stands below a route without match is never reached.
        ([{"route": [A]}, {"route": [B]}], [Exposure("a", 100)]),
        (
            [{"match": [MATCH], "route": [B]}, {"route": [A]}],
            [Exposure("b", matches=('[{"headers": {"traffic": {"exact": "test"}}}]',)), Exposure("a", 100)],
        ),
        (
            [{"match": [MATCH], "route": [B | {"weight": 0}, A | {"weight": 100}]}],
            [Exposure("b"), Exposure("a", matches=('[{"headers": {"traffic": {"exact": "test"}}}]',))],
        ),
        ([{"route": [A], "mirror": {"host": "b"}}], [Exposure("a", 100), Exposure("b", copies=100)]),
        (
            [{"route": [A], "mirror": {"host": "b"}, "mirrorPercentage": {"value": 0.2}}],
            [Exposure("a", 100), Exposure("b", copies=1)],
        ),
        (
            [
                {
                    "route": [A],
                    "mirrors": [
                        {"destination": {"host": "b"}, "percentage": {"value": 30}},
                        {"destination": {"host": "c"}, "percentage": {"value": 0}},
                    ],
                }
            ],
            [Exposure("a", 100), Exposure("b", copies=30), Exposure("c")],
        ),
        # Nobody's of ours: another namespace's, no Service's name, no host at all.
        ([{"route": [{"destination": {"host": "a.other"}}]}], []),
        ([{"route": [{"destination": {"host": "a.default.example.org"}}]}], []),
        ([{"route": [{"destination": {"host": "?watch=true&x="}}]}], []),
        ([{"route": [{"destination": {"host": 7}}, {"destination": None}]}], []),
    ],
)
def test_a_virtual_service_edited_by_hand_is_read_as_istio_does(http: object, wanted: list[Exposure]) -> None:
    assert [*exposures({"http": http})] == wanted


@pytest.mark.parametrize("kind", ["tcp", "tls"])
def test_what_is_no_http_may_get_requests_too(kind: str) -> None:
    stranger = {"destination": {"host": "a.other"}}
    route = {"match": [{"port": 90}], "route": [A, B | {"weight": 100}, stranger]}
    assert exposures({kind: [route]}) == (Exposure("a"), Exposure("b", matches=(kind,)))


NAMED = {"match": [{"sniHosts": ["x"]}]}


@pytest.mark.parametrize(
    ("spec", "wanted"),
    [
        ({"tcp": [{"route": [A]}]}, [Exposure("a", 100)]),
        (
            {"tcp": [{"route": [A | {"weight": 1}, B | {"weight": 3}]}]},
            [Exposure("a", 25), Exposure("b", 75)],
        ),
        ({"hosts": ["x"], "tls": [{**NAMED, "route": [A]}]}, [Exposure("a", 100)]),
        # For a part of the names, or by more than the name.
        ({"hosts": ["x", "y"], "tls": [{**NAMED, "route": [A]}]}, [Exposure("a", matches=("tls",))]),
        (
            {"hosts": ["x"], "tls": [{"match": [{"sniHosts": ["x"], "port": 1}], "route": [A]}]},
            [Exposure("a", matches=("tls",))],
        ),
        # The first has the shares; who stands elsewhere may get connections, too.
        ({"tcp": [{"route": [A]}, {"route": [B]}]}, [Exposure("a", 100), Exposure("b", matches=("tcp",))]),
        (
            {"hosts": ["x"], "tcp": [{"route": [A]}], "tls": [{**NAMED, "route": [B]}]},
            [Exposure("a", 100), Exposure("b", matches=("tls",))],
        ),
        (
            {"http": [{"route": [A]}], "tcp": [{"route": [B]}]},
            [Exposure("a", 100), Exposure("b", matches=("tcp",))],
        ),
    ],
)
def test_without_http_routes_shares_are_those_of_connections(spec: object, wanted: list[Exposure]) -> None:
    assert [*exposures(spec)] == wanted


HOSTS_OF = {"match": [{"sniHosts": ["httpbin.default", "httpbin.default.svc"]}]}


@pytest.mark.parametrize(
    ("protocol", "field", "match"), [("TCP", "tcp", {}), ("TLS", "tls", HOSTS_OF)], ids=["TCP", "TLS"]
)
def test_connections_have_one_route_with_weights_and_no_headers(
    protocol: str, field: str, match: dict[str, Any]
) -> None:
    asked = replace(ASKED, protocol=protocol)
    one, other = (
        {"destination": {"host": f"httpbin-{index}.default.svc.cluster.local", "port": {"number": 80}}}
        for index in (0, 1)
    )
    alone, both = (
        virtual_service(asked, split) for split in ({"httpbin-0": 100}, {"httpbin-0": 20, "httpbin-1": 80})
    )
    ways = {"hosts": ["httpbin.default", "httpbin.default.svc"], "gateways": ["httpbin", "mesh"]}
    assert alone["spec"] == {**ways, field: [{**match, "route": [one]}]}
    assert both["spec"] == {
        **ways,
        field: [{**match, "route": [one | {"weight": 20}, other | {"weight": 80}]}],
    }
    assert ROUTER.port(both) == 80


@pytest.mark.parametrize("protocol", ["TCP", "TLS"])
def test_connections_that_a_hand_sends_by_a_match_alone_are_shared_alike(protocol: str) -> None:
    by_hand = [Exposure("httpbin-0", matches=("tcp",)), Exposure("httpbin-1", matches=("tcp",))]
    made = ROUTER.render(replace(ASKED, protocol=protocol), by_hand)
    assert shares(made) == {"httpbin-0": 50, "httpbin-1": 50}


@pytest.mark.parametrize(
    ("http", "port"),
    [
        ([{"route": [A | {"destination": {"host": "a", "port": {"number": 81}}}, B]}], 81),
        ([{"route": [A]}], None),
        ([{"redirect": {}}, {"route": []}], None),
        (None, None),
    ],
)
def test_the_port_is_that_of_the_first_destination(http: object, port: int | None) -> None:
    assert ROUTER.port({"spec": {"http": http}}) == port


def test_no_more_destinations_are_read_than_a_status_tells_of() -> None:
    many = [{"destination": {"host": f"v{number}"}, "weight": 1} for number in range(5000)]
    assert len(exposures({"http": [{"route": many}]})) == MOST_DESTINATIONS
    spread = [{"match": [MATCH], "route": [each]} for each in many]
    assert len(exposures({"http": spread})) == MOST_DESTINATIONS
    assert (
        len(exposures({"http": [{"match": [MATCH], "route": many}, {"route": many[100:]}]}))
        == MOST_DESTINATIONS
    )


junk = st.recursive(
    st.none() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
)


@given(junk)
@EXAMPLES
def test_a_virtual_service_without_destinations_exposes_nobody(junk: Any) -> None:
    assert exposures(junk) == ()
    assert exposures({"http": [{"route": junk, "mirror": junk, "mirrors": junk, "match": junk}]}) == ()
    assert exposures({"http": junk, "tcp": junk, "tls": junk}) == ()


HOSTS = st.sampled_from(["a", "b", "c"])
DESTINATIONS = st.lists(st.tuples(HOSTS, st.integers(0, 100)), min_size=1, max_size=4)
ROUTES = st.lists(
    st.fixed_dictionaries({"match": st.booleans(), "route": DESTINATIONS, "mirror": st.none() | HOSTS}),
    max_size=4,
)


def reached(routes: list[dict[str, Any]]) -> set[str]:
    """Return who may get a request or a copy: Envoy takes the first route that matches."""
    found: set[str] = set()
    for route in routes:
        total = sum(weight for _, weight in route["route"])
        only = len(route["route"]) == 1
        found |= {host for host, weight in route["route"] if only or (total and weight)}
        found |= {route["mirror"]} - {None}
        if not route["match"]:
            break
    return found


def as_http(route: dict[str, Any]) -> dict[str, Any]:
    destinations = [{"destination": {"host": host}, "weight": weight} for host, weight in route["route"]]
    match = {"match": [MATCH]} if route["match"] else {}
    mirror = {"mirror": {"host": route["mirror"]}} if route["mirror"] else {}
    return {"route": destinations, **match, **mirror}


@given(ROUTES)
@EXAMPLES
def test_exposed_is_exactly_who_may_get_a_request_or_a_copy(routes: list[dict[str, Any]]) -> None:
    found = by_version(exposures({"http": [as_http(route) for route in routes]}))
    assert {name for name, exposure in found.items() if exposure.exposed} == reached(routes)
    shares = [exposure.share for exposure in found.values()]
    assert sum(shares) in (0, 100)


WANTED = virtual_service(ASKED, {"httpbin-0": 20, "httpbin-1": 80})


@pytest.mark.parametrize(
    "current",
    [
        WANTED,
        WANTED | {"status": {"observedGeneration": 1}},
        with_key(WANTED, "labels", "team", "a"),
        with_key(WANTED, "annotations", "team", "a"),
        changed(WANTED, "metadata.ownerReferences", [{"uid": "other"}, OWNER]),
    ],
)
def test_what_others_add_to_a_virtual_service_is_left_to_them(current: Manifest) -> None:
    assert ROUTER.same(current, WANTED)


@pytest.mark.parametrize(
    "current",
    [
        changed(WANTED, "spec.http.0.route.0.weight", 21),
        changed(WANTED, "spec.hosts", ["*"]),
        changed(WANTED, "spec.exportTo", ["."]),
        with_key(WANTED, "labels", "iter8.tools/routemap", "other"),
        changed(WANTED, "metadata.labels", None),
        changed(WANTED, "metadata.ownerReferences", None),
        changed(WANTED, "metadata.ownerReferences.0.uid", "34cd"),
        WANTED | {"spec": None},
    ],
)
def test_what_teal_owns_of_a_virtual_service_is_put_right(current: Manifest) -> None:
    assert not ROUTER.same(current, WANTED)


@pytest.mark.parametrize(("uid", "wanted"), [("12ab", True), ("34cd", False), ("", False)])
def test_an_object_is_owned_by_the_routemap_whose_uid_it_names(uid: str, wanted: bool) -> None:  # noqa: FBT001
    assert owned(WANTED, uid) is wanted
    assert not owned({"metadata": {"ownerReferences": None}}, uid)

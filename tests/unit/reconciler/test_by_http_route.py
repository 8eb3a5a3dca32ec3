"""Passes of a Routemap with router HTTPRoute: what is written, when it is Ready, when a router takes over."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from reconciler.watching.kinds import KINDS
from reconciler.watching.mentions import OrphanKey, RoutemapKey
from routing import names
from routing.kinds import DEPLOYMENTS, GRPC_ROUTES, HTTP_ROUTES, ROUTEMAPS, SERVICES, VIRTUAL_SERVICES
from routing.routes import ROUTERS, parents
from tests.unit.reconciler.scene import KEY, Scene, scene
from tests.unit.routing.worlds import NOW

if TYPE_CHECKING:
    from collections.abc import Iterator

KIND = next(kind for kind in KINDS if kind.resource == HTTP_ROUTES)
ROUTER = ROUTERS["HTTPRoute"]
BOTH = {"httpbin-0": 50, "httpbin-1": 50}


@contextmanager
def serving(*weights: int) -> Iterator[Scene]:
    """Provide a scene whose versions are ready, with a Routemap of these weights by HTTPRoute."""
    with scene() as place:
        made(place, *weights)
        for index, _ in enumerate(weights):
            place.version(f"httpbin-{index}")
        yield place


def made(place: Scene, *weights: int, router: str = "HTTPRoute", uid: str = "12ab") -> None:
    versions = [{"name": f"httpbin-{index}", "weight": weight} for index, weight in enumerate(weights)]
    metadata = {"uid": uid, "generation": 1, "finalizers": [names.RELEASE]}
    spec = {"router": router, "port": 80, "versions": versions, "hosts": ["httpbin-0"]}
    place.make(ROUTEMAPS, "httpbin", metadata, spec={**spec, "settleSeconds": 0, "drainSeconds": 15})


def routes(place: Scene) -> list[dict[str, Any]]:
    return place.objects.listed(HTTP_ROUTES)


def split(place: Scene) -> dict[str, int]:
    return {each.version: each.share for route in routes(place) for each in ROUTER.exposures(route)}


def say(place: Scene, accepted: str = "True") -> None:
    """Say of the HTTPRoute what its controller does."""
    [route] = routes(place)
    condition = {
        "type": "Accepted",
        "status": accepted,
        "reason": "R",
        "message": "m",
        "observedGeneration": 9,
    }
    told = [
        {"parentRef": ref, "controllerName": "x.io/y", "conditions": [condition]}
        for ref in route["spec"]["parentRefs"]
    ]
    status = {"status": {"parents": told}}
    place.objects.merge(HTTP_ROUTES, "default", "httpbin", status, "status")


def unsay(place: Scene) -> None:
    status = {"status": {"parents": None}}
    place.objects.merge(HTTP_ROUTES, "default", "httpbin", status, "status")


def test_a_route_is_written_and_ready_once_it_is_taken() -> None:
    with serving(50, 50) as place:
        place.reconcile()
        assert split(place) == BOTH
        assert place.objects.listed(VIRTUAL_SERVICES) == []
        assert place.condition("Ready") == ("False", "NotRoutable")
        assert place.condition("Routable") == ("False", "NotAcceptedYet")
        say(place)
        place.reconcile()
        assert place.condition("Ready") == ("True", "Applied")
        say(place, "False")
        place.reconcile()
        assert place.condition("Routable") == ("False", "NotAccepted")
        # That nobody has heard of a change yet is no news; a refusal is.
        assert [reason for reason in place.events() if "Accepted" in reason] == ["NotAccepted"]


def test_a_pass_over_what_is_taken_writes_nothing() -> None:
    with serving(50, 50) as place:
        place.reconcile()
        say(place)
        place.reconcile()
        place.reconcile()
        assert place.objects.written == []


def test_a_version_is_let_go_by_the_word_of_the_controller_and_the_drain_after_it() -> None:
    with serving(50, 50) as place:
        place.reconcile()
        say(place)
        place.reconcile()
        place.objects.delete(DEPLOYMENTS, "httpbin-1")
        place.reconcile()
        unsay(place)
        assert split(place) == {"httpbin-0": 100}
        place.now = NOW + 400
        place.reconcile()
        assert place.finalizers(DEPLOYMENTS, "httpbin-1") == [names.MARK]
        say(place)
        assert place.reconcile() == 15
        place.now += 15
        place.reconcile()
        assert place.finalizers(DEPLOYMENTS, "httpbin-1") is None


def test_a_deletion_waits_no_longer_than_its_patience_and_a_drain() -> None:
    with serving(50, 50) as place:
        place.reconcile()
        place.objects.delete(DEPLOYMENTS, "httpbin-1")
        again = place.reconcile()
        assert again is not None
        place.now += again
        assert place.reconcile() == 15
        place.now += 15
        place.reconcile()
        assert place.finalizers(DEPLOYMENTS, "httpbin-1") is None


def test_without_gateway_api_nothing_is_routed_and_that_is_said_to_who_needs_it() -> None:
    with serving(50) as place:
        place.sync()
        place.stores.http_routes.missing()
        place.reconciler.reconcile(KEY)
        assert place.condition("Ready") == ("False", "RouterNotInstalled")
        [routemap] = place.objects.listed(ROUTEMAPS)
        assert routemap["status"]["conditions"][0]["message"] == (
            "the cluster has no HTTPRoute (gateway.networking.k8s.io/v1), so nothing is routed; install "
            "Gateway API's CRDs and a controller of them"
        )
    with scene() as place:
        place.routemap(50)
        place.version("httpbin-0")
        place.sync()
        place.stores.http_routes.missing()
        place.reconciler.reconcile(KEY)
        assert place.condition("Ready") == ("True", "Applied")


def test_by_grpc_route_the_same_is_written_taken_and_missed() -> None:
    with scene() as place:
        made(place, 50, 50, router="GRPCRoute")
        for name in BOTH:
            place.version(name)
        place.reconcile()
        [route] = place.objects.listed(GRPC_ROUTES)
        assert {each.version: each.share for each in ROUTERS["GRPCRoute"].exposures(route)} == BOTH
        assert place.condition("Routable") == ("False", "NotAcceptedYet")
        place.sync()
        place.stores.grpc_routes.missing()
        place.reconciler.reconcile(KEY)
        assert place.condition("Ready") == ("False", "RouterNotInstalled")


def test_a_router_that_was_changed_under_way_is_refused_and_requests_go_on() -> None:
    with serving(50, 50) as place:
        place.reconcile()
        place.objects.merge(ROUTEMAPS, "default", "httpbin", {"spec": {"router": "VirtualService"}}, "spec")
        place.reconcile()
        assert place.condition("Ready") == ("False", "RouterChanged")
        assert split(place) == BOTH
        assert place.objects.listed(VIRTUAL_SERVICES) == []
        for name in BOTH:
            assert place.finalizers(DEPLOYMENTS, name) == [names.MARK]
        # What requests go by outlives the Routemap, as ever.
        place.objects.delete(ROUTEMAPS, "httpbin")
        place.reconcile()
        place.reconcile()
        [left] = routes(place)
        assert (names.LEFT in left["metadata"]["annotations"], split(place)) == (True, BOTH)


@pytest.mark.parametrize(
    ("first", "then"), [("VirtualService", "HTTPRoute"), ("HTTPRoute", "VirtualService")]
)
def test_another_router_takes_over_from_a_routemap_that_was_made_anew(first: str, then: str) -> None:
    old, new = (ROUTERS[name].resource for name in (first, then))
    with scene() as place:
        made(place, 50, 50, router=first)
        for name in BOTH:
            place.version(name)
        place.reconcile()
        place.objects.delete(ROUTEMAPS, "httpbin")
        place.reconcile()
        place.reconcile()
        assert place.objects.listed(ROUTEMAPS) == []
        made(place, 50, 50, router=then, uid="34cd")
        place.reconcile()
        assert len(place.objects.listed(new)) == 1
        place.now += 60
        if then == "HTTPRoute":
            # It is not taken yet: what was there stays, for as long as that takes.
            place.reconcile()
            assert [item["metadata"].get("ownerReferences") for item in place.objects.listed(old)] == [None]
            say(place)
        place.reconcile()
        owners = [item["metadata"].get("ownerReferences") for item in place.objects.listed(old)]
        assert [[owner["uid"] for owner in each] for each in owners] == [["12ab"]]


def test_what_was_left_is_given_its_time_before_it_is_given_back() -> None:
    with scene() as place:
        made(place, 50, router="HTTPRoute")
        place.version("httpbin-0")
        place.reconcile()
        place.objects.delete(ROUTEMAPS, "httpbin")
        place.reconcile()
        place.reconcile()
        made(place, 50, router="VirtualService", uid="34cd")
        place.reconcile()
        assert place.reconcile() == 5


def test_an_http_route_of_a_routemap_that_has_gone_goes_too() -> None:
    with serving(50) as place:
        place.reconcile()
        place.objects.delete(ROUTEMAPS, "httpbin")
        place.reconcile()
        place.reconcile()
        assert place.reconcile() == 5
        place.now += 5
        place.reconcile()
        [route] = routes(place)
        assert [owner["uid"] for owner in route["metadata"]["ownerReferences"]] == ["12ab"]


def test_a_version_that_an_http_route_exposes_is_not_let_go_as_an_orphan() -> None:
    with serving(50) as place:
        place.reconcile()
        place.sync()
        assert place.observer.routed(OrphanKey("default", "httpbin-0"))
        assert not place.observer.routed(OrphanKey("default", "httpbin-1"))


def test_an_http_routes_change_calls_for_the_routemap_of_its_name_and_of_its_service() -> None:
    with serving(50) as place:
        place.sync()
        foreign = {"spec": {"parentRefs": [{"group": "", "kind": "Service", "name": "httpbin-0"}]}}
        place.make(HTTP_ROUTES, "other", {}, **foreign)
        stored = place.objects.listed(HTTP_ROUTES)[0]
        place.stores.http_routes.handle("ADDED", stored)
        assert {*place.called_for} == {RoutemapKey("default", "other"), KEY}
        kept = place.stores.http_routes.get("default", "other")
        assert kept is not None
        assert kept["spec"] == foreign["spec"]


def test_what_is_kept_of_an_http_route_says_the_same_as_the_whole() -> None:
    with serving(50, 50) as place:
        place.reconcile()
        say(place)
        [whole] = routes(place)
        whole["metadata"]["generation"] = 4
        old = {"type": "ResolvedRefs", "status": "False", "reason": "R", "observedGeneration": 3}
        whole["status"]["parents"][0]["conditions"].append(old)
        kept = KIND.trim(whole)
        assert ROUTER.exposures(kept) == ROUTER.exposures(whole)
        assert ROUTER.word(kept) == ROUTER.word(whole)
        assert parents.called(kept) == parents.called(whole)
        assert KIND.trim(kept) == kept
        assert "generation" not in kept["metadata"]


def test_of_a_controller_that_talks_on_no_more_is_kept_than_is_told() -> None:
    long = {"type": "Accepted", "status": "False", "message": "x" * 30_000, "lastTransitionTime": "t"}
    entry = {"parentRef": {"name": "web"}, "controllerName": "y" * 3000, "conditions": [long] * 50}
    whole = {
        "metadata": {"namespace": "default", "name": "a", "labels": {names.ROUTEMAP: "a"}},
        "spec": {"parentRefs": [{"name": "web"}]},
        "status": {"parents": [entry]},
    }
    assert len(str(KIND.trim(whole))) < 12_000
    assert SERVICES.kind not in str(KIND.trim(whole))

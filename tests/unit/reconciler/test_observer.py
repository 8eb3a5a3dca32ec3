"""What a pass looks at: the stores, and of the cluster what no store can be trusted with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reconciler.passes.look import Looks
from routing.kinds import (
    DEPLOYMENTS,
    ENDPOINT_SLICES,
    EVENTS,
    ROUTEMAPS,
    SERVICES,
    VIRTUAL_SERVICES,
    WEIGHT_OVERRIDES,
)
from routing.routes.exposure import Exposure
from tests.unit.reconciler.scene import KEY, ORPHAN

if TYPE_CHECKING:
    from routing.kinds import Resource
    from routing.passes import Seen
    from tests.unit.reconciler.scene import Scene

MARK = ["iter8.tools/drain"]


def seen(scene: Scene) -> Seen:
    scene.sync()
    found = scene.observer.observe(KEY, scene.now)
    assert found is not None
    return found


def test_what_is_watched_is_not_asked_for(scene: Scene) -> None:
    scene.routemap(50)
    scene.version("httpbin-0")
    scene.reconcile()
    found = seen(scene)
    assert scene.objects.read == []
    [fact] = found.facts
    assert (fact.marked, fact.ready_endpoints, fact.exposure) == (True, 1, Exposure("httpbin-0", 100))


def test_a_route_of_somebody_else_is_seen_without_asking(scene: Scene) -> None:
    scene.routemap(50)
    scene.make(VIRTUAL_SERVICES, "httpbin", {}, spec={"hosts": ["a.b"]})
    assert seen(scene).route is not None
    assert scene.objects.read == ["Deployment httpbin-0", "Service httpbin-0"]


def test_where_its_kind_is_missing_no_route_is_asked_for(scene: Scene) -> None:
    scene.routemap(50)
    scene.sync()
    scene.stores.routes.missing()
    found = scene.observer.observe(KEY, scene.now)
    assert found is not None
    assert (found.routable, found.route) == (False, None)
    assert scene.objects.read == ["Deployment httpbin-0", "Service httpbin-0"]


def test_a_service_is_found_by_name_and_needs_no_label(scene: Scene) -> None:
    scene.routemap(50)
    scene.version("httpbin-0", {})
    scene.objects.patch(DEPLOYMENTS, "default", "httpbin-0", _labelled())
    assert seen(scene).facts[0].service is not None
    assert scene.objects.read == []


def test_of_a_version_without_deployment_no_service_is_asked_for(scene: Scene) -> None:
    scene.routemap(50)
    scene.reconcile()
    assert (seen(scene).facts[0].deployment, seen(scene).facts[0].service) == (None, None)
    assert scene.objects.read == ["Deployment httpbin-0"]


def test_a_deployment_without_the_label_is_found_while_it_is_listed(
    scene: Scene,
) -> None:
    scene.routemap(50)
    scene.version("httpbin-0", {})
    [fact] = seen(scene).facts
    assert fact.deployment is not None
    assert (fact.deployment.watched, fact.service is None) == (False, False)
    assert scene.objects.read == ["Deployment httpbin-0"]


def test_a_marked_version_that_has_lost_its_label_stays_in_sight(scene: Scene) -> None:
    scene.routemap(50)
    scene.version("httpbin-0")
    scene.reconcile()
    for resource in (DEPLOYMENTS, SERVICES):
        gone = [{"op": "remove", "path": "/metadata/labels/iter8.tools~1watch"}]
        scene.objects.patch(resource, "default", "httpbin-0", gone)
    [fact] = seen(scene).facts
    assert fact.deployment is not None
    assert (fact.marked, fact.deployment.watched) == (True, False)
    assert scene.objects.read == ["Deployment httpbin-0"]


def test_a_marked_service_has_its_deployment_looked_for(scene: Scene) -> None:
    scene.routemap(50)
    scene.make(SERVICES, "httpbin-0", {"labels": {"iter8.tools/watch": "true"}, "finalizers": MARK})
    [fact] = seen(scene).facts
    assert (fact.deployment, fact.marked) == (None, True)
    assert "Deployment httpbin-0" in scene.objects.read


def test_versions_are_those_listed_then_those_told_of_then_those_that_the_route_exposes(scene: Scene) -> None:
    scene.routemap(50)
    told = {"versions": [{"name": "held", "state": "draining"}, {"name": "gone", "state": "absent"}]}
    scene.objects.merge(ROUTEMAPS, "default", "httpbin", {"status": told}, "status")
    labels = {"iter8.tools/routemap": "httpbin"}
    spec = {"http": [{"route": [{"destination": {"host": "routed"}}]}]}
    scene.make(VIRTUAL_SERVICES, "httpbin", {"labels": labels}, spec=spec)
    assert [fact.name for fact in seen(scene).facts] == ["httpbin-0", "held", "routed"]
    look = scene.observer.look(KEY)
    assert look is not None
    assert look.versions == ("httpbin-0", "held", "routed")


def test_a_look_is_taken_again_once_anything_has_been_heard_of_what_it_was_taken_of(scene: Scene) -> None:
    looks = Looks(scene.stores)
    scene.routemap(50)
    scene.sync()
    first = looks.at(KEY)
    assert looks.at(KEY, first) is first
    labels = {"iter8.tools/routemap": "httpbin"}
    spec = {"http": [{"route": [{"destination": {"host": "routed"}}]}]}
    scene.make(VIRTUAL_SERVICES, "httpbin", {"labels": labels}, spec=spec)
    scene.sync()
    second = looks.at(KEY, first)
    assert second is not None
    assert second.versions == ("httpbin-0", "routed")
    scene.objects.merge(ROUTEMAPS, "default", "httpbin", {"status": {"split": "a hand's"}}, "status")
    scene.sync()
    third = looks.at(KEY, second)
    assert third is not None
    assert third.told.split == "a hand's"
    scene.stores.routemaps.reset([([], scene.objects.version)])
    assert looks.at(KEY, third) is None


def test_whom_a_route_of_somebody_else_exposes_is_nothing_to_us(scene: Scene) -> None:
    scene.routemap(50)
    spec = {"http": [{"route": [{"destination": {"host": "routed"}}]}]}
    scene.make(VIRTUAL_SERVICES, "httpbin", {}, spec=spec)
    assert [fact.name for fact in seen(scene).facts] == ["httpbin-0"]


def test_an_override_comes_along_and_so_does_who_was_first(scene: Scene) -> None:
    scene.routemap(50, 50, creationTimestamp="2024-01-01T00:00:00Z")
    scene.make(WEIGHT_OVERRIDES, "httpbin", {"uid": "o"}, spec={"weights": []})
    older = {"uid": "2", "creationTimestamp": "2023-01-01T00:00:00Z"}
    scene.make(ROUTEMAPS, "older", older, spec={"versions": [{"name": "httpbin-1"}]})
    found = seen(scene)
    assert found.override is not None
    assert found.senior == {"httpbin-1": "older"}


def test_a_version_is_ready_since_it_was_first_seen_to_be_and_again_after_it_was_not(scene: Scene) -> None:
    scene.routemap(50)
    scene.version("httpbin-0")
    since = scene.now
    assert seen(scene).facts[0].ready_since == since
    scene.now += 5
    assert seen(scene).facts[0].ready_since == since
    [store] = [item for item in scene.stores.every() if item.kind.resource.plural == "endpointslices"]
    store.reset([([], scene.objects.version)])
    told = scene.observer.observe(KEY, scene.now)
    assert told is not None
    assert told.facts[0].ready_since is None
    assert seen(scene).facts[0].ready_since == since + 5


def test_of_a_routemap_that_is_not_there_nothing_is_seen(scene: Scene) -> None:
    scene.sync()
    assert scene.observer.observe(KEY, scene.now) is None
    assert scene.observer.look(KEY) is None


def test_a_version_that_nobody_mentions_is_seen_watched_or_not(scene: Scene) -> None:
    scene.version("httpbin-0", {}, finalizers=MARK)
    scene.sync()
    version = scene.observer.orphan(ORPHAN)
    assert version is not None
    assert version.deployment is not None
    assert version.service is not None


def test_a_kind_that_is_not_watched_has_no_store(scene: Scene) -> None:
    with pytest.raises(KeyError):
        scene.stores.of(EVENTS)


def _labelled() -> list[dict[str, object]]:
    return [{"op": "add", "path": "/metadata/labels", "value": {"iter8.tools/watch": "true"}}]


@pytest.mark.parametrize(("gone", "flaps"), [((), 1), ((SERVICES,), 0), ((DEPLOYMENTS,), 0)], ids=str)
def test_endpoints_that_go_with_their_version_are_no_flap(
    scene: Scene, gone: tuple[Resource, ...], flaps: int
) -> None:
    scene.routemap(50)
    scene.version("httpbin-0")
    assert seen(scene).facts[0].flaps == 0
    for resource in (ENDPOINT_SLICES, *gone):
        scene.objects.delete(resource, "httpbin-0")
    assert seen(scene).facts[0].flaps == flaps


def test_what_the_route_names_and_was_without_endpoints_is_known_to_have_been(scene: Scene) -> None:
    """Also where it was ready for so long before that this is no flap."""
    scene.routemap(50)
    scene.version("httpbin-0")
    scene.reconcile()
    assert not seen(scene).facts[0].was_unready
    [endpoints] = scene.objects.listed(ENDPOINT_SLICES)
    scene.now += 3600
    scene.objects.delete(ENDPOINT_SLICES, "httpbin-0")
    assert seen(scene).facts[0].was_unready
    scene.now += 3600
    assert (seen(scene).facts[0].was_unready, seen(scene).facts[0].flaps) == (True, 0)
    about = {"labels": endpoints["metadata"]["labels"]}
    scene.make(
        ENDPOINT_SLICES, "httpbin-0", about, endpoints=endpoints["endpoints"], ports=endpoints["ports"]
    )
    for _ in range(2):
        found = seen(scene).facts[0]
        assert (found.ready_endpoints, found.was_unready) == (1, True)
        scene.now += 3600


def test_what_no_route_names_is_forgotten_with_its_endpoints(scene: Scene) -> None:
    scene.routemap(50)
    assert seen(scene).facts[0].was_unready
    scene.version("httpbin-0")
    assert not seen(scene).facts[0].was_unready

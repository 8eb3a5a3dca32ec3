"""A watched Deployment that no Routemap lists is told of once: not while its Routemap may still come."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.passes.loners import MOST_TOLD
from reconciler.watching.kinds import Change
from reconciler.watching.mentions import OrphanKey
from routing.kinds import DEPLOYMENTS, EVENTS, ROUTEMAPS
from routing.telling.unlisted import UNLISTED_SECONDS

if TYPE_CHECKING:
    from reconciler.watching.kinds import Kind
    from tests.unit.reconciler.scene import Scene

LONER = OrphanKey("default", "httpbin-2")


def looked(scene: Scene, seconds: float = 0.0) -> float | None:
    """Run a pass over it after so many seconds more."""
    scene.now += seconds
    return scene.reconcile(LONER)


def kind(scene: Scene) -> Kind:
    return scene.stores.deployments.kind


def told(scene: Scene) -> list[dict[str, Any]]:
    scene.recorder.stop(60.0)
    return scene.objects.listed(EVENTS)


def test_it_is_told_of_once_with_the_routemaps_there_are_and_costs_no_read(scene: Scene) -> None:
    scene.routemap(50, 50)
    scene.version("httpbin-2", uid="12ab")
    assert looked(scene) == UNLISTED_SECONDS
    assert looked(scene, UNLISTED_SECONDS) is None
    assert (scene.objects.read, scene.objects.written) == ([], [])
    assert looked(scene, 100) is None
    [event] = told(scene)
    assert (event["type"], event["reason"]) == ("Normal", "NotListed")
    assert "(httpbin lists httpbin-0, httpbin-1)" in event["message"]
    assert event["involvedObject"]["kind"] == "Deployment"


def test_one_whose_routemap_comes_meanwhile_is_not_told_of(scene: Scene) -> None:
    scene.version("httpbin-2")
    assert looked(scene) == UNLISTED_SECONDS
    scene.make(ROUTEMAPS, "httpbin", {}, spec={"versions": [{"name": "httpbin-2"}]})
    assert looked(scene, UNLISTED_SECONDS) is None
    scene.objects.delete(ROUTEMAPS, "httpbin")
    assert looked(scene, 5) == UNLISTED_SECONDS
    assert told(scene) == []


def test_one_that_is_made_anew_waits_anew(scene: Scene) -> None:
    scene.version("httpbin-2")
    looked(scene)
    [manifest] = scene.objects.listed(DEPLOYMENTS)
    scene.observer.heard(kind(scene), Change(manifest, gone=True))
    assert looked(scene, UNLISTED_SECONDS) == UNLISTED_SECONDS


def test_only_what_is_watched_and_listed_by_nobody_calls_for_a_pass(scene: Scene) -> None:
    scene.version("httpbin-2")
    [manifest] = scene.objects.listed(DEPLOYMENTS)
    keys = kind(scene).keys
    assert [*keys(scene.mentions, Change(manifest))] == [LONER]
    assert [*keys(scene.mentions, Change(manifest, gone=True))] == []
    bare = {**manifest, "metadata": {**manifest["metadata"], "labels": {}}}
    assert [*keys(scene.mentions, Change(bare))] == []
    service = scene.stores.services.kind
    assert [*service.keys(scene.mentions, Change(manifest))] == []


def test_of_a_namespace_with_many_only_some_are_told_of_and_more_when_those_have_gone(scene: Scene) -> None:
    keys = [OrphanKey("default", f"v{number}") for number in range(MOST_TOLD + 1)]
    for key in keys:
        scene.version(key.name, uid=key.name)
        scene.reconcile(key)
    scene.now += UNLISTED_SECONDS
    assert [scene.reconcile(key) for key in keys] == [None] * len(keys)
    [first] = [item for item in scene.objects.listed(DEPLOYMENTS) if item["metadata"]["name"] == "v0"]
    scene.observer.heard(kind(scene), Change(first, gone=True))
    assert scene.reconcile(keys[-1]) == UNLISTED_SECONDS
    assert len(told(scene)) == MOST_TOLD

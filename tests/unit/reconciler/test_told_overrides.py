"""A WeightOverride is told what becomes of it, in the pass over its Routemap, or in one of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from kube.errors import ClusterError
from reconciler.watching.kinds import Change
from routing.kinds import EVENTS, ROUTEMAPS, VIRTUAL_SERVICES, WEIGHT_OVERRIDES
from tests.unit.reconciler.scene import KEY

if TYPE_CHECKING:
    from tests.unit.reconciler.scene import Scene

OLD = "2023-11-14T22:00:00Z"


def override(scene: Scene, **metadata: Any) -> None:
    weights = [{"version": "httpbin-0", "weight": 20}, {"version": "httpbin-1", "weight": 80}]
    about = {"uid": "o", "generation": 1, "creationTimestamp": OLD, **metadata}
    scene.make(WEIGHT_OVERRIDES, "httpbin", about, spec={"weights": weights})


def applied(scene: Scene) -> list[str]:
    [found] = scene.objects.listed(WEIGHT_OVERRIDES)
    return [item["reason"] for item in (found.get("status") or {}).get("conditions", [])]


def test_it_is_told_after_the_split_and_only_once(scene: Scene) -> None:
    for name in ("httpbin-0", "httpbin-1"):
        scene.version(name)
    scene.routemap(50, 50)
    override(scene)
    scene.reconcile()
    assert applied(scene) == ["Applied"]
    written = scene.objects.written
    assert written.index("apply VirtualService httpbin") < written.index("status WeightOverride httpbin")
    scene.reconcile()
    assert scene.objects.written == []


def test_where_the_split_can_not_be_written_it_does_not_say_that_its_weights_count(scene: Scene) -> None:
    for name in ("httpbin-0", "httpbin-1"):
        scene.version(name)
    scene.routemap(50, 50)
    scene.reconcile()
    override(scene)
    scene.objects.faults["apply VirtualService httpbin"] = ClusterError("away", 500)
    with pytest.raises(ClusterError, match="away"):
        scene.reconcile()
    assert applied(scene) == []


def test_without_a_routemap_it_is_told_so_in_a_pass_of_that_name(scene: Scene) -> None:
    override(scene)
    assert scene.reconcile() is None
    assert applied(scene) == ["NoRoutemap"]
    assert scene.objects.written == ["status WeightOverride httpbin"]
    scene.reconcile()
    assert scene.objects.written == []
    assert scene.events() == ["NoRoutemap"]
    [event] = scene.objects.listed(EVENTS)
    assert event["involvedObject"]["kind"] == "WeightOverride"


def test_one_that_is_new_is_looked_at_again_when_it_is_not(scene: Scene) -> None:
    override(scene, creationTimestamp="2023-11-14T22:13:15Z")
    assert scene.reconcile() == 5.0
    assert scene.objects.written == []


def test_neither_a_routemap_nor_an_override_costs_anything(scene: Scene) -> None:
    assert scene.reconcile() is None
    assert (scene.objects.read, scene.objects.written) == ([], [])


def test_a_routemap_that_comes_calls_for_the_pass_that_tells_it(scene: Scene) -> None:
    override(scene)
    scene.reconcile()
    scene.routemap(50, 50)
    [routemap] = scene.objects.listed(ROUTEMAPS)
    kind = scene.stores.routemaps.kind
    assert KEY in {*kind.keys(scene.mentions, Change(kind.trim(routemap)))}
    scene.reconcile()
    assert applied(scene) == ["NoReadyVersion"]
    assert scene.objects.listed(VIRTUAL_SERVICES) == []


def test_one_that_is_deleted_goes_from_the_routemaps_status_and_that_is_written_once(scene: Scene) -> None:
    for name in ("httpbin-0", "httpbin-1"):
        scene.version(name)
    scene.routemap(50, 50)
    override(scene)
    scene.reconcile()
    assert scene.objects.listed(ROUTEMAPS)[0]["status"]["override"] == "httpbin-0=20 httpbin-1=80"
    scene.objects.delete(WEIGHT_OVERRIDES, "httpbin")
    scene.reconcile()
    assert "override" not in scene.objects.listed(ROUTEMAPS)[0]["status"]
    scene.reconcile()
    assert scene.objects.written == []

"""Carrying a pass out: its order, what is told, and which of its writes call for another pass."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from kube.errors import ClusterError, NotFoundError, StaleError, UnavailableError
from reconciler.passes.reconcile import MOST_LOOKS
from routing.kinds import DEPLOYMENTS, ROUTEMAPS, SERVICES, VIRTUAL_SERVICES
from routing.leftovers import plan_orphan
from routing.passes import Pass
from routing.plan import plan
from tests.unit.reconciler.memory_objects import refused
from tests.unit.reconciler.scene import KEY, ORPHAN

if TYPE_CHECKING:
    from routing.passes import Seen
    from tests.unit.reconciler.scene import Scene

MARKED = {"patch Deployment httpbin-0", "patch Service httpbin-0"}
ROUTED, TOLD = "apply VirtualService httpbin", "status Routemap httpbin"


def seen(scene: Scene) -> Seen:
    found = scene.observer.observe(KEY, scene.now)
    assert found is not None
    return found


def carried_out(scene: Scene) -> Seen:
    """Plan over what there is and carry it out, again for as long as it says to look again at once."""
    scene.sync()
    for _ in range(MOST_LOOKS):
        found = seen(scene)
        due = plan(found, scene.now)
        scene.writer.carry_out(due, found, scene.now)
        if due.again_at != scene.now:
            return found
    raise AssertionError(f"there is no end of it: {due}")


def serving(scene: Scene) -> None:
    scene.routemap(50, 50)
    scene.version("httpbin-0")


def test_steps_are_written_in_their_order_and_the_status_last(scene: Scene) -> None:
    serving(scene)
    carried_out(scene)
    first, then = scene.objects.written[:2], scene.objects.written[2:]
    assert set(first) == MARKED
    assert then == [ROUTED, TOLD]
    assert scene.split() == {"httpbin-0": 100}
    assert scene.events() == ["SplitApplied"]


@pytest.mark.parametrize("asked", [*sorted(MARKED), ROUTED, TOLD])
@pytest.mark.parametrize(
    "error",
    [refused("no"), StaleError("changed", 409), UnavailableError("no answer")],
    ids=lambda error: type(error).__name__,
)
def test_a_write_that_fails_ends_the_pass_after_its_step(
    scene: Scene, asked: str, error: ClusterError
) -> None:
    serving(scene)
    scene.objects.faults[asked] = error
    with pytest.raises(type(error)):
        carried_out(scene)
    done = scene.objects.written
    assert set(done[:2]) == MARKED, "those of one step are all tried"
    assert done[-1] == asked or asked in MARKED
    assert len(done) == (2 if asked in MARKED else done.index(asked) + 1)
    assert scene.events() == []


def test_what_has_gone_meanwhile_needs_no_patch_and_stops_nobody(scene: Scene) -> None:
    serving(scene)
    scene.version("httpbin-1")
    gone = "patch Service httpbin-1"
    scene.objects.before = lambda asked: (
        scene.objects.delete(SERVICES, "httpbin-1") if asked == gone else None
    )
    carried_out(scene)
    assert scene.objects.written.count(gone) == 1
    assert scene.objects.written[-2:] == [ROUTED, TOLD]
    assert scene.split() == {"httpbin-0": 100}
    assert set(scene.called_for) == {KEY}, "the watch may not have told of it yet"


def test_a_routemap_that_has_gone_meanwhile_is_told_nothing(scene: Scene) -> None:
    serving(scene)
    scene.objects.faults[TOLD] = NotFoundError("gone", 404)
    carried_out(scene)
    assert scene.events() == ["SplitApplied"]


def test_a_route_that_has_gone_meanwhile_is_no_success(scene: Scene) -> None:
    serving(scene)
    scene.objects.faults[ROUTED] = NotFoundError("no such kind", 404)
    with pytest.raises(NotFoundError):
        carried_out(scene)


def test_the_status_tells_the_split_that_the_api_server_has_answered_with(scene: Scene) -> None:
    serving(scene)
    scene.version("httpbin-1")
    apply = scene.objects.apply

    def mutated(resource: object, manifest: object) -> dict[str, object]:
        written = apply(resource, manifest)  # type: ignore[arg-type]
        written["spec"]["http"][0]["route"].pop()
        return written

    scene.objects.apply = mutated  # type: ignore[method-assign]
    carried_out(scene)
    [routemap] = scene.objects.listed(ROUTEMAPS)
    assert routemap["status"]["split"] == "httpbin-0=100"
    assert [version["weight"] for version in routemap["status"]["versions"]] == [100, 0]


def test_own_writes_call_for_no_other_pass_and_the_next_one_sees_them(scene: Scene) -> None:
    serving(scene)
    carried_out(scene)
    assert scene.called_for == []
    assert plan(seen(scene), scene.now) == Pass()


def test_taking_a_version_out_of_the_split_calls_for_no_other_pass_before_its_drain_is_over(
    scene: Scene,
) -> None:
    serving(scene)
    scene.version("httpbin-1")
    carried_out(scene)
    scene.objects.delete(DEPLOYMENTS, "httpbin-1")
    carried_out(scene)
    assert scene.split() == {"httpbin-0": 100}
    assert scene.called_for == []
    assert plan(seen(scene), scene.now) == Pass(again_at=scene.now + 15)


def test_taking_a_mark_off_calls_for_another_pass(scene: Scene) -> None:
    scene.routemap(50)
    scene.version("httpbin-0", {}, finalizers=["iter8.tools/drain"])
    scene.make(VIRTUAL_SERVICES, "other", {})
    scene.objects.patch(DEPLOYMENTS, "default", "httpbin-0", _watch())
    scene.sync()
    version = seen(scene).versions[0]
    scene.writer.carry_out(plan_orphan(version, scene.now, routed=False), None, scene.now)
    assert scene.finalizers(DEPLOYMENTS, "httpbin-0") == []
    assert set(scene.called_for) == {KEY}


def _watch() -> list[dict[str, object]]:
    return [{"op": "add", "path": "/metadata/labels", "value": {"iter8.tools/watch": "true"}}]


def test_a_deployment_that_is_not_watched_is_not_taken_into_the_store(scene: Scene) -> None:
    scene.version("httpbin-0", {}, finalizers=["iter8.tools/drain"])
    scene.sync()
    version = scene.observer.orphan(ORPHAN)
    assert version is not None
    scene.writer.carry_out(plan_orphan(version, scene.now, routed=False), None, scene.now)
    assert scene.finalizers(SERVICES, "httpbin-0") == []
    assert scene.stores.deployments.get("default", "httpbin-0") is None
    assert scene.events() == []


def test_a_patch_is_only_for_the_object_that_was_seen(scene: Scene) -> None:
    serving(scene)
    scene.sync()
    found = seen(scene)
    due = plan(found, scene.now)
    scene.objects.delete(SERVICES, "httpbin-0")
    scene.make(SERVICES, "httpbin-0", {"labels": {"iter8.tools/watch": "true"}})
    with pytest.raises(StaleError):
        scene.writer.carry_out(due, found, scene.now)
    assert scene.finalizers(SERVICES, "httpbin-0") == []


def test_a_pass_with_nothing_to_do_writes_nothing(scene: Scene) -> None:
    serving(scene)
    carried_out(scene)
    scene.sync()
    found = seen(scene)
    scene.writer.carry_out(replace(plan(found, scene.now), again_at=5.0), found, scene.now)
    assert scene.objects.written == []

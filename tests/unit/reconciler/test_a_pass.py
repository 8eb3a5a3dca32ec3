"""One pass: what it leaves behind, whatever goes wrong in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from kube.errors import ClusterError, StaleError, UnavailableError
from reconciler.passes import reconcile
from reconciler.passes.look import Look
from reconciler.watching.mentions import OrphanKey, RoutemapKey
from routing import contradicted, names
from routing.kinds import DEPLOYMENTS, ROUTEMAPS, SERVICES, VIRTUAL_SERVICES, WEIGHT_OVERRIDES
from routing.reading.status import RoutemapStatus
from routing.telling.unlisted import UNLISTED_SECONDS
from routing.writes import LEFT_SECONDS
from tests.unit.reconciler import scene as scenes
from tests.unit.reconciler.memory_objects import refused
from tests.unit.reconciler.scene import KEY, ORPHAN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from routing.kinds import Resource
    from routing.passes import Pass, Seen
    from tests.unit.reconciler.scene import Scene

WRITES = (
    "patch Deployment httpbin-0",
    "patch Service httpbin-0",
    "apply VirtualService httpbin",
    "status Routemap httpbin",
)
BEFORE = Look({}, (), RoutemapStatus(), {}, ("httpbin-0",), (object(),) * 3)
"""Of an earlier Routemap, of one version."""


def serving(scene: Scene) -> None:
    scene.routemap(50, 50)
    scene.version("httpbin-0")
    scene.version("httpbin-1")


def test_from_a_routemap_to_a_split(scene: Scene) -> None:
    serving(scene)
    assert scene.reconcile() is None
    assert scene.split() == {"httpbin-0": 50, "httpbin-1": 50}
    assert scene.finalizers(SERVICES, "httpbin-1") == ["iter8.tools/drain"]
    assert scene.condition("Ready") == ("True", "Applied")
    assert scene.reconcile() is None
    assert scene.objects.written == []


def test_who_is_scaled_to_zero_between_the_look_and_the_mark_gets_no_requests(scene: Scene) -> None:
    serving(scene)

    def scaled(asked: str) -> None:
        if asked == "patch Deployment httpbin-1":
            scene.objects.merge(DEPLOYMENTS, "default", "httpbin-1", {"spec": {"replicas": 0}}, "scale")

    scene.objects.before = scaled
    assert scene.reconcile() == 15, "then its mark goes: proxies may have heard of it from others"
    assert scene.split() == {"httpbin-0": 100}
    assert scene.objects.written.count("apply VirtualService httpbin") == 1


@pytest.mark.parametrize(
    ("annotations", "owners"),
    [({}, 1), ({"argocd.argoproj.io/tracking-id": "shop:iter8.tools/WeightOverride:shop/httpbin"}, 0)],
)
def test_an_override_gets_an_owner_unless_argo_cd_applies_it(
    scene: Scene, annotations: dict[str, str], owners: int
) -> None:
    serving(scene)
    about = {"uid": "0ver", "generation": 1, "annotations": annotations}
    scene.make(WEIGHT_OVERRIDES, "httpbin", about, spec={"weights": [{"version": "httpbin-0", "weight": 0}]})
    scene.reconcile()
    assert scene.split() == {"httpbin-0": 0, "httpbin-1": 100}
    found = scene.objects.get(WEIGHT_OVERRIDES, "default", "httpbin")
    assert len(found["metadata"].get("ownerReferences", ())) == owners


def test_marks_that_do_not_stick_are_a_failure_and_nothing_is_routed(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    serving(scene)
    monkeypatch.setattr(scene.objects, "patch", lambda resource, *at: scene.objects.get(resource, *at[:2]))
    with pytest.raises(StaleError, match="what was written is not there after 5 looks"):
        scene.reconcile()
    assert scene.split() is None
    assert scene.deadline.failing_since(KEY) == scene.now


def test_a_deleted_version_drains_and_goes_when_the_time_has_come(scene: Scene) -> None:
    serving(scene)
    scene.reconcile()
    for resource in (DEPLOYMENTS, SERVICES):
        scene.objects.delete(resource, "httpbin-1")
    assert scene.reconcile() == 15
    assert scene.split() == {"httpbin-0": 100}
    assert scene.finalizers(DEPLOYMENTS, "httpbin-1") == ["iter8.tools/drain"]
    scene.now += 15
    scene.reconcile()
    assert scene.finalizers(DEPLOYMENTS, "httpbin-1") is None
    assert scene.events() == ["SplitApplied", "SplitApplied", "Draining", "Drained"]


def test_a_routemap_that_is_not_there_needs_nothing_and_its_failures_are_forgotten(scene: Scene) -> None:
    scene.deadline.failed(KEY, scene.now)
    assert scene.reconcile() is None
    assert scene.deadline.failing_since(KEY) is None


@pytest.mark.parametrize("asked", WRITES)
def test_after_a_failure_at_any_write_the_next_pass_does_the_rest(scene: Scene, asked: str) -> None:
    serving(scene)
    scene.objects.faults[asked] = UnavailableError("no answer")
    with pytest.raises(UnavailableError):
        scene.reconcile()
    assert scene.deadline.failing_since(KEY) == scene.now
    scene.objects.faults.clear()
    assert scene.reconcile() is None
    assert scene.split() == {"httpbin-0": 50, "httpbin-1": 50}
    assert scene.condition("Ready") == ("True", "Applied")
    assert scene.deadline.failing_since(KEY) is None


@pytest.mark.parametrize("asked", WRITES[:3])
def test_a_refusal_is_told_in_the_status(scene: Scene, asked: str) -> None:
    serving(scene)
    scene.objects.faults[asked] = refused("not here")
    with pytest.raises(ClusterError):
        scene.reconcile()
    assert scene.condition("Ready") == ("False", "WriteRefused")
    assert scene.events() == ["WriteRefused"]


def test_what_is_stale_is_told_to_nobody_and_tried_again(scene: Scene) -> None:
    serving(scene)
    scene.objects.faults[WRITES[0]] = StaleError("changed", 409)
    with pytest.raises(StaleError):
        scene.reconcile()
    assert [item for item in scene.objects.written if item.startswith("status")] == []


@pytest.mark.parametrize(
    "error",
    [
        UnavailableError("failed calling webhook", 500),
        StaleError("somebody's webhook says so", 409),
        StaleError("what was written is not there after 5 looks"),
    ],
)
def test_what_may_pass_by_itself_is_told_when_it_has_not(scene: Scene, error: ClusterError) -> None:
    serving(scene)
    scene.objects.faults[WRITES[0]] = error
    for waited in (0.0, reconcile.LASTING_SECONDS - 1):
        scene.now += waited
        with pytest.raises(type(error)):
            scene.reconcile()
        assert [item for item in scene.objects.written if item.startswith("status")] == []
    scene.now += 1
    with pytest.raises(type(error)):
        scene.reconcile()
    assert scene.condition("Ready") == ("False", "WriteRefused")


def test_a_route_that_somebody_changes_as_it_is_written_is_told_and_looked_at_again(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    serving(scene)
    apply = scene.objects.apply

    def changing(resource: Resource, manifest: Mapping[str, Any]) -> dict[str, Any]:
        return apply(resource, {**manifest, "spec": {**manifest["spec"], "exportTo": ["."]}})

    monkeypatch.setattr(scene.objects, "apply", changing)
    assert scene.reconcile() == contradicted.CONTRADICTED_SECONDS
    assert scene.condition("Ready") == ("False", "WriteRefused")
    assert scene.finalizers(DEPLOYMENTS, "httpbin-1") == [names.MARK], "all else is done"
    monkeypatch.undo()
    scene.now += contradicted.CONTRADICTED_SECONDS
    assert scene.reconcile() is None
    assert scene.condition("Ready") == ("True", "Applied")


@pytest.mark.parametrize("error", [UnavailableError("no answer"), UnavailableError("too much", 429)])
def test_an_api_server_that_has_too_much_to_do_is_not_asked_for_more(
    scene: Scene, error: ClusterError
) -> None:
    serving(scene)
    scene.objects.faults[WRITES[0]] = error
    for waited in (0.0, reconcile.LASTING_SECONDS):
        scene.now += waited
        with pytest.raises(UnavailableError):
            scene.reconcile()
    assert [item for item in scene.objects.written if item.startswith("status")] == []


def test_a_status_that_is_refused_is_no_end(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    serving(scene)
    scene.objects.faults[WRITES[3]] = refused("too long")
    with pytest.raises(ClusterError):
        scene.reconcile()
    assert "nothing given up" in caplog.messages
    assert scene.split() == {"httpbin-0": 50, "httpbin-1": 50}


def test_a_mistake_of_the_users_is_told_and_counted_and_ends_when_it_is_put_right(scene: Scene) -> None:
    scene.routemap(0)
    assert scene.reconcile() is None
    assert scene.condition("Ready") == ("False", "Invalid")
    assert scene.deadline.failing_since(KEY) == scene.now
    right = [{"op": "add", "path": "/spec/versions", "value": [{"name": "httpbin-0"}]}]
    scene.objects.patch(ROUTEMAPS, "default", "httpbin", right)
    scene.reconcile()
    assert scene.deadline.failing_since(KEY) is None


def _crashing(_: Seen, __: float) -> Pass:
    raise ZeroDivisionError("our own mistake")


def test_a_deletion_does_not_wait_for_ever_when_passes_crash(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    serving(scene)
    scene.reconcile()
    scene.objects.delete(DEPLOYMENTS, "httpbin-1")
    monkeypatch.setattr(reconcile, "plan", _crashing)
    for seconds in (0, 599):
        scene.now += seconds
        with pytest.raises(ZeroDivisionError):
            scene.reconcile()
        assert scene.finalizers(DEPLOYMENTS, "httpbin-1") == ["iter8.tools/drain"]
    scene.now += 1
    with pytest.raises(ZeroDivisionError):
        scene.reconcile()
    assert scene.finalizers(DEPLOYMENTS, "httpbin-1") is None
    assert scene.finalizers(DEPLOYMENTS, "httpbin-0") == ["iter8.tools/drain"]
    assert scene.events() == ["SplitApplied", "DeadlineExceeded"]


def test_a_crash_while_looking_is_counted_too(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    serving(scene)

    def observe(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(scene.observer, "observe", observe)
    with pytest.raises(ZeroDivisionError):
        scene.reconcile()
    assert scene.deadline.failing_since(KEY) == scene.now


def test_the_patience_is_the_flags(monkeypatch: pytest.MonkeyPatch) -> None:
    with scenes.scene(patience=30.0) as scene:
        serving(scene)
        scene.reconcile()
        scene.objects.delete(DEPLOYMENTS, "httpbin-1")
        monkeypatch.setattr(reconcile, "plan", _crashing)
        for seconds in (0, 30):
            scene.now += seconds
            with pytest.raises(ZeroDivisionError):
                scene.reconcile()
        assert scene.finalizers(DEPLOYMENTS, "httpbin-1") is None


def test_a_pass_that_has_come_to_concern_another_version_begins_anew_at_once(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    serving(scene)
    scene.sync()
    monkeypatch.setattr(scene.observer, "look", lambda _: BEFORE)
    assert scene.reconciler.reconcile(KEY) == 0.0
    assert scene.objects.written == []


def test_a_routemap_that_goes_between_two_looks_needs_nothing(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.sync()
    monkeypatch.setattr(scene.observer, "look", lambda _: BEFORE)
    assert scene.reconciler.reconcile(KEY) is None


def test_an_orphan_is_let_go_and_one_that_a_routemap_mentions_is_none(scene: Scene) -> None:
    scene.version("httpbin-0", finalizers=["iter8.tools/drain"])
    assert scene.reconcile(ORPHAN) == UNLISTED_SECONDS, "when its user is told that no Routemap lists it"
    assert scene.finalizers(SERVICES, "httpbin-0") == []
    scene.version("httpbin-1", finalizers=["iter8.tools/drain"])
    scene.routemap(50, 50)
    assert scene.reconcile(OrphanKey("default", "httpbin-1")) is None
    assert scene.objects.written == []


def test_an_orphan_that_a_route_still_exposes_is_left_to_whose_it_is(scene: Scene) -> None:
    serving(scene)
    scene.reconcile()
    gone = [{"op": "add", "path": "/spec/versions", "value": [{"name": "httpbin-0"}]}]
    scene.objects.patch(ROUTEMAPS, "default", "httpbin", gone)
    scene.objects.merge(ROUTEMAPS, "default", "httpbin", {"status": {"versions": []}}, "status")
    assert scene.reconcile(OrphanKey("default", "httpbin-1")) == 2.0
    scene.objects.delete(ROUTEMAPS, "httpbin")
    assert scene.reconcile(OrphanKey("default", "httpbin-1")) == UNLISTED_SECONDS
    assert scene.finalizers(DEPLOYMENTS, "httpbin-1") == []


def test_two_routemaps_of_a_version_end_in_a_conflict_of_the_younger(scene: Scene) -> None:
    scene.routemap(50, creationTimestamp="2023-01-01T00:00:00Z")
    scene.version("httpbin-0")
    about = {"uid": "2", "finalizers": ["iter8.tools/release"], "creationTimestamp": "2024-01-01T00:00:00Z"}
    scene.make(ROUTEMAPS, "younger", about, spec={"versions": [{"name": "httpbin-0"}]})
    assert scene.reconcile(RoutemapKey("default", "younger")) is None
    assert scene.objects.listed(VIRTUAL_SERVICES) == []


def test_what_a_routemap_has_left_goes_after_a_while_unless_another_takes_it_over(scene: Scene) -> None:
    serving(scene)
    scene.now += 0.5
    scene.reconcile()
    scene.objects.delete(ROUTEMAPS, "httpbin")
    scene.reconcile()
    scene.reconcile()
    assert scene.objects.listed(ROUTEMAPS) == []
    assert scene.reconcile() == LEFT_SECONDS + 0.5, "which is when the next whole second is over"
    assert scene.objects.written == []
    scene.routemap(50, 50, uid="another")
    scene.reconcile()
    assert _owners(scene) == ["another"]
    scene.objects.delete(ROUTEMAPS, "httpbin")
    scene.reconcile()
    scene.reconcile()
    assert _owners(scene) == []
    scene.now += LEFT_SECONDS + 0.5
    assert scene.reconcile() is None
    assert _owners(scene) == ["another"]
    assert scene.reconcile() is None
    assert scene.objects.written == []


def _owners(scene: Scene) -> list[str]:
    [route] = scene.objects.listed(VIRTUAL_SERVICES)
    return [owner["uid"] for owner in route["metadata"].get("ownerReferences", ())]

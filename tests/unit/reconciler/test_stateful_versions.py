"""A version may be a StatefulSet: it comes in, is held and let go as a Deployment is, and is called so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from routing import names
from routing.kinds import DEPLOYMENTS, EVENTS, ROUTEMAPS, SERVICES, STATEFUL_SET, STATEFUL_SETS
from routing.telling.unlisted import UNLISTED_SECONDS
from tests.unit.reconciler.scene import KEY, ORPHAN

if TYPE_CHECKING:
    from tests.unit.reconciler.scene import Scene

MARK = "iter8.tools/drain"


def told(scene: Scene, name: str) -> dict[str, Any]:
    """Return what the Routemap's status says of a version."""
    [routemap] = scene.objects.listed(ROUTEMAPS)
    [found] = [item for item in routemap["status"]["versions"] if item["name"] == name]
    return dict(found)


def messages(scene: Scene) -> list[str]:
    scene.recorder.stop(60.0)
    return [event["message"] for event in scene.objects.listed(EVENTS)]


def serving(scene: Scene) -> None:
    scene.routemap(50, 50)
    scene.version("httpbin-0")
    scene.version_of(STATEFUL_SET, "httpbin-1")
    scene.reconcile()


def test_it_comes_in_beside_a_deployment_marked_and_called_by_its_kind(scene: Scene) -> None:
    serving(scene)
    assert scene.split() == {"httpbin-0": 50, "httpbin-1": 50}
    assert scene.finalizers(STATEFUL_SETS, "httpbin-1") == [MARK]
    assert scene.finalizers(SERVICES, "httpbin-1") == [MARK]
    assert told(scene, "httpbin-1")["workload"] == "statefulset/httpbin-1"
    assert "workload" not in told(scene, "httpbin-0")
    assert scene.reconcile() is None
    assert (scene.objects.written, scene.objects.read) == ([], []), "at rest it costs nothing"


def test_it_waits_until_its_pods_are_available(scene: Scene) -> None:
    scene.routemap(50, 50)
    scene.version("httpbin-0")
    scene.version_of(STATEFUL_SET, "httpbin-1")
    [found] = scene.objects.listed(STATEFUL_SETS)
    scene.objects.replace(STATEFUL_SETS, {**found, "status": {"availableReplicas": 0}})
    scene.reconcile()
    assert scene.split() == {"httpbin-0": 100}
    assert told(scene, "httpbin-1")["reason"] == "StatefulSetNotAvailable"


def test_it_drains_before_it_goes(scene: Scene) -> None:
    serving(scene)
    scene.objects.delete(STATEFUL_SETS, "httpbin-1")
    assert scene.reconcile() == 15
    assert scene.split() == {"httpbin-0": 100}
    assert scene.finalizers(STATEFUL_SETS, "httpbin-1") == [MARK]
    scene.now += 15
    scene.reconcile()
    assert scene.finalizers(STATEFUL_SETS, "httpbin-1") is None


def test_as_the_only_ready_version_it_is_protected(scene: Scene) -> None:
    scene.routemap(50)
    scene.version_of(STATEFUL_SET, "httpbin-0")
    scene.reconcile()
    [found] = scene.objects.listed(STATEFUL_SETS)
    assert found["metadata"]["annotations"] == {names.PROTECTED: "the only ready version of Routemap httpbin"}


def test_without_the_label_the_command_that_mends_it_names_its_kind(scene: Scene) -> None:
    scene.routemap(50, 50)
    scene.version("httpbin-0")
    scene.version_of(STATEFUL_SET, "httpbin-1", labels={})
    scene.reconcile()
    assert told(scene, "httpbin-1")["reason"] == "NotWatched"
    remedy = "kubectl label statefulset httpbin-1 --namespace default iter8.tools/watch=true"
    assert any(message.endswith(remedy) for message in messages(scene))


def test_without_labels_one_command_mends_versions_of_both_kinds(scene: Scene) -> None:
    scene.routemap(50, 50)
    scene.version("httpbin-0", labels={})
    scene.version_of(STATEFUL_SET, "httpbin-1", labels={})
    scene.reconcile()
    [routemap] = scene.objects.listed(ROUTEMAPS)
    [ready] = [item for item in routemap["status"]["conditions"] if item["type"] == "Ready"]
    remedy = "kubectl label deployment/httpbin-0 statefulset/httpbin-1 --namespace default"
    assert remedy in ready["message"]


def test_a_candidate_that_is_not_there_is_asked_for_as_a_deployment_only(scene: Scene) -> None:
    scene.routemap(50, 50)
    scene.version("httpbin-0")
    scene.reconcile()
    assert {*scene.objects.read} == {"Deployment httpbin-1"}


def test_one_that_has_lost_its_label_is_drained_and_let_go(scene: Scene) -> None:
    serving(scene)
    [found] = scene.objects.listed(STATEFUL_SETS)
    scene.objects.replace(STATEFUL_SETS, {**found, "metadata": {**found["metadata"], "labels": {}}})
    assert scene.reconcile() == 15
    assert told(scene, "httpbin-1")["reason"] == "WatchLabelRemoved"
    scene.now += 15
    scene.reconcile()
    assert scene.finalizers(STATEFUL_SETS, "httpbin-1") == []


def test_its_kind_is_changed_by_a_drain_of_the_one_and_the_coming_of_the_other(scene: Scene) -> None:
    scene.routemap(50, 50)
    scene.version("httpbin-0")
    scene.version("httpbin-1")
    scene.reconcile()
    scene.objects.delete(DEPLOYMENTS, "httpbin-1")
    about = {"labels": {names.WATCH: "true"}}
    scene.make(STATEFUL_SETS, "httpbin-1", about, spec={}, status={"availableReplicas": 1})
    scene.reconcile()
    assert scene.split() == {"httpbin-0": 100}, "the one that is marked has the say"
    scene.now += 15
    scene.reconcile()
    assert scene.finalizers(DEPLOYMENTS, "httpbin-1") is None
    scene.reconcile()
    assert scene.split() == {"httpbin-0": 50, "httpbin-1": 50}
    assert scene.finalizers(STATEFUL_SETS, "httpbin-1") == [MARK]


def test_one_beside_a_deployment_of_its_name_is_told_of_once(scene: Scene) -> None:
    serving(scene)
    available = {"conditions": [{"type": "Available", "status": "True"}]}
    scene.make(DEPLOYMENTS, "httpbin-1", {"labels": {names.WATCH: "true"}}, spec={}, status=available)
    scene.reconcile()
    assert told(scene, "httpbin-1")["message"] == (
        "deployment/httpbin-1 is watched, too, and statefulset/httpbin-1 is the version; "
        "take iter8.tools/watch off the other"
    )
    assert scene.split() == {"httpbin-0": 50, "httpbin-1": 50}
    scene.reconcile()
    assert scene.events().count("SameName") == 1


def test_one_that_no_routemap_lists_is_told_so(scene: Scene) -> None:
    scene.version_of(STATEFUL_SET, "httpbin-0", uid="12ab")
    scene.reconcile(ORPHAN)
    scene.now += UNLISTED_SECONDS
    scene.reconcile(ORPHAN)
    [message] = messages(scene)
    assert "kubectl label statefulset httpbin-0 --namespace default iter8.tools/watch-" in message
    [event] = scene.objects.listed(EVENTS)
    assert event["involvedObject"]["kind"] == "StatefulSet"


def test_its_changes_call_for_the_pass_of_its_routemap(scene: Scene) -> None:
    serving(scene)
    scene.sync()
    scene.stores.stateful_sets.lost(scene.objects.listed(STATEFUL_SETS)[0])
    assert scene.called_for == [KEY]

"""Kinds that the administrator has named may be versions, with a Service of another name, too."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

import pytest

from reconciler.hooks.uninstall import stripping
from reconciler.settings import parse, workload
from routing.kinds import DEPLOYMENT, DEPLOYMENTS, ROUTEMAPS, SERVICES, Resource, WorkloadKind, named_workload
from tests.unit.reconciler import scene as scenes
from tests.unit.reconciler.scene import KEY, Scene

if TYPE_CHECKING:
    from collections.abc import Iterator

ROLLOUT = WorkloadKind(Resource("argoproj.io/v1alpha1", "Rollout", "rollouts"), "Available")
MODEL = WorkloadKind(
    Resource("serving.kserve.io/v1beta1", "InferenceService", "inferenceservices"),
    "Ready",
    suffix="-predictor",
)
MARK = "iter8.tools/drain"
WATCHED = {"labels": {"iter8.tools/watch": "true"}}


@pytest.fixture
def scene() -> Iterator[Scene]:
    with scenes.scene(600.0, ROLLOUT, MODEL) as made:
        yield made


def listing(scene: Scene, *names: str) -> None:
    """Make a Routemap of these versions."""
    about = {"uid": "12ab", "generation": 1, "finalizers": ["iter8.tools/release"]}
    spec = {"versions": [{"name": name} for name in names], "settleSeconds": 0, "hosts": [names[0]]}
    scene.make(ROUTEMAPS, "httpbin", about, spec=spec)


def told(scene: Scene, name: str) -> dict[str, Any]:
    [routemap] = scene.objects.listed(ROUTEMAPS)
    [found] = [item for item in routemap["status"]["versions"] if item["name"] == name]
    return dict(found)


def test_flags_name_kinds_and_what_names_none_is_refused() -> None:
    flags = [
        "--workload=rollouts.v1alpha1.argoproj.io=Rollout,Available",
        "--workload=inferenceservices.v1beta1.serving.kserve.io=InferenceService,Ready,-predictor",
    ]
    least = ["--namespace", "teal-system", "--identity", "teal-1"]
    assert parse([*least, *flags]).workloads == (ROLLOUT, MODEL)
    for wrong in (
        "rollouts",
        "rollouts.v1alpha1.argoproj.io=Rollout",
        "a/b.v1.c=D,Ready",
        "a.v1.c=D,Ready,x",
    ):
        with pytest.raises(argparse.ArgumentTypeError, match="names no kind of workloads; use plural"):
            workload(wrong)


def test_objects_of_two_named_kinds_share_the_requests_and_are_held(scene: Scene) -> None:
    listing(scene, "httpbin-0", "httpbin-1-predictor")
    scene.version_of(ROLLOUT, "httpbin-0")
    scene.version_of(MODEL, "httpbin-1-predictor")
    scene.reconcile()
    assert scene.split() == {"httpbin-0": 50, "httpbin-1-predictor": 50}
    assert scene.finalizers(MODEL.resource, "httpbin-1") == [MARK]
    assert scene.finalizers(SERVICES, "httpbin-1-predictor") == [MARK]
    assert told(scene, "httpbin-0")["workload"] == "Rollout.v1alpha1.argoproj.io/httpbin-0"
    assert told(scene, "httpbin-1-predictor")["workload"] == (
        "InferenceService.v1beta1.serving.kserve.io/httpbin-1"
    )
    scene.objects.delete(MODEL.resource, "httpbin-1")
    scene.reconcile()
    assert scene.split() == {"httpbin-0": 100}
    assert scene.finalizers(MODEL.resource, "httpbin-1") == [MARK], "it drains first"
    scene.now += 15
    scene.reconcile()
    assert scene.finalizers(MODEL.resource, "httpbin-1") is None


def test_without_its_condition_one_waits(scene: Scene) -> None:
    listing(scene, "httpbin-0", "httpbin-1")
    scene.version("httpbin-0")
    scene.version_of(ROLLOUT, "httpbin-1")
    [found] = scene.objects.listed(ROLLOUT.resource)
    paused = [{"type": "Available", "status": "False"}, {"type": "Progressing", "status": "True"}]
    scene.objects.replace(ROLLOUT.resource, {**found, "status": {"conditions": paused}})
    scene.reconcile()
    assert told(scene, "httpbin-1")["reason"] == "WorkloadNotReady"
    assert scene.split() == {"httpbin-0": 100}


def test_what_it_makes_may_bear_its_label_and_is_not_the_version(scene: Scene) -> None:
    listing(scene, "httpbin-0-predictor")
    scene.version_of(MODEL, "httpbin-0-predictor")
    made = {"conditions": [{"type": DEPLOYMENT.ready, "status": "True"}]}
    scene.make(DEPLOYMENTS, "httpbin-0-predictor", WATCHED, spec={}, status=made)
    scene.reconcile()
    assert scene.finalizers(MODEL.resource, "httpbin-0") == [MARK]
    assert scene.finalizers(DEPLOYMENTS, "httpbin-0-predictor") == []


def test_its_changes_call_for_the_pass_of_its_version(scene: Scene) -> None:
    listing(scene, "httpbin-0-predictor")
    scene.version_of(MODEL, "httpbin-0-predictor")
    scene.reconcile()
    scene.sync()
    [store] = [each for each in scene.stores.named if each.kind.workload == MODEL]
    store.lost(scene.objects.listed(MODEL.resource)[0])
    assert scene.called_for == [KEY]


def test_while_its_kind_is_missing_it_is_asked_for_by_nobody(scene: Scene) -> None:
    listing(scene, "httpbin-0")
    scene.version_of(ROLLOUT, "httpbin-0", labels={})
    scene.sync()
    for store in scene.stores.named:
        store.missing()
    assert scene.observer.observe(KEY, scene.now) is not None
    assert scene.objects.read == ["Deployment httpbin-0", "StatefulSet httpbin-0"]


def test_a_version_that_may_be_of_a_missing_kind_is_known_once_it_has_a_service(scene: Scene) -> None:
    listing(scene, "httpbin-0-predictor")
    assert lacking(scene) == ""
    scene.make(SERVICES, "httpbin-0-predictor", WATCHED, spec={"ports": [{"port": 80}]})
    assert lacking(scene) == "inferenceservices.serving.kserve.io"


def test_of_a_kind_without_suffix_nobody_can_tell_that_a_version_was_to_be_of_it(scene: Scene) -> None:
    listing(scene, "httpbin-0")
    scene.make(SERVICES, "httpbin-0", WATCHED, spec={"ports": [{"port": 80}]})
    assert lacking(scene) == ""


def lacking(scene: Scene) -> str:
    """Return what a version is told to lack where the cluster has none of the kinds that are named."""
    scene.sync()
    for store in scene.stores.named:
        store.missing()
    seen = scene.observer.observe(KEY, scene.now)
    assert seen is not None
    return seen.versions[0].facts.lacking


def test_an_uninstall_takes_its_marks_off() -> None:
    found = named_workload("rollouts.v1alpha1.argoproj.io=Rollout,Available")
    assert found == ROLLOUT
    marked = {"metadata": {"name": "a", "uid": "1", "finalizers": [MARK, "x/y"]}}
    assert stripping(marked)[-1]["value"] == ["x/y"]


@pytest.mark.parametrize(
    ("spec", "same"),
    [({"predictor": {"model": "a"}, "replicas": 7}, True), ({"predictor": {"model": "b"}}, False)],
)
def test_a_revision_is_of_the_spec_where_there_is_no_template(
    scene: Scene, spec: dict[str, Any], *, same: bool
) -> None:
    [kind] = [each.kind for each in scene.stores.named if each.kind.workload == MODEL]
    first, second = (
        kind.trim({"metadata": {"namespace": "a", "name": "b"}, "spec": each})["spec"]["template"]["hash"]
        for each in ({"predictor": {"model": "a"}}, spec)
    )
    assert (first == second) is same

"""`teal promote --undo` where `kubectl rollout undo` has given the primary its pod template back."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from routing import names, patches
from routing.kinds import DEPLOYMENTS, ROUTEMAPS
from routing.promoting import promote
from routing.promoting.steps import Do, Scene, Stop, Wait, Wish
from routing.writes import Patch
from tests.unit.routing.manifests import Manifest, changed, with_key
from tests.unit.routing.promotion import (
    CANDIDATE,
    PRIMARY,
    deployed,
    replica_set,
    scene,
    status,
    version,
    with_deployment,
    without_version,
)

UNDO = Wish(undo=True)
RECORD = {
    "way": "in-place",
    "primary": PRIMARY,
    "candidate": CANDIDATE,
    "stage": "done",
    "replicaSet": "httpbin-0-old",
    "after": "httpbin-0-new",
    "label": "v0",
}


def undone(image: str = "httpbin:0", revision: str = "5", stage: str = "done", **spec: Any) -> Scene:
    """Return an application whose candidate has been promoted in place and gone; then kubectl undid it.

    Its pods can't be replaced without a loss.
    """
    seen = without_version(scene(told=status(version(PRIMARY, 100))), CANDIDATE)
    primary = changed(deployed(PRIMARY, image, "v1"), "spec.strategy", {"type": "Recreate"})
    primary = changed(primary, "metadata.annotations", {"deployment.kubernetes.io/revision": revision})
    for key, value in spec.items():
        primary = {**primary, key: value}
    sets = (
        replica_set("httpbin-0-old", "5", "httpbin:0"),
        replica_set("httpbin-0-new", "4", "httpbin:1"),
        replica_set("httpbin-0-first", "1", "httpbin:00"),
    )
    text = json.dumps({**RECORD, "stage": stage})
    noted = with_key({**seen.routemap}, "annotations", names.PROMOTION, text)
    return replace(with_deployment(seen, primary), replica_sets=sets, routemap=noted)


def tried(seen: Scene) -> Scene:
    """Return a scene with what the API server makes of the change that is to be tried first."""
    wanted = promote.proposal(seen, UNDO)
    if wanted is None:
        return seen
    return replace(seen, proposed=patches.patched(seen.deployments[PRIMARY], wanted.operations))


def played(seen: Scene) -> tuple[list[str], Scene]:
    """Carry out an undoing; return what was told, and what is there then."""
    told = []
    while True:
        step = promote.next_step(tried(seen), UNDO)
        assert isinstance(step, Do), step
        told.append(step.told)
        assert isinstance(step.write, Patch)
        manifest: Manifest = patches.patched(step.write.manifest, step.write.operations)
        if step.write.resource == ROUTEMAPS:
            seen = replace(seen, routemap=manifest)
        else:
            assert step.write.resource == DEPLOYMENTS
            seen = with_deployment(seen, manifest)
        if step.last:
            return told, seen


@pytest.mark.parametrize("revision", ["5", "4"], ids=["noted by Kubernetes", "not yet"])
def test_what_is_left_is_undone_and_no_pod_is_replaced_for_it(revision: str) -> None:
    before = undone(revision=revision)
    told, after = played(before)
    assert told == [
        "httpbin-0 has the pod template that it had before the promotion already",
        "httpbin-0 gets the version label that it had",
        "httpbin-0 is what it was before the promotion",
    ]
    primary = after.deployments[PRIMARY]
    assert primary["spec"] == before.deployments[PRIMARY]["spec"]
    assert primary["metadata"]["labels"][names.VERSION] == "v0"
    assert names.PROMOTION not in after.routemap["metadata"].get("annotations", {})


def test_while_kubectls_rollout_goes_on_it_is_waited_for_and_requests_stay() -> None:
    rolling = {"observedGeneration": 7, "replicas": 2, "updatedReplicas": 1, "availableReplicas": 1}
    seen = undone(stage="undoing", status=rolling)
    labelled = with_key({**seen.deployments[PRIMARY]}, "labels", names.VERSION, "v0")
    begun = promote.next_step(tried(seen), UNDO)
    assert isinstance(begun, Do)
    assert begun.told == "httpbin-0 gets the version label that it had"
    then = promote.next_step(tried(with_deployment(seen, labelled)), UNDO)
    assert then == Wait("1 of 2 pods of httpbin-0 are new")


def test_another_template_than_both_is_left_alone() -> None:
    told = (
        "Deployment httpbin-0 has been given another template since the promotion; choose one from "
        "kubectl rollout history deployment/httpbin-0"
    )
    assert promote.next_step(tried(undone("httpbin:00", "1")), UNDO) == Stop((told,))


def test_no_request_is_moved_to_a_candidate_that_has_come_since() -> None:
    seen = undone(stage="undoing")
    told = status(version(PRIMARY), version(CANDIDATE))
    seen = replace(seen, routemap={**seen.routemap, "status": told})
    seen = with_deployment(seen, deployed(CANDIDATE, "httpbin:2", "v2"))
    step = promote.next_step(tried(seen), UNDO)
    assert isinstance(step, Do)
    assert step.told == "httpbin-0 gets the version label that it had"


def test_without_kubectl_it_is_not_begun_under_requests_that_would_fail() -> None:
    step = promote.next_step(tried(undone("httpbin:1", "4")), UNDO)
    assert isinstance(step, Stop)
    assert step.told[0].startswith("httpbin-1 is not there to take the requests")

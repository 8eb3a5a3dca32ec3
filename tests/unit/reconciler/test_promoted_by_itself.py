"""A promotion by Teal itself, by real passes: what is written, in which order, and what cuts change."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from kube.errors import ClusterError, UnavailableError
from routing import names
from routing.kinds import DEPLOYMENTS, ROUTEMAPS, WEIGHT_OVERRIDES
from tests.unit.reconciler.memory_objects import refused
from tests.unit.reconciler.scene import KEY
from tests.unit.reconciler.test_rolling_out import after, begun, good, told

if TYPE_CHECKING:
    from tests.unit.reconciler.scene import Scene

ROLLOUT: dict[str, Any] = {
    "steps": [{"share": 10, "for": "1m"}, {"share": 50, "for": "2m"}],
    "checks": [{"metric": "success", "min": 99}],
    "evidence": {"within": "10m"},
    "promotion": "byOrder",
}
BEFORE = [{"name": "httpbin-0", "weight": 50}, {"name": "httpbin-1", "weight": 50}]
AFTER = [{"name": "httpbin-1", "weight": 50}, {"name": "httpbin-0", "weight": 0}]
ITSELF = "httpbin-1 is the primary: it was promoted by itself after its last step"
PATCH, STATUS, ROUTE = "patch Routemap httpbin", "status Routemap httpbin", "apply VirtualService httpbin"
WEIGHTS = [{"version": "httpbin-0", "weight": 30}, {"version": "httpbin-1", "weight": 70}]
GIT = {"manager": "argocd-controller", "operation": "Apply", "fieldsV1": {"f:spec": {"f:versions": {}}}}


def almost(scene: Scene) -> None:
    """Have a good candidate be about to end its last step."""
    begun(scene, ROLLOUT)
    good(scene)
    after(scene, 60)
    assert scene.split() == {"httpbin-0": 50, "httpbin-1": 50}
    scene.reconcile()
    scene.now += 120


def routemap(scene: Scene) -> dict[str, Any]:
    [found] = scene.objects.listed(ROUTEMAPS)
    return found


def listed(scene: Scene) -> Any:
    return routemap(scene)["spec"]["versions"]


def changed(scene: Scene, **metadata: Any) -> None:
    """Give the Routemap other metadata."""
    found = routemap(scene)
    scene.objects.replace(ROUTEMAPS, {**found, "metadata": {**found["metadata"], **metadata}})


def test_the_candidate_becomes_the_primary_after_its_last_step(scene: Scene) -> None:
    almost(scene)
    scene.reconcile()
    assert listed(scene) == AFTER
    assert scene.split() in ({"httpbin-1": 100}, {"httpbin-0": 0, "httpbin-1": 100})
    assert scene.condition("RolledOut") == ("True", "Promoted")
    assert scene.condition("Complete") == ("True", "SplitAsAsked")
    assert told(scene).phase == "Promoted"
    after(scene, 15)
    assert scene.finalizers(DEPLOYMENTS, "httpbin-0") == [], "it has drained, and is kept"
    scene.reconcile()
    assert scene.objects.written == []
    events = scene.events()
    assert [events.count(reason) for reason in ("Promoting", "Promoted")] == [1, 1]


def test_it_is_told_before_it_is_written_and_requests_follow_after_that_has_been_told(scene: Scene) -> None:
    almost(scene)
    scene.reconcile()
    order = [asked for asked in scene.objects.written if asked in (PATCH, STATUS, ROUTE)]
    assert order == [STATUS, PATCH, STATUS, ROUTE, STATUS]


def test_its_note_is_that_of_a_promotion_by_order_which_is_over(scene: Scene) -> None:
    almost(scene)
    scene.reconcile()
    note = json.loads(routemap(scene)["metadata"]["annotations"][names.PROMOTION])
    assert note == {
        "way": "by-order",
        "primary": "httpbin-0",
        "candidate": "httpbin-1",
        "stage": "done",
        "versions": BEFORE,
    }


def test_annotations_of_others_stay(scene: Scene) -> None:
    almost(scene)
    changed(scene, annotations={"example.org/team": "shop"})
    scene.reconcile()
    assert listed(scene) == AFTER
    kept = routemap(scene)["metadata"]["annotations"]
    assert kept.keys() == {"example.org/team", names.PROMOTION}


def test_a_list_that_somebody_changes_meanwhile_is_looked_at_anew(scene: Scene) -> None:
    """`httpbin-2` is listed, and not there: it comes to stand where it was listed, behind the new primary."""
    almost(scene)
    other = [*BEFORE, {"name": "httpbin-2", "weight": 50}]

    def edit(asked: str) -> None:
        if asked == PATCH and listed(scene) == BEFORE:
            found = routemap(scene)
            scene.objects.replace(ROUTEMAPS, {**found, "spec": {**found["spec"], "versions": other}})

    scene.objects.before = edit
    scene.sync()
    with pytest.raises(ClusterError, match="testing /spec/versions: it is another"):
        scene.reconciler.reconcile(KEY)
    assert listed(scene) == other
    scene.reconcile()
    assert listed(scene) == [AFTER[0], other[2], AFTER[1]]


def test_what_git_owns_is_left_to_git_and_what_is_to_be_committed_is_told(scene: Scene) -> None:
    almost(scene)
    changed(scene, managedFields=[{"manager": "kubectl-edit"}, GIT])
    scene.reconcile()
    assert listed(scene) == BEFORE
    assert scene.condition("RolledOut") == ("False", "NotPromoted")
    assert told(scene).message == (
        "httpbin-1 has taken every step and stays at 50 %, and is not promoted by itself: Argo CD owns "
        "spec.versions of Routemap httpbin and would bring back what it has; commit there the order "
        "httpbin-1, httpbin-0 with weight 0 (teal promote httpbin --by-order -o yaml prints it)"
    )
    found = routemap(scene)
    scene.objects.replace(ROUTEMAPS, {**found, "spec": {**found["spec"], "versions": AFTER}})
    scene.reconcile()
    assert scene.condition("RolledOut") == ("True", "Promoted")
    assert told(scene).message == "httpbin-1 is the primary: somebody has promoted it"
    assert (scene.split() or {})["httpbin-1"] == 100


def test_weights_by_hand_have_the_say_until_they_go(scene: Scene) -> None:
    almost(scene)
    scene.objects.before = lambda asked: (
        None
        if asked != PATCH
        else scene.make(WEIGHT_OVERRIDES, "httpbin", {"uid": "o", "generation": 1}, spec={"weights": WEIGHTS})
    )
    scene.objects.faults[PATCH] = UnavailableError("the API server is away")
    scene.sync()
    with suppress(ClusterError):
        scene.reconciler.reconcile(KEY)
    scene.objects.before = lambda _: None
    scene.objects.faults.clear()
    scene.reconcile()
    assert scene.condition("RolledOut") == ("False", "Overridden")
    assert listed(scene) == BEFORE
    assert scene.split() == {"httpbin-0": 30, "httpbin-1": 70}
    scene.objects.delete(WEIGHT_OVERRIDES, "httpbin")
    scene.reconcile()
    assert listed(scene) == AFTER
    assert told(scene).message == ITSELF, "which was told before it was done"


def test_another_candidate_that_would_come_in_after_it_keeps_it_from_that_until_it_has_gone(
    scene: Scene,
) -> None:
    three = [BEFORE[0], {"name": "httpbin-2", "weight": 50}, BEFORE[1]]
    almost(scene)
    found = routemap(scene)
    scene.objects.replace(ROUTEMAPS, {**found, "spec": {**found["spec"], "versions": three}})
    scene.version("httpbin-2")
    scene.reconcile()
    assert scene.condition("RolledOut") == ("False", "NotPromoted")
    assert "httpbin-2 would be rolled out after it" in told(scene).message
    scene.objects.delete(DEPLOYMENTS, "httpbin-2")
    scene.reconcile()
    assert listed(scene) == [AFTER[0], three[1], AFTER[1]]


def test_what_waits_for_a_word_of_teals_own_is_looked_at_again_soon(scene: Scene) -> None:
    """The Routemap changes in the moment of its success: what was told is of the one before."""
    almost(scene)
    changed(scene, generation=2)
    again = scene.reconcile()
    assert scene.condition("RolledOut") == ("False", "NotPromoted")
    assert again is not None
    after(scene, again)
    assert listed(scene) == AFTER


def test_a_refusal_is_held_and_said_and_the_split_stays(scene: Scene) -> None:
    almost(scene)
    scene.objects.faults[PATCH] = refused("frozen until Monday")
    with pytest.raises(ClusterError):
        scene.reconcile()
    assert scene.condition("RolledOut") != ("True", "Succeeded")
    scene.reconcile()
    assert scene.condition("RolledOut") == ("False", "PromotionRefused")
    assert scene.condition("Ready")[0] == "True"
    assert scene.split() == {"httpbin-0": 50, "httpbin-1": 50}
    assert PATCH not in scene.objects.written
    scene.objects.faults.clear()
    scene.annotate(rollout="skip")
    scene.reconcile()
    assert listed(scene) == AFTER


def test_a_refusal_of_anything_else_is_no_refusal_of_the_promotion(scene: Scene) -> None:
    almost(scene)
    scene.objects.faults[ROUTE] = refused("frozen until Monday")
    with pytest.raises(ClusterError):
        scene.reconcile()
    assert listed(scene) == AFTER
    assert told(scene).phase == "Promoted"
    assert scene.condition("Ready") == ("False", "WriteRefused")


def test_taken_back_it_is_not_promoted_again(scene: Scene) -> None:
    almost(scene)
    scene.reconcile()
    found = routemap(scene)
    scene.objects.replace(ROUTEMAPS, {**found, "spec": {**found["spec"], "versions": BEFORE}})
    scene.reconcile()
    assert scene.condition("RolledOut") == ("False", "Aborted")
    assert scene.split() == {"httpbin-0": 100, "httpbin-1": 0}
    for _ in range(5):
        after(scene, 600)
    assert listed(scene) == BEFORE


def test_the_next_candidate_comes_by_steps_beside_the_new_primary(scene: Scene) -> None:
    almost(scene)
    scene.reconcile()
    found = routemap(scene)
    versions = [*AFTER, {"name": "httpbin-2", "weight": 50}]
    scene.objects.replace(ROUTEMAPS, {**found, "spec": {**found["spec"], "versions": versions}})
    scene.version("httpbin-2")
    scene.reconcile()
    split = scene.split() or {}
    assert (split["httpbin-1"], split["httpbin-2"], split.get("httpbin-0", 0)) == (90, 10, 0)
    assert told(scene).version == "httpbin-2"

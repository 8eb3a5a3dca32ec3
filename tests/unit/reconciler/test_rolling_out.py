"""A rollout by real passes: what is told, what is written, in which order, and what cuts change."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from kube.errors import ClusterError, UnavailableError
from routing.kinds import DEPLOYMENTS, ENDPOINT_SLICES, ROUTEMAPS, SERVICES, WEIGHT_OVERRIDES
from routing.reading import rollout_status
from routing.stepping.rollout import Check, Measure, Question, Unknown
from tests.unit.reconciler.scene import KEY

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from routing.reading.rollout_status import RolloutStatus
    from tests.unit.reconciler.scene import Scene

ROLLOUT: Mapping[str, Any] = {
    "steps": [{"share": 10, "for": "1m"}, {"share": 50, "for": "2m"}, {"share": 100, "for": "1m"}],
    "checks": [{"metric": "success", "min": 99}],
    "evidence": {"within": "10m"},
}
ROUTE, STATUS = "apply VirtualService httpbin", "status Routemap httpbin"
FEW = {"httpbin-0": 90, "httpbin-1": 10}


def begun(scene: Scene, rollout: Mapping[str, Any] = ROLLOUT) -> None:
    """Have the primary serve, and then the candidate come."""
    scene.routemap(50, 50, rollout=rollout)
    scene.version("httpbin-0")
    scene.reconcile()
    assert scene.split() == {"httpbin-0": 100}
    scene.version("httpbin-1")
    scene.reconcile()


def told(scene: Scene) -> RolloutStatus:
    [routemap] = scene.objects.listed(ROUTEMAPS)
    found = rollout_status.read(routemap["status"].get("rollout"))
    assert found is not None
    return found


def good(scene: Scene) -> None:
    scene.evidence.counts("httpbin-1", 20_000, 20_000)


def bad(scene: Scene) -> None:
    scene.evidence.counts("httpbin-1", 500, 1000)


def after(scene: Scene, seconds: float) -> None:
    scene.now += seconds
    scene.reconcile()


def test_a_candidate_gets_the_first_steps_share_and_not_its_weight(scene: Scene) -> None:
    begun(scene)
    assert scene.split() == FEW
    assert scene.condition("RolledOut") == ("False", "Stepping")
    assert scene.condition("Complete") == ("False", "SplitNotAsAsked")
    assert scene.finalizers(DEPLOYMENTS, "httpbin-1") == ["iter8.tools/drain"]


def test_a_step_is_told_before_requests_follow_it_and_its_clock_begins_after(scene: Scene) -> None:
    begun(scene)
    asked = scene.objects.written
    assert asked.index(STATUS) < asked.index(ROUTE) < len(asked) - 1 - asked[::-1].index(STATUS)
    assert told(scene).since == scene.now


def speaks(scene: Scene, name: str, protocol: str) -> None:
    """Have a version's Service say what it is for."""
    found = scene.objects.get(SERVICES, "default", name)
    scene.objects.replace(SERVICES, {**found, "spec": {"ports": [{"port": 80, "appProtocol": protocol}]}})


def test_no_step_follows_while_ready_is_not_said_and_it_begins_anew_after(scene: Scene) -> None:
    begun(scene, {"steps": ROLLOUT["steps"]})
    speaks(scene, "httpbin-0", "http")
    speaks(scene, "httpbin-1", "grpc")
    after(scene, 86_400)
    assert scene.split() == FEW
    assert scene.condition("Ready") == ("False", "NotRoutable")
    assert scene.condition("RolledOut") == ("False", "NotRoutable")
    assert told(scene).message.startswith(
        "nothing follows while requests don't arrive as they should: Service"
    )
    speaks(scene, "httpbin-1", "http")
    after(scene, 1)
    assert (scene.condition("RolledOut"), scene.split()) == (("False", "Stepping"), FEW)
    after(scene, 60)
    assert scene.split() == {"httpbin-0": 50, "httpbin-1": 50}


def test_a_good_candidate_takes_every_step(scene: Scene) -> None:
    begun(scene)
    good(scene)
    after(scene, 60)
    assert scene.split() == {"httpbin-0": 50, "httpbin-1": 50}
    after(scene, 120)
    assert scene.split() in ({"httpbin-1": 100}, {"httpbin-0": 0, "httpbin-1": 100})
    assert scene.condition("Complete") == ("True", "SplitAsAsked")
    assert scene.condition("RolledOut") == ("False", "Stepping")
    after(scene, 60)
    assert scene.condition("RolledOut") == ("True", "Succeeded")
    assert scene.events().count("Stepping") == 3


def test_what_is_asked_is_of_the_step_under_way_and_of_nothing_once_it_has_ended(scene: Scene) -> None:
    begun(scene)
    check = Check("success", Measure.SUCCESS, least=99.0)
    first = scene.now
    scene.reconcile()
    assert scene.evidence.asked == {KEY: (Question(check, "default", "httpbin-1", first),)}
    good(scene)
    after(scene, 60)
    scene.reconcile()
    assert scene.evidence.asked == {KEY: (Question(check, "default", "httpbin-1", first + 60),)}
    bad(scene)
    after(scene, 5)
    scene.reconcile()
    assert scene.evidence.asked == {}


def test_a_check_that_compares_asks_of_the_primary_too(scene: Scene) -> None:
    begun(scene, {**ROLLOUT, "checks": [{"metric": "success", "worseBy": 1}]})
    scene.reconcile()
    assert [question.version for question in scene.evidence.asked[KEY]] == ["httpbin-1", "httpbin-0"]


def test_calls_of_grpc_whose_status_nobody_tells_are_waited_for_and_not_promoted(scene: Scene) -> None:
    begun(scene)
    found = scene.objects.get(SERVICES, "default", "httpbin-1")
    scene.objects.replace(SERVICES, {**found, "spec": {"ports": [{"port": 80, "appProtocol": "grpc"}]}})
    scene.reconcile()
    [question] = scene.evidence.asked[KEY]
    assert question.grpc
    scene.evidence.known["httpbin-1", "success"] = Unknown("Prometheus has no gRPC status of them")
    after(scene, 60)
    assert scene.split() == FEW
    assert "Prometheus has no gRPC status of them" in told(scene).message


def test_a_bad_candidate_gets_nothing_any_more_and_is_kept(scene: Scene) -> None:
    begun(scene)
    bad(scene)
    after(scene, 10)
    assert scene.split() == {"httpbin-0": 100, "httpbin-1": 0}
    assert scene.condition("RolledOut") == ("False", "RolledBack")
    assert scene.objects.get(DEPLOYMENTS, "default", "httpbin-1")["metadata"]["finalizers"]
    after(scene, 15)
    assert scene.finalizers(DEPLOYMENTS, "httpbin-1") == []
    assert told(scene).phase == "Failed"


def test_a_new_template_of_a_failed_candidate_begins_anew(scene: Scene) -> None:
    begun(scene)
    bad(scene)
    after(scene, 10)
    scene.evidence.known.clear()
    found = scene.objects.get(DEPLOYMENTS, "default", "httpbin-1")
    found["spec"]["template"]["metadata"] = {"labels": {"version": "2"}}
    scene.objects.replace(DEPLOYMENTS, found)
    after(scene, 1)
    assert scene.split() == FEW


def test_a_new_template_begins_when_no_pod_of_the_one_before_is_left(scene: Scene) -> None:
    begun(scene)
    bad(scene)
    after(scene, 10)
    scene.evidence.known.clear()
    found = scene.objects.get(DEPLOYMENTS, "default", "httpbin-1")
    found["spec"]["template"]["metadata"] = {"labels": {"version": "2"}}
    found["status"] |= {"replicas": 2, "updatedReplicas": 1}
    scene.objects.replace(DEPLOYMENTS, found)
    after(scene, 60)
    assert scene.split() == {"httpbin-0": 100, "httpbin-1": 0}
    assert scene.condition("RolledOut") == ("False", "CandidateNotReady")
    found = scene.objects.get(DEPLOYMENTS, "default", "httpbin-1")
    found["status"] |= {"updatedReplicas": 2}
    scene.objects.replace(DEPLOYMENTS, found)
    after(scene, 1)
    assert scene.split() == FEW


def test_another_number_of_pods_is_no_other_template(scene: Scene) -> None:
    begun(scene)
    good(scene)
    after(scene, 60)
    found = scene.objects.get(DEPLOYMENTS, "default", "httpbin-1")
    found["spec"]["replicas"] = 7
    scene.objects.replace(DEPLOYMENTS, found)
    after(scene, 1)
    assert scene.split() == {"httpbin-0": 50, "httpbin-1": 50}


@pytest.mark.parametrize(
    "known",
    [
        lambda scene: scene.evidence.known.clear(),
        lambda scene: scene.evidence.counts("httpbin-1", 0, 0),
        lambda scene: scene.evidence.counts("httpbin-1", 3, 3),
        lambda scene: scene.evidence.known.update(
            {("httpbin-1", "success"): Unknown("Prometheus did not answer within 10 s")}
        ),
    ],
    ids=["nothing is known", "no request", "three requests", "Prometheus is away"],
)
def test_whatever_is_not_known_promotes_nobody(scene: Scene, known: Callable[[Scene], None]) -> None:
    begun(scene)
    known(scene)
    for _ in range(12):
        after(scene, 60)
    assert scene.split() == FEW
    assert scene.condition("RolledOut") == ("False", "EvidenceLacking")


def test_a_wish_is_taken_with_who_asked(scene: Scene) -> None:
    begun(scene)
    scene.annotate(rollout="skip", rollout_by="jane@example.com")
    after(scene, 5)
    assert scene.split() == {"httpbin-0": 50, "httpbin-1": 50}
    scene.reconcile()
    assert scene.split() == {"httpbin-0": 50, "httpbin-1": 50}
    last = told(scene).history[-1]
    assert (last.what, last.by) == ("skip: step 2 of 3, 50 %", "jane@example.com")


def test_weights_by_hand_win_and_what_goes_on_after_them_is_the_step_anew(scene: Scene) -> None:
    begun(scene)
    good(scene)
    weights = [{"version": "httpbin-0", "weight": 30}, {"version": "httpbin-1", "weight": 70}]
    scene.make(WEIGHT_OVERRIDES, "httpbin", {"uid": "o", "generation": 1}, spec={"weights": weights})
    after(scene, 60)
    assert scene.split() == {"httpbin-0": 30, "httpbin-1": 70}
    assert scene.condition("RolledOut") == ("False", "Overridden")
    scene.objects.delete(WEIGHT_OVERRIDES, "httpbin")
    after(scene, 60)
    assert scene.split() == FEW


def test_what_is_told_is_taken_off_again_field_by_field(scene: Scene) -> None:
    begun(scene)
    [routemap] = scene.objects.listed(ROUTEMAPS)
    assert "since" in routemap["status"]["rollout"]
    bad(scene)
    after(scene, 10)
    [routemap] = scene.objects.listed(ROUTEMAPS)
    assert "since" not in routemap["status"]["rollout"]


def test_a_routemap_whose_rollout_is_taken_off_goes_by_weight_and_tells_of_none(scene: Scene) -> None:
    begun(scene)
    [routemap] = scene.objects.listed(ROUTEMAPS)
    del routemap["spec"]["rollout"]
    scene.objects.replace(ROUTEMAPS, routemap)
    scene.reconcile()
    assert scene.split() == {"httpbin-0": 50, "httpbin-1": 50}
    [routemap] = scene.objects.listed(ROUTEMAPS)
    assert "rollout" not in routemap["status"]
    assert "RolledOut" not in [each["type"] for each in routemap["status"]["conditions"]]


def test_a_rollout_at_rest_writes_nothing(scene: Scene) -> None:
    begun(scene)
    scene.reconcile()
    scene.reconcile()
    assert scene.objects.written == []


def test_a_candidate_without_a_ready_pod_fails_by_itself(scene: Scene) -> None:
    begun(scene)
    [found] = [
        item for item in scene.objects.listed(ENDPOINT_SLICES) if item["metadata"]["name"] == "httpbin-1"
    ]
    scene.objects.replace(ENDPOINT_SLICES, {**found, "endpoints": []})
    after(scene, 5)
    assert scene.condition("RolledOut") == ("False", "CandidateNotReady")
    after(scene, 120)
    assert scene.condition("RolledOut") == ("False", "RolledBack")


def test_each_way_that_a_rollout_goes_is_told_elsewhere_too(scene: Scene) -> None:
    rollout = {**ROLLOUT, "steps": [{"share": 10, "for": "1m", "gate": "manual"}, {"share": 50, "for": "1m"}]}
    begun(scene, rollout)
    good(scene)
    after(scene, 60)
    assert scene.notified.kinds == ["started", "gate"]
    scene.annotate(rollout="resume", rollout_by="jane@example.com")
    scene.reconcile()
    assert scene.notified.kinds == ["started", "gate", "step"]
    assert scene.notified.notices[-1].by == "jane@example.com"
    scene.reconcile()
    bad(scene)
    after(scene, 5)
    assert scene.notified.kinds == ["started", "gate", "step", "rolledback"]
    last = scene.notified.notices[-1]
    assert (last.namespace, last.routemap, last.uid) == ("default", "httpbin", "12ab")
    assert (last.reason, last.step, last.share) == ("RolledBack", 2, 0)
    assert last.message == told(scene).message
    assert len({notice.id for notice in scene.notified.notices}) == 4


def test_nothing_is_told_elsewhere_of_a_way_that_could_not_be_written(scene: Scene) -> None:
    begun(scene)
    before = list(scene.notified.kinds)
    bad(scene)
    scene.objects.faults[STATUS] = UnavailableError("no answer")
    with suppress(ClusterError):
        after(scene, 10)
    assert scene.notified.kinds == before == ["started"]

"""How every reason of a rollout is brought about. No Prometheus is there to be asked."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from routing import names
from routing.kinds import ROUTEMAPS, SERVICES
from routing.stepping.windows import DAYS
from tests.api.bringing_about import Scene, change, freeze, one

if TYPE_CHECKING:
    from tests.api.stage import Stage

HOUR = {"share": 10, "for": "1h"}
FEW = {"httpbin-0": 90, "httpbin-1": 10}


def rolling(stage: Stage, *steps: dict[str, Any], **rollout: Any) -> None:
    """Have the primary serve, and a candidate come in by steps."""
    one(stage, rollout={"steps": [*steps] or [HOUR], **rollout})
    stage.version("httpbin-1")
    stage.until("httpbin-0=90 httpbin-1=10", lambda: stage.status().get("split"))


def wish(stage: Stage, text: str) -> None:
    change(stage, ROUTEMAPS, "httpbin", metadata={"annotations": {names.WISH: text}})


def lost(stage: Stage) -> None:
    """Have the candidate lose its only pod, and get it again, and once more, and once more."""
    for number in (1, 2, 3):
        stage.endpoints("httpbin-1", 0)
        stage.until(number, lambda: (stage.status().get("rollout") or {}).get("losses", 3))
        stage.endpoints("httpbin-1", 1)
        if number < 3:
            stage.until("Stepping", lambda: (stage.status().get("rollout") or {}).get("reason"))


def no_candidate_is_there(stage: Stage) -> None:
    one(stage, rollout={"steps": [HOUR]})


def a_step_is_under_way(stage: Stage) -> None:
    rolling(stage)


def every_step_is_through(stage: Stage) -> None:
    rolling(stage, {"share": 10, "for": "1s"})


def a_candidate_is_not_ready(stage: Stage) -> None:
    rolling(stage)
    stage.endpoints("httpbin-1", 0)


def the_primary_is_not_ready(stage: Stage) -> None:
    rolling(stage)
    stage.endpoints("httpbin-0", 0)


def one_pod_is_to_do_for_three(stage: Stage) -> None:
    one(stage, rollout={"steps": [{"share": 50, "for": "1h"}]})
    stage.endpoints("httpbin-0", 3)
    stage.version("httpbin-1")


def the_applications_service_goes(stage: Stage) -> None:
    rolling(stage)
    stage.delete(SERVICES, "httpbin")


def an_override_is_there(stage: Stage) -> None:
    rolling(stage)
    stage.override(20, 80)


def a_gate_is_reached(stage: Stage) -> None:
    rolling(stage, {"share": 10, "for": "1s", "gate": "manual"}, {"share": 50, "for": "1h"})


def no_window_is_open(stage: Stage) -> None:
    """Have the only window be a day that is neither today nor near."""
    day = DAYS[(datetime.now(UTC).weekday() + 3) % 7]
    windows = [{"from": "00:00", "to": "24:00", "days": [day]}]
    one(stage, rollout={"steps": [HOUR], "windows": windows})
    stage.version("httpbin-1")


def somebody_pauses(stage: Stage) -> None:
    rolling(stage)
    wish(stage, "pause")


def nothing_is_shown(stage: Stage) -> None:
    checks = [{"metric": "success", "min": 99}]
    rolling(stage, {"share": 10, "for": "1s"}, checks=checks, evidence={"within": "2s"})


def a_candidate_comes_and_goes(stage: Stage) -> None:
    rolling(stage)
    lost(stage)


def a_failure_is_to_be_held(stage: Stage) -> None:
    rolling(stage, onFailure="hold")
    lost(stage)


def somebody_aborts(stage: Stage) -> None:
    rolling(stage)
    wish(stage, "abort")


def to_be_promoted(stage: Stage) -> None:
    """Have a candidate wait at its last gate, to be promoted by itself behind it."""
    rolling(stage, {"share": 10, "gate": "manual"}, promotion="byOrder")
    stage.until("GateClosed", lambda: (stage.status().get("rollout") or {}).get("reason"))


def a_candidate_becomes_the_primary(stage: Stage) -> None:
    to_be_promoted(stage)
    wish(stage, "resume")


def git_owns_the_list(stage: Stage) -> None:
    to_be_promoted(stage)
    listed = [{"name": "httpbin-0", "weight": 50}, {"name": "httpbin-1", "weight": 50}]
    body = {
        "apiVersion": names.API_VERSION,
        "kind": "Routemap",
        "metadata": {"name": "httpbin", "namespace": stage.namespace},
        "spec": {"versions": listed},
    }
    query = {"fieldManager": "argocd-controller", "force": "true"}
    path = ROUTEMAPS.path(stage.namespace, "httpbin")
    stage.cluster.request("PATCH", path, body, query, "application/apply-patch+yaml")
    wish(stage, "resume")


def a_policy_refuses_the_promotion(stage: Stage) -> None:
    to_be_promoted(stage)
    freeze(stage, ROUTEMAPS, "object.spec == oldObject.spec")
    wish(stage, "resume")


SCENES = (
    Scene(no_candidate_is_there, {"RolledOut": "NoCandidate"}),
    Scene(a_step_is_under_way, {"RolledOut": "Stepping"}),
    Scene(every_step_is_through, {"RolledOut": "Succeeded"}),
    Scene(a_candidate_is_not_ready, {"RolledOut": "CandidateNotReady"}),
    Scene(the_primary_is_not_ready, {"RolledOut": "PrimaryNotReady"}),
    Scene(one_pod_is_to_do_for_three, {"RolledOut": "NotEnoughPods"}),
    Scene(the_applications_service_goes, {"RolledOut": "NotRoutable"}),
    Scene(an_override_is_there, {"RolledOut": "Overridden"}),
    Scene(a_gate_is_reached, {"RolledOut": "GateClosed"}),
    Scene(no_window_is_open, {"RolledOut": "WindowClosed"}),
    Scene(somebody_pauses, {"RolledOut": "Paused"}),
    Scene(nothing_is_shown, {"RolledOut": "EvidenceLacking"}),
    Scene(a_candidate_comes_and_goes, {"RolledOut": "RolledBack"}),
    Scene(a_failure_is_to_be_held, {"RolledOut": "FailureHeld"}),
    Scene(somebody_aborts, {"RolledOut": "Aborted"}),
    Scene(a_candidate_becomes_the_primary, {"RolledOut": "Promoted"}),
    Scene(git_owns_the_list, {"RolledOut": "NotPromoted"}),
    Scene(a_policy_refuses_the_promotion, {"RolledOut": "PromotionRefused"}),
)

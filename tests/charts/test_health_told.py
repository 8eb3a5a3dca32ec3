"""What Argo CD's health check of deploy/gitops and Flux's kstatus make of each reason that Teal gives."""

from __future__ import annotations

from typing import Any

import pytest

from routing.telling.condition_reasons import CONDITIONS
from routing.telling.event_reasons import OVERRIDES
from tools.gitops.judge import Health, judged

REFUSED = (
    "Invalid",
    "InvalidWeightOverride",
    "Conflict",
    "RouterNotInstalled",
    "RouterChanged",
    "WriteRefused",
)
NOT_READY = {"NotRoutable", "NoReadyVersion", "Held", *REFUSED}
ROLLOUTS = {
    **dict.fromkeys(("NoCandidate", "Succeeded", "Promoted"), "Healthy"),
    **dict.fromkeys(("Promoting", "Stepping", "CandidateNotReady"), "Progressing"),
    **dict.fromkeys(("PrimaryNotReady", "NotEnoughPods"), "Progressing"),
    **dict.fromkeys(("NotPromoted", "Overridden", "GateClosed", "WindowClosed", "Paused"), "Suspended"),
    **dict.fromkeys(
        ("NotRoutable", "PromotionRefused", "EvidenceLacking", "FailureHeld", "RolledBack", "Aborted"),
        "Degraded",
    ),
}
WAITING = "Teal has not told of this generation yet"
STARTING = ("Progressing", "True", "VersionStarting")
AT_REST = ("Progressing", "True", "NoVersionStarting")
LATE = ("Progressing", "False", "ProgressDeadlineExceeded")


def told(
    *conditions: tuple[str, str, str], kind: str = "Routemap", seen: int = 2, split: str = ""
) -> dict[str, Any]:
    """Return an object of generation 2 whose status has these conditions; messages are their reasons'."""
    return {
        "apiVersion": "iter8.tools/v1alpha1",
        "kind": kind,
        "metadata": {"name": "httpbin", "namespace": "default", "generation": 2},
        "spec": {},
        "status": {
            "observedGeneration": seen,
            "split": split,
            "conditions": [
                {"type": name, "status": status, "reason": reason, "message": f"because of {reason}"}
                for name, status, reason in conditions
            ],
        },
    }


def ready(reason: str) -> tuple[str, str, str]:
    return ("Ready", "True" if reason == "Applied" else "False", reason)


def health(manifest: dict[str, Any]) -> Health:
    (found,) = judged([manifest])
    return found


def test_what_is_applied_is_healthy_and_says_what_ready_says() -> None:
    found = health(told(ready("Applied"), AT_REST, split="httpbin-0=100"))
    assert found == Health("Healthy", "because of Applied", "Current")


@pytest.mark.parametrize("kind", ["Routemap", "WeightOverride"])
@pytest.mark.parametrize("seen", [1, 0])
def test_what_teal_has_not_looked_at_yet_is_on_its_way(kind: str, seen: int) -> None:
    found = health(told(ready("Applied"), ("Applied", "True", "Applied"), kind=kind, seen=seen))
    assert found == Health("Progressing", WAITING, "InProgress")


@pytest.mark.parametrize("kind", ["Routemap", "WeightOverride"])
def test_an_object_without_status_is_on_its_way_for_argo_cd_and_current_for_kstatus(kind: str) -> None:
    manifest = {**told(kind=kind), "status": {}}
    assert health(manifest) == Health("Progressing", WAITING, "Current")
    del manifest["status"]
    assert health(manifest) == Health("Progressing", WAITING, "Current")


@pytest.mark.parametrize("kind", ["Routemap", "WeightOverride"])
def test_a_status_without_conditions_is_waited_for(kind: str) -> None:
    assert health(told(kind=kind)) == Health("Progressing", WAITING, "Current")


def test_each_reason_of_ready_is_known_here() -> None:
    assert set(CONDITIONS["Ready"]) == {"Applied", *NOT_READY}


@pytest.mark.parametrize("reason", REFUSED)
def test_what_somebody_has_to_change_is_degraded(reason: str) -> None:
    found = health(told(ready(reason), ("Progressing", "False", reason), split="httpbin-0=100"))
    assert found == Health("Degraded", f"because of {reason}", "InProgress")


@pytest.mark.parametrize("reason", ["NoReadyVersion", "Held"])
@pytest.mark.parametrize(
    ("progressing", "split", "word"),
    [
        (STARTING, "", "Progressing"),
        (AT_REST, "", "Progressing"),
        (LATE, "", "Degraded"),
        (STARTING, "httpbin-0=100", "Progressing"),
        (AT_REST, "httpbin-0=100", "Degraded"),
        (LATE, "httpbin-0=100", "Degraded"),
    ],
)
def test_without_a_ready_version_it_counts_whether_one_is_coming(
    reason: str, progressing: tuple[str, str, str], split: str, word: str
) -> None:
    found = health(told(ready(reason), progressing, split=split))
    assert found == Health(word, f"because of {reason}", "InProgress")


@pytest.mark.parametrize("reason", sorted(CONDITIONS["Routable"].keys() - {"Routable"}))
def test_requests_that_do_not_come_are_degraded_unless_a_controller_has_still_to_say(reason: str) -> None:
    found = health(told(ready("NotRoutable"), ("Routable", "False", reason), AT_REST))
    word = "Progressing" if reason == "NotAcceptedYet" else "Degraded"
    assert found == Health(word, "because of NotRoutable", "InProgress")


@pytest.mark.parametrize("reason", sorted(CONDITIONS["RolledOut"]))
def test_each_reason_of_a_rollout_has_a_word(reason: str) -> None:
    done = ROLLOUTS[reason] == "Healthy"
    rolled = ("RolledOut", "True" if done else "False", reason)
    found = health(told(ready("Applied"), AT_REST, rolled, split="httpbin-0=90 httpbin-1=10"))
    assert found == Health(ROLLOUTS[reason], f"because of {'Applied' if done else reason}", "Current")


@pytest.mark.parametrize(("progressing", "word"), [(STARTING, "Progressing"), (LATE, "Degraded")])
def test_a_candidate_on_its_way_is_told_of_while_the_primary_answers(
    progressing: tuple[str, str, str], word: str
) -> None:
    found = health(told(ready("Applied"), progressing, split="httpbin-0=100"))
    assert found == Health(word, f"because of {progressing[2]}", "Current")


@pytest.mark.parametrize("reason", sorted(OVERRIDES))
def test_a_weight_override_is_healthy_exactly_when_it_counts(reason: str) -> None:
    applied = reason == "Applied"
    manifest = told(("Applied", "True" if applied else "False", reason), kind="WeightOverride")
    word = "Healthy" if applied else "Degraded"
    assert health(manifest) == Health(word, f"because of {reason}", "Current")

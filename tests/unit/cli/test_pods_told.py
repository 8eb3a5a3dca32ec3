"""What keeps a version's pods from being ready, in a few words."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.status.pods import MOST_SAID, selector, trouble


def pod(state: dict[str, Any], where: str = "containerStatuses", **others: Any) -> dict[str, Any]:
    status = {"name": "web", "image": "nginx:1.99", "ready": False, "state": state, **others}
    return {"metadata": {"name": "web-1"}, "status": {where: [status]}}


def waiting(reason: str, message: str = "") -> dict[str, Any]:
    return {"waiting": {"reason": reason, "message": message}}


PULLING = pod(waiting("ImagePullBackOff", "Back-off pulling image"))
CRASHED = {"terminated": {"exitCode": 3, "reason": "Error"}}
RUNS = {"running": {"startedAt": "2026-11-29T12:00:00Z"}}
UNPLACED = {"type": "PodScheduled", "status": "False", "message": "0/3 nodes are available"}
TOLD: dict[str, tuple[list[dict[str, Any]], str]] = {
    "none": ([], ""),
    "ready": ([pod(RUNS, ready=True)], ""),
    "being made": ([pod(waiting("ContainerCreating"))], ""),
    "an image that is not there": ([PULLING], "web: ImagePullBackOff of nginx:1.99"),
    "most of three": (
        [PULLING, pod(RUNS, ready=True), PULLING],
        "2 of 3 pods: web: ImagePullBackOff of nginx:1.99",
    ),
    "a crash": (
        [pod(waiting("CrashLoopBackOff", "back-off 10s"), lastState=CRASHED)],
        "web: CrashLoopBackOff (ended with exit code 3, Error)",
    ),
    "a crash just now": ([pod(CRASHED)], "web: ended with exit code 3, Error"),
    "an end that is well": ([pod({"terminated": {"exitCode": 0}}, "initContainerStatuses")], ""),
    "a Secret that is not there": (
        [pod(waiting("CreateContainerConfigError", 'secret "x" not found'), "initContainerStatuses")],
        'web: CreateContainerConfigError (secret "x" not found)',
    ),
    "nowhere to run": ([{"status": {"conditions": [UNPLACED]}}], "not scheduled: 0/3 nodes are available"),
    "a probe": ([pod(RUNS)], "web: runs, and its readiness probe has not succeeded"),
    "about to go": ([{**PULLING, "metadata": {"deletionTimestamp": "2026-11-29T12:00:00Z"}}], ""),
    "a long text": ([pod(waiting("Odd", "x" * 900))], ("web: Odd (" + "x" * 900)[:MOST_SAID]),
}


@pytest.mark.parametrize("name", TOLD)
def test_what_keeps_pods_is_told(name: str) -> None:
    pods, told = TOLD[name]
    assert trouble(pods) == told


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=3),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["status", "metadata", "containerStatuses", "state", "waiting", "reason"]),
                inner,
                max_size=4,
            )
        ),
        max_leaves=20,
    )
)
def test_odd_pods_end_no_command(odd: Any) -> None:
    assert isinstance(trouble([{"status": odd}, {"status": {"containerStatuses": odd}}]), str)


@pytest.mark.parametrize(
    ("selected", "told"),
    [
        ({"matchLabels": {"app": "web", "tier": "1"}}, "app=web,tier=1"),
        ({"matchLabels": {"app": "web"}, "matchExpressions": [{"key": "a", "operator": "Exists"}]}, ""),
        ({}, ""),
        (None, ""),
    ],
)
def test_pods_are_picked_by_labels_alone(selected: Any, told: str) -> None:
    assert selector({"spec": {"selector": selected}}) == told

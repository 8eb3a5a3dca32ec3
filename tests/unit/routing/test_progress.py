"""What pipelines wait for: that the split is as asked for, and that a version does not get ready in time."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from routing.deciding.decide import Decision, VersionPlan, decide
from routing.facts import NO_DEADLINE, Workload, workload
from routing.model import State, WeightOverride
from routing.reading.status import Condition, RoutemapStatus, VersionStatus, lasting
from routing.routes.exposure import Exposure, by_version
from routing.telling.conditions import versions_of
from routing.telling.events import Event, between
from routing.telling.progress import complete, progressing, stalled
from tests.unit.routing.test_split import EXAMPLES
from tests.unit.routing.worlds import CIRCUMSTANCES, NOW, facts, routemap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from routing.facts import Facts

STARTING = facts("httpbin-1", "no ready endpoint")


def _complete(
    seen: Sequence[Facts], override: WeightOverride | None = None, *weights: int
) -> tuple[bool, str, str]:
    asking = routemap(*(weights or (50, 50)))
    decision = decide(asking, override, seen, NOW)
    condition = complete(asking, override, decision, by_version(decision.exposures))
    return condition.holds, condition.reason, condition.message


def _status(state: State = State.STARTING, since: float | None = NOW) -> RoutemapStatus:
    return RoutemapStatus(
        versions=(VersionStatus("httpbin-1", state, reason="NoReadyEndpoint", state_since=since),)
    )


def _told(before: RoutemapStatus, decision: Decision, now: float) -> RoutemapStatus:
    exposures = by_version(plan.exposure for plan in decision.versions if plan.exposure)
    return RoutemapStatus(versions=versions_of(before, decision, exposures, now))


def _times(status: RoutemapStatus) -> tuple[float | None, float | None]:
    [version] = status.versions
    return version.state_since, version.weight_since


def test_complete_is_every_version_listed_with_the_share_that_is_asked_for() -> None:
    both = (facts("httpbin-0"), facts("httpbin-1"))
    assert _complete(both) == (True, "SplitAsAsked", "split httpbin-0=50 httpbin-1=50")
    override = WeightOverride({"httpbin-0": 20, "httpbin-1": 80})
    assert _complete(both, override) == (True, "SplitAsAsked", "split httpbin-0=20 httpbin-1=80")


@pytest.mark.parametrize(
    ("circumstance", "reason"),
    [
        ("no Deployment", "DeploymentNotFound"),
        ("watch label removed", "NotWatched"),
        ("no ready endpoint", "NoReadyEndpoint"),
    ],
)
def test_a_candidate_that_is_not_ready_or_not_there_keeps_it_from_being_complete(
    circumstance: str, reason: str
) -> None:
    found = _complete((facts("httpbin-0"), facts("httpbin-1", circumstance)))
    message = f"asked for is httpbin-0=50 httpbin-1=50; httpbin-1: {reason}"
    assert found == (False, "SplitNotAsAsked", message)


def test_a_version_that_is_to_get_nothing_is_not_waited_for() -> None:
    assert _complete((facts("httpbin-0"), STARTING), None, 50, 0)[0]


def test_a_version_progresses_for_as_long_as_its_deployment_allows() -> None:
    waits = replace(STARTING, deployment=Workload(patience=60))
    begun, due = progressing((waits,), _status(), NOW + 59.9)
    assert (begun.holds, begun.reason, begun.message) == (
        True,
        "VersionStarting",
        "httpbin-1: NoReadyEndpoint",
    )
    assert due == NOW + 60
    late, due = progressing((waits,), _status(), NOW + 60)
    assert late == Condition(
        "Progressing",
        holds=False,
        reason="ProgressDeadlineExceeded",
        message="not ready in time: httpbin-1 (NoReadyEndpoint)",
    )
    assert due is None


@pytest.mark.parametrize("circumstance", CIRCUMSTANCES)
def test_only_a_version_that_is_starting_can_be_late(circumstance: str) -> None:
    seen = (facts("httpbin-0"), facts("httpbin-1", circumstance))
    status = _told(RoutemapStatus(), decide(routemap(50, 50), None, seen, NOW), NOW)
    starting = CIRCUMSTANCES[circumstance].fresh is State.STARTING
    assert progressing(seen, status, NOW + 600)[0].holds is not starting
    assert progressing(seen, status, NOW)[1] == (NOW + 600 if starting else None)


def test_without_a_deadline_nothing_is_late() -> None:
    patient = replace(STARTING, deployment=Workload(patience=None))
    assert progressing((patient,), _status(), NOW + 1e9) == (
        Condition("Progressing", holds=True, reason="VersionStarting", message="httpbin-1: NoReadyEndpoint"),
        None,
    )


@pytest.mark.parametrize(
    ("told_of", "patience"),
    [(None, 600), (30, 30), (0, 600), (-1, 600), ("x", 600), (True, 600), (NO_DEADLINE, None)],
)
def test_the_deadline_is_the_deployments_own(told_of: object, patience: float | None) -> None:
    assert workload({"spec": {"progressDeadlineSeconds": told_of}}).patience == patience


def test_a_refused_routemap_neither_is_complete_nor_goes_on() -> None:
    assert [(item.type, item.holds, item.reason) for item in stalled("Invalid", "spec.port: no")] == [
        ("Complete", False, "Invalid"),
        ("Progressing", False, "Invalid"),
    ]


def test_that_a_version_is_late_is_a_warning_and_that_the_split_is_not_complete_is_nothing() -> None:
    late = Condition("Progressing", holds=False, reason="ProgressDeadlineExceeded", message="late")
    lacking = Condition("Complete", holds=False, reason="SplitNotAsAsked", message="lacking")
    after = RoutemapStatus(conditions=(late, lacking))
    assert between(RoutemapStatus(), after) == [Event("Warning", "ProgressDeadlineExceeded", "late")]


def test_since_when_a_version_is_so_stays_until_it_is_otherwise() -> None:
    starting = VersionPlan("httpbin-1", State.STARTING, "NoReadyEndpoint", 0)
    ready = replace(starting, state=State.READY, exposure=Exposure("httpbin-1", 50))
    first = _told(RoutemapStatus(), Decision((starting,)), NOW)
    assert _told(first, Decision((starting,)), NOW + 60) == first
    second = _told(first, Decision((ready,)), NOW + 60)
    assert _times(second) == (NOW + 60, NOW + 60)
    more = replace(ready, exposure=Exposure("httpbin-1", 80))
    assert _times(_told(second, Decision((more,)), NOW + 90)) == (NOW + 60, NOW + 90)
    assert _times(_told(second, Decision((replace(starting, exposure=ready.exposure),)), NOW + 90)) == (
        NOW + 90,
        NOW + 60,
    )


@example(NOW + 1.1)
@given(st.none() | st.floats(NOW - 1e6, NOW + 1e6))
@EXAMPLES
def test_no_version_has_been_so_since_a_time_to_come(since: float | None) -> None:
    assert since is None or lasting(since, NOW) in (since, NOW)
    assert lasting(since, NOW) <= NOW + 1

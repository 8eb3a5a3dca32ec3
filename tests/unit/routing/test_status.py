"""A Routemap's status: what is applied, and why; read again by the next pass."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.deciding.decide import Decision, State, VersionPlan, decide
from routing.reading.times import seconds, timestamp
from routing.telling.conditions import (
    Condition,
    applied,
    conditions_of,
    draining_until,
    held_versions,
    with_conditions,
)
from tests.unit.routing.test_split import EXAMPLES
from tests.unit.routing.worlds import DRAIN, DRAINED, DRAINING, FRESH, NOW, SERVING, Memory, facts, routemap

TIMES = st.floats(0, 4_000_000_000)


def plan(**changes: object) -> VersionPlan:
    return replace(VersionPlan("httpbin-1", State.READY, "Ready", 2, 80, mark=True), **changes)  # type: ignore[arg-type]


def test_status_tells_the_split_as_it_is_applied_and_each_version() -> None:
    decision = Decision(
        (
            plan(name="httpbin-0", weight=20),
            plan(weight=None, state=State.DRAINING, reason="DeletionRequested", draining_until=NOW + 14.5),
        )
    )
    assert applied(decision, {"httpbin-0": 100}) == {
        "split": "httpbin-0=100",
        "versions": [
            {"name": "httpbin-0", "state": "ready", "weight": 100, "readyEndpoints": 2, "reason": "Ready"},
            {
                "name": "httpbin-1",
                "state": "draining",
                "weight": 0,
                "readyEndpoints": 2,
                "reason": "DeletionRequested",
                "drainingUntil": "2023-11-14T22:13:35Z",
            },
        ],
    }


def test_a_split_of_two_reads_as_kubectl_shows_it() -> None:
    split = {"httpbin-0": 20, "httpbin-1": 80}
    assert applied(Decision(()), split)["split"] == "httpbin-0=20 httpbin-1=80"


@pytest.mark.parametrize("reason", ["NotListed", "RoutemapDeleted"])
def test_a_version_that_is_not_listed_is_told_of_while_it_is_marked(reason: str) -> None:
    let_go = plan(state=State.ABSENT, reason=reason, weight=None, mark=False)
    assert applied(Decision((let_go,)), {})["versions"] == []
    assert len(applied(Decision((replace(let_go, mark=True),)), {})["versions"]) == 1


def test_a_listed_version_is_told_of_when_it_is_absent() -> None:
    absent = plan(state=State.ABSENT, reason="DeploymentNotFound", weight=None, mark=False)
    assert len(applied(Decision((absent,)), {})["versions"]) == 1


@pytest.mark.parametrize("memory", [FRESH, SERVING, DRAINING, DRAINED, Memory(applied=100)])
@pytest.mark.parametrize(
    "circumstance", ["no Deployment", "scaled to zero", "settling", "both being deleted"]
)
@pytest.mark.parametrize("listed", [1, 2])
def test_no_marked_version_is_forgotten_between_two_passes(
    memory: Memory, circumstance: str, listed: int
) -> None:
    seen = (facts("httpbin-0", memory=SERVING), facts("httpbin-1", circumstance, memory))
    decision = decide(routemap(*[50] * listed), None, seen, NOW)
    told = applied(decision, decision.split)
    for version in decision.versions:
        if version.mark:
            assert version.name in held_versions(told)
    drains = {version.name: version.draining_until for version in decision.versions if version.draining_until}
    assert draining_until(told).keys() == drains.keys()


def test_a_service_that_drains_without_its_deployment_is_still_held() -> None:
    version = {"name": "httpbin-1", "state": "absent"}
    assert held_versions({"versions": [version]}) == ()
    assert held_versions({"versions": [version | {"drainingUntil": timestamp(NOW)}]}) == ("httpbin-1",)


def test_a_new_routemap_holds_nothing() -> None:
    assert held_versions({}) == ()
    assert draining_until({"versions": None}) == {}


@given(TIMES)
@EXAMPLES
def test_a_time_is_read_back_at_most_a_second_later_and_never_sooner(time: float) -> None:
    assert 0 <= seconds(timestamp(time)) - time <= 1


@given(st.integers(0, 4_000_000_000))
@EXAMPLES
def test_a_time_in_whole_seconds_is_read_back_as_it_was(time: int) -> None:
    assert seconds(timestamp(time)) == time


def test_a_drain_of_fractions_is_told_the_same_in_every_pass() -> None:
    until = draining_until({"versions": [{"name": "a", "drainingUntil": timestamp(NOW + 0.3 + DRAIN)}]})["a"]
    again = facts("httpbin-1", "not Available", Memory(marked=True, draining_until=until))
    seen = (facts("httpbin-0", memory=SERVING), again)
    assert decide(routemap(50, 50), None, seen, NOW + 7.1).versions[1].draining_until == until == NOW + 16


def test_ready_says_that_the_split_is_applied() -> None:
    assert conditions_of(Decision((plan(),))) == (
        Condition("Ready", holds=True, reason="Applied", message="the split is applied"),
        Condition("Degraded", holds=False, reason="VersionReady"),
        Condition("Conflict", holds=False, reason="NoConflict"),
    )


def test_a_note_follows_what_ready_says() -> None:
    ready = conditions_of(Decision((plan(),)), "the WeightOverride names httpbin-9")[0]
    assert ready.message == "the split is applied; the WeightOverride names httpbin-9"


def test_degraded_says_why_no_version_is_ready() -> None:
    message = (
        "no version is ready (httpbin-0: DeploymentNotFound, httpbin-1: NoReadyEndpoint), "
        "so the primary gets all requests"
    )
    versions = (
        plan(name="httpbin-0", state=State.ABSENT, reason="DeploymentNotFound"),
        plan(state=State.STARTING, reason="NoReadyEndpoint"),
    )
    assert conditions_of(Decision(versions)) == (
        Condition("Ready", holds=False, reason="NoReadyVersion", message=message),
        Condition("Degraded", holds=True, reason="NoReadyVersion", message=message),
        Condition("Conflict", holds=False, reason="NoConflict"),
    )


def test_a_condition_keeps_its_time_until_it_changes() -> None:
    first = with_conditions({}, {"split": "a=100"}, [Condition("Ready", holds=True, reason="Applied")], NOW)
    assert first == {
        "split": "a=100",
        "conditions": [
            {
                "type": "Ready",
                "status": "True",
                "reason": "Applied",
                "message": "",
                "lastTransitionTime": "2023-11-14T22:13:20Z",
            }
        ],
    }
    same = with_conditions(first, {}, [Condition("Ready", holds=True, reason="Other")], NOW + 60)
    assert same["conditions"][0]["lastTransitionTime"] == "2023-11-14T22:13:20Z"
    assert same["conditions"][0]["reason"] == "Other"
    turned = with_conditions(same, {}, [Condition("Ready", holds=False, reason="Refused")], NOW + 120)
    assert turned["conditions"][0]["lastTransitionTime"] == "2023-11-14T22:15:20Z"
    assert turned["split"] == "a=100"


def test_a_condition_that_is_not_told_of_stays() -> None:
    first = with_conditions({}, {}, [Condition("Degraded", holds=True, reason="NoReadyVersion")], NOW)
    both = with_conditions(first, {}, [Condition("Ready", holds=False, reason="Invalid")], NOW + 1)
    assert [item["type"] for item in both["conditions"]] == ["Degraded", "Ready"]


def test_a_message_is_cut_to_what_a_terminal_shows() -> None:
    long = Condition("Ready", holds=False, reason="Invalid", message="x" * 5000)
    assert len(with_conditions({}, {}, [long], NOW)["conditions"][0]["message"]) == 1024

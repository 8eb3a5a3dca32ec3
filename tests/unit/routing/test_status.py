"""A Routemap's status: what is applied, and why; read again by the next pass, whatever a hand wrote there."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing import names
from routing.deciding.decide import Decision, VersionPlan, decide
from routing.model import State
from routing.reading.raw import section
from routing.reading.status import (
    MOST_CONDITIONS,
    MOST_VERSIONS,
    Condition,
    RoutemapStatus,
    VersionStatus,
    held_in,
    read,
)
from routing.reading.times import EARLIEST, LATEST, seconds, timestamp
from routing.routes.exposure import Exposure, by_version, split_of
from routing.telling.conditions import conditions_of, versions_of
from tests.unit.routing.test_split import EXAMPLES
from tests.unit.routing.worlds import DRAIN, DRAINED, DRAINING, FRESH, NOW, SERVING, Memory, facts, routemap

TIMES = st.floats(EARLIEST, LATEST - 2)
ALL = Exposure("httpbin-0", 100)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def plan(**changes: object) -> VersionPlan:
    made = VersionPlan("httpbin-1", State.READY, "Ready", 2, Exposure("httpbin-1", 80), mark=True)
    return replace(made, **changes)  # type: ignore[arg-type]


def written(decision: Decision, *exposures: Exposure) -> dict[str, Any]:
    versions = versions_of(RoutemapStatus(), decision, by_version(exposures), NOW)
    return RoutemapStatus(3, split_of(exposures), versions).manifest()


def test_status_tells_the_split_as_it_is_applied_and_each_version() -> None:
    decision = Decision(
        (
            plan(name="httpbin-0", exposure=Exposure("httpbin-0", 20), protected="why"),
            plan(exposure=None, state=State.DRAINING, reason="DeletionRequested", draining_until=NOW + 14.5),
        )
    )
    since = {"stateSince": timestamp(NOW), "weightSince": timestamp(NOW)}
    assert written(decision, ALL) == {
        "observedGeneration": 3,
        "split": "httpbin-0=100",
        "versions": [
            {
                "name": "httpbin-0",
                "state": "ready",
                "weight": 100,
                "readyEndpoints": 2,
                "reason": "Ready",
                "protected": True,
                **since,
            },
            {
                "name": "httpbin-1",
                "state": "draining",
                "weight": 0,
                "readyEndpoints": 2,
                "reason": "DeletionRequested",
                "drainingUntil": "2023-11-14T22:13:35Z",
                **since,
            },
        ],
        "conditions": [],
    }


def test_a_split_of_two_reads_as_kubectl_shows_it() -> None:
    two = Exposure("httpbin-0", 20), Exposure("httpbin-1", 80)
    assert written(Decision(()), *two)["split"] == "httpbin-0=20 httpbin-1=80"


@pytest.mark.parametrize("reason", ["NotListed", "RoutemapDeleted"])
def test_a_version_that_is_not_listed_is_told_of_while_it_is_marked(reason: str) -> None:
    let_go = plan(state=State.ABSENT, reason=reason, exposure=None, mark=False)
    assert written(Decision((let_go,)))["versions"] == []
    assert len(written(Decision((replace(let_go, mark=True),)))["versions"]) == 1


def test_a_listed_version_is_told_of_when_it_is_absent() -> None:
    absent = plan(state=State.ABSENT, reason="DeploymentNotFound", exposure=None, mark=False)
    assert len(written(Decision((absent,)))["versions"]) == 1


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
    known = read(written(decision, *decision.exposures))
    for version in decision.versions:
        if version.mark:
            assert version.name in known.held
    drains = {version.name: version.draining_until for version in decision.versions if version.draining_until}
    assert known.draining.keys() == drains.keys()


def test_a_service_that_drains_without_its_deployment_is_still_held() -> None:
    version = {"name": "httpbin-1", "state": "absent"}
    assert read({"versions": [version]}).held == ()
    draining = {"versions": [version | {"drainingUntil": timestamp(NOW)}]}
    assert read(draining).held == held_in(draining) == ("httpbin-1",)


@pytest.mark.parametrize("state", State)
def test_which_versions_are_held_is_read_alike_with_and_without_the_rest(state: State) -> None:
    status = {"versions": [{"name": "a", "state": str(state)}, {"name": "a", "state": "ready"}]}
    assert held_in(status) == read(status).held == (() if state is State.ABSENT else ("a",))


@pytest.mark.parametrize("status", [None, {}, {"versions": None}, {"versions": [None, 3]}, "soon", []])
def test_a_status_that_says_nothing_holds_nothing(status: object) -> None:
    assert read(status) == RoutemapStatus()


@pytest.mark.parametrize("state", [None, "", "Ready", 7, ["ready"]])
def test_a_version_whose_state_is_none_may_be_marked(state: object) -> None:
    [version] = read({"versions": [{"name": "a", "state": state}]}).versions
    assert (version.state, version.held) == (State.DRAINING, True)


READY = {
    "type": "Ready",
    "status": "True",
    "reason": "Applied",
    "lastTransitionTime": "2026-01-01T00:00:00Z",
}
NO_NAMES = [
    "",
    ".",
    "..",
    "?watch=true&x=",
    "a/b",
    "a%2fb",
    "a#b",
    "a\nb",
    "A",
    "-a",
    "a" * 64,
    None,
    3,
    ["a"],
]


@pytest.mark.parametrize("name", NO_NAMES)
def test_a_name_that_no_service_can_have_is_left_out(name: object) -> None:
    assert read({"versions": [{"name": name, "state": "ready"}]}).versions == ()


NO_TIMES = [
    "soon",
    "",
    3,
    None,
    "9998-12-31T23:59:59Z",
    "1999-12-31T23:59:59Z",
    "2026-01-01T00:00:00",
    "2026",
]


@pytest.mark.parametrize("time", NO_TIMES)
def test_a_time_that_is_none_or_far_off_is_none(time: object) -> None:
    assert seconds(time) is None
    assert read({"versions": [{"name": "a", "state": "ready", "drainingUntil": time}]}).draining == {}


def test_a_drain_that_a_hand_set_to_end_later_than_any_begins_anew() -> None:
    far = Memory(marked=True, draining_until=NOW + 301)
    seen = (facts("httpbin-0", memory=SERVING), facts("httpbin-1", "not Available", far))
    assert decide(routemap(50, 50), None, seen, NOW).versions[1].draining_until == NOW + DRAIN
    longest = replace(seen[1], draining_until=NOW + 300)
    assert decide(routemap(50, 50), None, (seen[0], longest), NOW).versions[1].draining_until == NOW + 300


def test_too_much_is_left_out() -> None:
    versions = [{"name": f"v{number}", "state": "ready", "reason": "x" * 9999} for number in range(1000)]
    conditions = [{**READY, "type": f"T{number}", "message": "x" * 9999} for number in range(1000)]
    known = read({"versions": versions, "conditions": conditions, "split": "x" * 9999})
    assert (len(known.versions), len(known.conditions)) == (MOST_VERSIONS, MOST_CONDITIONS)
    assert (len(known.versions[0].reason), len(known.conditions[0].message), len(known.split)) == (
        256,
        1024,
        2048,
    )


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "observedGeneration": JSON,
            "split": JSON,
            "versions": JSON
            | st.lists(
                st.fixed_dictionaries(
                    {"name": st.sampled_from(["a", "b", *map(str, NO_NAMES)])},
                    optional={
                        "state": st.sampled_from([*map(str, State)]) | JSON,
                        "weight": JSON,
                        "drainingUntil": TIMES.map(timestamp) | JSON,
                        "protected": JSON,
                    },
                )
            ),
            "conditions": JSON
            | st.lists(
                st.fixed_dictionaries(
                    {"type": JSON, "status": st.sampled_from(["True", "False", "Unknown", 1])},
                    optional={"reason": JSON, "message": JSON, "lastTransitionTime": JSON},
                )
            ),
        },
    )
    | JSON
)
@EXAMPLES
def test_whatever_a_hand_has_written_is_read_and_written_as_teal_writes_it(status: Any) -> None:
    known = read(status)
    assert all(names.is_service_name(version.name) for version in known.versions)
    assert read(known.manifest()).manifest() == known.manifest()
    assert held_in(section(status)) == known.held


def test_what_teal_writes_is_read_back_as_it_was() -> None:
    beside: dict[str, Any] = {"copies": 30, "matched": True, "message": "spec.port: none"}
    version = VersionStatus("a", State.READY, 20, 2, "Ready", True, NOW, **beside)
    status = RoutemapStatus(4, "a=20", (version,), (Condition("Ready", True, "Applied", "why", NOW),))
    assert read(status.manifest()) == status
    assert status.version("a") == version
    assert status.version("b") is None


@given(TIMES)
@EXAMPLES
def test_a_time_is_read_back_at_most_a_second_later_and_never_sooner(time: float) -> None:
    back = seconds(timestamp(time))
    assert back is not None
    assert 0 <= back - time <= 1


@given(st.integers(int(EARLIEST), int(LATEST) - 1))
@EXAMPLES
def test_a_time_in_whole_seconds_is_read_back_as_it_was(time: int) -> None:
    assert seconds(timestamp(time)) == time


def test_a_drain_of_fractions_is_told_the_same_in_every_pass() -> None:
    status = {"versions": [{"name": "a", "drainingUntil": timestamp(NOW + 0.3 + DRAIN)}]}
    until = read(status).draining["a"]
    again = facts("httpbin-1", "not Available", Memory(marked=True, draining_until=until))
    seen = (facts("httpbin-0", memory=SERVING), again)
    assert decide(routemap(50, 50), None, seen, NOW + 7.1).versions[1].draining_until == until == NOW + 16


def test_ready_says_that_the_split_is_applied() -> None:
    assert conditions_of(Decision((plan(),))) == (
        Condition("Ready", holds=True, reason="Applied", message="the split is applied"),
        Condition("Degraded", holds=False, reason="VersionReady"),
        Condition("Conflict", holds=False, reason="NoConflict"),
        Condition("Routable", holds=True, reason="Routable"),
    )


def test_a_note_follows_what_ready_says() -> None:
    ready = conditions_of(Decision((plan(),)), "the WeightOverride names httpbin-9")[0]
    assert ready.message == "the split is applied; the WeightOverride names httpbin-9"


ABSENT = plan(name="httpbin-0", state=State.ABSENT, reason="DeploymentNotFound", exposure=None)
STARTING = plan(state=State.STARTING, reason="NoReadyEndpoint", exposure=None, ready_endpoints=0)
NOBODY = "no version is ready (httpbin-0: DeploymentNotFound, httpbin-1: NoReadyEndpoint), "


def test_before_a_version_is_ready_degraded_says_why_nothing_is_routed() -> None:
    message = f"{NOBODY}so nothing is routed until one is"
    assert conditions_of(Decision((ABSENT, STARTING))) == (
        Condition("Ready", holds=False, reason="NoReadyVersion", message=message),
        Condition("Degraded", holds=True, reason="NoReadyVersion", message=message),
        Condition("Conflict", holds=False, reason="NoConflict"),
        Condition("Routable", holds=True, reason="Routable"),
    )


def test_degraded_says_that_requests_fail_while_nobody_answers() -> None:
    dead = replace(ABSENT, exposure=ALL, ready_endpoints=0)
    [ready, degraded, *_] = conditions_of(Decision((dead, STARTING), (ALL,)))
    assert degraded.holds
    assert ready.message == degraded.message == f"{NOBODY}so requests fail until one is"


def test_where_nobody_tells_whether_requests_are_answered_they_are_not_said_to_fail() -> None:
    before = plan(name="httpbin", state=State.DRAINING, reason="NotListed", exposure=ALL, unheard=True)
    [_, degraded, *_] = conditions_of(Decision((STARTING, before), (ALL,)))
    assert degraded.message == (
        "no version is ready (httpbin-1: NoReadyEndpoint, httpbin: NotListed), "
        "so requests go to httpbin as before, which Teal does not watch, until one is"
    )


def test_held_says_with_whom_requests_stay_and_is_not_degraded() -> None:
    answering = replace(ABSENT, exposure=ALL, held=True, answers=True)
    assert conditions_of(Decision((answering, STARTING), (ALL,)))[:2] == (
        Condition(
            "Ready",
            holds=False,
            reason="Held",
            message=f"{NOBODY}so all requests stay with httpbin-0 until one is",
        ),
        Condition("Degraded", holds=False, reason="Held"),
    )


def test_a_condition_keeps_its_time_until_it_changes() -> None:
    first = RoutemapStatus(split="a=100").with_conditions([Condition("Ready", True, "Applied")], NOW)
    assert first.manifest()["conditions"] == [
        {
            "type": "Ready",
            "status": "True",
            "reason": "Applied",
            "message": "",
            "lastTransitionTime": "2023-11-14T22:13:20Z",
        }
    ]
    same = first.with_conditions([Condition("Ready", holds=True, reason="Other")], NOW + 60)
    assert same.condition("Ready") == Condition("Ready", True, "Other", since=NOW)
    turned = same.with_conditions([Condition("Ready", holds=False, reason="Refused")], NOW + 120)
    assert turned.condition("Ready") == Condition("Ready", False, "Refused", since=NOW + 120)
    assert turned.split == "a=100"


def test_a_condition_whose_time_a_hand_took_away_begins_now() -> None:
    known = read({"conditions": [{key: READY[key] for key in ("type", "status", "reason")}]})
    assert known.with_conditions([Condition("Ready", True, "Applied")], NOW).conditions[0].since == NOW


def test_a_condition_that_is_not_told_of_stays() -> None:
    first = RoutemapStatus().with_conditions([Condition("Degraded", True, "NoReadyVersion")], NOW)
    both = first.with_conditions([Condition("Ready", holds=False, reason="Invalid")], NOW + 1)
    assert [condition.type for condition in both.conditions] == ["Degraded", "Ready"]
    assert both.condition("Conflict") is None


def test_a_message_is_cut_to_what_a_terminal_shows() -> None:
    long = Condition("Ready", holds=False, reason="Invalid", message="x" * 5000)
    assert len(RoutemapStatus().with_conditions([long], NOW).conditions[0].message) == 1024


TOLD = {"type": "Ready", "status": "True", "reason": "Applied", "lastTransitionTime": timestamp(NOW)}


def test_a_condition_is_read_as_it_is_written() -> None:
    assert read({"conditions": [TOLD]}).conditions == (Condition("Ready", True, "Applied", "", NOW),)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *[("type", value) for value in (None, 7, "", "a b", "-a", "a" * 64)],
        *[("reason", value) for value in (None, 7, "", "a b", "a" * 257)],
        *[("status", value) for value in (None, True, "Unknown", "true")],
        *[("lastTransitionTime", value) for value in (None, 7, "soon", "1900-01-01T00:00:00Z")],
    ],
)
def test_a_condition_that_the_schema_would_not_take_again_is_left_out(field: str, value: object) -> None:
    assert read({"conditions": [TOLD | {field: value}]}).conditions == ()


@pytest.mark.parametrize(
    ("weight", "exposed", "counts"),
    [(0, False, True), (100, True, True), (0, True, True), (100, False, False)],
)
def test_a_drain_noted_under_requests_says_nothing_once_they_have_gone(
    weight: int, *, exposed: bool, counts: bool
) -> None:
    told = VersionStatus("httpbin-1", State.DRAINING, weight, draining_until=NOW)
    status = RoutemapStatus(versions=(told,))
    assert status.drain_of("httpbin-1", exposed=exposed) == (NOW if counts else None)
    assert status.drain_of("httpbin-0", exposed=exposed) is None

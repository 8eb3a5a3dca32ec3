"""The state of a version, line by line of the design."""

from __future__ import annotations

from dataclasses import replace

import pytest

from routing.deciding.decide import decide
from routing.deciding.letting_go import give_up, let_go
from routing.deciding.life import settled_at, state
from routing.facts import Facts, Part, Workload
from routing.model import State
from routing.routes.exposure import Exposure
from tests.unit.routing.worlds import (
    CIRCUMSTANCES,
    DRAIN,
    DRAINED,
    DRAINING,
    FRESH,
    NOW,
    SERVING,
    Memory,
    facts,
    routemap,
    share,
    split,
)

RIVAL = facts("httpbin-0", memory=SERVING)


def candidate(fact: Facts, now: float = NOW) -> tuple[State, str]:
    """Return the state and reason of a candidate beside a primary that is ready."""
    plan = decide(routemap(50, 50), None, (RIVAL, fact), now).versions[1]
    return plan.state, plan.reason


@pytest.mark.parametrize("circumstance", CIRCUMSTANCES)
def test_a_version_that_never_got_a_request_is_in_the_state_of_its_objects(circumstance: str) -> None:
    assert candidate(facts("httpbin-1", circumstance))[0] is CIRCUMSTANCES[circumstance].fresh


@pytest.mark.parametrize(
    ("circumstance", "state", "reason"),
    [
        ("no Deployment, no Service", State.ABSENT, "DeploymentNotFound"),
        ("no Deployment", State.ABSENT, "DeploymentNotFound"),
        ("Deployment being deleted", State.DRAINING, "DeletionRequested"),
        ("both being deleted", State.DRAINING, "DeletionRequested"),
        ("Service being deleted", State.DRAINING, "ServiceDeletionRequested"),
        ("watch label removed", State.DRAINING, "WatchLabelRemoved"),
        ("scaled to zero", State.DRAINING, "ScaledToZero"),
        ("not Available", State.READY, "Ready"),
        ("no Service", State.STARTING, "ServiceNotFound"),
        ("no ready endpoint", State.STARTING, "NoReadyEndpoint"),
        ("settling", State.READY, "Ready"),
        ("ready", State.READY, "Ready"),
    ],
)
def test_a_version_that_may_be_getting_requests_says_why_it_is_where_it_is(
    circumstance: str, state: State, reason: str
) -> None:
    assert candidate(facts("httpbin-1", circumstance, SERVING)) == (state, reason)


def test_a_version_that_may_be_of_a_kind_that_the_cluster_lacks_says_so() -> None:
    fact = replace(facts("httpbin-1", "no Deployment"), lacking="rollouts.argoproj.io")
    plan = decide(routemap(50, 50), None, (RIVAL, fact), NOW).versions[1]
    assert (plan.state, plan.reason) == (State.ABSENT, "KindNotInstalled")
    assert plan.message == (
        "there is Service httpbin-1 and no Deployment or StatefulSet; an object of rollouts.argoproj.io, a "
        "kind that the administrator has named, can't be seen, since the cluster lacks that kind"
    )


@pytest.mark.parametrize(
    ("memory", "state"),
    [(FRESH, State.ABSENT), (SERVING, State.DRAINING), (DRAINING, State.DRAINING)],
)
@pytest.mark.parametrize("circumstance", ["watch label removed", "scaled to zero"])
def test_withdrawn_is_draining_while_requests_may_come_and_absent_afterwards(
    circumstance: str, memory: Memory, state: State
) -> None:
    assert candidate(facts("httpbin-1", circumstance, memory))[0] is state


def test_a_deletion_that_was_requested_is_the_reason_even_when_nothing_is_available_any_more() -> None:
    gone = replace(
        facts("httpbin-1"),
        deployment=Workload(deleting_since=NOW - 3, available=False),
        service=None,
        ready_endpoints=0,
    )
    assert candidate(gone) == (State.DRAINING, "DeletionRequested")


def test_to_come_in_a_version_has_to_be_available() -> None:
    assert candidate(facts("httpbin-1", "not Available")) == (State.STARTING, "DeploymentNotAvailable")
    drained = facts("httpbin-1", "not Available", DRAINED)
    assert candidate(drained) == (State.STARTING, "DeploymentNotAvailable")


def test_the_reason_of_a_failure_stays_the_same_when_it_has_left_the_split() -> None:
    failed = replace(facts("httpbin-1", "not Available", SERVING), ready_endpoints=0)
    reasons = [
        candidate(replace(failed, exposure=None if applied is None else Exposure("httpbin-1", applied)))
        for applied in (50, 0, None)
    ]
    assert reasons == [(State.STARTING, "DeploymentNotAvailable")] * 3


def test_available_without_ready_endpoint_is_not_ready() -> None:
    assert candidate(facts("httpbin-1", "no ready endpoint")) == (State.STARTING, "NoReadyEndpoint")


@pytest.mark.parametrize(
    ("seconds", "state"), [(-0.01, State.STARTING), (0, State.READY), (0.01, State.READY)]
)
def test_a_version_settles_for_settle_seconds_after_its_first_ready_endpoint(
    seconds: float, state: State
) -> None:
    fact = facts("httpbin-1", "settling")
    assert fact.ready_since is not None
    assert candidate(fact, fact.ready_since + 1 + seconds)[0] is state


@pytest.mark.parametrize(("flaps", "longer"), [(0, 0), (1, 3), (2, 15), (3, 60), (300, 60)])
def test_one_that_comes_and_goes_settles_for_longer_each_time_and_a_minute_at_most(
    flaps: int, longer: int
) -> None:
    fact = replace(facts("httpbin-1", "settling"), flaps=flaps)
    assert fact.ready_since is not None
    assert candidate(fact, fact.ready_since + longer + 0.9)[0] is State.STARTING
    assert candidate(fact, fact.ready_since + longer + 1)[0] is State.READY


@pytest.mark.parametrize(("probed", "seconds"), [(True, 1), (False, 5)])
def test_a_version_without_readiness_probe_settles_for_longer_unless_told(
    *, probed: bool, seconds: float
) -> None:
    fact = replace(facts("httpbin-1", "settling"), deployment=Workload(probed=probed))
    assert fact.ready_since is not None
    for asked, wanted in ((None, seconds), (0, 0), (2, 2)):
        asking = replace(routemap(50, 50), settle_seconds=asked)
        assert decide(asking, None, (RIVAL, fact), fact.ready_since + wanted).versions[1].state is State.READY
        before = decide(asking, None, (RIVAL, fact), fact.ready_since + wanted - 0.01)
        assert (before.versions[1].reason, before.again_at) == ("Settling", fact.ready_since + wanted)


def test_the_only_ready_version_is_not_protected_from_what_its_user_allows() -> None:
    expendable = replace(RIVAL, deployment=Workload(marked=True, expendable=True))
    plan = decide(routemap(50, 50), None, (expendable, facts("httpbin-1", "no Deployment")), NOW).versions[0]
    assert (plan.protected, plan.mark) == (None, True)


WAITING = Workload(marked=True, deleting_since=NOW - 100, protected="why")
PATIENCE = 60


@pytest.mark.parametrize(
    ("failing_since", "mark", "again_at"),
    [
        (NOW - 1000, False, None),  # the deletion is 100 s old
        (NOW - 60, False, None),
        (NOW - 59, True, NOW + 1),  # the first failure came after the deletion: it counts
        (NOW, True, NOW + 60),
    ],
)
def test_while_passes_fail_a_deletion_waits_for_a_time_and_no_longer(
    failing_since: float, *, mark: bool, again_at: float | None
) -> None:
    gone = Facts("httpbin-1", deployment=WAITING, service=Part(marked=True), ready_endpoints=2)
    decision = give_up((RIVAL, gone, facts("httpbin-2")), failing_since, PATIENCE, NOW)
    assert [plan.mark for plan in decision.versions] == [True, mark, False]
    assert decision.versions[1].reason == ("Failing" if mark else "DeadlineExceeded")
    assert decision.versions[1].protected == "why"
    assert decision.again_at == again_at
    assert split(decision) == {}


def test_while_passes_fail_a_service_that_is_deleted_alone_is_let_go_as_well() -> None:
    alone = Facts("httpbin-1", service=Part(marked=True, deleting_since=NOW - 60))
    assert not give_up((alone,), NOW - 60, PATIENCE, NOW).versions[0].mark


def test_while_passes_fail_what_is_not_being_deleted_keeps_its_mark() -> None:
    decision = give_up((RIVAL,), NOW - 1000, PATIENCE, NOW)
    assert (decision.versions[0].mark, decision.again_at) == (True, None)


def test_while_a_version_settles_the_next_pass_is_when_it_has_settled() -> None:
    fact = facts("httpbin-1", "settling")
    assert fact.ready_since is not None
    assert decide(routemap(50, 50), None, (RIVAL, fact), NOW).again_at == fact.ready_since + 1


def test_an_endpoint_that_nobody_has_timed_yet_settles_without_a_time_to_look_again() -> None:
    fact = replace(facts("httpbin-1"), ready_since=None)
    assert candidate(fact) == (State.STARTING, "Settling")
    assert decide(routemap(50, 50), None, (RIVAL, fact), NOW).again_at is None


def test_a_version_that_is_in_the_split_already_does_not_settle_again_after_a_restart() -> None:
    fact = replace(facts("httpbin-1", memory=SERVING), ready_since=NOW)
    assert candidate(fact) == (State.READY, "Ready")


def test_a_version_of_0_percent_in_the_virtual_service_has_settled_too() -> None:
    fact = replace(facts("httpbin-1", memory=Memory(applied=0)), ready_since=NOW)
    assert candidate(fact) == (State.READY, "Ready")


def test_a_version_that_left_the_split_settles_again() -> None:
    fact = replace(facts("httpbin-1", memory=DRAINING), ready_since=NOW)
    assert candidate(fact) == (State.STARTING, "Settling")


@pytest.mark.parametrize(
    ("memory", "state", "mark", "until"),
    [
        (SERVING, State.DRAINING, True, NOW + DRAIN),
        (DRAINING, State.DRAINING, True, NOW + 4.5),
        (DRAINED, State.DRAINING, False, None),
        (FRESH, State.ABSENT, False, None),
    ],
)
def test_a_version_that_is_no_longer_listed_is_drained(
    memory: Memory, state: State, *, mark: bool, until: float | None
) -> None:
    plan = decide(routemap(50), None, (RIVAL, facts("httpbin-1", memory=memory)), NOW).versions[1]
    assert (plan.state, plan.reason, share(plan)) == (state, "NotListed", None)
    assert (plan.mark, plan.draining_until) == (mark, until)


def test_a_mark_on_the_service_alone_is_a_mark() -> None:
    fact = replace(facts("httpbin-1", "watch label removed"), service=Part(marked=True))
    assert candidate(fact) == (State.DRAINING, "WatchLabelRemoved")


@pytest.mark.parametrize(
    ("deployment", "service", "markable"),
    [
        (None, None, False),
        (None, Part(), True),
        (Workload(), None, True),
        (Workload(deleting_since=NOW - 3), None, False),
        (Workload(deleting_since=NOW - 3), Part(deleting_since=NOW - 3), False),
        (Workload(deleting_since=NOW - 3), Part(), True),
        (Workload(deleting_since=NOW - 3, marked=True), None, True),
    ],
)
def test_what_is_being_deleted_can_carry_only_a_mark_that_it_has(
    deployment: Workload | None,
    service: Part | None,
    *,
    markable: bool,
) -> None:
    assert Facts("httpbin-1", deployment, service).markable is markable


@pytest.mark.parametrize(
    ("memory", "state", "mark"),
    [
        (FRESH, State.ABSENT, False),
        (SERVING, State.DRAINING, False),
        (DRAINING, State.DRAINING, True),
        (DRAINED, State.DRAINING, False),
    ],
)
def test_when_the_routemap_is_deleted_only_a_running_drain_keeps_its_mark(
    memory: Memory,
    state: State,
    *,
    mark: bool,
) -> None:
    decision = let_go([facts("httpbin-0", memory=memory)], NOW)
    plan = decision.versions[0]
    assert (plan.state, plan.reason, plan.mark) == (state, "RoutemapDeleted", mark)
    assert decision.again_at == (NOW + 4.5 if mark else None)


@pytest.mark.parametrize(
    ("was_unready", "share", "settle", "told"),
    [
        (False, 0, 2, State.READY),
        (True, 0, 2, State.STARTING),
        (True, 0, 1, State.READY),
        (True, 20, 2, State.READY),
    ],
)
def test_what_gets_nothing_and_has_been_without_endpoints_settles_anew(
    *, was_unready: bool, share: int, settle: int, told: State
) -> None:
    exposure = Exposure("httpbin-1", share)
    fact = replace(facts("httpbin-1"), exposure=exposure, ready_since=NOW - 1, was_unready=was_unready)
    asked = replace(routemap(50, 50), settle_seconds=settle)
    assert state(fact, settled_at(fact, asked), NOW)[0] is told

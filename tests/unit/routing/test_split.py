"""The split, line by line of the design, and its percentages."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.deciding.decide import decide
from routing.facts import Workload
from routing.model import State, Version, WeightOverride
from routing.routes.exposure import Exposure
from routing.split import percentages
from tests.unit.routing.worlds import DRAIN, DRAINING, NOW, SERVING, Memory, facts, routemap, share
from tests.unit.routing.worlds import split as shares

if TYPE_CHECKING:
    from routing.deciding.decide import Decision

EXAMPLES = settings(derandomize=True)
weights_of_a_split = st.lists(st.integers(0, 1_000_000), min_size=1, max_size=8).filter(any)


def split(weights: tuple[int, ...], circumstances: str, override: dict[str, int] | None = None) -> Decision:
    """Decide for versions that are (r)eady, (s)tarting, (d)eleted or (a)bsent."""
    kinds = {
        "r": "ready",
        "s": "not Available",
        "d": "Deployment being deleted",
        "a": "no Deployment, no Service",
    }
    seen = [facts(f"httpbin-{index}", kinds[kind]) for index, kind in enumerate(circumstances)]
    return decide(routemap(*weights), WeightOverride(override) if override else None, seen, NOW)


@pytest.mark.parametrize(
    ("weights", "circumstances", "wanted"),
    [
        ((50,), "r", {"httpbin-0": 100}),
        ((50, 50), "ra", {"httpbin-0": 100}),
        ((50, 50), "rs", {"httpbin-0": 100}),
        ((50, 50), "rr", {"httpbin-0": 50, "httpbin-1": 50}),
        ((20, 80), "rr", {"httpbin-0": 20, "httpbin-1": 80}),
        ((50, 50), "rd", {"httpbin-0": 100}),
        ((50, 50), "dr", {"httpbin-1": 100}),
        ((50, 50), "sr", {"httpbin-1": 100}),
        ((1, 1, 1), "rrr", {"httpbin-0": 34, "httpbin-1": 33, "httpbin-2": 33}),
        ((1, 1, 1), "rsr", {"httpbin-0": 50, "httpbin-2": 50}),
        ((2, 3), "rr", {"httpbin-0": 40, "httpbin-1": 60}),
        ((1_000_000, 1), "rr", {"httpbin-0": 100, "httpbin-1": 0}),
    ],
)
def test_ready_versions_share_by_weight(
    weights: tuple[int, ...], circumstances: str, wanted: dict[str, int]
) -> None:
    assert shares(split(weights, circumstances)) == wanted


@pytest.mark.parametrize(
    ("weights", "override", "wanted"),
    [
        ((50, 50), {"httpbin-0": 20, "httpbin-1": 80}, {"httpbin-0": 20, "httpbin-1": 80}),
        ((50, 50), {"httpbin-1": 150}, {"httpbin-0": 25, "httpbin-1": 75}),
        ((50, 50), {"httpbin-1": 0}, {"httpbin-0": 100, "httpbin-1": 0}),
        ((50, 50), {"httpbin-0": 0, "httpbin-1": 0}, {"httpbin-0": 100, "httpbin-1": 0}),
        ((50, 50), {"stranger": 80}, {"httpbin-0": 50, "httpbin-1": 50}),
    ],
)
def test_an_override_counts_for_the_versions_that_it_names(
    weights: tuple[int, ...], override: dict[str, int], wanted: dict[str, int]
) -> None:
    assert shares(split(weights, "rr", override)) == wanted


@pytest.mark.parametrize(
    ("weights", "circumstances", "wanted"),
    [
        ((0, 50), "rr", {"httpbin-0": 0, "httpbin-1": 100}),
        ((50, 0), "rr", {"httpbin-0": 100, "httpbin-1": 0}),
        ((0, 50, 0), "rsr", {"httpbin-0": 100, "httpbin-2": 0}),
        ((50, 0), "sr", {"httpbin-1": 100}),
        ((50, 0, 0), "srr", {"httpbin-1": 50, "httpbin-2": 50}),
        ((50, 0, 0, 0), "srrr", {"httpbin-1": 34, "httpbin-2": 33, "httpbin-3": 33}),
    ],
)
def test_0_stays_0_unless_all_ready_versions_are_0(
    weights: tuple[int, ...], circumstances: str, wanted: dict[str, int]
) -> None:
    assert shares(split(weights, circumstances)) == wanted


@pytest.mark.parametrize("circumstances", ["aa", "ss", "sa", "ds", "dd", "as"])
def test_before_a_version_is_ready_nothing_is_routed(circumstances: str) -> None:
    decision = split((50, 50), circumstances)
    assert shares(decision) == {}
    assert not decision.ready


LAST = Memory(applied=100, marked=True)


@pytest.mark.parametrize("memory", [SERVING, LAST])
@pytest.mark.parametrize("circumstance", ["no ready endpoint", "scaled to zero", "no Service"])
def test_while_nobody_answers_the_split_stays_as_it_is(circumstance: str, memory: Memory) -> None:
    seen = [facts("httpbin-0", circumstance, memory), facts("httpbin-1", "not Available")]
    decision = decide(routemap(50, 50), None, seen, NOW)
    assert shares(decision) == {"httpbin-0": 100}
    assert not decision.answered


def test_while_nobody_answers_what_goes_to_a_host_of_others_is_shared_in_the_same_proportion() -> None:
    seen = [
        facts(f"httpbin-{index}", "no ready endpoint", Memory(share)) for index, share in ((0, 10), (1, 30))
    ]
    decision = decide(routemap(50, 50), None, seen, NOW)
    assert shares(decision) == {"httpbin-0": 25, "httpbin-1": 75}


def test_while_nobody_is_ready_and_a_hand_has_left_nothing_to_a_version_it_is_not_named_alone() -> None:
    """Alone, whatever its share, it would get all requests, and without a mark."""
    decision = decide(routemap(50), None, [facts("httpbin-0", "no ready endpoint", Memory(0))], NOW)
    assert decision.exposures == ()


def test_a_version_that_gets_only_matching_requests_keeps_its_exposure_while_nobody_is_ready() -> None:
    matching = Exposure("httpbin-0", matches=("[]",))
    seen = replace(facts("httpbin-0", "no ready endpoint"), exposure=matching)
    assert decide(routemap(50), None, [seen], NOW).exposures == (matching,)


@pytest.mark.parametrize(
    "circumstance",
    ["Deployment being deleted", "Service being deleted", "watch label removed", "no Deployment"],
)
def test_while_no_version_is_ready_requests_stay_with_who_answers(circumstance: str) -> None:
    seen = [facts("httpbin-0", "no ready endpoint", SERVING), facts("httpbin-1", circumstance, SERVING)]
    decision = decide(routemap(50, 50), None, seen, NOW)
    assert shares(decision) == {"httpbin-1": 100}
    assert (decision.ready, decision.answered) == (False, True)
    leaving, staying = decision.versions
    assert leaving.draining_until == NOW + DRAIN
    assert (staying.mark, staying.draining_until) == (True, None)
    assert staying.protected == "the only ready version of Routemap httpbin"


def test_a_version_that_a_mistyped_one_takes_the_place_of_keeps_its_requests() -> None:
    mistyped = replace(routemap(50), versions=(Version("httpbin-00", 50),))
    seen = [facts("httpbin-00", "no Deployment, no Service"), facts("httpbin-0", memory=LAST)]
    decision = decide(mistyped, None, seen, NOW)
    assert shares(decision) == {"httpbin-0": 100}
    assert (decision.versions[1].reason, decision.versions[1].mark) == ("NotListed", True)
    there = [facts("httpbin-00"), facts("httpbin-0", memory=LAST)]
    assert shares(decide(mistyped, None, there, NOW)) == {"httpbin-00": 100}


def test_shares_of_who_answers_keep_their_proportion_while_no_version_is_ready() -> None:
    deleted = "Deployment being deleted"
    seen = [
        facts("httpbin-0", "no ready endpoint", Memory(applied=50, marked=True)),
        facts("httpbin-1", deleted, Memory(applied=40, marked=True)),
        facts("httpbin-2", deleted, Memory(applied=10, marked=True)),
    ]
    assert shares(decide(routemap(5, 4, 1), None, seen, NOW)) == {"httpbin-1": 80, "httpbin-2": 20}


def test_the_only_ready_version_is_protected_and_the_text_names_the_routemap() -> None:
    alone = split((50, 50), "rs")
    assert [plan.protected for plan in alone.versions] == ["the only ready version of Routemap httpbin", None]


@pytest.mark.parametrize("circumstances", ["rr", "ss", "da"])
def test_nothing_is_protected_while_two_versions_or_none_are_ready(circumstances: str) -> None:
    assert [plan.protected for plan in split((50, 50), circumstances).versions] == [None, None]


def test_a_candidate_that_holds_all_requests_beside_a_ready_primary_is_not_protected() -> None:
    decision = split((0, 50), "rr")
    assert shares(decision)["httpbin-1"] == 100
    assert decision.versions[1].protected is None


def test_a_version_whose_weight_becomes_0_is_drained_and_let_go() -> None:
    seen = [facts("httpbin-0", memory=SERVING), facts("httpbin-1", memory=SERVING)]
    plan = decide(routemap(50, 0), None, seen, NOW).versions[1]
    assert (plan.state, share(plan), plan.mark, plan.draining_until) == (State.READY, 0, True, NOW + DRAIN)


def test_a_version_that_comes_back_while_it_drains_stops_draining() -> None:
    seen = [facts("httpbin-0", memory=SERVING), facts("httpbin-1", memory=DRAINING)]
    plan = decide(routemap(50, 50), None, seen, NOW).versions[1]
    assert (share(plan), plan.mark, plan.draining_until) == (50, True, None)


def test_a_version_that_leaves_the_split_again_drains_anew_whatever_the_status_says() -> None:
    again = Memory(applied=50, marked=True, draining_until=NOW + 2)
    seen = [facts("httpbin-0", memory=SERVING), facts("httpbin-1", "no ready endpoint", again)]
    assert decide(routemap(50, 50), None, seen, NOW).versions[1].draining_until == NOW + DRAIN


def test_a_drain_whose_end_was_lost_begins_anew() -> None:
    seen = [facts("httpbin-0", memory=SERVING), facts("httpbin-1", "not Available", Memory(marked=True))]
    assert decide(routemap(50, 50), None, seen, NOW).versions[1].draining_until == NOW + DRAIN


def test_a_primary_that_is_deleted_as_the_only_version_keeps_its_requests_and_loses_its_mark_in_time() -> (
    None
):
    alone = facts("httpbin-0", "both being deleted", Memory(applied=100, marked=True))
    decision = decide(routemap(50), None, [alone], NOW, patience=10)
    [plan] = decision.versions
    assert (share(plan), plan.mark, plan.draining_until) == (100, True, None)
    assert decision.again_at == NOW - 3 + 10
    [plan] = decide(routemap(50), None, [alone], NOW + 7, patience=10).versions
    assert (share(plan), plan.mark, plan.draining_until) == (100, True, NOW + 7 + DRAIN)
    drained = facts("httpbin-0", "both being deleted", Memory(100, marked=True, draining_until=NOW))
    [plan] = decide(routemap(50), None, [drained], NOW, patience=3).versions
    assert (share(plan), plan.mark, plan.draining_until) == (100, False, None)


def test_the_only_version_that_its_user_lets_go_does_not_wait_for_another() -> None:
    alone = facts("httpbin-0", "Deployment being deleted", LAST)
    expendable = replace(alone, deployment=Workload(marked=True, deleting_since=NOW - 3, expendable=True))
    [plan] = decide(routemap(50), None, [expendable], NOW).versions
    assert (plan.mark, plan.draining_until) == (True, NOW + DRAIN)


@given(weights_of_a_split)
@EXAMPLES
def test_percentages_sum_to_100(weights: list[int]) -> None:
    assert sum(percentages(weights)) == 100


@given(weights_of_a_split)
@EXAMPLES
def test_percentages_leave_0_at_0(weights: list[int]) -> None:
    assert not any(share for weight, share in zip(weights, percentages(weights), strict=True) if not weight)


@given(weights_of_a_split)
@EXAMPLES
def test_percentages_keep_the_order_of_the_weights(weights: list[int]) -> None:
    pairs = zip(weights, percentages(weights), strict=True)
    for (small, less), (great, more) in combinations(sorted(pairs), 2):
        assert less <= more or small == great


@given(weights_of_a_split)
@EXAMPLES
def test_percentages_differ_from_the_exact_share_by_less_than_1(weights: list[int]) -> None:
    for weight, part in zip(weights, percentages(weights), strict=True):
        assert abs(part * sum(weights) - weight * 100) < sum(weights)

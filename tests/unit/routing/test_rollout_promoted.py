"""What follows the last step of a rollout: who becomes the primary, when, and what keeps it from that."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest

from routing.reading.parse import parse_routemap
from routing.reading.rollout_status import Phase, RolloutStatus
from routing.stepping.casting import goal_of, stepped
from routing.stepping.promotion import PROMOTING, refused
from routing.stepping.promotion import through as succeeded
from tests.unit.routing.manifests import routemap
from tests.unit.routing.rollouts import GOOD, READY, TIMED, Play
from tests.unit.routing.worlds import NOW

if TYPE_CHECKING:
    from routing.model import Routemap

LAST = RolloutStatus("httpbin-1", "1-abc", Phase.SUCCEEDED, 3, 50)
BY_ORDER = replace(TIMED, by_order=True)
DONE = "httpbin-1 has taken every step and stays at 50 %"
IN_THE_WAY: dict[str, dict[str, Any]] = {
    "Overridden": {"override": "httpbin-0=1"},
    "CandidateNotReady": {"ready": False, "pods": 0},
    "NotRoutable": {"unroutable": "no Gateway"},
    "NotEnoughPods": {"pods": 1},
    "NotPromoted": {"beside": ("httpbin-2", "httpbin-3")},
}
SENTENCES = {
    "Overridden": (
        f"{DONE}; the WeightOverride has the say (httpbin-0=1), so it is not promoted; delete it to go on"
    ),
    "CandidateNotReady": f"{DONE}; it is not ready, and is promoted when it is",
    "NotRoutable": f"{DONE}; nothing follows while requests don't arrive as they should: no Gateway",
    "NotEnoughPods": (
        f"{DONE}; as the primary 100 % take 2 ready pods of httpbin-1, which has 1 (httpbin-0 has 2); scale "
        f"it, or set spec.rollout.capacity to ignore"
    ),
    "NotPromoted": (
        f"{DONE}, and is not promoted by itself: httpbin-2 and httpbin-3 would be rolled out after it; take "
        f"httpbin-2 and httpbin-3 off spec.versions, or out of the cluster"
    ),
}


def through(rollout: Any = BY_ORDER, **seen: Any) -> Play:
    """Return a rollout whose last step is through, with this in the way of what follows."""
    play = Play(rollout).look(findings=GOOD)
    for step in rollout.steps[:-1]:
        play.after(step.seconds)
    play.after(rollout.steps[-1].seconds)
    assert play.standing == ("Succeeded", 3, 50)
    return play.look(**seen)


def promoted(rollout: Any = BY_ORDER) -> Play:
    """Return a rollout whose candidate has become the primary; the old one is none."""
    return through(rollout).look(primary="httpbin-1", candidate="", revision="", ready=False, pods=0)


def test_a_candidate_that_has_taken_every_step_is_promoted_by_itself_where_that_is_asked_for() -> None:
    play = through()
    assert (play.reason, play.message) == (PROMOTING, f"{DONE}: it becomes the primary")
    assert through(TIMED).reason == "Succeeded"
    assert play.after(86_400).reason == PROMOTING, "until it is"


@pytest.mark.parametrize("reason", IN_THE_WAY)
def test_what_is_in_the_way_of_a_promotion_is_told_and_when_it_has_gone_the_promotion_follows(
    reason: str,
) -> None:
    play = through(**IN_THE_WAY[reason])
    assert (play.standing, play.reason) == (("Succeeded", 3, 50), reason)
    assert play.message == SENTENCES[reason]
    well: dict[str, Any] = {"override": "", "ready": True, "pods": 2, "beside": (), "unroutable": ""}
    assert play.look(**well).reason == PROMOTING


def test_of_all_that_may_be_in_the_way_the_first_is_told_in_every_combination() -> None:
    ways = [*IN_THE_WAY.items(), ("NotPromoted", {"hindrance": "Argo CD owns it"})]
    for by_order, *there in product((False, True), repeat=1 + len(ways)):
        found = [way for way, is_there in zip(ways, there, strict=True) if is_there]
        seen = {key: value for _, changes in found for key, value in changes.items()}
        first = next((reason for reason, _ in found), PROMOTING)
        scene = replace(READY, **seen)
        reason, message = succeeded(replace(TIMED, by_order=by_order), LAST, scene, NOW)
        assert reason == (first if by_order else "Succeeded"), found
        assert message.startswith(DONE)


def test_what_was_told_of_the_application_may_be_in_the_way_too() -> None:
    play = through(hindrance="Argo CD owns spec.versions")
    assert play.reason == "NotPromoted"
    assert play.message == f"{DONE}, and is not promoted by itself: Argo CD owns spec.versions"


def test_pods_that_are_too_few_for_all_requests_keep_from_it_only_where_they_are_counted() -> None:
    assert through(replace(BY_ORDER, capacity=False), pods=1).reason == PROMOTING


def test_by_hand_nothing_is_in_the_way() -> None:
    seen = {key: value for way in IN_THE_WAY.values() for key, value in way.items()}
    assert through(TIMED, **seen).reason == "Succeeded"


def test_who_has_become_the_primary_rests() -> None:
    play = promoted()
    message = "httpbin-1 is the primary: it was promoted by itself after its last step"
    assert (play.standing, play.reason, play.message) == (("Promoted", 3, 0), "Promoted", message)
    assert play.state is not None
    assert play.state.history[-1].what == message
    assert play.again_at is None
    rests = play.state
    assert play.after(86_400).state == rests


@pytest.mark.parametrize("steps", [0, 1])
def test_who_is_promoted_by_hand_rests_too_however_far_it_was(steps: int) -> None:
    play = Play(TIMED).look()
    for step in TIMED.steps[:steps]:
        play.after(step.seconds)
    play.look(primary="httpbin-1", candidate="", revision="", ready=False, pods=0)
    assert play.reason == "Promoted"
    assert play.message == "httpbin-1 is the primary: somebody has promoted it"


def test_another_candidate_begins_anew_after_a_promotion() -> None:
    play = promoted().look(candidate="httpbin-2", revision="2-abc", ready=True, pods=2)
    assert play.standing == ("Stepping", 1, 5)
    assert play.state is not None
    assert play.state.version == "httpbin-2"


def test_another_candidate_that_is_there_at_once_begins_when_the_promotion_has_been_told() -> None:
    play = through().look(primary="httpbin-1", candidate="httpbin-2", revision="2-abc")
    assert play.standing == ("Stepping", 1, 5)
    assert play.state is not None
    assert [entry.what for entry in play.state.history[-3:]] == [
        "httpbin-1 is the primary: it was promoted by itself after its last step",
        "httpbin-2 has come, or its pod template has changed",
        "step 1 of 3, 5 %",
    ]


def test_a_promotion_that_was_taken_back_is_not_made_again_by_itself() -> None:
    play = promoted().look(primary="httpbin-0", candidate="httpbin-1", revision="1-abc", ready=True, pods=2)
    message = (
        "its promotion was taken back, httpbin-0 is the primary; httpbin-1 gets no requests until its "
        "template changes, or retry"
    )
    assert (play.standing, play.reason, play.message) == (("Failed", 3, 0), "Aborted", message)
    assert play.state is not None
    assert play.state.history[-1].what == message
    assert play.after(86_400).standing == ("Failed", 3, 0)
    assert play.wish("retry").standing == ("Stepping", 1, 5)


def test_a_promotion_that_was_taken_back_before_anybody_has_looked_is_not_made_again_either() -> None:
    play = through().look(made=True)
    assert (play.standing, play.reason) == (("Failed", 3, 0), "Aborted")
    assert play.message.startswith("its promotion was taken back, httpbin-0 is the primary")
    assert play.look(made=False).standing == ("Failed", 3, 0)
    assert through().look(made=True, revision="1-def").standing == ("Stepping", 1, 5), "another template"


def test_another_template_of_who_was_taken_back_begins_at_the_first_step() -> None:
    play = promoted().look(primary="httpbin-0", candidate="httpbin-1", revision="1-def", ready=True, pods=2)
    assert play.standing == ("Stepping", 1, 5)


@pytest.mark.parametrize("wish", ["pause", "resume", "skip", "abort", "retry"])
def test_after_a_promotion_there_is_nothing_that_a_wish_could_change(wish: str) -> None:
    play = promoted().wish(wish)
    assert play.standing == ("Promoted", 3, 0)
    assert play.state is not None
    assert play.state.history[-1].what == f"{wish}: there is nothing that it could change"


def test_who_is_about_to_be_promoted_can_still_be_aborted() -> None:
    assert through(hindrance="wait").wish("abort").standing == ("Failed", 3, 0)


def test_a_promotion_that_is_refused_is_held_and_tried_again_by_a_wish() -> None:
    play = through()
    assert play.state is not None
    play.state = refused(play.state, "frozen until Monday", NOW)
    assert play.look().standing == ("Held", 3, 50)
    assert (play.reason, play.message) == (
        "PromotionRefused",
        (
            "httpbin-1 has taken every step, and the API server refuses its promotion (frozen until Monday); "
            "it stays at 50 %: skip tries again, retry takes the last step anew"
        ),
    )
    assert play.wish("skip").reason == PROMOTING


def listed(*weights: int, strategy: str = "blue-green") -> Routemap:
    versions = [
        {"name": f"httpbin-{index}", "weight": weight}
        if strategy != "canary"
        else {"name": f"httpbin-{index}"}
        for index, weight in enumerate(weights)
    ]
    steps = [{"share": 10, "for": "1m"}, {"share": 50, "for": "1m"}]
    spec = {"strategy": strategy, "versions": versions, "rollout": {"steps": steps}}
    return parse_routemap({**routemap(**spec)})


@pytest.mark.parametrize("strategy", ["blue-green", "canary", "mirror"])
def test_the_primary_has_all_requests_after_its_promotion_whatever_a_hand_has_written(strategy: str) -> None:
    state = RolloutStatus("httpbin-0", "0-abc", Phase.PROMOTED, 2, 50)
    found = stepped(listed(50, 0, strategy=strategy), state).versions
    assert [(version.weight, version.match) for version in found] == [(100, ""), (0, "")]


def test_after_a_promotion_the_goal_is_that_of_whoever_is_listed_to_come_next() -> None:
    state = RolloutStatus("httpbin-0", "0-abc", Phase.PROMOTED, 2, 0)
    assert [version.weight for version in goal_of(listed(50, 0), state).versions] == [100, 0]
    assert [version.weight for version in goal_of(listed(50, 50), state).versions] == [50, 50]

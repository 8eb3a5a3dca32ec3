"""How a rollout goes on: by steps, wishes, evidence, and what stands in its way."""

from __future__ import annotations

from dataclasses import replace

import pytest

from routing.reading.rollout_status import MOST_HISTORY, Entry, Phase, RolloutStatus
from routing.reading.times import timestamp
from routing.stepping.progress import MOST_LOST, UNREADY_SECONDS, progress
from routing.stepping.rollout import Rollout, Step
from tests.unit.routing.rollouts import BAD, CHECKED, GOOD, OPEN, READY, STEPS, TIMED, Play
from tests.unit.routing.worlds import NOW


def in_step(step: int, rollout: Rollout = CHECKED) -> Play:
    """Return a rollout whose step has just begun."""
    play = Play(rollout).look()
    for number in range(1, step):
        play.after(rollout.steps[number - 1].seconds, findings=GOOD)
    play.look(findings=())
    assert play.standing == ("Stepping", step, rollout.steps[step - 1].share)
    return play


def test_without_a_candidate_nothing_is_to_be_done() -> None:
    play = Play(scene=replace(READY, candidate="", revision="", ready=False)).look()
    assert (play.standing, play.reason) == (("Waiting", 0, 0), "NoCandidate")
    assert play.again_at is None


def test_a_good_candidate_takes_every_step_and_stays_at_the_last() -> None:
    play = Play().look()
    assert play.standing == ("Stepping", 1, 5)
    assert play.after(60, findings=GOOD).standing == ("Stepping", 2, 25)
    assert play.after(119).standing == ("Stepping", 2, 25)
    assert play.after(1).standing == ("Stepping", 3, 50)
    assert play.after(60).standing == ("Succeeded", 3, 50)
    assert play.message == "httpbin-1 has taken every step and stays at 50 %: promote it"
    assert play.again_at is None
    assert play.after(86_400, findings=()).standing == ("Succeeded", 3, 50)


def test_without_checks_a_step_takes_its_time() -> None:
    play = in_step(1, TIMED)
    assert play.again_at == NOW + 60
    assert play.message == f"step 1 of 3: 5 % since {timestamp(NOW)}; next at {timestamp(NOW + 60)}"
    assert play.after(59).standing == ("Stepping", 1, 5)
    assert play.after(1).standing == ("Stepping", 2, 25)


def test_a_step_that_has_just_begun_is_looked_at_again_so_that_evidence_is_asked_for() -> None:
    state = progress(CHECKED, None, READY, NOW).state
    begun = progress(CHECKED, state, replace(READY, applied=True), NOW)
    assert begun.again_at == NOW + 1


def test_the_clock_of_a_step_begins_when_requests_follow_it() -> None:
    state = progress(CHECKED, None, READY, NOW).state
    assert (state.step, state.since) == (1, None)
    assert state.message == "step 1 of 3: 5 % are on their way"
    assert progress(CHECKED, state, READY, NOW + 5).state.since is None
    assert progress(CHECKED, state, replace(READY, applied=True), NOW + 9).state.since == NOW + 9


def test_time_alone_is_no_evidence() -> None:
    play = in_step(1).after(60, findings=OPEN)
    assert play.standing == ("Stepping", 1, 5)
    assert play.message == (
        f"step 1 of 3: 5 % since {timestamp(NOW)}; success: too few to judge; else held at "
        f"{timestamp(NOW + 600)}"
    )
    assert play.again_at == NOW + 600


def test_what_is_not_shown_in_time_is_held_and_later_evidence_does_not_promote_it() -> None:
    play = in_step(1).after(600, findings=OPEN)
    assert (play.standing, play.reason) == (("Held", 1, 5), "EvidenceLacking")
    assert play.message == (
        f"step 1 of 3: 5 % since {timestamp(NOW)}: not enough is shown in time (success: too few to judge); "
        "retry, skip or abort it"
    )
    assert play.after(10, findings=GOOD).standing == ("Held", 1, 5)


def test_a_check_of_which_nothing_is_found_is_not_good() -> None:
    assert in_step(1).after(600, findings=()).reason == "EvidenceLacking"
    assert "(nothing is known)" in in_step(1).after(600, findings=()).message


def test_evidence_of_the_step_before_counts_for_nothing() -> None:
    gated = replace(CHECKED, steps=(Step(5), Step(25)))
    play = Play(gated).look(findings=GOOD)
    assert play.standing == ("Stepping", 1, 5), "what is found was counted before there was a step"
    play = Play(gated)
    play.state = progress(gated, None, READY, NOW).state
    advance = progress(gated, play.state, replace(READY, applied=True, findings=GOOD), NOW)
    assert advance.state.step == 1


def test_what_a_status_says_of_checks_is_no_evidence() -> None:
    state = in_step(1).state
    assert state is not None
    written = replace(state, checks=GOOD)
    advance = progress(CHECKED, written, replace(READY, applied=True), NOW + 60)
    assert (advance.state.step, advance.state.checks) == (1, ())


@pytest.mark.parametrize("phase", ["", "pause", "hold"])
def test_a_bad_candidate_is_rolled_back_in_whatever_it_waits_for(phase: str) -> None:
    play = in_step(2)
    if phase == "pause":
        play.wish("pause")
    if phase == "hold":
        play.after(600, findings=OPEN)
    play.after(5, findings=BAD)
    assert (play.standing, play.reason) == (("Failed", 2, 0), "RolledBack")
    assert play.message == (
        f"step 2 of 3 failed at {timestamp(play.now)}: success: 20 % of 50 good; httpbin-1 gets no requests "
        "until its template changes, or retry"
    )
    assert play.after(86_400, findings=GOOD).standing == ("Failed", 2, 0)


def test_where_a_failure_is_to_be_held_the_share_stays_and_no_step_follows() -> None:
    play = in_step(2, replace(CHECKED, roll_back=False)).after(5, findings=BAD)
    assert (play.standing, play.reason) == (("Held", 2, 25), "FailureHeld")
    assert play.message == (
        f"step 2 of 3 failed at {timestamp(play.now)}: success: 20 % of 50 good; it stays at 25 %: abort, "
        "retry or skip it"
    )
    assert play.after(9, findings=GOOD).standing == ("Held", 2, 25)
    assert play.after(9, ready=False).standing == ("Held", 2, 25)


def test_a_gate_waits_for_somebody_however_good_the_evidence() -> None:
    gated = replace(CHECKED, steps=(Step(5, 60, gate=True), Step(25, 60)))
    play = Play(gated).look().after(60, findings=GOOD)
    assert (play.standing, play.reason) == (("Stepping", 1, 5), "GateClosed")
    assert play.message == f"step 1 of 2: 5 % since {timestamp(NOW)}: its gate is closed; resume opens it"
    assert play.after(86_400).standing == ("Stepping", 1, 5)
    assert play.wish("resume").standing == ("Stepping", 2, 25)
    assert play.state is not None
    assert play.state.history[-1] == Entry(play.now, "resume: step 2 of 2, 25 %", "jane")


def test_a_gate_is_not_opened_before_it_is_reached() -> None:
    gated = replace(CHECKED, steps=(Step(5, 60, gate=True), Step(25, 60)))
    play = Play(gated).look().wish("resume")
    assert play.after(60, findings=GOOD).reason == "GateClosed"
    assert play.state is not None
    assert play.state.history[-1].what == "resume: there is nothing that it could change"


def test_a_share_waits_for_as_many_pods_as_it_needs() -> None:
    few = replace(READY, pods=1, primary_pods=10)
    play = Play(scene=few).look().after(60, findings=GOOD)
    assert (play.standing, play.reason) == (("Stepping", 1, 5), "NotEnoughPods")
    assert play.message == (
        "25 % take 3 ready pods of httpbin-1, which has 1 (httpbin-0 has 10); scale it, or set "
        "spec.rollout.capacity to ignore"
    )
    assert play.after(5, pods=3).standing == ("Stepping", 2, 25)
    assert play.after(5, pods=1).standing == ("Stepping", 2, 25), "what it has is not taken from it"


def test_the_first_step_waits_for_pods_too_unless_capacity_is_ignored() -> None:
    few = replace(READY, pods=1, primary_pods=30)
    assert Play(scene=few).look().reason == "NotEnoughPods"
    assert Play(replace(CHECKED, capacity=False), few).look().standing == ("Stepping", 1, 5)


@pytest.mark.parametrize(
    ("seen", "reason", "message"),
    [
        ({"ready": False}, "CandidateNotReady", "httpbin-1 is not ready; the step begins when it is"),
        (
            {"primary_ready": False},
            "PrimaryNotReady",
            "the primary httpbin-0 is not ready; the step begins when it is",
        ),
        (
            {"override": "httpbin-0=1"},
            "Overridden",
            "the WeightOverride has the say (httpbin-0=1), so no step is taken; delete it to go on",
        ),
    ],
)
def test_what_stops_the_clock_is_told_and_the_step_begins_anew_after_it(
    seen: dict[str, object], reason: str, message: str
) -> None:
    before = Play().look(**seen)
    assert (before.standing, before.reason, before.message) == (("Waiting", 0, 0), reason, message)
    play = in_step(1).after(50, findings=GOOD, **seen)
    assert (play.standing, play.reason, play.message) == (("Stepping", 1, 5), reason, message)
    play.after(60)
    play.after(5, ready=True, primary_ready=True, override="", findings=())
    assert play.after(59, findings=GOOD).standing == ("Stepping", 1, 5)
    assert play.after(1).standing == ("Stepping", 2, 25)


LOST = "spec.gateways[0]: there is no Gateway shop"


def test_nothing_follows_while_requests_dont_arrive_and_a_bad_candidate_is_rolled_back() -> None:
    before = Play(scene=replace(READY, unroutable=LOST)).look()
    told = f"nothing follows while requests don't arrive as they should: {LOST}"
    assert (before.standing, before.reason, before.message) == (("Waiting", 0, 0), "NotRoutable", told)
    play = in_step(1).after(30, unroutable=LOST, findings=OPEN)
    assert play.reason == "Stepping", "evidence goes on"
    play.after(30, findings=GOOD)
    assert (play.standing, play.reason, play.message) == (("Stepping", 1, 5), "NotRoutable", told)
    assert play.after(5, unroutable="").standing == ("Stepping", 2, 25)
    assert play.after(5, unroutable=LOST, findings=BAD).standing == ("Failed", 2, 0)


def test_without_checks_a_step_begins_anew_when_requests_arrive() -> None:
    play = in_step(1, TIMED).after(59, unroutable=LOST)
    assert (play.standing, play.reason) == (("Stepping", 1, 5), "NotRoutable")
    play.after(86_400)
    assert play.after(1, unroutable="").standing == ("Stepping", 1, 5)
    assert play.after(59).standing == ("Stepping", 1, 5)
    assert play.after(1).standing == ("Stepping", 2, 25)


def test_a_candidate_that_is_not_ready_for_too_long_fails_without_any_metric() -> None:
    play = in_step(1, TIMED).after(5, ready=False)
    assert play.again_at == play.now + UNREADY_SECONDS
    assert play.after(UNREADY_SECONDS - 1).standing == ("Stepping", 1, 5)
    assert play.after(1).standing == ("Failed", 1, 0)
    assert play.message == (
        f"step 1 of 3 failed at {timestamp(play.now)}: httpbin-1 has had requests and is not ready any more; "
        "httpbin-1 gets no requests until its template changes, or retry"
    )


def test_a_candidate_that_comes_and_goes_fails() -> None:
    play = in_step(1)
    for _ in range(MOST_LOST - 1):
        assert play.after(5, ready=False).standing == ("Stepping", 1, 5)
        assert play.after(5, ready=True).standing == ("Stepping", 1, 5)
    assert play.after(5, ready=False).standing == ("Failed", 1, 0)


def test_before_its_first_step_a_candidate_may_take_its_time() -> None:
    play = Play(scene=replace(READY, ready=False)).look()
    assert play.after(86_400).reason == "CandidateNotReady"
    assert play.after(1, ready=True).standing == ("Stepping", 1, 5)


@pytest.mark.parametrize("how", ["step", "failed", "succeeded"])
def test_another_template_begins_at_step_one(how: str) -> None:
    play = in_step(3)
    if how == "failed":
        play.look(findings=BAD)
    if how == "succeeded":
        play.after(60, findings=GOOD)
    assert play.look(revision="1-def", findings=GOOD).standing == ("Stepping", 1, 5)
    assert play.state is not None
    what = [entry.what for entry in play.state.history[-2:]]
    assert what == ["httpbin-1 has come, or its pod template has changed", "step 1 of 3, 5 %"]


def test_another_candidate_takes_over_and_begins_at_step_one() -> None:
    play = in_step(2).look(candidate="httpbin-2", revision="2-abc")
    assert play.standing == ("Stepping", 1, 5)
    assert play.state is not None
    assert play.state.version == "httpbin-2"


def test_who_else_is_there_gets_nothing_and_that_is_told() -> None:
    play = in_step(2).look(beside=("httpbin-2", "httpbin-3"))
    assert play.standing == ("Stepping", 2, 25)
    assert play.message.endswith("; nothing goes to httpbin-2 and httpbin-3 meanwhile")


def test_a_candidate_that_goes_ends_its_rollout() -> None:
    play = in_step(2).look(candidate="", revision="", ready=False)
    assert (play.standing, play.reason) == (("Waiting", 0, 0), "NoCandidate")
    assert play.state is not None
    assert play.state.history[-1].what == "httpbin-1 has gone"


def test_fewer_steps_than_the_one_under_way_have_the_last_begin_anew() -> None:
    play = in_step(3)
    play.rollout = replace(CHECKED, steps=STEPS[:2])
    assert play.look(findings=GOOD).standing == ("Stepping", 2, 25)
    assert play.after(119).standing == ("Stepping", 2, 25)


def test_another_share_in_the_step_under_way_begins_it_anew() -> None:
    play = in_step(2).after(100, findings=GOOD)
    play.rollout = replace(CHECKED, steps=(Step(5, 60), Step(30, 120), Step(50, 60)))
    assert play.look().standing == ("Stepping", 2, 30)
    assert play.after(60).standing == ("Stepping", 2, 30)


def test_a_paused_step_whose_share_is_changed_stays_paused() -> None:
    play = in_step(2).wish("pause")
    play.rollout = replace(CHECKED, steps=(Step(5, 60), Step(30, 120), Step(50, 60)))
    assert play.look().standing == ("Paused", 2, 30)


def test_steps_that_are_added_after_success_are_to_be_taken_too() -> None:
    play = in_step(3).after(60, findings=GOOD)
    play.rollout = replace(CHECKED, steps=(*STEPS, Step(100, 60)))
    assert play.look(findings=()).standing == ("Stepping", 3, 50)
    assert play.after(60, findings=GOOD).standing == ("Stepping", 4, 100)


def test_a_clock_that_is_set_back_has_the_step_begin_anew() -> None:
    play = in_step(1).after(-3600, findings=GOOD)
    assert play.state is not None
    assert play.state.since == NOW - 3600
    assert play.after(60).standing == ("Stepping", 2, 25)


def test_a_clock_that_is_set_back_does_not_keep_a_lost_candidate() -> None:
    play = in_step(1).after(0, ready=False).after(-3600)
    assert play.after(UNREADY_SECONDS + 2).standing == ("Failed", 1, 0)


def test_a_clock_that_is_put_forward_has_the_step_begin_anew_and_is_no_reason_to_hold_it() -> None:
    play = in_step(1)
    play.after(3600, clock_set=play.now + 3590, findings=GOOD)
    assert (play.standing, play.reason) == (("Stepping", 1, 5), "Stepping")
    assert play.state is not None
    assert play.state.since == play.now
    assert play.after(59, findings=GOOD).standing == ("Stepping", 1, 5)
    assert play.after(1, findings=GOOD).standing == ("Stepping", 2, 25)


def test_a_clock_that_is_put_forward_fails_no_candidate_that_has_just_been_lost() -> None:
    play = in_step(1).after(0, ready=False)
    play.after(3600, clock_set=play.now + 3600)
    assert play.standing == ("Stepping", 1, 5)
    assert play.after(UNREADY_SECONDS - 1).standing == ("Stepping", 1, 5)
    assert play.after(1).standing == ("Failed", 1, 0)


def test_a_pause_lasts_until_it_is_resumed_and_then_the_step_begins_anew() -> None:
    play = in_step(2).after(100, findings=GOOD).wish("pause")
    assert (play.standing, play.reason) == (("Paused", 2, 25), "Paused")
    assert play.message == "step 2 of 3, 25 %: no other follows until somebody resumes it"
    assert play.after(86_400).standing == ("Paused", 2, 25)
    assert play.wish("resume").standing == ("Stepping", 2, 25)
    assert play.after(119).standing == ("Stepping", 2, 25)
    assert play.after(1).standing == ("Stepping", 3, 50)


def test_skip_goes_on_without_evidence_and_past_the_last_step_to_the_end() -> None:
    play = in_step(2).wish("skip 1")
    assert play.standing == ("Stepping", 3, 50)
    assert play.wish("skip 2").standing == ("Succeeded", 3, 50)


def test_abort_takes_the_requests_away_and_retry_begins_at_step_one() -> None:
    play = in_step(2).wish("abort")
    assert (play.standing, play.reason) == (("Failed", 2, 0), "Aborted")
    assert play.message == (
        "somebody has aborted it; httpbin-1 gets no requests until its template changes, or retry"
    )
    assert play.wish("retry").standing == ("Stepping", 1, 5)


def test_a_candidate_that_has_taken_every_step_can_be_aborted_too() -> None:
    assert in_step(3).after(60, findings=GOOD).wish("abort").standing == ("Failed", 3, 0)


@pytest.mark.parametrize("word", ["retry", "resume"])
def test_what_is_held_is_tried_again_from_the_steps_beginning(word: str) -> None:
    play = in_step(2).after(600, findings=OPEN).wish(word)
    assert play.standing == ("Stepping", 2, 25)
    assert play.after(599).standing == ("Stepping", 2, 25)


@pytest.mark.parametrize(
    ("play", "wishes"),
    [
        (
            Play(scene=replace(READY, candidate="", revision="")),
            ("pause", "resume", "skip", "abort", "retry"),
        ),
        (Play(scene=replace(READY, ready=False)), ("pause", "resume", "skip", "retry")),
        (in_step(1), ("resume", "retry")),
        (in_step(1).wish("pause"), ("pause 2", "retry")),
        (in_step(1).wish("abort"), ("pause", "resume", "skip", "abort 2")),
        (in_step(3).after(60, findings=GOOD), ("pause", "resume", "skip", "retry")),
    ],
)
def test_a_wish_that_makes_no_sense_changes_nothing_and_is_told(play: Play, wishes: tuple[str, ...]) -> None:
    play.look()
    before = play.standing
    for wish in wishes:
        assert play.wish(wish).standing == before
        assert play.state is not None
        word = wish.split()[0]
        assert play.state.history[-1].what == f"{word}: there is nothing that it could change"


def test_a_wish_is_taken_once_and_again_when_it_is_another() -> None:
    play = in_step(1).wish("skip")
    assert play.look().look().standing == ("Stepping", 2, 25)
    assert play.wish("skip again").standing == ("Stepping", 3, 50)
    assert play.wish("").standing == ("Stepping", 3, 50)


def test_a_wish_that_was_there_before_the_rollout_is_old() -> None:
    play = Play(scene=replace(READY, wish="skip")).look()
    assert play.standing == ("Stepping", 1, 5)
    assert play.state is not None
    assert play.state.wish == "skip"


def test_a_wish_stays_taken_whatever_candidate_comes() -> None:
    play = in_step(1).wish("skip").look(revision="1-def")
    assert play.standing == ("Stepping", 1, 5)


def test_an_unknown_wish_is_told_and_not_more_of_it_than_fits() -> None:
    play = in_step(1).wish("x" * 500)
    assert play.state is not None
    assert play.state.history[-1].what == f"{'x' * 19}…: there is nothing that it could change"
    assert len(play.state.wish) == 128


def test_of_what_has_happened_the_last_is_kept() -> None:
    play = in_step(1)
    for number in range(30):
        play.wish(f"retry {number}")
    assert play.state is not None
    assert len(play.state.history) == MOST_HISTORY


@pytest.mark.parametrize("phase", [*Phase])
def test_a_status_that_a_hand_has_written_leads_to_no_share_without_a_step(phase: Phase) -> None:
    odd = RolloutStatus(READY.candidate, READY.revision, phase, step=0, share=100)
    state = progress(CHECKED, odd, READY, NOW).state
    assert (state.step, state.share) in {(0, 0), (1, 5), (0, 100)}
    assert state.share != 100 or state.phase is Phase.FAILED

"""What is told of a rollout to people elsewhere, and by which id."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from routing.reading.rollout_status import Entry, Phase, RolloutStatus
from routing.telling.notices import Kind, Notice, notice

ROUTEMAP: dict[str, Any] = {"metadata": {"uid": "12ab", "namespace": "shop", "name": "web"}}
STATE = RolloutStatus(
    version="web-1",
    revision="r1",
    phase=Phase.STEPPING,
    step=1,
    share=5,
    reason="Stepping",
    message="step 1 of 2: 5 % are on their way",
    history=(Entry(1_700_000_000.0, "web-1 has come"), Entry(1_800_000_000.0, "step 1 of 2, 5 %", "ann")),
)


def told(**more: Any) -> Notice:
    found = notice(ROUTEMAP, replace(STATE, **more))
    assert found is not None
    return found


def test_a_notice_says_which_candidate_is_where_and_why() -> None:
    assert notice(ROUTEMAP, STATE) == Notice(
        id="12ab-1800000000-1-started",
        kind=Kind.STARTED,
        uid="12ab",
        namespace="shop",
        routemap="web",
        candidate="web-1",
        revision="r1",
        step=1,
        share=5,
        reason="Stepping",
        message="step 1 of 2: 5 % are on their way",
        by="ann",
        since=1_800_000_000.0,
    )


@pytest.mark.parametrize(
    ("phase", "step", "reason", "kind"),
    [
        (Phase.STEPPING, 1, "CandidateNotReady", Kind.STARTED),
        (Phase.STEPPING, 2, "Stepping", Kind.STEP),
        (Phase.STEPPING, 2, "GateClosed", Kind.GATE),
        (Phase.PAUSED, 2, "Paused", Kind.PAUSED),
        (Phase.HELD, 2, "EvidenceLacking", Kind.HELD),
        (Phase.HELD, 2, "FailureHeld", Kind.HELD),
        (Phase.HELD, 2, "PromotionRefused", Kind.HELD),
        (Phase.FAILED, 2, "RolledBack", Kind.ROLLED_BACK),
        (Phase.FAILED, 2, "Aborted", Kind.ABORTED),
        (Phase.SUCCEEDED, 2, "Succeeded", Kind.SUCCEEDED),
        (Phase.PROMOTED, 2, "Promoted", Kind.PROMOTED),
    ],
)
def test_each_way_that_it_goes_has_a_kind(phase: Phase, step: int, reason: str, kind: Kind) -> None:
    assert told(phase=phase, step=step, reason=reason).kind is kind
    assert told(phase=phase, step=step, reason=reason).id == f"12ab-1800000000-{step}-{kind}"


def test_of_what_has_not_begun_nothing_is_told() -> None:
    assert notice(ROUTEMAP, None) is None
    assert notice(ROUTEMAP, replace(STATE, phase=Phase.WAITING, step=0)) is None
    assert notice(ROUTEMAP, replace(STATE, history=())) is None


def test_a_count_that_grows_is_no_news_and_another_step_is() -> None:
    assert told(message="99.9 % of 1,000 good").turn == told().turn
    assert told(message="99.9 % of 1,000 good").id == told().id
    assert told(step=2).turn != told().turn
    assert told(revision="r2").turn != told().turn
    assert told(reason="GateClosed").turn != told().turn


def test_the_same_again_is_another_event() -> None:
    again = (*STATE.history, Entry(1_800_000_100.0, "retry: step 1 of 2, 5 %"))
    assert told(history=again).id != told().id


def test_when_a_gate_was_reached_is_not_known() -> None:
    assert told(reason="GateClosed").since is None

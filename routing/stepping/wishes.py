"""What a user can have done with a rollout that is under way, each wish once.

A wish is the first word of an annotation. The rest of it makes one wish another, so that the same can be
asked again; what was taken stands in the status, so that a new leader does not take it twice, and a
Routemap from Git that carries an old one asks for nothing.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from routing.reading.rollout_status import MOST_HISTORY, MOST_WORD, Entry, Phase, RolloutStatus
from routing.reading.violation import cut

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from routing.stepping.rollout import Rollout
    from routing.stepping.scene import Scene

_SHOWN = 20
UNDER_WAY = (Phase.STEPPING, Phase.PAUSED, Phase.HELD)


def word_of(wish: str) -> str:
    """Return the wish of an annotation, "" for none."""
    return next(iter(wish.split()), "")


def taken(rollout: Rollout, state: RolloutStatus, scene: Scene, now: float) -> RolloutStatus:
    """Return the state after a wish that is new; where there is none, or it is known, as it was."""
    text = scene.wish[:MOST_WORD]
    if text == state.wish:
        return state
    noted = replace(state, wish=text)
    word = word_of(text)
    if not word:
        return noted
    after = WISHES[word](rollout, noted) if word in WISHES else noted
    changed = after.course != noted.course or after.since != noted.since
    did = standing(rollout, after) if changed else "there is nothing that it could change"
    return entered(after, f"{cut(word, _SHOWN)}: {did}", now, scene.by)


def standing(rollout: Rollout, state: RolloutStatus) -> str:
    """Return in a few words how a rollout stands."""
    step = f"step {state.step} of {len(rollout.steps)}, {state.share} %"
    return {Phase.STEPPING: step, Phase.FAILED: state.message}.get(state.phase, str(state.phase).lower())


def entered(state: RolloutStatus, what: str, now: float, by: str = "") -> RolloutStatus:
    """Return a state with an entry in its history, of which the last MOST_HISTORY are kept."""
    return replace(state, history=(*state.history, Entry(now, what, by))[-MOST_HISTORY:])


def at(rollout: Rollout, state: RolloutStatus, step: int) -> RolloutStatus:
    """Return the state in which a step (from 1) has to begin; its clock does not run yet."""
    share = rollout.steps[step - 1].share
    return replace(
        state, phase=Phase.STEPPING, step=step, share=share, since=None, unready_since=None, checks=()
    )


def following(rollout: Rollout, state: RolloutStatus) -> RolloutStatus:
    """Return the state after a step that is through: in the next one, or at the end."""
    if state.step < len(rollout.steps):
        return at(rollout, state, state.step + 1)
    return replace(state, phase=Phase.SUCCEEDED, since=None, unready_since=None)


def failed(state: RolloutStatus, reason: str, message: str) -> RolloutStatus:
    """Return the state of a candidate that gets no requests any more."""
    return resting(state, Phase.FAILED, reason, message)


def resting(state: RolloutStatus, phase: Phase, reason: str, message: str) -> RolloutStatus:
    """Return the state of a rollout by which nobody gets a share and nothing is counted, in this phase."""
    return replace(
        state,
        phase=phase,
        share=0,
        since=None,
        unready_since=None,
        losses=0,
        reason=reason,
        message=message,
    )


def _pause(_: Rollout, state: RolloutStatus) -> RolloutStatus:
    """Keep the step's share, with no other to follow, until it is resumed."""
    return replace(state, phase=Phase.PAUSED) if state.phase is Phase.STEPPING else state


def _resume(rollout: Rollout, state: RolloutStatus) -> RolloutStatus:
    """Go on: past a gate that waits, or with the step anew after a pause or a hold."""
    if state.phase is Phase.STEPPING and state.reason == "GateClosed":
        return following(rollout, state)
    return at(rollout, state, state.step) if state.phase in (Phase.PAUSED, Phase.HELD) else state


def _skip(rollout: Rollout, state: RolloutStatus) -> RolloutStatus:
    """Go to the next step, whatever the evidence: a hand's word counts more."""
    return following(rollout, state) if state.phase in UNDER_WAY else state


def _abort(_: Rollout, state: RolloutStatus) -> RolloutStatus:
    """Take the requests from the candidate, which is kept; also from one that has taken every step.

    Of one that is the primary its promotion would have to be taken back.
    """
    if not state.version or state.phase in (Phase.FAILED, Phase.PROMOTED):
        return state
    message = (
        f"somebody has aborted it; {state.version} gets no requests until its template changes, or retry"
    )
    return failed(state, "Aborted", message)


def _retry(rollout: Rollout, state: RolloutStatus) -> RolloutStatus:
    """Begin anew: at the first step after a failure, with the step that is held otherwise."""
    if state.phase is Phase.FAILED:
        return replace(state, phase=Phase.WAITING, step=0, share=0, checks=())
    return at(rollout, state, state.step) if state.phase is Phase.HELD else state


WISHES: Mapping[str, Callable[[Rollout, RolloutStatus], RolloutStatus]] = {
    "pause": _pause,
    "resume": _resume,
    "skip": _skip,
    "abort": _abort,
    "retry": _retry,
}
"""What each wish makes of a state; where it has no sense, the state is as it was."""

"""How a rollout goes on: from its state, what is seen and the time to the next state. Total, and pure.

Nothing goes forward by silence: a step is left when its time is over, every check is good and its gate is
open, or by a wish. Whatever is missing is waited for, and named.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from routing.reading.rollout_status import Phase, RolloutStatus, Told
from routing.reading.times import timestamp
from routing.reading.violation import joined
from routing.stepping.promotion import (
    PROMOTING,
    SHUT,
    astray,
    became_primary,
    promoted,
    shut,
    taken_back,
    through,
    too_few,
)
from routing.stepping.rollout import Verdict
from routing.stepping.scene import Advance, Scene
from routing.stepping.windows import closed_until
from routing.stepping.wishes import UNDER_WAY, at, entered, failed, following, standing, taken

if TYPE_CHECKING:
    from collections.abc import Sequence

    from routing.stepping.rollout import Rollout

UNREADY_SECONDS = 120.0
"""A candidate that has had requests and is not ready for so long fails: a pod that is moved to another node
is back before."""
MOST_LOST = 3
"""So often it may lose its last ready pod in one rollout; then it fails: it comes and goes."""
ASKED_SECONDS = 1.0
"""A step that has just begun is looked at again so soon, for evidence to be asked for."""
ROUNDED = 1.0
"""Times are written in whole seconds, rounded up."""


def progress(rollout: Rollout, state: RolloutStatus | None, scene: Scene, now: float) -> Advance:
    """Return how a rollout stands now. `state`: as it was told last, None for never; `now`: since the epoch.

    One call goes one way at most. Where the `course` has changed, it is to be written down, and asked again
    when it is; where it has not, the same call of the result brings the same.
    """
    # Whatever wish is there before the rollout's first look is old.
    told = state or RolloutStatus(wish=scene.wish)
    asked = taken(rollout, _here(rollout, told, scene, now), scene, now)
    # Evidence was counted since the clock that came in; after a change it is of something else.
    counted = told.since is not None and (asked.course, asked.since) == (told.course, told.since)
    after = _moved(rollout, asked, scene.findings if counted else (), scene, now)
    if after.course != asked.course:
        after = entered(after, standing(rollout, after), now)
    if after.course != told.course:
        # What is seen is of the course before.
        after = _moved(rollout, after, (), replace(scene, applied=False), now)
    begun = after.since is not None and after.since != told.since and bool(rollout.checks)
    times = [now + ASKED_SECONDS] if begun else []
    return Advance(after, min([*times, *_times(rollout, after, now)], default=None))


def _here(rollout: Rollout, state: RolloutStatus, scene: Scene, now: float) -> RolloutStatus:
    """Return a state as the Routemap and the candidate are now; of another revision, the first one.

    A candidate that has become the primary rests, until another one is there.
    """
    if became_primary(state, scene):
        if state.phase is not Phase.PROMOTED:
            return promoted(state, now)
        if not scene.candidate:
            return state
    if (state.version, state.revision) != (scene.candidate, scene.revision):
        anew = RolloutStatus(scene.candidate, scene.revision, wish=state.wish, history=state.history)
        come = f"{scene.candidate} has come, or its pod template has changed"
        return entered(anew, come if scene.candidate else f"{state.version} has gone", now)
    if state.phase is Phase.PROMOTED or (state.reason == PROMOTING and scene.made):
        # In the second case somebody was quicker than the look after it.
        return taken_back(state, scene.primary, now)
    return state if state.phase is Phase.FAILED else _edited(rollout, state, scene, now)


def _edited(rollout: Rollout, state: RolloutStatus, scene: Scene, now: float) -> RolloutStatus:
    """Return the state of a candidate as the Routemap's steps are now."""
    if state.phase is Phase.WAITING or not state.step:
        return replace(state, phase=Phase.WAITING, step=0, share=0, since=None)
    step = min(state.step, len(rollout.steps))
    changed = (step, rollout.steps[step - 1].share) != (state.step, state.share)
    if state.phase is Phase.SUCCEEDED:
        # Another last step than the one that is through has to be shown, too.
        return at(rollout, state, step) if changed or step < len(rollout.steps) else state
    anew = replace(at(rollout, state, step), phase=state.phase) if changed else state
    # Of what another clock told nothing is known: one that was set, back or forward.
    other = state.since is not None and not scene.clock_set <= state.since <= now + ROUNDED
    return replace(anew, since=None) if other else anew


def _moved(
    rollout: Rollout, state: RolloutStatus, found: Sequence[Told], scene: Scene, now: float
) -> RolloutStatus:
    """Return the state with what the findings, what is seen and the time make of it, and why.

    `found` is what counts as evidence now: none of a step that has just begun, or of a clock that was
    stopped. Where nothing is under way, a first step begins once nothing is in its way.
    """
    if state.phase in UNDER_WAY:
        return _under_way(rollout, replace(state, checks=tuple(found)), found, scene, now)
    if not state.version:
        return _because(state, "NoCandidate", "there is no candidate to roll out")
    if state.phase is Phase.SUCCEEDED:
        return _because(state, *through(rollout, state, scene, now))
    if state.phase in (Phase.FAILED, Phase.PROMOTED):
        return state
    why = _obstacle(rollout, scene) or astray(scene) or too_few(rollout, scene, rollout.steps[0].share)
    why = why or shut(rollout, f"{state.version} gets its first requests", now)
    return _because(state, *why) if why else at(rollout, state, 1)


def _under_way(
    rollout: Rollout, state: RolloutStatus, found: Sequence[Told], scene: Scene, now: float
) -> RolloutStatus:
    """Return what becomes of a step: it fails, it waits for something, or the next follows.

    In this order: a candidate that is lost, what stops the clock, a check that is bad, a pause, and the
    step's own end. A failure is told in whatever the step waits for.
    """
    if state.phase is Phase.HELD and not rollout.roll_back:
        return state  # whatever else goes wrong, it is held
    state = _readiness(state, scene, now)
    bad = next((check for check in found if check.verdict is Verdict.BAD), None)
    if _lost(state, now):
        return _failure(rollout, state, f"{state.version} has had requests and is not ready any more", now)
    obstacle = _obstacle(rollout, scene)
    if obstacle is not None:
        stopped = replace(state, since=None)
        return _because(stopped, *obstacle) if state.phase is Phase.STEPPING else stopped
    if bad is not None:
        return _failure(rollout, state, f"{bad.name}: {bad.message}", now)
    if state.since is None and scene.applied:
        # As it will be read: a gate that is reached, and then not yet, would lose the wish that opens it.
        state = replace(state, since=float(math.ceil(now)))
    if state.phase is Phase.PAUSED:
        where = f"step {state.step} of {len(rollout.steps)}, {state.share} %"
        return _because(state, "Paused", f"{where}: no other follows until somebody resumes it")
    return _stepping(rollout, state, scene, now) if state.phase is Phase.STEPPING else state


def _stepping(rollout: Rollout, state: RolloutStatus, scene: Scene, now: float) -> RolloutStatus:
    """Return what becomes of a step under way that nothing is in the way of.

    It is left when its time is over, every check is good, its gate is open, requests come to the route, and
    the candidate's pods can carry the next share; what is not shown `within` its time is held.
    """
    step, where = rollout.steps[state.step - 1], f"step {state.step} of {len(rollout.steps)}"
    if state.since is None:
        return _because(state, "Stepping", f"{where}: {step.share} % are on their way")
    good = {check.name for check in state.checks if check.verdict is Verdict.GOOD}
    shown = all(check.name in good for check in rollout.checks)
    ends, within = state.since + step.seconds, state.since + rollout.enough.within
    so_far = f"{where}: {step.share} % since {timestamp(state.since)}"
    evidence = "; ".join(f"{check.name}: {check.message}" for check in state.checks)
    if not shown and now >= within:
        held = replace(state, phase=Phase.HELD)
        lacking = f"{so_far}: not enough is shown in time ({evidence or 'nothing is known'})"
        return _because(held, "EvidenceLacking", f"{lacking}; retry, skip or abort it")
    if not shown or now < ends:
        next_at = f"next at {timestamp(ends)}" if now < ends else f"else held at {timestamp(within)}"
        others = f"nothing goes to {joined(scene.beside)} meanwhile" if scene.beside else ""
        return _because(state, "Stepping", "; ".join(filter(None, (so_far, evidence, next_at, others))))
    if step.gate:
        return _because(state, "GateClosed", f"{so_far}: its gate is closed; resume opens it")
    follows = rollout.steps[state.step].share if state.step < len(rollout.steps) else 0
    through_now = f"{so_far}, and it is through; it goes on"
    why = astray(scene) or too_few(rollout, scene, follows) or shut(rollout, through_now, now)
    return _because(state, *why) if why else following(rollout, state)


def _obstacle(rollout: Rollout, scene: Scene) -> tuple[str, str] | None:
    """Return what stops the clock, as reason and sentence: nothing that is counted meanwhile would tell.

    Where checks are asked for they go on counting what comes astray: a candidate that fails is rolled back.
    Without any, time is all that speaks for a candidate, and says nothing while no request comes.
    """
    if scene.override:
        message = (
            f"the WeightOverride has the say ({scene.override}), so no step is taken; delete it to go on"
        )
        return "Overridden", message
    if not scene.ready:
        return "CandidateNotReady", f"{scene.candidate} is not ready; the step begins when it is"
    if not scene.primary_ready:
        return "PrimaryNotReady", f"the primary {scene.primary} is not ready; the step begins when it is"
    return None if rollout.checks else astray(scene)


def _readiness(state: RolloutStatus, scene: Scene, now: float) -> RolloutStatus:
    """Return the state with since when the candidate is not ready, and how often that came."""
    if scene.ready:
        return replace(state, unready_since=None)
    if state.unready_since is None:
        return replace(state, unready_since=now, losses=state.losses + 1, since=None)
    # By another clock than this one it may have been at any time.
    since = max(min(state.unready_since, now + ROUNDED), scene.clock_set)
    return replace(state, unready_since=since, since=None)


def _lost(state: RolloutStatus, now: float) -> bool:
    """Tell whether a candidate has not been ready for too long, or has been lost too often."""
    since = state.unready_since
    return since is not None and (state.losses >= MOST_LOST or now - since >= UNREADY_SECONDS)


def _failure(rollout: Rollout, state: RolloutStatus, why: str, now: float) -> RolloutStatus:
    """Return the state after a failure: rolled back, or held where the Routemap asks for that."""
    where = f"step {state.step} of {len(rollout.steps)} failed at {timestamp(now)}"
    if rollout.roll_back:
        after = f"{state.version} gets no requests until its template changes, or retry"
        return failed(state, "RolledBack", f"{where}: {why}; {after}")
    held = replace(state, phase=Phase.HELD)
    return _because(
        held, "FailureHeld", f"{where}: {why}; it stays at {state.share} %: abort, retry or skip it"
    )


def _because(state: RolloutStatus, reason: str, message: str) -> RolloutStatus:
    """Return a state with why it is so: a word of `telling.rollout_reasons`, and a sentence."""
    return replace(state, reason=reason, message=message)


def _times(rollout: Rollout, state: RolloutStatus, now: float) -> list[float]:
    """Return when time alone changes a state."""
    found = [] if state.unready_since is None else [state.unready_since + UNREADY_SECONDS]
    if state.phase is Phase.STEPPING and state.since is not None:
        found += [state.since + rollout.steps[state.step - 1].seconds, state.since + rollout.enough.within]
    if state.reason == SHUT:
        found += [closed_until(rollout.windows, now) or now]
    return [time for time in found if time > now]

"""Rollouts by steps: what evidence and time do in a state, and what must never happen.

Evidence and the ends of times come between passes, in any order. A rollout's history is left out of what is
stored: it grows with each round, and decides nothing.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from routing.reading.rollout_status import Phase
from routing.stepping.rolling import asked
from routing.stepping.rollout import Counts
from routing.stepping.wishes import UNDER_WAY, word_of
from tests.explorer.manifests import NOW
from tests.explorer.state import AVAILABLE, BAD, GOOD, LONG_AGO, NO, NOTHING, OPEN, name, of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from routing.passes import Seen
    from routing.reading.rollout_status import RolloutStatus
    from routing.reading.status import RoutemapStatus
    from routing.stepping.rollout import Answer, Question
    from tests.explorer.state import Routemap, State
    from tests.explorer.world import World

    Step = tuple[str, State]

STEP_SECONDS, WITHIN_SECONDS = 60, 600
STEP_OVER, WITHIN_OVER, LOST = NOW - STEP_SECONDS, NOW - WITHIN_SECONDS, NOW - 120
"""Since when: a step has been under way for its time, for too long; a candidate has been unready too long."""
SPEC: Mapping[str, Any] = {
    "steps": [{"share": 10, "for": f"{STEP_SECONDS}s"}, {"share": 60, "for": f"{STEP_SECONDS}s"}],
    "checks": [{"metric": "success", "min": 90}],
    "evidence": {"requests": 100, "within": f"{WITHIN_SECONDS}s"},
    "capacity": "ignore",
}
WISHES = ("abort", "retry", "skip")
PROMOTED: Mapping[str, Any] = {**SPEC, "promotion": "byOrder"}
"""The same, and after the last step the candidate becomes the primary."""
CANDIDATE = 1
_COUNTS = {GOOD: Counts(10_000, 10_000), BAD: Counts(0, 10_000)}
_SAID = {GOOD: "evidence is good", BAD: "evidence is bad"}


def answers(state: State, seen: Seen) -> Mapping[Question, Answer]:
    """Return what Prometheus has said of what is asked."""
    return {} if state.evidence == OPEN else dict.fromkeys(asked(seen), _COUNTS[state.evidence])


def stored(status: RoutemapStatus) -> RoutemapStatus:
    """Return a status as the model keeps it."""
    rollout = status.rollout
    return status if rollout is None else replace(status, rollout=replace(rollout, history=()))


def told(world: World, state: State) -> RolloutStatus | None:
    """Return how a rollout stands, as it was told last."""
    return None if state.routemap is None else world.statuses[state.routemap.status].rollout


def evidence(world: World, state: State) -> Iterator[Step]:
    """Yield what evidence comes to say of the step under way: bad stays bad."""
    rollout = told(world, state)
    if state.run is None and rollout is not None and rollout.phase in UNDER_WAY and rollout.since is not None:
        for verdict in range(state.evidence + 1, BAD + 1):
            yield _SAID[verdict], state._replace(evidence=verdict)


def time(world: World, state: State) -> Iterator[Step]:
    """Yield the ends of times that a rollout waits for."""
    rollout, routemap = told(world, state), state.routemap
    if rollout is None or routemap is None:
        return
    for since, later, what in (
        (NOW, STEP_OVER, "the step's time is over"),
        (STEP_OVER, WITHIN_OVER, "the step has had all the time that evidence has"),
    ):
        if rollout.since == since:
            yield what, _with(world, state, routemap, replace(rollout, since=later))
    if rollout.unready_since == NOW:
        lost = replace(rollout, unready_since=LOST)
        yield "the candidate has not been ready for too long", _with(world, state, routemap, lost)


def _with(world: World, state: State, routemap: Routemap, rollout: RolloutStatus) -> State:
    status = replace(world.statuses[routemap.status], rollout=rollout)
    return state._replace(routemap=routemap._replace(status=world.statuses.number(status)))


def counted_anew(world: World, before: State, after: State) -> State:
    """Return a state after a status was told: of another course, or clock, nothing is known yet."""
    was, is_ = told(world, before), told(world, after)
    same = was is not None and is_ is not None and (was.course, was.since) == (is_.course, is_.since)
    return after if same else after._replace(evidence=OPEN)


def broken(world: World, before: State, after: State) -> Iterator[str]:
    """Yield what a write breaks: requests follow what is told, and what is told follows evidence."""
    was, is_ = told(world, before), told(world, after)
    if before.late is not None or was is None:
        return
    stepped = was.phase is not Phase.PROMOTED and not world.bounds.overrides
    if stepped and after.route != before.route and _candidate(world, before):
        share = of(after.route, CANDIDATE).share
        if share not in (0, was.share) and not _primary_is_lost(before):
            yield f"{name(CANDIDATE)} gets {share} %, and {was.share} % is told"
    if is_ is None or (was.version, was.revision) != (is_.version, is_.revision):
        return
    wish = word_of(_wish(before)) if _wish(before) != was.wish else ""
    if was.phase is Phase.FAILED and is_.phase not in (Phase.FAILED, Phase.PROMOTED) and wish != "retry":
        yield "a candidate that has failed begins anew, and nobody has asked for it"
    goes_on = is_.step > was.step > 0 or (is_.phase is Phase.SUCCEEDED and was.phase in UNDER_WAY)
    shown = before.evidence == GOOD and was.since is not None and was.since <= STEP_OVER
    if goes_on and not shown and wish != "skip":
        yield "a step is taken, and the one before was not shown to be good"


def untrue(world: World, state: State) -> Iterator[str]:
    """Yield what is wrong with a rollout at rest."""
    rollout = told(world, state)
    if rollout is None or not _candidate(world, state) or state.override != NOTHING:
        return
    share = of(state.route, CANDIDATE).share
    if rollout.phase is Phase.FAILED and share and not _primary_is_lost(state):
        yield f"{name(CANDIDATE)} has failed, and gets {share} %"
    if rollout.phase in UNDER_WAY and rollout.since is not None and state.evidence == BAD:
        yield "evidence is bad, and the step goes on"


def _candidate(world: World, state: State) -> bool:
    """Tell whether the Routemap lists the second version as a candidate, and is to stay."""
    routemap = state.routemap
    listed = [] if routemap is None or routemap.deleting else world.specs[routemap.spec][1:]
    return name(CANDIDATE) in [version for version, _ in listed]


def _wish(state: State) -> str:
    return state.routemap.wish if state.routemap else ""


def _primary_is_lost(state: State) -> bool:
    """Tell whether the primary may be taken for one that answers nothing: then whoever is ready gets all."""
    primary = state.versions[0]
    deployment = primary.deployment
    fit = deployment is not None and deployment.watched and not deployment.stopped and primary.service
    return not (fit and primary.deleting == NO and primary.pods == AVAILABLE and primary.since == LONG_AGO)

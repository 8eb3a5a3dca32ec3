"""One pass as a value: from what is seen to what is written, in which order, what is told, and when again.

Whatever a pass is for (serving, refusing, letting go, giving up), it is a `Pass`, and one function carries
it out. Each of its steps waits for the one before, a failed step ends it, and it may be cut off between any
two writes: the next pass sees the same facts and does the rest.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING, Any

from routing.deciding.decide import decide, earliest
from routing.deciding.letting_go import give_up, let_go
from routing.deciding.routable import faults
from routing.deciding.unfit import Unfit, unfit_for
from routing.passes import Pass, Seen
from routing.promoting.by_itself import promotes
from routing.reading.parse import parse_routemap, parse_weight_override
from routing.reading.status import RoutemapStatus
from routing.reading.times import seconds
from routing.reading.violation import InvalidManifestError
from routing.routes.exposure import by_version, split_of
from routing.stepping.casting import goal_of, stepped
from routing.stepping.promotion import refused as not_promoted
from routing.stepping.rolling import advanced, cleared, hindered, moved, promotion
from routing.telling.conditions import conditions_of, note_of, refusal, versions_of, weights_of
from routing.telling.events import Event, between, deadline_exceeded
from routing.telling.overrides import report_of
from routing.telling.progress import complete, progressing, stalled
from routing.telling.rolled_out import ROLLED_OUT, rolled_out
from routing.telling.unwatched import note_of_unwatched, unwatched_events
from routing.values import dataclass
from routing.writes import (
    adopted,
    hold,
    in_order,
    leave,
    marks,
    put_on,
    returned_of,
    route,
    taken_off,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from routing.deciding.decide import Decision
    from routing.model import Routemap, WeightOverride
    from routing.reading.status import Condition
    from routing.routes.exposure import Exposure
    from routing.routes.word import Fault
    from routing.stepping.scene import Advance

    Manifest = Mapping[str, Any]

LOOK_AGAIN_SECONDS = 2.0
"""A version that is still routed to, for a Routemap whose pass is due, is looked for again so soon."""


def plan(seen: Seen, now: float) -> Pass:
    """Return the pass over a Routemap. `now`: seconds since the epoch."""
    due = _planned(seen, now)
    if due.again_at == now and due.status is None:
        return due  # it is cut in two, and the other part tells
    report = report_of(seen.override, seen.routemap, due.status or seen.status, now)
    return due if report is None else replace(due, report=report)


def _planned(seen: Seen, now: float) -> Pass:
    """Return the pass by what is to be done at all: let go, refuse, hold, or serve, in this order."""
    if "deletionTimestamp" in seen.routemap["metadata"]:
        return _letting_go(seen, now)
    try:
        routemap = parse_routemap(seen.routemap, seen.domain)
    except InvalidManifestError as error:
        return _refusing(seen, Unfit("Invalid", str(error)), now)
    try:
        override = _override(seen.override)
    except InvalidManifestError as error:
        message = f"WeightOverride {routemap.name}: {error}"
        return _refusing(seen, Unfit("InvalidWeightOverride", message), now)
    others = [(router.resource.kind, other) for router, other in seen.others]
    unfit = unfit_for(routemap, seen.route, others, seen.senior, installed=seen.routable)
    if unfit is not None:
        return _refusing(seen, unfit, now)
    serving = _serving(seen, routemap, override, now)
    held = hold(seen.routemap, held=True)
    if not held:
        return serving
    # Nothing may be marked by it before it can't vanish any more. All else waits until that is seen.
    marking = serving.before if any(map(marks, serving.before)) else ()
    return Pass(hold=held, before=marking, again_at=now)


def plan_failed(seen: Seen, refused: str | None, why: str, now: float) -> Pass:
    """Return the pass that gives up after one that failed: what must not wait for ever is let go.

    `refused`: the API server's own words where it refused a write, which are told; `why`: what went wrong.
    """
    given_up = _giving_up(seen, why, now)
    if refused is None:
        return given_up
    if seen.status.rollout is not None and any(map(promotes, _planned(seen, now).before)):
        held = not_promoted(seen.status.rollout, refused, now)
        return replace(given_up, status=replace(seen.status, rollout=held))
    # Marks stay: the old split is still what the proxies have.
    return replace(given_up, status=_changed(seen, _refused_status(seen, "WriteRefused", refused, now)))


def _serving(seen: Seen, routemap: Routemap, override: WeightOverride | None, now: float) -> Pass:
    """Keep the split true: marks, then traffic, then what has lost its reason, then what is told.

    Where traffic is to move, new marks go on first and the next pass looks again: what was not marked may
    have been deleted unasked. A rollout's next step is told first: what is decided is decided once. So is its
    promotion, which is a pass of its own.
    """
    advance = advanced(seen, routemap, override, now)
    if advance is not None and moved(seen, advance):
        status = replace(seen.status, rollout=advance.state)
        return Pass(before=cleared(seen, advance), status=status, again_at=now)
    if advance is not None and (promoting := promotion(seen, advance)):
        return Pass(before=promoting, again_at=now)
    asked = routemap if advance is None else stepped(routemap, advance.state)
    decision = decide(asked, override, seen.facts, now, seen.patience)
    router = seen.router
    wanted = router.render(_routed(asked, decision, seen), decision.exposures) if decision.exposures else None
    writes = () if wanted is None else route(router, seen.route, wanted)
    before, late = in_order(put_on(seen.versions, decision.versions), seen.status)
    if writes and any(marks(patch) for patch in before):
        # What was not marked yet may have been deleted or scaled to zero since it was seen, without asking.
        return Pass(before=before, again_at=now)
    # What is rendered reads back as it was decided (tested); after a write it is read back in fact.
    exposures = (
        decision.exposures if wanted is not None or seen.route is None else router.exposures(seen.route)
    )
    # What is written in this pass nobody has heard of yet.
    applied = wanted if writes else seen.route
    word = router.word(applied) if applied is not None else None
    if advance is not None and (word is None or word.taken):
        advance = advanced(seen, routemap, override, now, by_version(exposures))
    told_of = _Told(asked, override, decision, by_version(exposures), word.faults if word else (), advance)
    status, late_at = _status(seen, told_of, now)
    changed = _changed(seen, status)
    taken = not writes and (word is None or word.taken)
    returned, return_at = returned_of(seen.others, now) if taken else ((), None)
    rolled_at = _rolled_on(routemap, advance, changed, now)
    # Own words call for no pass: what waits for the route to be written is looked for soon.
    soon = now + LOOK_AGAIN_SECONDS if writes and (advance is not None or seen.others) else None
    return Pass(
        before=before,
        route=writes,
        after=late
        + taken_off(seen.versions, decision.versions)
        + adopted(seen.override, routemap)
        + returned,
        status=changed,
        events=unwatched_events(seen.status, decision, routemap.namespace),
        again_at=earliest([decision.again_at, late_at, return_at, soon, rolled_at]),
    )


def _rolled_on(
    routemap: Routemap, advance: Advance | None, changed: RoutemapStatus | None, now: float
) -> float | None:
    """Return when a rollout is looked at again, None for never.

    A promotion waits for what is told (that it is ready, of this generation), and own words call for no pass.
    """
    if advance is None:
        return None
    soon = now + LOOK_AGAIN_SECONDS if changed is not None and hindered(routemap, advance) else None
    return earliest([advance.again_at, soon])


@dataclass(frozen=True, slots=True)
class _Told:
    """What the status of a pass that serves is made of; `advance`: how a rollout stands, None without one."""

    routemap: Routemap
    override: WeightOverride | None
    decision: Decision
    exposures: Mapping[str, Exposure]
    faults: tuple[Fault, ...]
    advance: Advance | None


def _status(seen: Seen, of: _Told, now: float) -> tuple[RoutemapStatus, float | None]:
    """Return the status after a pass that serves, and when time alone makes a version late."""
    before, rollout = seen.status, of.advance.state if of.advance else None
    status = RoutemapStatus(
        observed_generation=_generation(seen.routemap),
        split=split_of(of.exposures.values()),
        versions=versions_of(before, of.decision, of.exposures, now),
        conditions=before.conditions if rollout is not None else tuple(filter(_stays, before.conditions)),
        override=weights_of(of.override),
        rollout=rollout,
    )
    progress, late_at = progressing(seen.facts, status, now)
    note = note_of(of.routemap, of.override)
    remedy = note_of_unwatched(of.decision, of.routemap.namespace)
    goal = of.routemap if rollout is None else goal_of(of.routemap, rollout)
    conditions = (
        *conditions_of(of.decision, note, remedy, faults(of.routemap, seen.around) + of.faults),
        complete(goal, of.override, of.decision, of.exposures),
        progress,
        *rolled_out(rollout),
    )
    return status.with_conditions(conditions, now), late_at


def _stays(condition: Condition) -> bool:
    """Tell whether a condition is told of a Routemap without a rollout, too."""
    return condition.type != ROLLED_OUT


def _routed(routemap: Routemap, decision: Decision, seen: Seen) -> Routemap:
    """Return a Routemap as it is to be routed: while requests are held, by the port at which they arrive."""
    if decision.ready or not decision.answered or seen.route is None:
        return routemap
    return replace(routemap, port=seen.router.port(seen.route))


def _refusing(seen: Seen, unfit: Unfit, now: float) -> Pass:
    """Say why nothing is written for a Routemap. What was applied before stays as it is."""
    given_up = _giving_up(seen, unfit.message, now)
    status = _refused_status(seen, unfit.reason, unfit.message, now)
    again = None if unfit.again is None else now + unfit.again
    return replace(
        given_up, status=_changed(seen, status), again_at=earliest([given_up.again_at, again]), unfit=True
    )


def _letting_go(seen: Seen, now: float) -> Pass:
    """Let the versions of a deleted Routemap go; its finalizer comes off once no mark is seen any more.

    That its route outlives it is for the next Routemap of its name. A deletion does not wait for ever for a
    write that somebody refuses: the route then goes with the Routemap.
    """
    decision = let_go(seen.facts, now)
    after = taken_off(seen.versions, decision.versions)
    if any(fact.marked for fact in seen.facts):
        return Pass(after=after, again_at=decision.again_at)
    routes = () if _refused_for_long(seen, now) else ((seen.router, seen.route), *seen.others)
    left_alone = [leave(router, route, seen.routemap, now) for router, route in routes]
    return Pass(
        route=tuple(chain.from_iterable(left_alone)),
        after=after + hold(seen.routemap, held=False),
        again_at=decision.again_at,
    )


def _refused_for_long(seen: Seen, now: float) -> bool:
    """Tell whether passes over a deleted Routemap have failed for as long as a deletion waits."""
    since = seconds(seen.routemap["metadata"]["deletionTimestamp"]) or 0.0
    return seen.failing_since is not None and max(since, seen.failing_since) + seen.patience <= now


def _giving_up(seen: Seen, why: str, now: float) -> Pass:
    """Take marks off deletions that have waited for `patience` seconds, and tell of each by an Event."""
    since = now if seen.failing_since is None else seen.failing_since
    decision = give_up(seen.facts, since, seen.patience, now)
    over = [version for version in decision.versions if version.reason == "DeadlineExceeded"]
    return Pass(
        after=taken_off(seen.versions, decision.versions),
        events=tuple(deadline_exceeded(version.name, seen.patience, why) for version in over),
        again_at=decision.again_at,
    )


def _override(manifest: Manifest | None) -> WeightOverride | None:
    """Return the override that counts: one that is being deleted does not. Raises InvalidManifestError."""
    if manifest is None or "deletionTimestamp" in manifest["metadata"]:
        return None
    return parse_weight_override(manifest)


def _refused_status(seen: Seen, reason: str, message: str, now: float) -> RoutemapStatus:
    status = replace(seen.status, observed_generation=_generation(seen.routemap))
    return status.with_conditions((*refusal(reason, message), *stalled(reason, message)), now)


def _changed(seen: Seen, status: RoutemapStatus) -> RoutemapStatus | None:
    """Return a status if it is to be written: it is news, or what is stored is not how Teal writes it."""
    return None if status.manifest() == seen.routemap.get("status") else status


def _generation(routemap: Manifest) -> int:
    generation: int = routemap["metadata"].get("generation", 0)
    return generation


def events_of(done: Pass, before: RoutemapStatus) -> tuple[Event, ...]:
    """Return the Events that a pass which has been carried out tells."""
    changes = between(before, done.status) if done.status is not None else []
    return (*changes, *done.events)

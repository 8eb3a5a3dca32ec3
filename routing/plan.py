"""One pass as a value: from what is seen to what is written, in which order, what is told, and when again.

Whatever a pass is for (serving, refusing, letting go, giving up), it is a `Pass`, and one function carries
it out. Each of its steps waits for the one before, a failed step ends it, and it may be cut off between any
two writes: the next pass sees the same facts and does the rest.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, Any

from routing import names
from routing.deciding.decide import decide, earliest
from routing.deciding.letting_go import give_up, let_go
from routing.deciding.routable import Surroundings, faults
from routing.deciding.unfit import Unfit, unfit_for
from routing.reading.defaults import DEADLINE_SECONDS
from routing.reading.parse import parse_routemap, parse_weight_override
from routing.reading.status import RoutemapStatus, read
from routing.reading.violation import InvalidManifestError
from routing.routes import router_of
from routing.routes.exposure import by_version, split_of
from routing.telling.conditions import conditions_of, exposed_as, note_of, refusal, told, weights_of
from routing.telling.events import Event, between, deadline_exceeded
from routing.telling.overrides import OverrideReport, report_of
from routing.telling.progress import complete, progressing, stalled
from routing.telling.unwatched import note_of_unwatched, unwatched_events
from routing.writes import (
    Apply,
    Patch,
    SeenVersion,
    adopted,
    hold,
    leave,
    marks,
    put_on,
    returned_of,
    route,
    taken_off,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from routing.deciding.decide import Decision
    from routing.facts import Facts
    from routing.model import Routemap, WeightOverride
    from routing.routes.exposure import Exposure
    from routing.routes.router import Router
    from routing.telling.unlisted import Notice

    Manifest = Mapping[str, Any]

LOOK_AGAIN_SECONDS = 2.0
"""A version that is still routed to, for a Routemap whose pass is due, is looked for again so soon."""


@dataclass(frozen=True)
class Seen:
    """All that a pass over a Routemap rests on.

    `versions`: those listed in the Routemap's order, then those that may still be marked. `route`: the
    router's object of the Routemap's name, Teal's or not; `others`: what it has of other routers; `around`:
    what brings requests to it. `senior`: for
    each version that an older Routemap lists, that one's name. `routable`: whether the router's kind is
    installed. `failing_since`: since when passes have failed (seconds since the epoch, None: the last did
    not); a deletion waits for `patience` seconds. `domain`: the cluster's.
    """

    routemap: Manifest
    versions: tuple[SeenVersion, ...] = ()
    override: Manifest | None = None
    route: Manifest | None = None
    around: Surroundings = field(default_factory=Surroundings)
    others: tuple[tuple[Router, Manifest], ...] = ()
    senior: Mapping[str, str] | None = None
    routable: bool = True
    failing_since: float | None = None
    patience: float = DEADLINE_SECONDS
    domain: str = names.DOMAIN

    @cached_property
    def status(self) -> RoutemapStatus:
        """What was told last."""
        return read(self.routemap.get("status"))

    @property
    def router(self) -> Router:
        """The router that is asked for."""
        return router_of(self.routemap)

    @cached_property
    def facts(self) -> tuple[Facts, ...]:
        """The facts of each version."""
        return tuple(version.facts for version in self.versions)


@dataclass(frozen=True, slots=True)
class Pass:
    """What one pass does, in this order.

    `before`: marks and protections, at the same time, before traffic comes; `route`: the router's object,
    one write after the other; `after`: marks taken off after traffic has gone, at the same time; then the
    `status` (None: it is as told), and Events; the `report` is of the WeightOverride, the `notice` of a
    Deployment. `again_at`: seconds since the epoch, None for never. `unfit`: nothing can be served, so
    deletions wait, but not for ever.
    """

    before: tuple[Patch, ...] = ()
    route: tuple[Patch | Apply, ...] = ()
    after: tuple[Patch, ...] = ()
    status: RoutemapStatus | None = None
    events: tuple[Event, ...] = ()
    report: OverrideReport | None = None
    notice: Notice | None = None
    again_at: float | None = None
    unfit: bool = False

    @property
    def steps(self) -> tuple[tuple[Patch | Apply, ...], ...]:
        """The writes of objects, each step's at the same time."""
        steps = (self.before, *((write,) for write in self.route), self.after)
        return tuple(step for step in steps if step)

    def read_back(self, found: Sequence[Exposure]) -> Pass:
        """Return this pass with the split in its status as the router's object has it after all."""
        if self.status is None:
            return self
        exposures = by_version(found)
        versions = tuple(exposed_as(version, exposures.get(version.name)) for version in self.status.versions)
        # In the versions' order: rules with a match come before the others.
        order = dict.fromkeys([version.name for version in versions if version.name in exposures])
        split = split_of(exposures[name] for name in (order | dict.fromkeys(exposures)))
        status = replace(self.status, split=split, versions=versions)
        return replace(self, status=status)


def plan(seen: Seen, now: float) -> Pass:
    """Return the pass over a Routemap. `now`: seconds since the epoch."""
    due = _planned(seen, now)
    if due.again_at == now and due.status is None:
        return due  # it is cut in two, and the other part tells
    return replace(due, report=report_of(seen.override, seen.routemap, due.status or seen.status, now))


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
    others = [other for _, other in seen.others]
    unfit = unfit_for(routemap, seen.route, others, seen.senior, installed=seen.routable)
    if unfit is not None:
        return _refusing(seen, unfit, now)
    held = hold(seen.routemap, held=True)
    if held:
        return Pass(before=held, again_at=now)  # nothing may be marked by it before it can't vanish any more
    return _serving(seen, routemap, override, now)


def plan_failed(seen: Seen, refused: str | None, why: str, now: float) -> Pass:
    """Return the pass that gives up after one that failed: what must not wait for ever is let go.

    `refused`: the API server's own words where it refused a write, which are told; `why`: what went wrong.
    """
    given_up = _giving_up(seen, why, now)
    if refused is None:
        return given_up
    # Marks stay: the old split is still what the proxies have.
    return replace(given_up, status=_changed(seen, _refused_status(seen, "WriteRefused", refused, now)))


def _serving(seen: Seen, routemap: Routemap, override: WeightOverride | None, now: float) -> Pass:
    """Keep the split true: marks, then traffic, then what has lost its reason, then what is told.

    Where traffic is to move, new marks go on first and the next pass looks again: what was not marked may
    have been deleted unasked.
    """
    decision = decide(routemap, override, seen.facts, now, seen.patience)
    router = seen.router
    wanted = (
        router.render(_routed(routemap, decision, seen), decision.exposures) if decision.exposures else None
    )
    writes = () if wanted is None else route(router, seen.route, wanted)
    # What is rendered reads back as it was decided (tested); after a write it is read back in fact.
    exposures = (
        decision.exposures if wanted is not None or seen.route is None else router.exposures(seen.route)
    )
    status = told(seen.status, _generation(seen.routemap), decision, by_version(exposures))
    status = replace(status, override=weights_of(override))
    status = status.timed(seen.status, now)
    progress, late_at = progressing(seen.facts, status, now)
    # What is written in this pass nobody has heard of yet.
    applied = wanted if writes else seen.route
    word = router.word(applied) if applied is not None else None
    note = note_of(routemap, override)
    remedy = note_of_unwatched(decision, routemap.namespace)
    conditions = (
        *conditions_of(decision, note, remedy, faults(routemap, seen.around) + (word.faults if word else ())),
        complete(routemap, override, decision, by_version(exposures)),
        progress,
    )
    status = status.with_conditions(conditions, now)
    before = put_on(seen.versions, decision.versions)
    if writes and any(marks(patch) for patch in before):
        # What was not marked yet may have been deleted or scaled to zero since it was seen, without asking.
        return Pass(before=before, again_at=now)
    taken = not writes and (word is None or word.taken)
    returned, return_at = returned_of(seen.others, now) if taken else ((), None)
    return Pass(
        before=before,
        route=writes,
        after=taken_off(seen.versions, decision.versions) + adopted(seen.override, routemap) + returned,
        status=_changed(seen, status),
        events=unwatched_events(seen.status, decision, routemap.namespace),
        again_at=earliest([decision.again_at, late_at, return_at]),
    )


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
    """Let the versions of a deleted Routemap go; its finalizer comes off once no mark is seen any more."""
    decision = let_go(seen.facts, now)
    after = taken_off(seen.versions, decision.versions)
    if any(fact.marked for fact in seen.facts):
        return Pass(after=after, again_at=decision.again_at)
    routes = ((seen.router, seen.route), *seen.others)
    left_alone = [leave(router, route, seen.routemap, now) for router, route in routes]
    return Pass(
        route=tuple(chain.from_iterable(left_alone)),
        after=after + hold(seen.routemap, held=False),
        again_at=decision.again_at,
    )


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

"""The decision: who gets how many of the requests, who carries the mark, and when to look again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from routing.deciding import life
from routing.deciding.keeping import keeping
from routing.deciding.life import LEAVING
from routing.deciding.strategies import STRATEGIES, held
from routing.kinds import DEPLOYMENT, WorkloadKind
from routing.model import State
from routing.reading.defaults import DEADLINE_SECONDS, MOST_DRAIN_SECONDS
from routing.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from routing.facts import Facts
    from routing.model import Routemap, WeightOverride
    from routing.routes.exposure import Exposure


@dataclass(frozen=True, slots=True)
class VersionPlan:
    """What is to be true of one version.

    `exposure` is None where the router's object is not to name it; `mark` whether its Deployment and Service
    are to carry the mark; `protected` the annotation's text, None for no annotation; `draining_until` is in
    seconds since the epoch, None when nothing drains; `held`: requests stay with it for want of another;
    `waits`: its drain begins when those who follow the route have taken it without the version.

    `workload`: of which kind its object is. `state`, `reason` and `message` are told in the status; of a
    listed version they are those of `deciding.life`. `answers`: requests that go to it are answered. A pass
    makes `mark` and `protected` true of the objects that are there. `unheard`: whether they are answered,
    nobody tells.
    """

    name: str
    state: State
    reason: str
    ready_endpoints: int
    exposure: Exposure | None = None
    mark: bool = False
    protected: str | None = None
    draining_until: float | None = None
    held: bool = False
    answers: bool = False
    waits: bool = False
    message: str = ""
    unheard: bool = False
    workload: WorkloadKind = DEPLOYMENT


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to be true of one application.

    `exposures` are in the Routemap's order; none: there is nobody yet to send requests to. `again_at` is when
    time alone will change it, None for never.
    """

    versions: tuple[VersionPlan, ...]
    exposures: tuple[Exposure, ...] = ()
    again_at: float | None = None

    @property
    def ready(self) -> bool:
        """Whether any version is as it is to be to get requests."""
        return any(plan.state is State.READY for plan in self.versions)

    @property
    def answered(self) -> bool:
        """Whether requests go to a version that has a ready endpoint."""
        return any(_exposed(plan.exposure) and plan.answers for plan in self.versions)


def decide(
    routemap: Routemap,
    override: WeightOverride | None,
    facts: Sequence[Facts],
    now: float,
    patience: float = DEADLINE_SECONDS,
) -> Decision:
    """Decide on a Routemap from the facts of its versions.

    `facts` holds the Routemap's versions in its order, then those once listed that may still drain. While
    no version is ready, requests stay where they are answered; a deletion waits for that no longer than
    `patience` seconds.

    Step by step: each version's state; who is ready; if nobody, with whom requests stay; exposures; from
    these marks, drains and the one that is protected; and when time alone changes any of it (a version has
    settled, a drain is over, a held deletion has waited for long enough).
    """
    listed = facts[: len(routemap.versions)]
    settled = {fact.name: life.settled_at(fact, routemap) for fact in listed}
    states = {fact.name: life.state(fact, settled[fact.name], now) for fact in listed}
    states |= {fact.name: (life.while_marked(fact), "NotListed") for fact in facts[len(listed) :]}
    ready = [fact.name for fact in listed if states[fact.name][0] is State.READY]
    answering = [] if ready else [fact for fact in facts if _answers(fact, now - patience)]
    staying = [name for name, (state, _) in states.items() if state not in LEAVING]
    exposures = keeping(routemap, _exposures(routemap, override, ready, facts, answering), staying)
    only = _only(ready or [fact.name for fact in answering])
    whose = {exposure.version: exposure for exposure in exposures}
    holding = {fact.name for fact in answering}
    plans = tuple(
        _plan(
            fact,
            states[fact.name],
            whose.get(fact.name),
            _Reach(fact.name in holding, now, routemap.drain_seconds, now - patience),
            f"the only ready version of Routemap {routemap.name}" if fact.name == only else None,
        )
        for fact in facts
    )
    times = [settled[plan.name] for plan in plans if plan.reason == "Settling"]
    times += [plan.draining_until for plan in plans]
    waiting = [fact for fact, plan in zip(facts, plans, strict=True) if plan.waits]
    times += [
        fact.deleting_since + patience for fact in (*answering, *waiting) if fact.deleting_since is not None
    ]
    return Decision(plans, exposures, earliest(times))


@dataclass(frozen=True, slots=True)
class _Reach:
    """`held`: requests stay with it for want of another; the time is `now`; a drain takes `drain` seconds.

    What was deleted before `long_ago` waits for nobody's word.
    """

    held: bool
    now: float
    drain: float
    long_ago: float


def _plan(
    fact: Facts, told: tuple[State, str], exposure: Exposure | None, reach: _Reach, protected: str | None
) -> VersionPlan:
    """Return what is to be true of a version, given its state with the reason and what it is to get.

    A version serves while it is exposed and does not leave, or is held. It is marked while it serves or
    drains; on what is being deleted a mark can stay, and none can be put (`markable`). What the user lets go
    (`expendable`) is not protected.
    """
    state, reason = told
    serves = _exposed(exposure) and (reach.held or state not in LEAVING)
    waits = not serves and _waits(fact, exposure, reach)
    until = None if serves or waits else _draining_until(fact, exposure, reach)
    draining = until is not None and until > reach.now
    return VersionPlan(
        name=fact.name,
        state=state,
        reason=reason,
        ready_endpoints=fact.ready_endpoints,
        exposure=exposure,
        mark=draining or waits or (serves and fact.markable),
        protected=None if life.deployed(fact, "expendable") else protected,
        draining_until=until if draining else None,
        held=reach.held,
        answers=fact.ready_endpoints > 0 and not fact.astray,
        waits=waits,
        message=_message(fact, reason),
        unheard=fact.unheard,
        workload=fact.deployment.kind if fact.deployment else DEPLOYMENT,
    )


def _message(fact: Facts, reason: str) -> str:
    """Return what its user has to know of a version beside the reason, "" for nothing."""
    if fact.unreachable and reason == fact.unreachable.reason:
        return fact.unreachable.message
    if fact.lacking and fact.deployment is None:
        return (
            f"there is Service {fact.name} and no Deployment or StatefulSet; an object of {fact.lacking}, a "
            "kind that the administrator has named, can't be seen, since the cluster lacks that kind"
        )
    if fact.besides and fact.deployment:
        others = " and ".join(fact.besides)
        return (
            f"{others} is watched, too, and {fact.deployment.kind.called(fact.name)} is the version; "
            f"take iter8.tools/watch off the other"
        )
    return ""


def _exposures(
    routemap: Routemap,
    override: WeightOverride | None,
    ready: Sequence[str],
    facts: Sequence[Facts],
    answering: Sequence[Facts],
) -> tuple[Exposure, ...]:
    """Return who is to get requests: what is asked for those ready, or, with none, what is now, held."""
    if not ready:
        now = [fact.exposure for fact in facts if fact.exposure is not None]
        return held(now, {fact.name for fact in answering})
    return asked(routemap, override, ready)


def asked(
    routemap: Routemap, override: WeightOverride | None, ready: Collection[str]
) -> tuple[Exposure, ...]:
    """Return what the strategy says if these versions, one at least, are ready; nothing of cookies.

    Weights are the override's for the versions that it names, the Routemap's for the others.
    """
    weights = override.weights if override else {}
    versions = [
        replace(version, weight=weights[version.name]) if version.name in weights else version
        for version in routemap.versions
    ]
    return STRATEGIES[routemap.strategy](versions, ready)


def _answers(fact: Facts, long_ago: float) -> bool:
    """Tell whether requests that go to a version now are to stay there while no version is ready.

    One that is being deleted keeps them only until `long_ago` (seconds since the epoch) reaches the time of
    its deletion, and not at all where the user lets it go: an outage that is asked for is not prevented.
    """
    since = fact.deleting_since
    leaves = since is not None and (since <= long_ago or life.deployed(fact, "expendable"))
    return fact.exposed and fact.ready_endpoints > 0 and not (leaves or fact.astray)


def _only(names: Sequence[str]) -> str | None:
    """Return the name of the one that is alone, None where there are several or none."""
    return names[0] if len(names) == 1 else None


def _waits(fact: Facts, exposure: Exposure | None, reach: _Reach) -> bool:
    """Tell whether the drain of a version that is to get no requests can't begin yet.

    Where those who follow the router's object tell of it, it begins when they have taken it without the
    version. A drain that is noted began after that.
    """
    long_ago = fact.deleting_since is not None and fact.deleting_since <= reach.long_ago
    if fact.taken is None or long_ago:
        return False
    if fact.exposed and not _exposed(exposure):
        return fact.markable  # it leaves the split in this pass, of which nobody has heard
    return fact.marked and not fact.taken and fact.draining_until is None


def _draining_until(fact: Facts, exposure: Exposure | None, reach: _Reach) -> float | None:
    """Return the end of the drain of a version that is to get no requests, None for no drain.

    It begins in the pass that takes the version out of the split; from then on the status remembers its end.
    A mark without a noted end was left by a pass that was cut off, so the whole drain begins now.
    """
    begun_now = reach.now + reach.drain
    if fact.exposed and not _exposed(exposure) and fact.markable:
        return begun_now  # it leaves the split in this pass, whatever an older status says
    if fact.marked:
        # No drain takes longer than the longest: a later end is a hand's.
        known = fact.draining_until
        return begun_now if known is None or known > reach.now + MOST_DRAIN_SECONDS else known
    return None


def _exposed(exposure: Exposure | None) -> bool:
    return exposure is not None and exposure.exposed


def earliest(times: Iterable[float | None]) -> float | None:
    """Return the first of some times, of which None is never."""
    return min((time for time in times if time is not None), default=None)

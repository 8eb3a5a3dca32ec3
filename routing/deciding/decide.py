"""The decision: who gets how many of the requests, who carries the mark, and when to look again."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from routing.reading.defaults import SETTLE_SECONDS, UNPROBED_SETTLE_SECONDS
from routing.split import WHOLE, percentages

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from routing.facts import Facts
    from routing.model import Routemap, WeightOverride


class State(StrEnum):
    """Where a version stands in its life."""

    ABSENT = "absent"
    STARTING = "starting"
    READY = "ready"
    DRAINING = "draining"


@dataclass(frozen=True, slots=True)
class VersionPlan:
    """What is to be true of one version.

    `weight` is its percentage, None where the VirtualService is not to name it; `mark` whether its Deployment
    and Service are to carry the mark; `protected` the annotation's text, None for no annotation;
    `draining_until` is in seconds since the epoch, None when nothing drains.
    """

    name: str
    state: State
    reason: str
    ready_endpoints: int
    weight: int | None = None
    mark: bool = False
    protected: str | None = None
    draining_until: float | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to be true of one application. `again_at` is when time alone will change it, None for never."""

    versions: tuple[VersionPlan, ...]
    again_at: float | None = None

    @property
    def split(self) -> dict[str, int]:
        """Percentages by version, in the Routemap's order; they sum to 100."""
        return {plan.name: plan.weight for plan in self.versions if plan.weight is not None}

    @property
    def ready(self) -> bool:
        """Whether any version can answer requests."""
        return any(plan.state is State.READY for plan in self.versions)


# The life of a version, the first line that holds: reason, state while it may still be sent requests, state
# otherwise. Causes come before effects: a Deployment that is being deleted is soon not Available, too.
_LIFE: tuple[tuple[str, State, State, Callable[[Facts], bool]], ...] = (
    ("DeploymentNotFound", State.ABSENT, State.ABSENT, lambda fact: fact.deployment is None),
    ("DeletionRequested", State.DRAINING, State.DRAINING, lambda fact: _deployment(fact, "deleting")),
    ("WatchLabelRemoved", State.DRAINING, State.ABSENT, lambda fact: not _deployment(fact, "watched")),
    ("ScaledToZero", State.DRAINING, State.ABSENT, lambda fact: _deployment(fact, "scaled_to_zero")),
    (
        "ServiceDeletionRequested",
        State.DRAINING,
        State.DRAINING,
        lambda fact: fact.service is not None and fact.service.deleting,
    ),
    (
        # To come in, it has to be Available. To stay, one pod will do: of two, one that is evicted makes the
        # Deployment unavailable, and that is no reason to send all requests to another version.
        "DeploymentNotAvailable",
        State.STARTING,
        State.STARTING,
        lambda fact: (
            not _deployment(fact, "available") and (fact.applied is None or fact.ready_endpoints == 0)
        ),
    ),
    ("ServiceNotFound", State.STARTING, State.STARTING, lambda fact: fact.service is None),
    ("NoReadyEndpoint", State.STARTING, State.STARTING, lambda fact: fact.ready_endpoints == 0),
)
_LEAVING = (State.ABSENT, State.DRAINING)


def decide(
    routemap: Routemap, override: WeightOverride | None, facts: Sequence[Facts], now: float
) -> Decision:
    """Decide on a Routemap from the facts of its versions.

    `facts` holds the Routemap's versions in its order, then those once listed that may still drain.
    """
    listed, unlisted = facts[: len(routemap.versions)], facts[len(routemap.versions) :]
    settled = {fact.name: _settled_at(fact, routemap) for fact in listed}
    states = {fact.name: _state(fact, settled[fact.name], now) for fact in listed}
    states |= {fact.name: (_while_marked(fact), "NotListed") for fact in unlisted}
    ready = [fact.name for fact in listed if states[fact.name][0] is State.READY]
    split = _split(routemap, override, ready)
    protected = f"the only ready version of Routemap {routemap.name}" if len(ready) == 1 else None
    plans = []
    for fact in facts:
        state, reason = states[fact.name]
        weight = split.get(fact.name)
        until = _draining_until(fact, state, weight, now + routemap.drain_seconds)
        draining = until is not None and until > now
        plans.append(
            VersionPlan(
                name=fact.name,
                state=state,
                reason=reason,
                ready_endpoints=fact.ready_endpoints,
                weight=weight,
                mark=draining or bool(weight and state not in _LEAVING),
                protected=protected if fact.name in ready and not _deployment(fact, "expendable") else None,
                draining_until=until if draining else None,
            )
        )
    times = [settled[plan.name] for plan in plans if plan.reason == "Settling"]
    return Decision(tuple(plans), _earliest(times + [plan.draining_until for plan in plans]))


def release(facts: Sequence[Facts], now: float) -> Decision:
    """Decide on a Routemap that is being deleted: its versions are let go, those that drain when they have.

    No version gets a weight: the VirtualService stays as it is until the Routemap takes it along.
    """
    plans = []
    for fact in facts:
        draining = fact.marked and fact.draining_until is not None and fact.draining_until > now
        plans.append(
            VersionPlan(
                name=fact.name,
                state=_while_marked(fact),
                reason="RoutemapDeleted",
                ready_endpoints=fact.ready_endpoints,
                mark=draining,
                draining_until=fact.draining_until if draining else None,
            )
        )
    return Decision(tuple(plans), _earliest(plan.draining_until for plan in plans))


def give_up(facts: Sequence[Facts], failing_since: float, patience: float, now: float) -> Decision:
    """Decide on a Routemap whose passes have failed since a time: deletions do not wait for ever.

    A version that is being deleted keeps its mark for `patience` seconds from the deletion, or from the first
    failure if that came later. All else stays as it is.
    """
    plans, times = [], []
    for fact in facts:
        parts = (fact.deployment, fact.service)
        since = [part.deleting_since for part in parts if part and part.deleting_since is not None]
        due = max(failing_since, *since) + patience if since and fact.marked else None
        over = due is not None and due <= now
        times.append(None if over else due)
        plans.append(
            VersionPlan(
                name=fact.name,
                state=_while_marked(fact),
                reason="DeadlineExceeded" if over else "Failing",
                ready_endpoints=fact.ready_endpoints,
                mark=fact.marked and not over,
                protected=fact.deployment.protected if fact.deployment else None,
            )
        )
    return Decision(tuple(plans), _earliest(times))


def _deployment(fact: Facts, name: str) -> bool:
    return fact.deployment is not None and getattr(fact.deployment, name)


def _while_marked(fact: Facts) -> State:
    return State.DRAINING if fact.marked or fact.applied else State.ABSENT


def _settled_at(fact: Facts, routemap: Routemap) -> float | None:
    if fact.ready_since is None:
        return None
    by_itself = SETTLE_SECONDS if _deployment(fact, "probed") else UNPROBED_SETTLE_SECONDS
    return fact.ready_since + (by_itself if routemap.settle_seconds is None else routemap.settle_seconds)


def _state(fact: Facts, settled_at: float | None, now: float) -> tuple[State, str]:
    for reason, requested, otherwise, holds in _LIFE:
        if holds(fact):
            return (requested if fact.marked or fact.applied else otherwise), reason
    # A version that the VirtualService names has settled before, perhaps under an earlier leader.
    if fact.applied is None and (settled_at is None or now < settled_at):
        return State.STARTING, "Settling"
    return State.READY, "Ready"


def _split(routemap: Routemap, override: WeightOverride | None, ready: Sequence[str]) -> Mapping[str, int]:
    if not ready:
        return {routemap.primary.name: WHOLE}
    overridden = override.weights if override else {}
    own = {version.name: overridden.get(version.name, version.weight) for version in routemap.versions}
    weights = [own[name] for name in ready]
    if not any(weights):
        primary = routemap.primary.name
        weights = [int(name == primary or primary not in ready) for name in ready]
    return dict(zip(ready, percentages(weights), strict=True))


def _draining_until(fact: Facts, state: State, weight: int | None, begun_now: float) -> float | None:
    if weight and state not in _LEAVING:
        return None
    if fact.applied and not weight and fact.markable:
        return begun_now  # it leaves the split in this pass, whatever an older status says
    if fact.marked:
        return begun_now if fact.draining_until is None else fact.draining_until
    return None


def _earliest(times: Iterable[float | None]) -> float | None:
    return min((time for time in times if time is not None), default=None)

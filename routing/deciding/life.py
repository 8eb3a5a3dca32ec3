"""The life of a version: the table of its states, of which docs/design.md shows what stands here."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from routing.model import State
from routing.reading.defaults import SETTLE_SECONDS, UNPROBED_SETTLE_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from routing.facts import Facts
    from routing.model import Routemap

LONGER_SECONDS = (0, 3, 15, 60)
"""By how much longer one settles that has lost its endpoints so often of late; the last is for any more."""
LEAVING = (State.ABSENT, State.DRAINING)
"""States in which a version is to get no request."""


def deployed(fact: Facts, name: str) -> bool:
    """Tell whether there is a workload of which this holds.

    `name` is that of a truth value of `Workload`.
    """
    return fact.deployment is not None and getattr(fact.deployment, name)


def unavailable(fact: Facts, reason: str) -> bool:
    """Tell whether a version is to wait for this reason, or leave.

    To come in, its workload has to be available. To stay, one pod will do: of two, one that is evicted makes
    a Deployment unavailable, and that is no reason to send all requests to another version.
    """
    mine = fact.deployment is not None and fact.deployment.kind.unready == reason
    return mine and not deployed(fact, "available") and (fact.exposure is None or fact.ready_endpoints == 0)


def unreachable(fact: Facts, reason: str) -> bool:
    """Tell whether this is why no request can arrive."""
    return fact.unreachable is not None and fact.unreachable.reason == reason


_UNAVAILABLE = tuple(
    (reason, State.STARTING, State.STARTING, partial(unavailable, reason=reason))
    for reason in ("DeploymentNotAvailable", "StatefulSetNotAvailable", "WorkloadNotReady")
)
# The first line that holds: reason, state while it may still be sent requests, state otherwise.
# Causes come before effects: a workload that is being deleted is soon not Available, too.
NOT_THERE = ("KindNotInstalled", "DeploymentNotFound")
"""Reasons of a version that has no workload."""
LIFE: tuple[tuple[str, State, State, Callable[[Facts], bool]], ...] = (
    (
        "KindNotInstalled",
        State.ABSENT,
        State.ABSENT,
        lambda fact: fact.deployment is None and bool(fact.lacking),
    ),
    ("DeploymentNotFound", State.ABSENT, State.ABSENT, lambda fact: fact.deployment is None),
    (
        # Nobody has asked for it to be watched, or its drain is over: what becomes of it is not Teal's.
        "NotWatched",
        State.ABSENT,
        State.ABSENT,
        lambda fact: not (deployed(fact, "watched") or fact.marked or fact.exposed),
    ),
    ("DeletionRequested", State.DRAINING, State.DRAINING, lambda fact: deployed(fact, "deleting")),
    ("WatchLabelRemoved", State.DRAINING, State.DRAINING, lambda fact: not deployed(fact, "watched")),
    ("ScaledToZero", State.DRAINING, State.ABSENT, lambda fact: deployed(fact, "scaled_to_zero")),
    (
        "ServiceDeletionRequested",
        State.DRAINING,
        State.DRAINING,
        lambda fact: fact.service is not None and fact.service.deleting,
    ),
    *_UNAVAILABLE,
    ("ServiceNotFound", State.STARTING, State.STARTING, lambda fact: fact.service is None),
    ("Headless", State.STARTING, State.STARTING, lambda fact: unreachable(fact, "Headless")),
    ("NoSuchPort", State.STARTING, State.STARTING, lambda fact: unreachable(fact, "NoSuchPort")),
    ("NoSuchTargetPort", State.STARTING, State.STARTING, lambda fact: unreachable(fact, "NoSuchTargetPort")),
    ("NoReadyEndpoint", State.STARTING, State.STARTING, lambda fact: fact.ready_endpoints == 0),
)


def state(fact: Facts, settled_at: float | None, now: float) -> tuple[State, str]:
    """Return the state of a version that a Routemap lists, and the reason.

    `settled_at` and `now` are seconds since the epoch. A mark or an exposure says that requests may still
    come.
    """
    for reason, requested, otherwise, holds in LIFE:
        if holds(fact):
            return (requested if fact.marked or fact.exposed else otherwise), reason
    # A version that the router's object names has settled before, perhaps under an earlier leader.
    # One that this leader has seen without endpoints, and that gets nothing there, has to be heard of anew.
    new = fact.exposure is None or (fact.was_unready and not fact.exposed)
    if new and (settled_at is None or now < settled_at):
        return State.STARTING, "Settling"
    return State.READY, "Ready"


def while_marked(fact: Facts) -> State:
    """Return the state of a version that no Routemap lists, or not for long.

    There is nothing to wait for in one that is neither marked nor exposed: it counts as gone.
    """
    return State.DRAINING if fact.marked or fact.exposed else State.ABSENT


def settled_at(fact: Facts, routemap: Routemap) -> float | None:
    """Return when a version has settled: seconds since the epoch, None while it has no ready endpoint.

    The wait is the Routemap's `settleSeconds`, else 1 s, or 5 s without a readiness probe; flaps add 3, 15
    and then 60 s to it.
    """
    if fact.ready_since is None:
        return None
    by_itself = SETTLE_SECONDS if deployed(fact, "probed") else UNPROBED_SETTLE_SECONDS
    settle = by_itself if routemap.settle_seconds is None else routemap.settle_seconds
    # One that comes and goes loses requests each time it goes: it waits longer each time, a minute at most.
    longer = LONGER_SECONDS[min(fact.flaps, len(LONGER_SECONDS) - 1)]
    return fact.ready_since + settle + longer

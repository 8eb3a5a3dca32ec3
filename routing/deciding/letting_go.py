"""Letting go: the versions of a Routemap that is deleted, and deletions that have waited for too long."""

from __future__ import annotations

from typing import TYPE_CHECKING

from routing.deciding.decide import Decision, VersionPlan, earliest
from routing.deciding.life import while_marked
from routing.reading.defaults import MOST_DRAIN_SECONDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from routing.facts import Facts


def let_go(facts: Sequence[Facts], now: float) -> Decision:
    """Decide on a Routemap that is being deleted: its versions are let go, those that drain when they have.

    No version gets an exposure: the router's object stays as it is until the Routemap takes it along.

    A drain that has begun ends as it would have. No new one begins, so that when `kubectl delete` of the
    routing returns, the primary can be deleted at once (docs/design.md).
    """
    plans = []
    for fact in facts:
        until = fact.draining_until if fact.marked else None
        draining = until is not None and now < until <= now + MOST_DRAIN_SECONDS
        plans.append(
            VersionPlan(
                name=fact.name,
                state=while_marked(fact),
                reason="RoutemapDeleted",
                ready_endpoints=fact.ready_endpoints,
                mark=draining,
                draining_until=until if draining else None,
            )
        )
    return Decision(tuple(plans), again_at=earliest(plan.draining_until for plan in plans))


def give_up(facts: Sequence[Facts], failing_since: float, patience: float, now: float) -> Decision:
    """Decide on a Routemap whose passes have failed since a time: deletions do not wait for ever.

    A version that is being deleted keeps its mark for `patience` seconds from the deletion, or from the first
    failure if that came later. All else stays as it is.

    Exposures and protections are those that were seen, as nothing can be said of the split while passes fail.
    Only `mark`, and with it the reason `DeadlineExceeded`, is ever changed.
    """
    plans, times = [], []
    for fact in facts:
        since = fact.deleting_since
        due = max(failing_since, since) + patience if since is not None and fact.marked else None
        over = due is not None and due <= now
        times.append(None if over else due)
        plans.append(
            VersionPlan(
                name=fact.name,
                state=while_marked(fact),
                reason="DeadlineExceeded" if over else "Failing",
                ready_endpoints=fact.ready_endpoints,
                exposure=fact.exposure,
                mark=fact.marked and not over,
                protected=fact.deployment.protected if fact.deployment else None,
            )
        )
    return Decision(tuple(plans), again_at=earliest(times))

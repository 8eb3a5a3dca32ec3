"""Conditions to wait for: that the split is what is asked for, and that a version does not get ready.

They are named after those of Jobs (Complete) and Deployments (Progressing).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from routing.deciding.decide import asked, earliest
from routing.model import State
from routing.reading.status import Condition
from routing.routes.exposure import split_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from routing.deciding.decide import Decision
    from routing.facts import Facts
    from routing.model import Routemap, WeightOverride
    from routing.reading.status import RoutemapStatus
    from routing.routes.exposure import Exposure


def complete(
    routemap: Routemap,
    override: WeightOverride | None,
    decision: Decision,
    exposures: Mapping[str, Exposure],
) -> Condition:
    """Return Complete: every version listed is to get its share, and does; those that are absent count, too.

    So it turns False with the Routemap that lists a candidate, and True when the candidate has come in; what
    waits for it need not know whether Teal has heard of the candidate yet. `exposures` are read back from the
    router's object.
    """
    whole = asked(routemap, override, [version.name for version in routemap.versions])
    wanted = {exposure.version: exposure for exposure in whole if exposure.exposed}
    applied = {
        exposure.version: exposure.kept_by_cookie(wanted=False)
        for exposure in exposures.values()
        if exposure.exposed
    }
    if decision.ready and applied == wanted:
        return Condition("Complete", holds=True, reason="SplitAsAsked", message=f"split {split_of(whole)}")
    lacking = [
        f"{plan.name}: {plan.reason}"
        for plan in decision.versions
        if plan.name in wanted and plan.state is not State.READY
    ]
    message = "; ".join(filter(None, (f"asked for is {split_of(whole)}", ", ".join(lacking))))
    return Condition("Complete", holds=False, reason="SplitNotAsAsked", message=message)


def progressing(facts: Sequence[Facts], status: RoutemapStatus, now: float) -> tuple[Condition, float | None]:
    """Return Progressing, and when time alone changes it (seconds since the epoch, None for never).

    It is False once a version has been starting for longer than its Deployment allows: by its own
    `progressDeadlineSeconds`, 600 by default. That counts also where its pods are ready, and what lacks is a
    Service or an endpoint. `status` has since when versions are starting.
    """
    ends = {fact.name: end for fact in facts if (end := late_at(fact, status)) is not None}
    late = [version for version in status.versions if ends.get(version.name, now + 1) <= now]
    starting = [version for version in status.versions if version.state is State.STARTING]
    if late:
        message = "not ready in time: " + ", ".join(f"{item.name} ({item.reason})" for item in late)
        told = Condition("Progressing", holds=False, reason="ProgressDeadlineExceeded", message=message)
    elif starting:
        message = ", ".join(f"{item.name}: {item.reason}" for item in starting)
        told = Condition("Progressing", holds=True, reason="VersionStarting", message=message)
    else:
        told = Condition("Progressing", holds=True, reason="NoVersionStarting")
    return told, earliest(end for end in ends.values() if end > now)


def stalled(reason: str, message: str) -> tuple[Condition, ...]:
    """Return both conditions of a Routemap for which nothing is written: somebody has to change something."""
    return (
        Condition("Complete", holds=False, reason=reason),
        Condition("Progressing", holds=False, reason=reason, message=message),
    )


def late_at(fact: Facts, status: RoutemapStatus) -> float | None:
    """Return when a version has been starting for too long, None while it is not starting."""
    told = status.version(fact.name)
    if told is None or told.state is not State.STARTING or told.state_since is None:
        return None
    if fact.deployment is None or fact.deployment.patience is None:
        return None
    return told.state_since + fact.deployment.patience

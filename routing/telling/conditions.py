"""A Routemap's status: what is applied, read back from the cluster, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from routing.reading.times import seconds, timestamp

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from routing.deciding.decide import Decision, VersionPlan

_MESSAGE_LIMIT = 1024
"""Conditions are read in a terminal; metav1.Condition would allow 32768."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition as Kubernetes' API conventions have it, but for the time of its last transition."""

    type: str
    holds: bool
    reason: str
    message: str = ""


def draining_until(status: Mapping[str, Any]) -> dict[str, float]:
    """Return the end of each drain by version, seconds since the epoch."""
    return {
        version["name"]: seconds(version["drainingUntil"])
        for version in status.get("versions") or ()
        if version.get("drainingUntil")
    }


def held_versions(status: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the versions that may carry a mark, by what the status last said of them."""
    return tuple(
        version["name"]
        for version in status.get("versions") or ()
        if version["state"] != "absent" or version.get("drainingUntil")
    )


def applied(decision: Decision, split: Mapping[str, int]) -> dict[str, Any]:
    """Return the part of the status that tells of a pass which carried its decision out.

    `split` is read back from the VirtualService. A version that is neither listed nor held is left out.
    """
    return {
        "split": " ".join(f"{name}={weight}" for name, weight in split.items()),
        "versions": [_version(plan, split) for plan in decision.versions if _tells(plan)],
    }


def conditions_of(decision: Decision, note: str | None = None) -> tuple[Condition, ...]:
    """Return the conditions after a decision has been carried out; `note` is added to what Ready says."""
    if decision.ready:
        return (
            Condition(
                "Ready",
                holds=True,
                reason="Applied",
                message="; ".join(filter(None, ("the split is applied", note))),
            ),
            Condition("Degraded", holds=False, reason="VersionReady"),
            Condition("Conflict", holds=False, reason="NoConflict"),
        )
    reasons = ", ".join(f"{plan.name}: {plan.reason}" for plan in decision.versions)
    message = f"no version is ready ({reasons}), so the primary gets all requests"
    return (
        Condition("Ready", holds=False, reason="NoReadyVersion", message=message),
        Condition("Degraded", holds=True, reason="NoReadyVersion", message=message),
        Condition("Conflict", holds=False, reason="NoConflict"),
    )


def with_conditions(
    previous: Mapping[str, Any], changed: Mapping[str, Any], conditions: Sequence[Condition], now: float
) -> dict[str, Any]:
    """Return `previous` with what changed; a condition that holds as before keeps its time."""
    before = {item["type"]: item for item in previous.get("conditions") or ()}
    after = before | {item.type: _condition(item, before.get(item.type), now) for item in conditions}
    return {**previous, **changed, "conditions": list(after.values())}


def _condition(condition: Condition, before: Mapping[str, Any] | None, now: float) -> dict[str, Any]:
    state = "True" if condition.holds else "False"
    unchanged = before is not None and before["status"] == state
    return {
        "type": condition.type,
        "status": state,
        "reason": condition.reason,
        "message": condition.message[:_MESSAGE_LIMIT],
        "lastTransitionTime": before["lastTransitionTime"] if before and unchanged else timestamp(now),
    }


def _tells(plan: VersionPlan) -> bool:
    return plan.mark or plan.reason not in ("NotListed", "RoutemapDeleted")


def _version(plan: VersionPlan, split: Mapping[str, int]) -> dict[str, Any]:
    version: dict[str, Any] = {
        "name": plan.name,
        "state": str(plan.state),
        "weight": split.get(plan.name, 0),
        "readyEndpoints": plan.ready_endpoints,
        "reason": plan.reason,
    }
    if plan.protected is not None:
        version["protected"] = True
    if plan.draining_until is not None:
        version["drainingUntil"] = timestamp(plan.draining_until)
    return version

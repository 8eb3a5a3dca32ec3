"""The conditions of a Routemap: what came of a decision, in a word for programs and a sentence for people."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from routing.kinds import DEPLOYMENT
from routing.reading.status import MOST_VERSIONS, Condition, RoutemapStatus, VersionStatus, lasting
from routing.routes.exposure import Exposure

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from routing.deciding.decide import Decision, VersionPlan
    from routing.model import Routemap, WeightOverride
    from routing.routes.word import Fault

NO_CONFLICT = Condition("Conflict", holds=False, reason="NoConflict")


def routable(faults: Sequence[Fault]) -> Condition:
    """Return the condition that tells whether requests come to the route, with what keeps them from it."""
    if not faults:
        return Condition("Routable", holds=True, reason="Routable")
    return Condition("Routable", holds=False, reason=faults[0].reason, message="; ".join(map(str, faults)))


def conditions_of(
    decision: Decision, note: str | None = None, remedy: str | None = None, faults: Sequence[Fault] = ()
) -> tuple[Condition, ...]:
    """Return the conditions after a decision has been carried out.

    `note` is added to what Ready says while a version is ready, `remedy` in any case.

    While some requests do not come, or go astray, it is not Ready, whoever is.

    Degraded holds exactly while requests fail or nothing is routed: `Held` is not Ready, and not Degraded.
    Times are left out here; `RoutemapStatus.with_conditions` keeps those of what has not changed.
    """
    comes = routable(faults)
    if decision.ready:
        message = "; ".join(
            filter(None, (comes.message or "the split is applied", *_kept_out(decision), note, remedy))
        )
        reason = "Applied" if comes.holds else "NotRoutable"
        return (
            Condition("Ready", holds=comes.holds, reason=reason, message=message),
            Condition("Degraded", holds=False, reason="VersionReady"),
            NO_CONFLICT,
            comes,
        )
    reason = "Held" if decision.answered else "NoReadyVersion"
    reasons = ", ".join(f"{plan.name}: {plan.message or plan.reason}" for plan in decision.versions)
    message = "; ".join(filter(None, (f"no version is ready ({reasons}), {_what_happens(decision)}", remedy)))
    degraded = "" if decision.answered else message
    return (
        Condition("Ready", holds=False, reason=reason, message=message),
        Condition("Degraded", holds=not decision.answered, reason=reason, message=degraded),
        NO_CONFLICT,
        comes,
    )


def refusal(reason: str, message: str) -> tuple[Condition, ...]:
    """Return the conditions of a Routemap for which nothing is written.

    Degraded stays as it was told last: what was applied before goes on answering, or failing.
    """
    return (
        Condition("Ready", holds=False, reason=reason, message=message),
        Condition("Conflict", holds=reason == "Conflict", reason=reason, message=message),
    )


def versions_of(
    before: RoutemapStatus, decision: Decision, exposures: Mapping[str, Exposure], now: float
) -> tuple[VersionStatus, ...]:
    """Return what is told of the versions after a pass that carried its decision out at `now`.

    `exposures` are read back from the router's object. A version that is neither listed nor held is left out.
    """
    told = [plan for plan in decision.versions if _tells(plan)][:MOST_VERSIONS]
    return tuple(_version(plan, exposures.get(plan.name), before.version(plan.name), now) for plan in told)


def weights_of(override: WeightOverride | None) -> str:
    """Return the weights of an override as a split reads, nothing where there is none."""
    return " ".join(f"{name}={weight}" for name, weight in override.weights.items()) if override else ""


def note_of(routemap: Routemap, override: WeightOverride | None) -> str | None:
    """Return what a user of an override has to know of it.

    A version that only the override names is told of here alone: its weight does nothing, and nobody refuses
    it, since the Routemap may come to list it.
    """
    if override is None:
        return None
    listed = {version.name for version in routemap.versions}
    strays = [name for name in override.weights if name not in listed]
    note = f"the WeightOverride {routemap.name} has the say ({weights_of(override)})"
    return f"{note} and names {', '.join(strays)}, which the Routemap does not list" if strays else note


def _what_happens(decision: Decision) -> str:
    """Return what happens to requests while no version is ready."""
    if decision.answered:
        answering = _names([plan for plan in decision.versions if plan.exposure and plan.answers])
        return f"so all requests stay with {answering} until one is"
    if unheard := [plan for plan in decision.versions if plan.unheard]:
        return f"so requests go to {_names(unheard)} as before, which Teal does not watch, until one is"
    if decision.exposures:
        return "so requests fail until one is"
    return "so nothing is routed until one is"


def _kept_out(decision: Decision) -> list[str]:
    """Return what keeps requests from arriving at versions, by name."""
    return [f"{plan.name}: {plan.message}" for plan in decision.versions if plan.message]


def _names(plans: Sequence[VersionPlan]) -> str:
    return ", ".join(plan.name for plan in plans)


def _tells(plan: VersionPlan) -> bool:
    """Tell whether a version stands in the status: what nobody lists is told of while its mark is on."""
    return plan.mark or plan.reason not in ("NotListed", "RoutemapDeleted")


def _version(
    plan: VersionPlan, exposure: Exposure | None, before: VersionStatus | None, now: float
) -> VersionStatus:
    found = exposure or Exposure(plan.name)
    state_since = before.state_since if before and before.state is plan.state else None
    weight_since = before.weight_since if before and before.weight == found.share else None
    return VersionStatus(
        name=plan.name,
        state=plan.state,
        weight=found.share,
        ready_endpoints=plan.ready_endpoints,
        reason=plan.reason,
        protected=plan.protected is not None,
        draining_until=plan.draining_until,
        copies=found.copies,
        matched=found.matched,
        state_since=lasting(state_since, now),
        weight_since=lasting(weight_since, now),
        message=plan.message,
        workload="" if plan.workload is DEPLOYMENT else plan.workload.called(plan.name),
    )


def exposed_as(version: VersionStatus, exposure: Exposure | None) -> VersionStatus:
    """Return what is told of a version with what goes to it as the router's object has it."""
    found = exposure or Exposure(version.name)
    return replace(version, weight=found.share, copies=found.copies, matched=found.matched)

"""What is said of a version whose workload is there without the watch label."""

from __future__ import annotations

from typing import TYPE_CHECKING

from routing import names
from routing.telling.events import Event

if TYPE_CHECKING:
    from collections.abc import Sequence

    from routing.deciding.decide import Decision, VersionPlan
    from routing.kinds import WorkloadKind
    from routing.reading.status import RoutemapStatus

REASON = "NotWatched"


def note_of_unwatched(decision: Decision, namespace: str) -> str | None:
    """Return what a user has to know of the versions that are not watched, with the command that mends it."""
    unwatched = [plan for plan in decision.versions if plan.reason == REASON]
    return _remedy(unwatched, namespace) if unwatched else None


def unwatched_events(before: RoutemapStatus, decision: Decision, namespace: str) -> tuple[Event, ...]:
    """Return an Event for each version that has come to be there and is not watched.

    Where a label was taken off, that was told already. It is no warning: between `kubectl create` and
    `kubectl label` that is how it has to be.
    """
    told = {version.name for version in before.versions if version.reason in (REASON, "WatchLabelRemoved")}
    new = [plan for plan in decision.versions if plan.reason == REASON and plan.name not in told]
    return tuple(Event("Normal", REASON, _remedy([plan], namespace)) for plan in new)


def labelled(objects: Sequence[tuple[WorkloadKind, str]]) -> str:
    """Return what a command names objects by: TYPE NAME NAME, or TYPE/NAME each where they are of several."""
    words = {kind.word for kind, _ in objects}
    if len(words) == 1:
        return " ".join((*words, *(name for _, name in objects)))
    return " ".join(f"{kind.word}/{name}" for kind, name in objects)


def _remedy(unwatched: Sequence[VersionPlan], namespace: str) -> str:
    """Return the sentence with a command to be run as it stands: `kubectl label` takes several names."""
    few = len(unwatched) == 1
    objects = [(plan.workload, plan.workload.name_of(plan.name)) for plan in unwatched]
    return (
        f"{', '.join(plan.name for plan in unwatched)} {'is' if few else 'are'} there and not watched, so "
        f"{'it gets' if few else 'they get'} no requests: "
        f"kubectl label {labelled(objects)} --namespace {namespace} {names.WATCH}=true"
    )

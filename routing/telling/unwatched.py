"""What is said of a version whose Deployment is there without the watch label."""

from __future__ import annotations

from typing import TYPE_CHECKING

from routing import names
from routing.telling.events import Event

if TYPE_CHECKING:
    from collections.abc import Sequence

    from routing.deciding.decide import Decision
    from routing.reading.status import RoutemapStatus

REASON = "NotWatched"


def note_of_unwatched(decision: Decision, namespace: str) -> str | None:
    """Return what a user has to know of the versions that are not watched, with the command that mends it."""
    unwatched = [plan.name for plan in decision.versions if plan.reason == REASON]
    return _remedy(unwatched, namespace) if unwatched else None


def unwatched_events(before: RoutemapStatus, decision: Decision, namespace: str) -> tuple[Event, ...]:
    """Return an Event for each version that has come to be there and is not watched.

    Where a label was taken off, that was told already. It is no warning: between `kubectl create` and
    `kubectl label` that is how it has to be.
    """
    told = {version.name for version in before.versions if version.reason in (REASON, "WatchLabelRemoved")}
    new = [plan.name for plan in decision.versions if plan.reason == REASON and plan.name not in told]
    return tuple(Event("Normal", REASON, _remedy([name], namespace)) for name in new)


def _remedy(unwatched: Sequence[str], namespace: str) -> str:
    """Return the sentence with a command to be run as it stands: `kubectl label` takes several names."""
    few = len(unwatched) == 1
    return (
        f"{', '.join(unwatched)} {'is' if few else 'are'} there and not watched, so "
        f"{'it gets' if few else 'they get'} no requests: "
        f"kubectl label deployment {' '.join(unwatched)} --namespace {namespace} {names.WATCH}=true"
    )

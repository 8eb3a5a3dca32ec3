"""Events: what a user reads under `kubectl describe routemap`. Pure but for the names, which come in."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from routing.model import State
from routing.reading.times import timestamp
from routing.telling.reasons import VERSIONS
from routing.telling.rolled_out import news
from routing.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from routing.kinds import Resource
    from routing.reading.status import Condition, RoutemapStatus

    Manifest = Mapping[str, Any]

_MESSAGE_LIMIT = 1024
"""core/v1 Event: a longer message is refused."""


_GOOD = {"Ready": True, "Routable": True, "Progressing": True, "Conflict": False}
"""Conditions whose turning bad is an Event, and how each is when all is well."""

_NO_NEWS = ("NotRoutable", "NotAcceptedYet")
"""Reasons that are no Events: the one is told by Routable, the other is so for a moment after each change."""

_NOT_YET = ("NoReadyVersion", "HostNotFound", "GatewayNotFound")
"""Reasons that are a beginning, and nobody's mistake, until something is routed: one `kubectl apply` makes
Routemap, Services and Gateway one after the other, and which of them is heard of first is chance."""

_MENDED = {reason for reason, told in VERSIONS.items() if told.event == "Warning"}
"""Reasons of a version that have a message of their own; what else is told is that another bears its name."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something worth telling: `kind` is Normal or Warning.

    `reason` is a CamelCase word for programs, `message` a sentence for people.
    """

    kind: str
    reason: str
    message: str


def between(before: RoutemapStatus, after: RoutemapStatus) -> list[Event]:
    """Return the Events that lead from one status of a Routemap to the next.

    Two that say the same are one. A status that is told again, its times apart, has none.
    """
    events = []
    if after.split not in (before.split, ""):
        was = f", was {before.split}" if before.split else ""
        was += f" (by the WeightOverride {after.override})" if after.override else ""
        events.append(Event("Normal", "SplitApplied", f"requests are split {after.split}{was}"))
    events += _versions(before, after)
    events += _by_override(before, after)
    events += _conditions(before, after)
    events += [Event(*told) for told in news(before.rollout, after.rollout)]
    return list(dict.fromkeys(events))


def deadline_exceeded(version: str, patience: float, why: str) -> Event:
    """Return the Event of a version whose deletion waits no longer. `patience` is in seconds."""
    message = (
        f"{version} is let go although it may still get requests: "
        f"its deletion could not be drained for {patience:.0f} s ({why})"
    )
    return Event("Warning", "DeadlineExceeded", message)


def _versions(before: RoutemapStatus, after: RoutemapStatus) -> Iterator[Event]:
    """Tell of drains that have begun or ended. One that ended because requests came back is passed over."""
    was = {version.name: version for version in before.versions}
    for version in after.versions:
        earlier = was.get(version.name)
        name, began, until = version.name, earlier and earlier.draining_until, version.draining_until
        if version.message and (earlier is None or earlier.message != version.message):
            reason = version.reason if version.reason in _MENDED else "SameName"
            yield Event("Warning", reason, f"{name} has to be mended: {version.message}")
        if until is not None and began is None:
            message = f"{name} gets no new requests and is held until {timestamp(until)}"
            yield Event("Normal", "Draining", f"{message} ({version.reason})")
        elif until is None and began is not None and not version.exposed:
            yield Event("Normal", "Drained", f"{name} has drained and is let go")


def _by_override(before: RoutemapStatus, after: RoutemapStatus) -> Iterator[Event]:
    """Tell of a candidate that comes in with weights which an override had for it beforehand.

    It may be one that was left over from the candidate before.
    """
    if not after.override or before.override != after.override:
        return
    weights = dict(pair.split("=", 1) for pair in after.override.split() if "=" in pair)
    for version in after.versions[1:]:
        was = before.version(version.name)
        came = version.state is State.READY and (was is None or was.state is not State.READY)
        if came and version.weight and version.name in weights:
            message = (
                f"{version.name} comes in with {version.weight} % by the WeightOverride {after.override}, "
                "which was there before it; delete that for the Routemap's own weights"
            )
            yield Event("Normal", "WeightOverridden", message)


def _conditions(before: RoutemapStatus, after: RoutemapStatus) -> Iterator[Event]:
    """Tell of what has turned bad, or is bad for another reason, or is no beginning any more.

    What two conditions say is told once. Degraded says what Ready does, and that not all is as asked for
    (Complete) is an ordinary state.
    """
    for condition in after.conditions:
        bad = condition.holds is not _GOOD.get(condition.type, condition.holds)
        waited, waits = (_waits(condition, status) for status in (before, after))
        news = _differs(condition, before.condition(condition.type)) or (waited and not waits)
        if bad and news and condition.reason not in _NO_NEWS:
            yield Event("Normal" if waits else "Warning", condition.reason, condition.message)


def _waits(condition: Condition, status: RoutemapStatus) -> bool:
    return condition.reason in _NOT_YET and not status.split


def _differs(condition: Condition, before: Condition | None) -> bool:
    """Tell whether a condition says something new; another time of transition alone is nothing new."""
    return before is None or replace(condition, since=before.since) != before


def manifest(event: Event, kind: Resource, about: Manifest, name: str, now: float) -> dict[str, Any]:
    """Return the core/v1 Event about an object of a kind.

    `name` has to be new in its namespace; `now` is in seconds since the epoch. A message beyond core/v1's
    limit is cut, not refused.
    """
    metadata = about["metadata"]
    time = timestamp(now)
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"namespace": metadata["namespace"], "name": name},
        "involvedObject": {
            "apiVersion": kind.api_version,
            "kind": kind.kind,
            "namespace": metadata["namespace"],
            "name": metadata["name"],
            "uid": metadata["uid"],
        },
        "type": event.kind,
        "reason": event.reason,
        "message": event.message[:_MESSAGE_LIMIT],
        "source": {"component": "teal"},
        "firstTimestamp": time,
        "lastTimestamp": time,
        "count": 1,
    }

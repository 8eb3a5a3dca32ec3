"""Events: what a user reads under `kubectl describe routemap`. Pure but for the names, which come in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from routing import names
from routing.reading.times import timestamp

if TYPE_CHECKING:
    from collections.abc import Mapping

    Manifest = Mapping[str, Any]

_MESSAGE_LIMIT = 1024
"""core/v1 Event: a longer message is refused."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something worth telling: `kind` is Normal or Warning."""

    kind: str
    reason: str
    message: str


def between(before: Manifest, after: Manifest) -> list[Event]:
    """Return the Events that lead from one status of a Routemap to the next."""
    events = []
    if after.get("split") != before.get("split") and after.get("split"):
        was = f", was {before['split']}" if before.get("split") else ""
        events.append(Event("Normal", "SplitApplied", f"requests are split {after['split']}{was}"))
    events += _versions(before, after)
    conditions = {item["type"]: item for item in before.get("conditions") or ()}
    for condition in after.get("conditions") or ():
        bad = condition["status"] != ("True" if condition["type"] == "Ready" else "False")
        if bad and _differs(condition, conditions.get(condition["type"])) and condition["type"] != "Degraded":
            events.append(Event("Warning", condition["reason"], condition["message"]))
    return events


def _versions(before: Manifest, after: Manifest) -> list[Event]:
    was = {item["name"]: item for item in before.get("versions") or ()}
    events = []
    for item in after.get("versions") or ():
        old = was.get(item["name"]) or {}
        if item.get("drainingUntil") and not old.get("drainingUntil"):
            message = f"{item['name']} gets no new requests and is held until {item['drainingUntil']}"
            events.append(Event("Normal", "Draining", f"{message} ({item['reason']})"))
        elif old.get("drainingUntil") and not item.get("drainingUntil") and not item["weight"]:
            events.append(Event("Normal", "Drained", f"{item['name']} has drained and is let go"))
    return events


def _differs(condition: Manifest, before: Manifest | None) -> bool:
    return before is None or any(condition[key] != before[key] for key in ("status", "reason", "message"))


def manifest(event: Event, about: Manifest, name: str, now: float) -> dict[str, Any]:
    """Return the core/v1 Event about a Routemap."""
    metadata = about["metadata"]
    time = timestamp(now)
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"namespace": metadata["namespace"], "name": name},
        "involvedObject": {
            "apiVersion": names.API_VERSION,
            "kind": "Routemap",
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

"""What is told of applications as data, for `-o json` and `-o yaml`. Pure; docs/cli.md has the fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from routing.kinds import DEPLOYMENT
from routing.reading.status import written_condition
from routing.reading.times import timestamp

if TYPE_CHECKING:
    from cli.status.application import Application, Past, Version


def data(app: Application) -> dict[str, Any]:
    """Return an application as plain data. Times are RFC 3339, null where nobody knows."""
    return {
        "namespace": app.namespace,
        "name": app.name,
        "strategy": app.strategy,
        "generation": app.generation,
        "observedGeneration": app.observed,
        "split": app.split,
        "versions": [_version(version) for version in app.versions],
        "override": app.override,
        "overrideFault": app.override_fault,
        "rollout": None if app.rollout is None else app.rollout.manifest(),
        "conditions": [written_condition(condition) for condition in app.conditions],
        "next": [{"what": each.what, "at": _time(each.at)} for each in app.next],
        "events": None if app.events is None else [_event(event) for event in app.events],
    }


def _version(version: Version) -> dict[str, Any]:
    """Return a version as JSON and YAML tell it: the status' own words, and the sentence for them."""
    told = version.told
    return {
        "name": told.name,
        "workload": told.workload or DEPLOYMENT.called(told.name),
        "listed": version.listed,
        "state": str(told.state),
        "reason": told.reason,
        "sentence": version.sentence,
        "remedy": version.remedy,
        "pods": version.pods,
        "weight": told.weight,
        "copies": told.copies,
        "matched": told.matched,
        "readyEndpoints": told.ready_endpoints,
        "stateSince": _time(told.state_since),
        "weightSince": _time(told.weight_since),
        "drainingUntil": _time(told.draining_until),
    }


def _event(event: Past) -> dict[str, Any]:
    kind = "Warning" if event.warns else "Normal"
    return {
        "type": kind,
        "reason": event.reason,
        "message": event.message,
        "at": _time(event.at),
        "count": event.count,
    }


def _time(seconds: float | None) -> str | None:
    return None if seconds is None else timestamp(seconds)

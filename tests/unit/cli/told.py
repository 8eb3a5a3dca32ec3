"""Routemaps with a status, as `teal status` finds them, and a time to look at them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from routing.reading.times import timestamp

if TYPE_CHECKING:
    from collections.abc import Mapping

    Manifest = Mapping[str, Any]

NOW = 1_900_000_000.0
"""2030-03-17T17:46:40Z."""


def ago(seconds: float) -> str:
    return timestamp(NOW - seconds)


def version(name: str, state: str = "ready", reason: str = "Ready", **others: Any) -> dict[str, Any]:
    told = {"name": name, "state": state, "weight": 0, "readyEndpoints": 1, "reason": reason}
    return told | {"stateSince": ago(300), "weightSince": ago(200)} | others


def condition(
    kind: str, reason: str, message: str = "", *, holds: bool = True, since: float = 300
) -> Manifest:
    return {
        "type": kind,
        "status": str(holds),
        "reason": reason,
        "message": message,
        "lastTransitionTime": ago(since),
    }


APPLIED = [
    condition("Ready", "Applied", "the split is applied"),
    condition("Degraded", "VersionReady", holds=False),
    condition("Complete", "SplitAsAsked", "split httpbin-0=80 httpbin-1=20", since=200),
]
READY = {
    "observedGeneration": 3,
    "split": "httpbin-0=80 httpbin-1=20",
    "versions": [version("httpbin-0", weight=80), version("httpbin-1", weight=20)],
    "conditions": APPLIED,
}


def routemap(status: Any = None, name: str = "httpbin", **spec: Any) -> dict[str, Any]:
    """Return a Routemap at generation 3 that lists `<name>-0` and `<name>-1`."""
    listed = [{"name": f"{name}-0", "weight": 80}, {"name": f"{name}-1", "weight": 20}]
    return {
        "apiVersion": "iter8.tools/v1alpha1",
        "kind": "Routemap",
        "metadata": {"namespace": "default", "name": name, "generation": 3},
        "spec": {"strategy": "blue-green", "versions": listed} | spec,
        "status": READY if status is None else status,
    }


def event(reason: str, message: str, seconds: float, kind: str = "Normal", count: int = 1) -> dict[str, Any]:
    return {
        "type": kind,
        "reason": reason,
        "message": message,
        "lastTimestamp": ago(seconds),
        "count": count,
    }

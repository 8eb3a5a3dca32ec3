"""Reading raw manifests, whatever their shape: what is not there, or is something else, is empty."""

from __future__ import annotations

from typing import Any


def section(value: Any, *path: str) -> dict[str, Any]:
    """Return the object under a path of keys."""
    for key in path:
        if not isinstance(value, dict):
            return {}
        value = value.get(key)
    return value if isinstance(value, dict) else {}


def listing(value: Any, *path: str) -> list[Any]:
    """Return the list under a path of keys."""
    # Written out, not by `section`: a pass asks some fifty times.
    for key in path:
        if not isinstance(value, dict):
            return []
        value = value.get(key)
    return value if isinstance(value, list) else []


MOST_DEPTH = 32
"""Nothing of Teal's or Istio's is nested half as deep."""


def bounded(value: Any, depth: int = MOST_DEPTH) -> Any:
    """Return a value of JSON in which what is nested deeper than `depth` is null.

    Reading and writing JSON recurse in Python: an object that a tenant nests a thousand times would end both.
    """
    if isinstance(value, dict):
        return {key: bounded(item, depth - 1) for key, item in value.items()} if depth else None
    if isinstance(value, list):
        return [bounded(item, depth - 1) for item in value] if depth else None
    return value

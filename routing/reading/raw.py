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
    *way, last = path
    found = section(value, *way).get(last)
    return found if isinstance(found, list) else []

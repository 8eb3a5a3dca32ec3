"""Reading raw manifests, whatever their shape: what is not there, or is something else, is empty."""

from __future__ import annotations

from typing import Any


def section(value: Any, *path: str) -> dict[str, Any]:
    """Return the object under a path of keys."""
    found = _at(value, path)
    return found if isinstance(found, dict) else {}


def listing(value: Any, *path: str) -> list[Any]:
    """Return the list under a path of keys."""
    found = _at(value, path)
    return found if isinstance(found, list) else []


def _at(value: Any, path: tuple[str, ...]) -> Any:
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value

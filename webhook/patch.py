"""The JSON Patch (RFC 6902) between two JSON values. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


def diff(before: Any, after: Any, path: str = "") -> Iterator[dict[str, Any]]:
    """Yield the operations that turn `before` into `after`, in order; none when they are equal.

    Only what differs is touched: lists are gone through item by item and grow at their end; one that shrank
    is replaced. What is the same value on both sides is not looked into, so that the cost is that of what was
    made anew, and however deep the rest is does not matter.
    """
    if before is after:
        return
    if isinstance(before, dict) and isinstance(after, dict):
        yield from _objects(before, after, path)
    elif isinstance(before, list) and isinstance(after, list) and len(before) <= len(after):
        yield from _lists(before, after, path)
    elif type(before) is not type(after) or before != after:  # True == 1 in Python, not in JSON
        yield {"op": "replace", "path": path, "value": after}


def _objects(before: Mapping[str, Any], after: Mapping[str, Any], path: str) -> Iterator[dict[str, Any]]:
    for key in before:
        if key not in after:
            yield {"op": "remove", "path": f"{path}/{_escaped(key)}"}
    for key, value in after.items():
        where = f"{path}/{_escaped(key)}"
        if key in before:
            yield from diff(before[key], value, where)
        else:
            yield {"op": "add", "path": where, "value": value}


def _lists(before: Sequence[Any], after: Sequence[Any], path: str) -> Iterator[dict[str, Any]]:
    for index, item in enumerate(before):
        yield from diff(item, after[index], f"{path}/{index}")
    for item in after[len(before) :]:
        yield {"op": "add", "path": f"{path}/-", "value": item}


def _escaped(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")  # RFC 6901 section 3

"""A JSON Patch (RFC 6902) applied, as the API server does: enough for add, remove and replace."""

from __future__ import annotations

import copy
from typing import Any


def apply(document: Any, operations: list[dict[str, Any]]) -> Any:
    root = {"root": copy.deepcopy(document)}
    for operation in operations:
        keys = [key.replace("~1", "/").replace("~0", "~") for key in f"root{operation['path']}".split("/")]
        parent: Any = root
        for key in keys[:-1]:
            parent = parent[int(key) if isinstance(parent, list) else key]
        _apply(operation, parent, keys[-1])
    return root["root"]


def _apply(operation: dict[str, Any], parent: Any, key: str) -> None:
    if operation["op"] == "add" and isinstance(parent, list):
        assert key == "-"
        parent.append(operation["value"])
    elif operation["op"] == "add":
        assert key not in parent
        parent[key] = operation["value"]
    elif operation["op"] == "remove":
        del parent[key]
    else:
        assert operation["op"] == "replace"
        where: Any = int(key) if isinstance(parent, list) else key
        assert where in parent or isinstance(parent, list)
        parent[where] = operation["value"]

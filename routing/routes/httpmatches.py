"""Matches of a Routemap as Gateway API has them (HTTPRouteMatch, gateway.networking.k8s.io/v1), and back.

Where the two differ: a path's prefix is one of whole segments (`/a` takes `/a/b` and not `/ab`), and what
begins a header or a parameter is said by a regular expression.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from routing import cookies
from routing.reading.httproutes import beginning
from routing.reading.raw import listing, section

if TYPE_CHECKING:
    from collections.abc import Mapping

    Manifest = Mapping[str, Any]

EVERYTHING: Manifest = {"path": {"type": "PathPrefix", "value": "/"}}
"""What takes each request. The API server puts it where a rule has no match, or a match no path."""
_PATHS = {"exact": "Exact", "prefix": "PathPrefix"}


def rendered(alternative: Manifest) -> dict[str, Any]:
    """Return an alternative of a Routemap's match (`reading.matches`) with the defaults spelt out."""
    match: dict[str, Any] = {**EVERYTHING}
    for kind, value in section(alternative, "uri").items():
        match["path"] = {"type": _PATHS[kind], "value": value}
    for key in ("headers", "queryParams"):
        conditions = section(alternative, key).items()
        if conditions:
            match[key] = [_condition(name, condition) for name, condition in conditions]
    if "method" in alternative:
        match["method"] = alternative["method"]["exact"]
    return match


def by_cookie(expression: str) -> dict[str, Any]:
    """Return the requests whose Cookie header is like an expression."""
    return rendered({"headers": {cookies.HEADER: {"regex": expression}}})


def _condition(name: str, condition: Mapping[str, str]) -> dict[str, str]:
    if "exact" in condition:
        return {"name": name, "type": "Exact", "value": condition["exact"]}
    expression = condition["regex"] if "regex" in condition else beginning(condition["prefix"])
    return {"name": name, "type": "RegularExpression", "value": expression}


def takes_all(match: Any) -> bool:
    """Tell whether every request matches, whatever a hand has written."""
    told = section(match)
    path = section(told, "path")
    every = path.get("type", "PathPrefix") == "PathPrefix" and path.get("value", "/") == "/"
    return every and not (listing(told, "headers") or listing(told, "queryParams") or told.get("method"))

"""A proxy in a few lines: whom a request goes to by a router's object, and what stands in the answer.

Only as much of it as Teal renders. That real ones do the same is shown by tests/cluster and the traffic
bench.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    Rule = Mapping[str, Any]


@dataclass(frozen=True)
class Answer:
    """Who has answered, and the Set-Cookie that its answer bears, "" for none."""

    version: str
    cookie: str


def asked(route: Mapping[str, Any], headers: Mapping[str, str], dice: float) -> Answer:
    """Return the answer to a request for / with these headers; `dice`, from 0 to 1, chooses by weight."""
    rules = [*(_of_istio(route) if route["kind"] == "VirtualService" else _of_gateway(route))]
    destinations = next(to for conditions, to in rules if _fits(conditions, headers))
    at = dice * sum(weight for _, weight in destinations)
    for answer, weight in destinations:
        at -= weight
        if at < 0 < weight:
            return answer
    return [answer for answer, weight in destinations if weight][-1]


Conditions = list[dict[str, tuple[str, str]]]
Destinations = list[tuple[Answer, int]]


def _of_istio(route: Mapping[str, Any]) -> Iterator[tuple[Conditions, Destinations]]:
    """Yield the rules of a VirtualService: the first that fits takes the request."""
    for rule in route["spec"]["http"]:
        conditions = [
            {name: next(iter(each.items())) for name, each in match.get("headers", {}).items()}
            for match in rule.get("match", ({},))
        ]
        destinations = []
        for item in rule["route"]:
            added = item["headers"]["response"]["add"]
            answer = Answer(added["app-version"], added.get("set-cookie", ""))
            destinations.append((answer, item.get("weight", 100)))
        yield conditions, destinations


def _of_gateway(route: Mapping[str, Any]) -> Iterator[tuple[Conditions, Destinations]]:
    """Yield the rules of an HTTPRoute: more headers first, then as they stand."""
    rules: Sequence[Rule] = route["spec"]["rules"]
    kinds = {"Exact": "exact", "RegularExpression": "regex"}
    for rule in sorted(rules, key=lambda rule: -len(rule["matches"][0].get("headers", ()))):
        conditions = [
            {each["name"]: (kinds[each["type"]], each["value"]) for each in match.get("headers", ())}
            for match in rule["matches"]
        ]
        destinations = []
        for item in rule["backendRefs"]:
            added = {each["name"]: each["value"] for each in _headers(item)}
            answer = Answer(added["app-version"], added.get("set-cookie", ""))
            destinations.append((answer, item["weight"]))
        yield conditions, destinations


def _headers(backend: Rule) -> list[dict[str, str]]:
    (each,) = backend["filters"]
    found: list[dict[str, str]] = each["responseHeaderModifier"]["add"]
    return found


def _fits(conditions: Conditions, headers: Mapping[str, str]) -> bool:
    return any(
        all(_is(kind, text, headers.get(name)) for name, (kind, text) in each.items()) for each in conditions
    )


def _is(kind: str, text: str, value: str | None) -> bool:
    if value is None:
        return False
    return value == text if kind == "exact" else re.fullmatch(text, value) is not None

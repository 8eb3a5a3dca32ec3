"""What a request has to be like to go to a candidate: `versions[].match` of a Routemap with strategy canary.

The form is Istio's HTTPMatchRequest, reduced to what Gateway API's HTTPRouteMatch can say, too: `uri`,
`method`, `headers`, `queryParams`. A list of alternatives, of which one has to hold; within an alternative
all has to hold.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from routing.reading import regexes
from routing.reading.fields import Fields, Want
from routing.reading.raw import section
from routing.reading.violation import shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    Alternative = Mapping[str, Any]

MOST_ALTERNATIVES = 8
MOST_CONDITIONS = 16
"""Headers, or parameters, of one alternative."""
MOST_TEXT = 1024
METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH")
"""Those that Gateway API has (HTTPMethod), and so both routers."""
_KINDS = ("exact", "prefix", "regex")
FIELDS = ("headers", "method", "queryParams", "uri")
_HEADER = re.compile(r"[a-z0-9!#$%&'*+.^_`|~-]{1,256}")
"""A token (RFC 9110) in lower case, as Istio's keys have to be and as HTTP/2 sends it."""
_PARAMETER = re.compile(r"[\x21-\x7e]{1,256}")
_RESERVED = {
    "host": "spec.hosts",
    "uri": "uri",
    "scheme": "no condition",
    "method": "method",
    "authority": "spec.hosts",
}
"""What Envoy has no header for, or Istio takes for something else, and what to use instead."""
_TEXT = Want("a condition", "give one of exact, prefix, regex")


def read(fields: Fields, value: Any, path: str, known: Sequence[str] = FIELDS) -> str:
    """Return a version's match as JSON, its keys sorted, after noting what is wrong with it.

    Equal matches give equal texts. Of what is malformed the text is of no use. `known`: what an
    alternative may ask for.
    """
    alternatives = fields.items(value, path, MOST_ALTERNATIVES)
    for index, item in enumerate(alternatives):
        _alternative(fields, item, f"{path}[{index}]", known)
    return json.dumps(alternatives if not fields.violations else [], sort_keys=True)


def shadowed(matches: Sequence[tuple[int, str]]) -> Iterator[tuple[int, int, int, int]]:
    """Yield each alternative that can't be reached: version, alternative, and those two that take all of it.

    `matches`: by place of its version in the list, in the order in which they are tried. Only what can be
    told for sure is: a regular expression covers nothing but itself.
    """
    seen: list[tuple[int, int, Alternative]] = []
    for place, text in matches:
        for index, alternative in enumerate(json.loads(text)):
            over = next((there for there in seen if _covers(there[2], alternative)), None)
            if over is not None:
                yield place, index, over[0], over[1]
            seen.append((place, index, alternative))


def _alternative(fields: Fields, item: Any, path: str, known: Sequence[str]) -> None:
    """Read one alternative of a match: all that it asks for has to be so."""
    alternative = fields.mapping(item, path, known)
    if alternative is None:
        return
    if not alternative:
        fields.note(
            path, "Empty", f"nothing is asked for, so every request would match; give {', '.join(known)}"
        )
    if "uri" in alternative:
        text(fields, alternative["uri"], f"{path}.uri", starts="/")
    if "method" in alternative:
        _method(fields, alternative["method"], f"{path}.method")
    for key in ("headers", "queryParams"):
        if key in alternative and key in known:
            _conditions(fields, alternative[key], f"{path}.{key}", headers=key == "headers")


def _method(fields: Fields, value: Any, path: str) -> None:
    condition = fields.mapping(value, path, ("exact",))
    if condition is not None:
        fields.text(
            condition.get("exact"),
            f"{path}.exact",
            METHODS.__contains__,
            Want("a method", f"use {', '.join(METHODS)}"),
        )


def _conditions(fields: Fields, value: Any, path: str, *, headers: bool) -> None:
    """Read conditions by name."""
    entries = fields.entries(
        value, path, MOST_CONDITIONS, "names nothing; give a condition by name, or leave it out"
    )
    for name, condition in entries.items():
        at = f"{path}[{shown(name)[1:-1]}]"
        if headers and name.lower() in _RESERVED:
            instead = _RESERVED[name.lower()]
            fields.note(at, "ReservedHeader", f"proxies have no such header; use {instead}")
        elif headers and not _HEADER.fullmatch(name):
            fields.note(
                at, "InvalidName", f"{shown(name)} is not a header's name in lower case; {_lower(name)}"
            )
        elif not headers and not _PARAMETER.fullmatch(name):
            fields.note(
                at, "InvalidName", f"{shown(name)} is not a parameter's name; use 1 to 256 printed characters"
            )
        text(fields, condition, at)


def _lower(name: str) -> str:
    return f"use {name.lower()}" if _HEADER.fullmatch(name.lower()) else "use letters, digits and '-'"


def text(fields: Fields, value: Any, path: str, starts: str = "") -> None:
    """Read a condition on a text (Istio: StringMatch): one of exact, prefix, regex; all begin by `starts`."""
    condition = fields.mapping(value, path, _KINDS)
    if condition is None:
        return
    told = [kind for kind in _KINDS if kind in condition]
    if len(told) != 1:
        fields.note(path, "Ambiguous", f"{shown(value)} has {len(told)} conditions; {_TEXT.remedy}")
        return
    kind = told[0]
    text = condition[kind]
    at = f"{path}.{kind}"
    if not isinstance(text, str) or not text or len(text) > MOST_TEXT or not text.isprintable():
        detail = f"{shown(text)} is not a text of 1 to {MOST_TEXT} printed characters; use one"
        fields.note(at, "NotAText", detail)
    elif kind == "regex":
        _regex(fields, text, at)
    elif not text.startswith(starts):
        fields.note(at, "NotAPath", f"{shown(text)} does not begin with {starts}; every path does")


def _regex(fields: Fields, text: str, path: str) -> None:
    wrong = regexes.fault(text)
    if wrong is not None:
        detail = (
            f"{shown(text)} is not taken ({wrong}): a proxy that refuses it would refuse all its routes; "
            "use exact or prefix, or what https://github.com/google/re2/wiki/Syntax allows"
        )
        fields.note(path, "Regex", detail)


def _covers(wide: Alternative, narrow: Alternative) -> bool:
    """Tell whether every request that one alternative takes is taken by the other."""
    for key, condition in wide.items():
        if key in ("headers", "queryParams"):
            there = section(narrow, key)
            if not all(name in there and _implied(each, there[name]) for name, each in condition.items()):
                return False
        elif key not in narrow or not _implied(condition, narrow[key]):
            return False
    return True


def _implied(wide: Mapping[str, str], narrow: Mapping[str, str]) -> bool:
    """Tell whether a text that fits the one condition fits the other, too."""
    if wide == narrow:
        return True
    prefix, text = wide.get("prefix"), narrow.get("exact", narrow.get("prefix"))
    return prefix is not None and text is not None and text.startswith(prefix)

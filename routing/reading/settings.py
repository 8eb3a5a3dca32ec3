"""What is done to requests on their way, whichever version they go to: `spec.timeout` and its like.

The form is that of Istio's HTTPRoute, reduced to what Istio and its proxies surely take: a route that a proxy
refuses keeps all others from being updated.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from routing import names
from routing.model import RouteSettings
from routing.reading import durations, headers, matches
from routing.reading.fields import Want, nearest
from routing.reading.violation import joined, shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from routing.reading.fields import Fields

SETTINGS = ("timeout", "retries", "headers", "rewrite", "cors", "fault")
"""Fields of a Routemap's spec, and of `RouteSettings`. A router that can't do one refuses it by its name."""

MOST_PORT = 65_535
MOST_ATTEMPTS = 10
MOST_ITEMS = 32
"""Of a list within a setting."""
RETRY_ON = (
    *("5xx", "gateway-error", "reset", "reset-before-request", "connect-failure", "retriable-4xx"),
    *("refused-stream", "retriable-status-codes", "retriable-headers", "envoy-ratelimited"),
    *("http3-post-connect-failure", "cancelled", "deadline-exceeded", "internal", "resource-exhausted"),
    "unavailable",
)
"""Envoy's conditions (x-envoy-retry-on, x-envoy-retry-grpc-on), as far as Istio takes them."""
_CODES = frozenset(
    map(str, (*range(400, 419), *range(421, 427), 428, 429, 431, 451, *range(500, 509), 510, 511))
)
"""Status codes that have a name: of others Istio says that they are none."""
GRPC_STATUSES = (
    *("OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS"),
    *("PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE"),
    *("UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED"),
)
_GRPC = Want("a gRPC status", f"use {', '.join(GRPC_STATUSES)}")
_CONDITIONS = Want("what to retry on", "use status codes and conditions, with commas and no blanks between")
_LEAST_PERCENTAGE, _WHOLE = 0.0001, 100
_PERCENTAGE = "use 0, or a number from 0.0001 to 100"
RETRIES = ("attempts", "perTryTimeout", "retryOn")
REWRITE = ("uri", "authority")
FAULT = ("delay", "abort")
CORS = (
    "allowOrigins",
    "allowMethods",
    "allowHeaders",
    "exposeHeaders",
    "maxAge",
    "allowCredentials",
    "unmatchedPreflights",
)
_ORIGIN = re.compile(r"\*|null|[a-z][a-z0-9+.-]*://[^/\s]+")
_METHOD = Want("a method", f"use {', '.join(matches.METHODS)}, or * for all")
_PREFLIGHTS = Want("FORWARD or IGNORE", "use one of them")
_PATH = re.compile(r"/[!-~]{0,1023}")
_URI = Want("a path", 'use one such as "/v2/", without parameters')
_AUTHORITY = Want("a host name", 'use a DNS name such as "shop.example.com", with a port if need be')


def given(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings that an object has, as they are written."""
    return {key: spec[key] for key in SETTINGS if spec.get(key) is not None}


def read(
    fields: Fields, spec: Mapping[str, Any], path: str, common: Mapping[str, Any] | None = None
) -> RouteSettings:
    """Return the settings in an object, after noting what is wrong with them; `path` is the object's.

    `common`: settings that count where the object has none of its own, and that are read elsewhere. Of what
    is malformed the result is of no use.
    """
    own = given(spec)
    for key, value in own.items():
        _READ[key](fields, value, f"{path}.{key}")
    whole = {**(common or {}), **own}
    if {"timeout", "retries"} & own.keys():
        _within_timeout(fields, whole, f"{path}.{'retries.perTryTimeout' if 'retries' in own else 'timeout'}")
    if fields.violations:
        return RouteSettings()
    timeout = whole.pop("timeout", "")
    return RouteSettings(timeout, **{key: json.dumps(value, sort_keys=True) for key, value in whole.items()})


def _retries(fields: Fields, value: Any, path: str) -> None:
    """Read how often a request that failed is tried again (Istio: HTTPRetry)."""
    asked = fields.mapping(value, path, RETRIES)
    if asked is None:
        return
    attempts = fields.integer(asked.get("attempts"), f"{path}.attempts", 0, MOST_ATTEMPTS)
    others = [key for key in ("perTryTimeout", "retryOn") if key in asked]
    if attempts == 0 and others:
        detail = f"0 switches retries off; take off {joined(others)}, or use 1 to {MOST_ATTEMPTS}"
        fields.note(f"{path}.attempts", "RetriesOff", detail)
    if "perTryTimeout" in asked:
        durations.read(fields, asked["perTryTimeout"], f"{path}.perTryTimeout")
    if "retryOn" in asked:
        _retry_on(fields, asked["retryOn"], f"{path}.retryOn")


def _retry_on(fields: Fields, value: Any, path: str) -> None:
    """Read the conditions, with commas between."""
    if fields.text(value, path, bool, _CONDITIONS) is None:
        return
    listed = value.split(",", MOST_ITEMS)
    if len(listed) > MOST_ITEMS:
        fields.note(path, "TooMany", f"more than {MOST_ITEMS} are listed; list at most {MOST_ITEMS}")
        return
    for word in listed:
        if word not in RETRY_ON and word not in _CODES:
            detail = (
                f"{shown(word)} is not {_CONDITIONS.what}; {_CONDITIONS.remedy}; {nearest(word, RETRY_ON)}"
            )
            fields.note(path, "InvalidName", detail)


def _within_timeout(fields: Fields, told: Mapping[str, Any], path: str) -> None:
    """Note an attempt that may last longer than the request."""
    timeout, retries = told.get("timeout"), told.get("retries")
    each = retries.get("perTryTimeout") if isinstance(retries, dict) else None
    if not isinstance(timeout, str) or not isinstance(each, str):
        return
    if 0 < durations.milliseconds(timeout) < durations.milliseconds(each):
        detail = (
            f"an attempt of {shown(each)} is longer than the timeout, {shown(timeout)}; have it be shorter"
        )
        fields.note(path, "OutOfRange", detail)


def _rewrite(fields: Fields, value: Any, path: str) -> None:
    """Read what versions see instead of the path and the host that were asked for (Istio: HTTPRewrite)."""
    asked = fields.mapping(value, path, REWRITE)
    if asked == {}:
        fields.note(path, "Empty", "nothing is rewritten; give uri, authority")
    asked = asked or {}
    if "uri" in asked:
        fields.text(asked["uri"], f"{path}.uri", is_path, _URI)
    if "authority" in asked:
        fields.text(asked["authority"], f"{path}.authority", _is_authority, _AUTHORITY)


def is_path(text: str) -> bool:
    """Tell whether a path may take the place of another: printed ASCII, and no parameters."""
    return _PATH.fullmatch(text) is not None and not {"?", "#"} & {*text}


def _is_authority(text: str) -> bool:
    host, colon, port = text.partition(":")
    numbered = not colon or (port.isdecimal() and port.isascii() and 0 < int(port[:6]) <= MOST_PORT)
    return names.is_host(host) and not host.startswith("*") and numbered


def _cors(fields: Fields, value: Any, path: str) -> None:
    """Read which pages of other origins may ask (Istio: CorsPolicy)."""
    asked = fields.mapping(value, path, CORS)
    if asked is None:
        return
    origins = fields.items(asked.get("allowOrigins"), f"{path}.allowOrigins", MOST_ITEMS)
    for index, origin in enumerate(origins):
        _origin(fields, origin, f"{path}.allowOrigins[{index}]")
    for key, valid, want in (
        ("allowMethods", (*matches.METHODS, "*").__contains__, _METHOD),
        ("allowHeaders", _is_header, headers.NAME),
        ("exposeHeaders", _is_header, headers.NAME),
    ):
        listed = fields.items(asked[key], f"{path}.{key}", MOST_ITEMS) if key in asked else []
        for index, item in enumerate(listed):
            fields.text(item, f"{path}.{key}[{index}]", valid, want)
    if "maxAge" in asked:
        _max_age(fields, asked["maxAge"], f"{path}.maxAge")
    if "allowCredentials" in asked and not isinstance(asked["allowCredentials"], bool):
        detail = f"{shown(asked['allowCredentials'])} is neither true nor false; use one of them"
        fields.note(f"{path}.allowCredentials", "NotABoolean", detail)
    if "unmatchedPreflights" in asked:
        known = ("FORWARD", "IGNORE").__contains__
        fields.text(asked["unmatchedPreflights"], f"{path}.unmatchedPreflights", known, _PREFLIGHTS)


def _is_header(text: str) -> bool:
    return headers.TOKEN.fullmatch(text) is not None


def _origin(fields: Fields, value: Any, path: str) -> None:
    """Read an origin: a condition like a match's; a whole one has the form that browsers send (RFC 6454)."""
    before = len(fields.violations)
    matches.text(fields, value, path)
    if len(fields.violations) > before or "exact" not in value:
        return
    if _ORIGIN.fullmatch(value["exact"]) is None:
        detail = (
            f'{shown(value["exact"])} is not an origin; use one such as "https://example.com", without a path'
        )
        fields.note(f"{path}.exact", "NotAnOrigin", detail)


def _max_age(fields: Fields, value: Any, path: str) -> None:
    if durations.milliseconds(durations.read(fields, value, path)) % 1000:
        fields.note(path, "OutOfRange", f"{shown(value)} has a part of a second; use whole seconds")


def _fault(fields: Fields, value: Any, path: str) -> None:
    """Read what goes wrong on purpose (Istio: HTTPFaultInjection)."""
    asked = fields.mapping(value, path, FAULT)
    if asked == {}:
        fields.note(path, "Empty", "nothing goes wrong; give delay, abort")
    asked = asked or {}
    if "delay" in asked:
        delay = fields.mapping(asked["delay"], f"{path}.delay", ("fixedDelay", "percentage"))
        if delay is not None:
            durations.read(fields, delay.get("fixedDelay"), f"{path}.delay.fixedDelay")
            _percentage(fields, delay.get("percentage"), f"{path}.delay.percentage")
    if "abort" in asked:
        abort = fields.mapping(asked["abort"], f"{path}.abort", ("httpStatus", "grpcStatus", "percentage"))
        if abort is not None:
            _status(fields, abort, f"{path}.abort")
            _percentage(fields, abort.get("percentage"), f"{path}.abort.percentage")


def _status(fields: Fields, abort: Mapping[str, Any], path: str) -> None:
    told = [key for key in ("httpStatus", "grpcStatus") if key in abort]
    if len(told) != 1:
        detail = f"{len(told)} of httpStatus and grpcStatus are given; give one"
        fields.note(path, "Ambiguous", detail)
    elif told == ["httpStatus"]:
        fields.integer(abort["httpStatus"], f"{path}.httpStatus", 200, 599)
    else:
        fields.text(abort["grpcStatus"], f"{path}.grpcStatus", GRPC_STATUSES.__contains__, _GRPC)


def _percentage(fields: Fields, value: Any, path: str) -> None:
    """Read of how many requests (Istio: Percent). It has to be said: left out, it is of none."""
    asked = fields.mapping(value, path, ("value",))
    if asked is None:
        return
    number = asked.get("value")
    if number is None:
        fields.note(f"{path}.value", "Missing", f"missing; {_PERCENTAGE}")
    elif not isinstance(number, (int, float)) or isinstance(number, bool):
        fields.note(f"{path}.value", "NotANumber", f"{shown(number)} is not a number; {_PERCENTAGE}")
    elif number and not _LEAST_PERCENTAGE <= number <= _WHOLE:
        fields.note(f"{path}.value", "OutOfRange", f"{shown(number)} is out of range; {_PERCENTAGE}")


_READ = {
    "timeout": durations.read,
    "retries": _retries,
    "headers": headers.read,
    "rewrite": _rewrite,
    "cors": _cors,
    "fault": _fault,
}

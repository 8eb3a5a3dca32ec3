"""What is done to headers on their way: `spec.headers` of a Routemap, in the form of Istio's Headers.

`request` and `response` each have `set` (a value takes the place of what is there), `add` (it comes beside)
and `remove`. A proxy that refuses one of them refuses every route that comes with it, so names and values are
those that each takes.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from routing import names
from routing.reading.fields import Want
from routing.reading.violation import shown

if TYPE_CHECKING:
    from routing.reading.fields import Fields

SIDES = ("request", "response")
OPERATIONS = ("set", "add", "remove")
MOST_HEADERS = 32
"""Of one operation."""
TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,256}")
"""A header's name (RFC 9110)."""
NAME = Want("a header's name", "use letters, digits and '-'")
_VALUE = re.compile(r"[!-~]([ -~]{0,1022}[!-~])?")
_TEXT = Want("a header's value", "use 1 to 1024 printed ASCII characters, with no blank at either end")
VARIABLES = (
    "DOWNSTREAM_REMOTE_ADDRESS",
    "DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT",
    "DOWNSTREAM_LOCAL_ADDRESS",
    "PROTOCOL",
    "START_TIME",
)
"""What Envoy replaces in a value, beside a request's header. One that it does not know it refuses."""
_LITERAL = re.compile(rf"([^%]|%%|%({'|'.join(VARIABLES)}|REQ\(:?[A-Za-z0-9-]{{1,64}}\))%)*")
_AUTHORITY = ("host", ":authority")
_PROXIES = ("connection", "content-length", "transfer-encoding", "upgrade")
"""What says where a message ends: proxies write it, and a wrong one mixes up requests."""


def read(fields: Fields, value: Any, path: str) -> None:
    """Note what is wrong with the operations on headers."""
    sides = fields.mapping(value, path, SIDES) or {}
    if value == {}:
        fields.note(path, "Empty", f"nothing is done to a header; give {', '.join(SIDES)}")
    for side in SIDES:
        if side in sides:
            _operations(fields, sides[side], f"{path}.{side}")


def _operations(fields: Fields, value: Any, path: str) -> None:
    """Read what is done to the headers of requests, or of responses."""
    operations = fields.mapping(value, path, OPERATIONS) or {}
    if value == {}:
        fields.note(path, "Empty", f"nothing is done to a header; give {', '.join(OPERATIONS)}")
    for key in ("set", "add"):
        if key in operations:
            _values(fields, operations[key], f"{path}.{key}")
    if "remove" in operations:
        listed = fields.items(operations["remove"], f"{path}.remove", MOST_HEADERS)
        for index, name in enumerate(listed):
            _name(fields, name, f"{path}.remove[{index}]", path)
        _once(fields, listed, f"{path}.remove")


def _values(fields: Fields, value: Any, path: str) -> None:
    """Read values by the headers' names."""
    entries = fields.entries(value, path, MOST_HEADERS, "names no header; give values by name")
    for name, text in entries.items():
        at = f"{path}[{shown(name)[1:-1]}]"
        _name(fields, name, at, path)
        if fields.text(text, at, lambda text: _VALUE.fullmatch(text) is not None, _TEXT) is not None:
            _variables(fields, text, at)
    _once(fields, [*entries], path)


def _variables(fields: Fields, text: str, path: str) -> None:
    if _LITERAL.fullmatch(text) is None:
        known = ", ".join(f"%{name}%" for name in VARIABLES)
        detail = (
            f'{shown(text)} has a "%" by which a proxy would look for a variable; write "%%" for "%", '
            f"or use %REQ(name)%, {known}"
        )
        fields.note(path, "Variable", detail)


def _name(fields: Fields, value: Any, path: str, side: str) -> None:
    """Note a name that is none, or whose header is not to be touched; `side`: the path of the operations."""
    lower = value.lower() if isinstance(value, str) else ""
    if lower in _AUTHORITY:
        fields.note(path, "ReservedHeader", "no operation on headers changes it; use rewrite.authority")
    elif lower in _PROXIES:
        fields.note(path, "ReservedHeader", "proxies write it themselves; take it off")
    elif lower == names.VERSION_HEADER and ".response" in side:
        fields.note(path, "ReservedHeader", "Teal names the version that answered in it; use another")
    else:
        fields.text(value, path, lambda text: TOKEN.fullmatch(text) is not None, NAME)


def _once(fields: Fields, listed: list[Any], path: str) -> None:
    """Note headers that are named twice: upper and lower case are one."""
    fields.unique([name.lower() for name in listed if isinstance(name, str)], path, "header")

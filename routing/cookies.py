"""The cookie of `spec.affinity`: what answers set, and what requests are compared with.

Its value is the version's name, so proxies do all of it, and nothing is kept of any client.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from routing.model import Affinity

HEADER, ANSWER = "cookie", "set-cookie"
"""The headers that have cookies, as Istio's keys have to be: in lower case."""
NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""Of all that RFC 6265 takes what is no operator in a regular expression."""
_BEFORE, _AFTER = "(.*; *)?", "(;.*)?"
_TOLD = re.compile(
    rf"{re.escape(_BEFORE)}(?:{NAME.pattern})=(?:(?P<version>[a-z0-9-]{{1,63}}){re.escape(_AFTER)}|\.\*)"
)


def is_back(cookie: str, version: str) -> str:
    """Return the regular expression of a Cookie header by which a client comes back to a version.

    It takes the whole header, as Envoy compares it: other cookies may stand before and after, joined by "; "
    (RFC 6265, 4.2.1). A name or a value that only begins or ends so is another.
    """
    return f"{_BEFORE}{cookie}={version}{_AFTER}"


def is_any(cookie: str) -> str:
    """Return the regular expression of a Cookie header that has the cookie, whatever its value."""
    return f"{_BEFORE}{cookie}=.*"


def leads_to(expression: str, version: str) -> bool:
    """Tell whether an expression is one of those two, and of this version."""
    told = _TOLD.fullmatch(expression)
    return told is not None and told["version"] in (None, version)


def given(affinity: Affinity, version: str) -> str:
    """Return the Set-Cookie of a version's answer to a client that is new to it.

    It holds for every path, scripts can't read it, and other sites' pages don't have it sent (RFC 6265bis).
    Without a Max-Age it ends with the browser's session.
    """
    age = "" if affinity.ttl_seconds is None else f"; Max-Age={affinity.ttl_seconds}"
    return f"{affinity.cookie}={version}{_attributes(affinity)}{age}"


def taken_back(affinity: Affinity) -> str:
    """Return the Set-Cookie by which a client forgets the cookie."""
    return f"{affinity.cookie}={_attributes(affinity)}; Max-Age=0"


def _attributes(affinity: Affinity) -> str:
    return f"; Path=/; HttpOnly; SameSite=Lax{'; Secure' if affinity.secure else ''}"

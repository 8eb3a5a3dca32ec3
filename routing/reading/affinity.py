"""Clients that come back to the version that has answered them: `spec.affinity` of a Routemap."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from routing import cookies
from routing.model import Affinity
from routing.reading import durations
from routing.reading.fields import Want
from routing.reading.headers import MOST_HEADERS
from routing.reading.named_routes import MOST_ROUTES
from routing.reading.raw import listing, section
from routing.reading.violation import shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from routing.reading.fields import Fields

FIELDS = ("cookie", "ttl", "secure")
MOST_TTL_SECONDS = 400 * 24 * 60 * 60
"""400 days: browsers keep no cookie for longer (RFC 6265bis, 5.5)."""
_COOKIE = Want("a cookie's name", "use 1 to 64 letters, digits, '_' and '-', such as \"shop-version\"")
_SECURE_ONLY = ("__host-", "__secure-")
"""What browsers take with Secure only (RFC 6265bis, 4.1.3), in any case."""


def read(fields: Fields, spec: Mapping[str, Any]) -> Affinity | None:
    """Return how clients keep their version, None where they do not, after noting what is wrong with it."""
    if spec.get("affinity") is None:
        return None
    asked = fields.mapping(spec["affinity"], "spec.affinity", FIELDS)
    if spec.get("strategy") == "mirror":
        detail = "strategy mirror has one version answer all requests; take it off, or use another strategy"
        fields.note("spec.affinity", "NotForStrategy", detail)
    for path in _taken_off(spec):
        detail = "the cookie of spec.affinity would go with it; use add, or take it off"
        fields.note(path, "NotBesideAffinity", detail)
    if asked is None:
        return None
    cookie = fields.text(asked.get("cookie"), "spec.affinity.cookie", _is_cookie, _COOKIE) or ""
    secure = asked.get("secure")
    if secure is not None and not isinstance(secure, bool):
        detail = f"{shown(secure)} is neither true nor false; use one of them"
        fields.note("spec.affinity.secure", "NotABoolean", detail)
    elif not secure and cookie.lower().startswith(_SECURE_ONLY):
        detail = f"browsers take {cookie} by HTTPS only; give secure: true, or use a name without that prefix"
        fields.note("spec.affinity.cookie", "InvalidName", detail)
    return Affinity(cookie, _ttl(fields, asked.get("ttl")), secure is True)


def _is_cookie(text: str) -> bool:
    return cookies.NAME.fullmatch(text) is not None


def _ttl(fields: Fields, value: Any) -> int | None:
    """Return after how many seconds a client is dealt anew, None for the end of its session."""
    if value is None:
        return None
    milliseconds = durations.milliseconds(durations.read(fields, value, "spec.affinity.ttl"))
    if milliseconds % 1000 or milliseconds > MOST_TTL_SECONDS * 1000:
        detail = f"{shown(value)} is out of range; use whole seconds, 400 days (9600h) at most"
        fields.note("spec.affinity.ttl", "OutOfRange", detail)
    return milliseconds // 1000


def _taken_off(spec: Mapping[str, Any]) -> Iterator[str]:
    """Yield where operations on headers would take the cookie off answers: these come after a version's."""
    routes = enumerate(listing(spec, "routes")[:MOST_ROUTES])
    for path, there in (("spec", spec), *((f"spec.routes[{place}]", route) for place, route in routes)):
        response = section(there, "headers", "response")
        for name in islice(section(response, "set"), MOST_HEADERS):
            if _sets(name):
                yield f"{path}.headers.response.set[{name}]"
        for index, name in enumerate(listing(response, "remove")[:MOST_HEADERS]):
            if _sets(name):
                yield f"{path}.headers.response.remove[{index}]"


def _sets(name: Any) -> bool:
    return isinstance(name, str) and name.lower() == cookies.ANSWER

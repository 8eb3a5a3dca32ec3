"""What a Routemap may not ask for with router GRPCRoute: what Gateway API can't say of calls of gRPC."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from routing import names
from routing.reading import httproutes
from routing.reading.raw import section
from routing.reading.violation import shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from routing.model import Routemap
    from routing.reading.fields import Fields

_WORD = "[A-Za-z_][A-Za-z0-9_]*"
_CALLED = re.compile(rf"/(?P<service>{_WORD}(?:\.{_WORD})*)(?:/(?P<method>{_WORD})?)?")
"""What a call is for, as the kind takes its parts (GRPCMethodMatch, v1)."""
_INSTEAD = f"or use router {names.HTTP_ROUTE}"
_WHOLE = ("service", "method")


def limits(fields: Fields, routemap: Routemap) -> None:
    """Note what router GRPCRoute can't do of a Routemap, each with what can be done instead.

    An HTTPRoute carries gRPC, too, and does more, so it is what is offered where it helps.
    """
    httproutes.attached(fields, routemap)
    for key in _asked(routemap):
        detail = f"router {names.GRPC_ROUTE} does not do this; take it off, {_INSTEAD}"
        fields.note(f"spec.{key}", "NotForRouter", detail)
    for index, version in enumerate(routemap.versions):
        for place, alternative in enumerate(json.loads(version.match or "[]")):
            _match(fields, alternative, f"spec.versions[{index}].match[{place}]")


def called(uri: Mapping[str, str]) -> dict[str, str] | None:
    """Return the service, and the method, that a condition on the path is for; {} is all, None is no such.

    `exact` is for a method of a service, `prefix` for all of its methods.
    """
    if uri in ({}, {"prefix": "/"}):
        return {}
    found = _CALLED.fullmatch(uri.get("exact", uri.get("prefix", "")))
    told = {} if found is None else {key: text for key, text in found.groupdict().items() if text}
    return told if [*told] == [*_WHOLE[: 2 if "exact" in uri else 1]] else None


def _asked(routemap: Routemap) -> Iterator[str]:
    """Yield what is asked for of an HTTPRoute alone."""
    if routemap.settings.timeout:
        yield "timeout"
    if routemap.affinity is not None:
        yield "affinity"


def _match(fields: Fields, alternative: Mapping[str, Mapping[str, str]], path: str) -> None:
    """Note what GRPCRouteMatch does not take of an alternative that is well formed."""
    uri = section(alternative, "uri")
    if called(uri) is None:
        kind, text = next(iter(uri.items()))
        detail = (
            f"{shown(text)} is for no call of gRPC; use exact: /package.Service/Method, or prefix: "
            f"/package.Service/, {_INSTEAD}"
        )
        fields.note(f"{path}.uri.{kind}", "NotForRouter", detail)
    for key in ("method", "queryParams"):
        if key in alternative:
            detail = f"calls of gRPC do not differ by this; take it off, {_INSTEAD}"
            fields.note(f"{path}.{key}", "NotForRouter", detail)

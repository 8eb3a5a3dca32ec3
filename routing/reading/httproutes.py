"""What a Routemap may not ask for with router HTTPRoute: what Gateway API can't say, or says otherwise."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from routing import names
from routing.reading import settings
from routing.reading.hosts import MESH, service_of
from routing.reading.raw import section
from routing.reading.violation import shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from routing.model import Routemap
    from routing.reading.fields import Fields

MOST_PARAMETER_TEXT = 1024
"""Of what a query parameter is compared with (HTTPQueryParamMatch, v1)."""
_PARAMETER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,256}")
"""A token, as the kind takes a parameter's name (HTTPHeaderName, v1)."""
_PATH = re.compile(r"/(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|%[0-9a-fA-F]{2})*")
_NO_PATH = re.compile(r"//|/\.\.?(?:/|$)|%2[fF]")
"""What the kind takes of a path that is compared as a text, and what it does not take in it (v1)."""
_INSTEAD = f"or use router {names.VIRTUAL_SERVICE}"


def beginning(text: str) -> str:
    """Return the regular expression of all that begins with a text."""
    return f"{re.escape(text)}.*"


def limits(fields: Fields, routemap: Routemap) -> None:
    """Note what router HTTPRoute can't do of a Routemap, each with what can be done instead."""
    attached(fields, routemap)
    for index, version in enumerate(routemap.versions):
        for place, alternative in enumerate(json.loads(version.match or "[]")):
            path = f"spec.versions[{index}].match[{place}]"
            _match(fields, alternative, path)
            if routemap.affinity is not None and _is_after_cookies(alternative):
                detail = (
                    "an HTTPRoute tries the cookie of spec.affinity before what asks for parameters alone; "
                    f"ask for a header or a path, too, {_INSTEAD}"
                )
                fields.note(f"{path}.queryParams", "NotForRouter", detail)


def _is_after_cookies(alternative: Mapping[str, Mapping[str, str]]) -> bool:
    """Tell whether an alternative is less specific than one header: by that HTTPRoutes go (HTTPRouteRule)."""
    anywhere = section(alternative, "uri") in ({}, {"prefix": "/"})
    return anywhere and not {"method", "headers"} & alternative.keys()


def attached(fields: Fields, routemap: Routemap) -> None:
    """Note what no route of Gateway API's can do, whatever its kind."""
    article = "a" if routemap.router == names.GRPC_ROUTE else "an"
    route = f"{article} {routemap.router}"
    if routemap.port is None:
        detail = f"missing; {route} names the port of each Service: give it, such as 80, {_INSTEAD}"
        fields.note("spec.port", "NotForRouter", detail)
    for key in _asked(routemap):
        detail = f"router {routemap.router} does not do this; take it off, {_INSTEAD}"
        fields.note(f"spec.{key}", "NotForRouter", detail)
    for index, gateway in enumerate(routemap.gateways):
        namespace, slash, _ = gateway.rpartition("/")
        if slash and not names.is_service_name(namespace):
            detail = f"{shown(namespace)} is not a namespace; use {names.SERVICE_NAME}"
            fields.note(f"spec.gateways[{index}]", "InvalidName", detail)
    called = [host for host in routemap.hosts if service_of(host, routemap.namespace)]
    # One that is still to be named has no hosts yet.
    if routemap.name and MESH in routemap.gateways and not called:
        detail = (
            f"none of these is a Service of the Routemap's namespace, by which {route} takes requests in "
            f'the mesh; add one, such as "{routemap.name}.{routemap.namespace}", take mesh off '
            f"spec.gateways, {_INSTEAD}"
        )
        fields.note("spec.hosts", "NotForRouter", detail)


def _asked(routemap: Routemap) -> Iterator[str]:
    """Yield what is asked for of the other router alone."""
    yield from (key for key in settings.SETTINGS if key != "timeout" and getattr(routemap.settings, key))
    if routemap.routes:
        yield "routes"
    if not routemap.gateways:
        yield "delegate"


def _match(fields: Fields, alternative: Mapping[str, Mapping[str, str]], path: str) -> None:
    """Note what HTTPRouteMatch does not take of an alternative that is well formed."""
    for kind, text in section(alternative, "uri").items():
        if kind == "regex":
            detail = (
                "Istio tries every path prefix of an HTTPRoute before a regular expression, / for all "
                f"requests, too, so nothing would come here; use exact or prefix, {_INSTEAD}"
            )
            fields.note(f"{path}.uri.regex", "NotForRouter", detail)
        elif not _PATH.fullmatch(text) or _NO_PATH.search(text):
            detail = (
                f"an HTTPRoute takes no path like {shown(text)}; use letters, digits and -._~!$&'()*+,;=:@, "
                f"others as %XX, without //, /./, /../ and %2F, {_INSTEAD}"
            )
            fields.note(f"{path}.uri.{kind}", "NotForRouter", detail)
    for name, condition in section(alternative, "queryParams").items():
        at = f"{path}.queryParams[{shown(name)[1:-1]}]"
        if not _PARAMETER.fullmatch(name):
            detail = (
                f"an HTTPRoute takes no parameter like {shown(name)}; use letters, digits and "
                f"!#$%&'*+-.^_`|~, {_INSTEAD}"
            )
            fields.note(at, "NotForRouter", detail)
        prefix = section(condition).get("prefix", "")
        if len(beginning(prefix)) > MOST_PARAMETER_TEXT:
            detail = (
                f"{shown(prefix)} is too long: an HTTPRoute compares with an expression of at most "
                f"{MOST_PARAMETER_TEXT} characters; use a shorter one, {_INSTEAD}"
            )
            fields.note(f"{at}.prefix", "NotForRouter", detail)

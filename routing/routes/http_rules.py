"""The HTTP routes of a VirtualService: who gets which requests, and what is done to them on their way."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from routing import cookies, names
from routing.model import Route
from routing.routes.returning import NO_ANSWERS, dealt, returning

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from routing.model import Routemap, RouteSettings
    from routing.routes.exposure import Exposure

_FIELDS = {
    "retries": "retries",
    "headers": "headers",
    "rewrite": "rewrite",
    "cors": "corsPolicy",
    "fault": "fault",
}
"""Istio's names (HTTPRoute) of the settings that are objects."""


def http_rules(routemap: Routemap, exposures: Sequence[Exposure]) -> Iterator[dict[str, Any]]:
    """Yield the HTTP routes in the order in which they are tried.

    The Routemap's own come first, in their order, then all other requests. In each, those that go to a
    candidate alone come first, in the versions' order, then those of clients that come back; the last takes
    what is left.
    """
    for route in (*routemap.routes, Route("", "", routemap.settings)):
        yield from _rules(routemap, route, exposures)


def _rules(routemap: Routemap, route: Route, exposures: Sequence[Exposure]) -> Iterator[dict[str, Any]]:
    """Yield how the requests of one route are shared. Its name follows that of the version or application."""
    suffix = f".{route.name}" if route.name else ""
    own = {version.match for version in routemap.versions}  # another's is a hand's: it is not written again
    for exposure in exposures:
        for match in exposure.matches:
            if match in own:
                name = f"{routemap.name}-{exposure.version}{suffix}"
                yield _rule(routemap, name, [exposure], _settings(route.settings) | _both(route.match, match))
    for back in returning(routemap, exposures):
        name = f"{routemap.name}-{back.exposure.version}-again{suffix}"
        more = _settings(route.settings) | _both(route.match, json.dumps([by_cookie(back.expression)]))
        yield _rule(routemap, name, [back.exposure], more, {back.exposure.version: back.answer})
    mirrors = [_mirror(routemap, exposure) for exposure in exposures if exposure.copies]
    more = _settings(route.settings) | _both(route.match, "") | ({"mirrors": mirrors} if mirrors else {})
    yield _rule(routemap, f"{routemap.name}{suffix}", sharing(exposures), more, dealt(routemap, exposures))


def sharing(exposures: Sequence[Exposure]) -> Sequence[Exposure]:
    """Return those among whom what no match takes is shared: who has a share, and who has nothing."""
    return [exposure for exposure in exposures if exposure.share or not exposure.exposed] or exposures


def by_cookie(expression: str) -> dict[str, Any]:
    """Return the requests whose Cookie header is like an expression (Istio: HTTPMatchRequest)."""
    return {"headers": {cookies.HEADER: {"regex": expression}}}


def _both(*matches: str) -> dict[str, Any]:
    """Return the requests that all these matches take; "" takes each. They ask for different things."""
    taken: list[dict[str, Any]] = [{}]
    for match in filter(None, matches):
        taken = [{**before, **alternative} for before in taken for alternative in json.loads(match)]
    return {"match": taken} if taken != [{}] else {}


def _rule(
    routemap: Routemap,
    name: str,
    exposures: Sequence[Exposure],
    more: Mapping[str, Any],
    answers: Mapping[str, str] = NO_ANSWERS,
) -> dict[str, Any]:
    """Return an HTTP route among versions by their shares (Istio: HTTPRoute).

    `answers`: the Set-Cookie of their answers by version, beside those of the version's own.
    """
    routes: list[dict[str, Any]] = [
        {
            "destination": destination(routemap, exposure.version),
            "headers": {"response": {"add": _added(exposure.version, answers.get(exposure.version, ""))}},
        }
        for exposure in exposures
    ]
    if len(exposures) > 1:
        routes = [route | {"weight": item.share} for route, item in zip(routes, exposures, strict=True)]
    return {"name": name, **more, "route": routes}


def _added(version: str, answer: str) -> dict[str, str]:
    return {names.VERSION_HEADER: version} | ({cookies.ANSWER: answer} if answer else {})


def _settings(settings: RouteSettings) -> dict[str, Any]:
    """Return settings as fields of an HTTP route."""
    told = {field: getattr(settings, ours) for ours, field in _FIELDS.items()}
    timeout = {"timeout": settings.timeout} if settings.timeout else {}
    return {**timeout, **{field: json.loads(text) for field, text in told.items() if text}}


def _mirror(routemap: Routemap, exposure: Exposure) -> dict[str, Any]:
    """Return whom copies go to, and of how many requests (Istio: HTTPMirrorPolicy)."""
    return {
        "destination": destination(routemap, exposure.version),
        "percentage": {"value": exposure.copies},
    }


def destination(routemap: Routemap, name: str) -> dict[str, Any]:
    """Return the destination that a version is (Istio: Destination).

    Its host is the full name, since Istio completes a short one by the namespace of the rule. Without a port
    it takes the Service's only one.
    """
    destination: dict[str, Any] = {"host": f"{name}.{routemap.namespace}.svc.{routemap.domain}"}
    if routemap.port is not None:
        destination["port"] = {"number": routemap.port}
    return destination

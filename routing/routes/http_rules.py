"""The HTTP routes of a VirtualService: who gets which requests, and what is done to them on their way."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from routing import names

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
    """Yield the routes in the order in which they are tried.

    Those with a match come first, in the versions' order; the last takes what is left.
    """
    own = {version.match for version in routemap.versions}  # another's is a hand's: it is not written again
    for exposure in exposures:
        for match in exposure.matches:
            if match in own:
                name = f"{routemap.name}-{exposure.version}"
                yield _rule(routemap, name, [exposure], {"match": json.loads(match)})
    sharing = [exposure for exposure in exposures if exposure.share or not exposure.exposed] or exposures
    mirrors = [_mirror(routemap, exposure) for exposure in exposures if exposure.copies]
    yield _rule(routemap, routemap.name, sharing, {"mirrors": mirrors} if mirrors else {})


def _rule(
    routemap: Routemap, name: str, exposures: Sequence[Exposure], more: Mapping[str, Any]
) -> dict[str, Any]:
    """Return an HTTP route among versions by their shares (Istio: HTTPRoute)."""
    routes: list[dict[str, Any]] = [
        {
            "destination": _destination(routemap, exposure.version),
            "headers": {"response": {"add": {names.VERSION_HEADER: exposure.version}}},
        }
        for exposure in exposures
    ]
    if len(exposures) > 1:
        routes = [route | {"weight": item.share} for route, item in zip(routes, exposures, strict=True)]
    return {"name": name, **more, "route": routes, **_settings(routemap.settings)}


def _settings(settings: RouteSettings) -> dict[str, Any]:
    """Return settings as fields of an HTTP route."""
    told = {field: getattr(settings, ours) for ours, field in _FIELDS.items()}
    timeout = {"timeout": settings.timeout} if settings.timeout else {}
    return {**timeout, **{field: json.loads(text) for field, text in told.items() if text}}


def _mirror(routemap: Routemap, exposure: Exposure) -> dict[str, Any]:
    """Return whom copies go to, and of how many requests (Istio: HTTPMirrorPolicy)."""
    return {
        "destination": _destination(routemap, exposure.version),
        "percentage": {"value": exposure.copies},
    }


def _destination(routemap: Routemap, name: str) -> dict[str, Any]:
    """Return the destination that a version is (Istio: Destination).

    Its host is the full name, since Istio completes a short one by the namespace of the rule. Without a port
    it takes the Service's only one.
    """
    destination: dict[str, Any] = {"host": f"{name}.{routemap.namespace}.svc.{routemap.domain}"}
    if routemap.port is not None:
        destination["port"] = {"number": routemap.port}
    return destination

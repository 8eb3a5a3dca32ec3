"""The route of a VirtualService for connections, in which proxies see no requests: its `tcp` or `tls`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from routing import names
from routing.reading.raw import listing, section
from routing.routes.http_rules import destination, sharing
from routing.split import percentages

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from routing.model import Routemap
    from routing.routes.exposure import Exposure

FIELDS = {names.TCP: "tcp", names.TLS: "tls"}
"""The field of a VirtualService's spec that has the routes, by protocol."""


def connection_routes(routemap: Routemap, exposures: Sequence[Exposure]) -> dict[str, Any]:
    """Return the field of the spec with the only route, for all connections (Istio: TCPRoute, TLSRoute).

    A route of TLS has to say for which names (SNI) it is: the hosts. Who has a match by a hand's doing has
    no share here; where nobody has one, all have the same, since proxies take no route without weights.
    """
    among = sharing(exposures)
    shares = [exposure.share for exposure in among]
    routes: list[dict[str, Any]] = [
        {"destination": destination(routemap, exposure.version)} for exposure in among
    ]
    if len(routes) > 1:
        weights = shares if any(shares) else percentages([1] * len(routes))
        routes = [route | {"weight": weight} for route, weight in zip(routes, weights, strict=True)]
    match = {"match": [_by_name(routemap.hosts)]} if routemap.protocol == names.TLS else {}
    return {FIELDS[routemap.protocol]: [{**match, "route": routes}]}


def every_route(spec: Any) -> list[Mapping[str, Any]]:
    """Return the routes of a VirtualService's spec, those of requests first."""
    return [section(route) for field in ("http", *FIELDS.values()) for route in listing(spec, field)]


def takes_all(spec: Mapping[str, Any], field: str, route: Mapping[str, Any]) -> bool:
    """Tell whether a route of a VirtualService takes every connection that comes by its hosts."""
    if field == FIELDS[names.TCP]:
        return not listing(route, "match")
    wanted = _by_name(listing(spec, "hosts"))
    return any(section(match) == wanted for match in listing(route, "match"))


def _by_name(hosts: Sequence[Any]) -> dict[str, Any]:
    return {"sniHosts": [*hosts]}

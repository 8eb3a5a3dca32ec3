"""The router that Istio has: a VirtualService of exposures, and the exposures of a VirtualService."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from routing import cookies, names
from routing.kinds import VIRTUAL_SERVICES
from routing.reading.named_routes import MATCHED
from routing.reading.raw import listing, section
from routing.routes import connections, objects
from routing.routes.exposure import MOST_DESTINATIONS, Place, exposed_at
from routing.routes.http_rules import by_cookie, http_rules
from routing.split import WHOLE, percentages

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from routing.model import Routemap
    from routing.routes.exposure import Exposure

    Manifest = Mapping[str, Any]

_COPIES = ("mirror", "mirrorPercentage", "mirrorPercent", "mirrors")
"""The ways to say who gets copies."""


class VirtualServiceRouter:
    """The `Router` whose object is Istio's VirtualService.

    Fields mean what Istio's reference says of them (networking.istio.io/v1, VirtualService). What a hand has
    made of the object is read by the same rules: proxies follow it, whoever wrote it.
    """

    resource = VIRTUAL_SERVICES

    def render(self, routemap: Routemap, exposures: Sequence[Exposure]) -> dict[str, Any]:
        """Return the VirtualService that gives each version its share of the requests.

        The shape is that of Iter8's tutorial: a single destination has no weight, and every destination names
        its version in a response header. Rules with a match come first, in the versions' order; the last
        takes what is left. Connections, where they are what is split, have one route.
        """
        routes = (
            {"http": [*http_rules(routemap, exposures)]}
            if routemap.protocol == names.HTTP
            else connections.connection_routes(routemap, exposures)
        )
        return {
            "apiVersion": VIRTUAL_SERVICES.api_version,
            "kind": VIRTUAL_SERVICES.kind,
            "metadata": objects.metadata(routemap),
            "spec": {**_ways_in(routemap), **routes},
        }

    def same(self, current: Manifest, wanted: Manifest) -> bool:
        """Tell whether a VirtualService is as wanted: see `objects.same`."""
        return objects.same(current, wanted)

    def port(self, current: Manifest) -> int | None:
        """Return the port of the first destination: Teal writes the same to each."""
        rules = connections.every_route(section(current, "spec"))
        first = next((item for rule in rules for item in listing(rule, "route")), None)
        number = section(first, "destination", "port").get("number")
        return number if isinstance(number, int) else None

    def exposures(self, current: Manifest) -> tuple[Exposure, ...]:
        """Return whom a VirtualService exposes, as Istio reads it, however it was edited.

        Shares are those of the first route without match, which takes all that comes to it; what stands below
        is never reached. Without HTTP routes they are those of connections. A host that is no Service of this
        namespace is nobody's of ours.
        """
        return exposed_at(_destinations(current))

    def word(self, current: Manifest) -> None:
        """Return nothing: whether proxies follow a VirtualService is not told."""


def _ways_in(routemap: Routemap) -> dict[str, list[str]]:
    """Return by which hosts and gateways requests come. A delegate may not have any (Istio: Delegate)."""
    told = {"hosts": list(routemap.hosts), "gateways": list(routemap.gateways)}
    return {key: listed for key, listed in told.items() if listed}


def _destinations(current: Manifest) -> Iterator[Place]:
    """Yield the destinations of routes that a request can reach.

    HTTP routes are tried in order and the first that matches takes the request, so nothing below one without
    a match is yielded. Hosts that are no version of this namespace are left out.
    """
    metadata = section(current, "metadata")
    name, namespace = metadata.get("name"), metadata.get("namespace")
    rules = [section(rule) for rule in listing(current, "spec", "http")]
    rest = next((rule for rule in rules if not listing(rule, "match")), {})
    for route in rules:
        if _named(route, name, rest):
            continue
        match = _match(route, name)
        for item, weight in _weighted(listing(route, "route")):
            if (version := _version(item, namespace)) is not None:
                yield Place(version, weight, match, by_cookie=_by_cookie(match, version))
        for mirror, share in _mirrors(route):
            if (version := _version({"destination": mirror}, namespace)) is not None:
                yield Place(version, 0, match, copies=share)
        if match is None:
            break
    yield from _other_destinations(current, namespace)


def _named(rule: Mapping[str, Any], name: Any, rest: Mapping[str, Any]) -> bool:
    """Tell whether a rule is a route of the Routemap's that shares the rest's split, by name and in fact.

    Then it exposes nobody but whom the rest exposes, and no more.
    """
    same = all(rule.get(field) == rest.get(field) for field in ("route", *_COPIES))
    return bool(listing(rule, "match")) and _is_called(rule, f"{name}.") and same


def _match(rule: Mapping[str, Any], name: Any) -> str | None:
    """Return which requests a rule takes, as the version's match says it; None for all.

    Within a route of the Routemap's a candidate's match comes with that of the route, which is left out.
    """
    conditional = listing(rule, "match")
    if _is_called(rule, f"{name}-"):
        own = dict.fromkeys(json.dumps(_without_route(item), sort_keys=True) for item in conditional)
        if own and "{}" not in own:
            return f"[{', '.join(own)}]"
    return json.dumps(conditional, sort_keys=True) if conditional else None


def _by_cookie(match: str | None, version: str) -> bool:
    """Tell whether a match is the cookie's by which a version's clients come back to it."""
    if match is None or f'"{cookies.HEADER}"' not in match:
        return False
    alternatives = json.loads(match)
    expression = str(section(alternatives[0], "headers", cookies.HEADER).get("regex"))
    return cookies.leads_to(expression, version) and alternatives == [by_cookie(expression)]


def _is_called(rule: Mapping[str, Any], start: str) -> bool:
    """Tell whether a rule's name begins so, and ends with a route's: no other name has a dot."""
    called = rule.get("name")
    return isinstance(called, str) and called.startswith(start) and "." in called


def _without_route(alternative: Any) -> dict[str, Any]:
    return {key: item for key, item in section(alternative).items() if key not in MATCHED}


def _other_destinations(current: Manifest, namespace: Any) -> Iterator[Place]:
    """Yield the destinations of what is no HTTP.

    Without HTTP routes the first that takes every connection has the shares. Elsewhere there are no shares
    of the same requests: each destination may get some.
    """
    spec = section(current, "spec")
    shared = bool(listing(spec, "http"))
    for field in connections.FIELDS.values():
        for route in map(section, listing(spec, field)):
            shares = not shared and connections.takes_all(spec, field, route)
            shared = shared or shares
            for item, weight in _weighted(listing(route, "route")):
                if (version := _version(item, namespace)) is not None:
                    yield Place(version, weight, None if shares else field)


def _weighted(items: Sequence[Any]) -> Iterator[tuple[Mapping[str, Any], int]]:
    """Yield destinations with their percentages. Istio gives an only one everything, whatever its weight."""
    items = items[:MOST_DESTINATIONS]
    weights = [objects.weight(section(item).get("weight")) for item in items]
    if len(items) == 1:
        weights = [WHOLE]
    elif any(weights) and sum(weights) != WHOLE:
        weights = list(percentages(weights))
    yield from zip(map(section, items), weights, strict=True)


def _mirrors(route: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], int]]:
    """Yield the destinations that get copies, with the percentages; one that is left out is 100.

    There are three ways to say it (Istio: HTTPRoute): `mirrorPercentage`, the older `mirrorPercent`, and
    `mirrors`.
    """
    if route.get("mirror"):
        told = section(route, "mirrorPercentage").get("value", route.get("mirrorPercent", WHOLE))
        yield section(route, "mirror"), _part(told)
    for mirror in map(section, listing(route, "mirrors")):
        yield section(mirror, "destination"), _part(section(mirror, "percentage").get("value", WHOLE))


def _version(item: Mapping[str, Any], namespace: Any) -> str | None:
    """Return the Service of this namespace that a destination's host names, in any of the four ways.

    Whatever the cluster's domain is: a host under another one is put right, and taken for the Service's until
    then, since a version that may be getting requests is held.
    """
    host = section(item, "destination").get("host")
    if not isinstance(host, str):
        return None
    name, *rest = host.split(".")
    here = not rest or rest == [namespace] or rest[:2] == [namespace, "svc"]
    return name if here and names.is_service_name(name) else None


def _part(value: Any) -> int:
    """Return a percentage as an integer; a part of one is one, since it is not nothing."""
    told = value if isinstance(value, (int, float)) and not isinstance(value, bool) else 0
    return min(max(int(told), int(told > 0)), WHOLE)

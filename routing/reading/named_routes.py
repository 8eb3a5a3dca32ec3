"""Routes with settings of their own that share one split: `spec.routes` of a Routemap.

A route takes the requests of its paths and methods; the first that matches has the say, and what none takes
goes by the settings of the spec. Which version answers is the strategy's business, in each route alike: so a
route matches by `uri` and `method` only, and beside routes a candidate by `headers` and `queryParams` only.
Both together are then always one condition that Istio can say.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from routing import cookies, names
from routing.model import Route, RouteSettings
from routing.reading import matches, settings
from routing.reading.defaults import MOST_VERSIONS
from routing.reading.fields import Want
from routing.reading.raw import listing, section
from routing.reading.violation import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from routing.model import Routemap
    from routing.reading.fields import Fields

MOST_ROUTES = 8
"""So that all destinations are read back (MOST_DESTINATIONS of `routes.virtualservice`)."""
MATCHED = ("uri", "method")
"""What a route matches by, and beside routes no version."""
MOST_CHARACTERS = 400_000
"""Of a VirtualService: an API server stores objects of 1.5 MB, and every proxy in reach has to take it."""
FIELDS = ("name", "match", *settings.SETTINGS)
_NAME = Want("a route's name", f"use {names.SERVICE_NAME}")


def read(fields: Fields, spec: Mapping[str, Any]) -> tuple[Route, ...]:
    """Return the routes of a spec, each with all of its settings, after noting what is wrong with them.

    A setting that a route does not name is the spec's.
    """
    common = settings.given(spec)
    if spec.get("delegate") is not True:  # what its root matches is not known
        _ends_alike(fields, common, [{}], "spec.rewrite.uri")
    if spec.get("strategy") == "canary":
        _candidates(fields, spec, common)
    if spec.get("routes") is None:
        return ()
    listed = fields.items(spec["routes"], "spec.routes", MOST_ROUTES)
    told = [_route(fields, item, common, f"spec.routes[{index}]") for index, item in enumerate(listed)]
    fields.unique([route.name for route in told if route.name], "spec.routes", "route")
    for place, index, before, other in matches.shadowed([(at, route.match) for at, route in enumerate(told)]):
        there = f"spec.routes[{before}].match[{other}]"
        detail = f"all that it matches is taken by {there} before; make it narrower, or list it first"
        fields.note(f"spec.routes[{place}].match[{index}]", "Shadowed", detail)
    return tuple(told)


def bounded(fields: Fields, routemap: Routemap) -> None:
    """Note a Routemap whose VirtualService would be larger than an API server stores.

    Each candidate's match comes once in each route, with the route's settings and alternatives, and so does
    each version's cookie.
    """
    candidates = [version.match for version in routemap.versions if version.match]
    if routemap.affinity is not None:
        name = routemap.affinity.cookie
        candidates += [json.dumps([cookies.is_back(name, version.name)]) for version in routemap.versions]
    alternatives = sum(len(json.loads(match)) for match in candidates)
    characters = sum(
        (1 + len(candidates)) * sum(len(getattr(route.settings, key)) for key in settings.SETTINGS)
        + (1 + alternatives) * len(route.match)
        + max(len(json.loads(route.match or "[]")), 1) * sum(map(len, candidates))
        for route in (*routemap.routes, Route("", "", routemap.settings))
    )
    if characters > MOST_CHARACTERS:
        detail = (
            f"its VirtualService would have {characters} characters of matches and settings, at most "
            f"{MOST_CHARACTERS} can be stored; use fewer or shorter ones"
        )
        fields.note("spec", "TooLarge", detail)


def _route(fields: Fields, item: Any, common: Mapping[str, Any], path: str) -> Route:
    entry = fields.mapping(item, path, FIELDS)
    if entry is None:
        return Route("", "[]", RouteSettings())
    name = fields.text(entry.get("name"), f"{path}.name", names.is_service_name, _NAME)
    match = matches.read(fields, entry.get("match"), f"{path}.match", MATCHED)
    own = settings.given(entry)
    told = settings.read(fields, entry, path, common)
    alternatives = [section(item) for item in listing(entry, "match")[: matches.MOST_ALTERNATIVES]]
    at = f"{path}.rewrite.uri" if "rewrite" in own else f"{path}.match"
    _ends_alike(fields, {**common, **own}, alternatives, at)
    return Route(name or "", match, told)


def _ends_alike(
    fields: Fields, given: Mapping[str, Any], alternatives: Iterable[Mapping[str, Any]], path: str
) -> None:
    """Note a path that would be put together wrongly: only a prefix is replaced, by Istio as by Envoy."""
    uri = section(given.get("rewrite")).get("uri")
    if not isinstance(uri, str) or not settings.is_path(uri):
        return
    for alternative in alternatives:
        prefix = section(alternative, "uri").get("prefix") if "uri" in alternative else "/"
        if isinstance(prefix, str) and prefix.endswith("/") != uri.endswith("/"):
            rest = "get" if prefix.endswith("/") else "/get"
            detail = (
                f"{shown(prefix + rest)} would become {shown(uri + rest)}, since only the prefix "
                f'{shown(prefix)} is replaced; have both end with "/", or neither'
            )
            fields.note(path, "PrefixRewrite", detail)
            return


def _candidates(fields: Fields, spec: Mapping[str, Any], common: Mapping[str, Any]) -> None:
    """Note a candidate's condition on what routes match by, or on a path that is rewritten."""
    kept: tuple[str, ...]
    if spec.get("routes") is not None:
        kept, detail = MATCHED, "routes have the paths and methods; match by headers or queryParams"
    elif "uri" in section(common.get("rewrite")):
        kept, detail = ("uri",), "rewrite.uri would replace another part of the path here; match by headers"
    else:
        return
    for place, version in enumerate(listing(spec, "versions")[:MOST_VERSIONS]):
        for index, alternative in enumerate(listing(version, "match")[: matches.MOST_ALTERNATIVES]):
            for key in kept:
                if key in section(alternative):
                    fields.note(f"spec.versions[{place}].match[{index}].{key}", "NotBesideRoutes", detail)

"""Places of backends and rules in a route of Gateway API, which stay taken whoever comes and goes.

Envoy Gateway's proxies know a backend by its place: the number of its rule, and its own in it. They hear that
a place is taken away before they hear of the route without it, and of a route with a new one before they
know what is there: requests fail meanwhile (envoyproxy/gateway#9029). So at Gateways each version that is
listed has its place, in which somebody who answers anyway stands in while it gets nothing: by next to no
weight, or by a match that nobody asks for. Whoever comes takes over a place that proxies know.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from routing.reading.hosts import MESH
from routing.reading.raw import listing, section

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from routing.model import Routemap
    from routing.routes.exposure import Exposure

    Manifest = Mapping[str, Any]

NOBODY = "teal-nobody"
"""The header of requests that nobody sends: the match of a rule that keeps its place."""
_SCALE = 10_000
"""A weight is 1,000,000 at most (HTTPBackendRef), so 100 percent with it."""


def kept(routemap: Routemap) -> bool:
    """Tell whether places are to be kept: in the mesh proxies know backends by name."""
    return any(gateway != MESH for gateway in routemap.gateways)


def filled(routemap: Routemap, sharing: Sequence[Exposure]) -> list[tuple[Exposure, int]]:
    """Return who stands in the places of those who share the requests, in order, with the weights.

    A place for each version listed, filled by the first that shares where its own does not, then the others;
    those without a share, who are named only, come last: their backends are none to Envoy Gateway.
    """
    by_name = {each.version: each for each in sharing if each.share}
    listed = [version.name for version in routemap.versions]
    if not kept(routemap) or by_name.keys() >= {*listed} or not by_name:
        return [(each, each.share) for each in sharing]
    stand_in = next(iter(by_name.values()))
    names = listed + [name for name in by_name if name not in listed]
    places = [
        (by_name[name], by_name[name].share * _SCALE) if name in by_name else (stand_in, 1) for name in names
    ]
    return [*places, *((each, 0) for each in sharing if not each.share)]


def closed(everything: Sequence[Manifest], version: str) -> dict[str, Any]:
    """Return the match of a version's rule while it has none; `everything`: what the kind has for all."""
    header = {"name": NOBODY, "type": "Exact", "value": version}
    return {**(everything[0] if everything else {}), "headers": [header]}


def is_closed(matches: Sequence[Any]) -> bool:
    """Tell whether a rule only keeps a place, by its matches."""
    return all(any(name == NOBODY for name in _headers(match)) for match in matches)


def weight_of_each(
    found: Sequence[tuple[str | None, int]],
) -> tuple[list[str | None], list[int]]:
    """Return whom backends lead to, each version once, and their weights added up; None: nobody of ours."""
    names: list[str | None] = []
    weights: list[int] = []
    for name, weight in found:
        if name is not None and name in names:
            weights[names.index(name)] += weight
        else:
            names.append(name)
            weights.append(weight)
    return names, weights


def _headers(match: Any) -> Iterator[Any]:
    for header in listing(section(match), "headers"):
        yield section(header).get("name")

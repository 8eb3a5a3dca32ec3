"""The router that Gateway API has: an HTTPRoute of exposures, and the exposures of an HTTPRoute."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from routing import cookies, names
from routing.kinds import HTTP_ROUTES
from routing.reading.hosts import MESH
from routing.reading.raw import listing, section
from routing.routes import httpmatches, objects, parents, places
from routing.routes.exposure import MOST_DESTINATIONS, Place, exposed_at
from routing.routes.returning import NO_ANSWERS, dealt, returning
from routing.split import WHOLE, percentages

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from routing.kinds import Resource
    from routing.model import Routemap
    from routing.routes.exposure import Exposure, Match
    from routing.routes.word import Word

    Manifest = Mapping[str, Any]
    Backends = Sequence[tuple[Exposure, int]]

_MIRROR, _HEADER = "RequestMirror", "ResponseHeaderModifier"


class HTTPRouteRouter:
    """The `Router` whose object is Gateway API's HTTPRoute; another kind of its routes says what differs.

    Fields mean what its specification says of them (gateway.networking.k8s.io/v1, HTTPRoute). All defaults
    are spelt out, since the API server fills them in: else no object would ever be as wanted.
    """

    resource: Resource = HTTP_ROUTES
    rendered: Callable[[Manifest], dict[str, Any]] = staticmethod(httpmatches.rendered)
    """How the kind has an alternative of a Routemap's match."""
    everything: Sequence[Manifest] = (httpmatches.EVERYTHING,)
    """The matches of the rule for all requests; none where the kind has no default for them."""

    def render(self, routemap: Routemap, exposures: Sequence[Exposure]) -> dict[str, Any]:
        """Return the route that gives each version its share of the requests.

        As in the VirtualService every backend names its version in a response header. The rule for all
        stands first, then those with a match, in the versions' order, then those by cookie: which one takes
        a request is told by how specific its match is, and by their order among equals only. Envoy Gateway
        calls a backend by its rule's place: one that stays where it is goes on, whatever comes or goes.
        """
        sharing = [exposure for exposure in exposures if exposure.share or not exposure.exposed] or exposures
        if len(sharing) == 1:
            sharing = [replace(sharing[0], share=WHOLE)]
        backends = places.filled(routemap, sharing)
        rest = _rule(routemap, backends, self.everything, dealt(routemap, exposures))
        mirrors = [_mirror(routemap, exposure) for exposure in exposures if exposure.copies]
        if mirrors:
            rest["filters"] = mirrors
        rules = [
            *self._matched(routemap, exposures, backends),
            *self._returning(routemap, exposures, backends),
        ]
        # Among equals the first takes all: then a candidate that wants all has to be before the rest.
        equal = any(httpmatches.takes_all(match) for rule in rules for match in rule["matches"])
        gateways = [gateway for gateway in routemap.gateways if gateway != MESH]
        # A Service's own names are what clients call it by; only at Gateways hosts are compared.
        hostnames = {"hostnames": list(routemap.hosts)} if gateways else {}
        return {
            "apiVersion": self.resource.api_version,
            "kind": self.resource.kind,
            "metadata": objects.metadata(routemap),
            "spec": {
                "parentRefs": parents.parent_refs(routemap),
                **hostnames,
                "rules": [*rules, rest] if equal else [rest, *rules],
            },
        }

    def _matched(
        self, routemap: Routemap, exposures: Sequence[Exposure], backends: Backends
    ) -> Iterator[dict[str, Any]]:
        """Yield the rules of versions with a match, in their order."""
        for version in routemap.versions:
            if not version.match:
                continue
            alternatives = [self.rendered(each) for each in json.loads(version.match)]
            found = [each for each in exposures if {version.match, _text(alternatives)} & {*each.matches}]
            for exposure in found:
                yield _rule(routemap, [(exposure, WHOLE)], alternatives)
            if not found:
                yield from self._closed(routemap, version.name, backends)

    def _returning(
        self, routemap: Routemap, exposures: Sequence[Exposure], backends: Backends
    ) -> Iterator[dict[str, Any]]:
        """Yield the rules of clients that come back to versions, in their order."""
        if routemap.affinity is None:
            return
        back = {each.exposure.version: each for each in returning(routemap, exposures)}
        for name in dict.fromkeys([version.name for version in routemap.versions]) | back:
            if name in back:
                answers = {name: back[name].answer}
                matches = [httpmatches.by_cookie(back[name].expression)]
                yield _rule(routemap, [(back[name].exposure, WHOLE)], matches, answers)
            else:
                yield from self._closed(routemap, name, backends)

    def _closed(self, routemap: Routemap, name: str, backends: Backends) -> Iterator[dict[str, Any]]:
        """Yield a rule that keeps the place of a version's, if places are kept."""
        stand_in = next((each for each, _ in backends if each.share), None)
        if places.kept(routemap) and stand_in is not None:
            yield _rule(routemap, [(stand_in, WHOLE)], [places.closed(self.everything, name)])

    def same(self, current: Manifest, wanted: Manifest) -> bool:
        """Tell whether an HTTPRoute is as wanted: see `objects.same`."""
        return objects.same(current, wanted)

    def port(self, current: Manifest) -> int | None:
        """Return the port of the first backend: Teal writes the same to each."""
        rules = map(section, listing(current, "spec", "rules"))
        first = next((item for rule in rules for item in listing(rule, "backendRefs")), None)
        number = section(first).get("port")
        return number if isinstance(number, int) else None

    def exposures(self, current: Manifest) -> tuple[Exposure, ...]:
        """Return whom an HTTPRoute exposes, as its specification reads it, however it was edited.

        Shares are those of the first rule that takes every request; of others that do nothing is reached but
        by their further matches. A backend that is no Service of this namespace is nobody's of ours.
        """
        return exposed_at(_backends(current))

    def word(self, current: Manifest) -> Word:
        """Return what the controllers of the parents say of an HTTPRoute as it is."""
        return parents.word(current, self.resource.kind)


def _text(alternatives: Sequence[Any]) -> Match:
    return json.dumps(alternatives, sort_keys=True)


def _rule(
    routemap: Routemap,
    to: Backends,
    alternatives: Sequence[Any],
    answers: Mapping[str, str] = NO_ANSWERS,
) -> dict[str, Any]:
    """Return a rule that leads to versions by weights (HTTPRouteRule).

    `answers`: the Set-Cookie of their answers by version, beside those of the version's own.
    """
    backends = [
        {
            **_backend(routemap, exposure.version),
            "weight": weight,
            "filters": [_added(exposure.version, answers.get(exposure.version, ""))],
        }
        for exposure, weight in to
    ]
    timeout = routemap.settings.timeout
    timeouts = {"timeouts": {"request": timeout}} if timeout else {}
    matches = {"matches": [*alternatives]} if alternatives else {}
    return {**matches, "backendRefs": backends, **timeouts}


def _added(version: str, answer: str) -> dict[str, Any]:
    """Return what stands in the headers of a version's answers (HTTPRouteFilter)."""
    headers = {names.VERSION_HEADER: version} | ({cookies.ANSWER: answer} if answer else {})
    added = [{"name": name, "value": value} for name, value in headers.items()]
    return {"type": _HEADER, "responseHeaderModifier": {"add": added}}


def _backend(routemap: Routemap, name: str) -> dict[str, Any]:
    """Return the backend that a version is (BackendObjectReference). Of a Service the port has to be told."""
    return {"group": "", "kind": "Service", "name": name, "port": routemap.port}


def _mirror(routemap: Routemap, exposure: Exposure) -> dict[str, Any]:
    """Return whom copies go to, and of how many requests (HTTPRequestMirrorFilter); without a percentage all.

    An older Gateway API knows no percentage and would drop it, so it is left out where it says nothing.
    """
    percent = {"percent": exposure.copies} if exposure.copies < WHOLE else {}
    return {
        "type": _MIRROR,
        "requestMirror": {"backendRef": _backend(routemap, exposure.version), **percent},
    }


def _backends(current: Manifest) -> Iterator[Place]:
    """Yield the backends that a request, or a copy, can reach, those with no share included.

    A rule for all and one with conditions are both reached, in whatever order they stand: the more specific
    match goes first. Of several rules for all the first takes everything. One that only keeps a place, and
    leads to those who share the requests, says nothing new.
    """
    namespace, sharing = section(current, "metadata").get("namespace"), None
    keeping: list[Place] = []
    for rule in map(section, listing(current, "spec", "rules")):
        matches = listing(rule, "matches") or [httpmatches.EVERYTHING]
        conditional = [match for match in matches if not httpmatches.takes_all(match)]
        first = len(conditional) < len(matches) and sharing is None
        if not first and not conditional:
            continue
        match = None if first else _text(conditional)
        backends = listing(rule, "backendRefs")[:MOST_DESTINATIONS]
        found = [
            Place(version, share, match, by_cookie=not first and _by_cookie(conditional, version))
            for version, share in _weighted(backends, namespace)
        ]
        if first:
            sharing = {place.version for place in found if place.share}
        if match is not None and places.is_closed(conditional):
            keeping += found
        else:
            yield from found
        for ref, copies in _mirrors([rule, *map(section, backends)]):
            if (version := _version(ref, namespace)) is not None:
                yield Place(version, match=match, copies=copies)
    yield from (place for place in keeping if place.version not in (sharing or ()))


def _by_cookie(alternatives: Sequence[Any], version: str) -> bool:
    """Tell whether what is asked for is the cookie by which a version's clients come back to it."""
    expression = str(section(next(iter(listing(alternatives[0], "headers")), None)).get("value"))
    return cookies.leads_to(expression, version) and [*alternatives] == [httpmatches.by_cookie(expression)]


def _weighted(items: Sequence[Any], namespace: Any) -> Iterator[tuple[str, int]]:
    """Yield versions with their percentages. Without a weight it is 1; where all are 0 nobody gets anything.

    A part of one is one, since it is not nothing: the largest gives it.
    """
    told = [
        (_version(item, namespace), objects.weight(item.get("weight", 1))) for item in map(section, items)
    ]
    versions, weights = places.weight_of_each(told)
    shares = [*percentages(weights)] if any(weights) else weights
    for index, weight in enumerate(weights):
        if weight and not shares[index]:
            shares[index] = 1
            shares[shares.index(max(shares))] -= 1
    yield from (
        (version, share) for version, share in zip(versions, shares, strict=True) if version is not None
    )


def _mirrors(places: Iterable[Mapping[str, Any]]) -> Iterator[tuple[Mapping[str, Any], int]]:
    """Yield the backends that get copies, by filters of a rule or of its backends, with the percentages."""
    for place in places:
        for item in map(section, listing(place, "filters")):
            if item.get("type") == _MIRROR:
                mirror = section(item, "requestMirror")
                yield section(mirror, "backendRef"), _percent(mirror)


def _percent(mirror: Mapping[str, Any]) -> int:
    """Return of how many requests in a hundred copies are made: by `percent`, `fraction`, or else of all."""
    fraction = section(mirror, "fraction")
    if not fraction:
        return min(objects.weight(mirror.get("percent", WHOLE)), WHOLE)
    part, whole = (
        objects.weight(fraction.get("numerator")),
        objects.weight(fraction.get("denominator", WHOLE)) or 1,
    )
    return min(-(-part * WHOLE // whole), WHOLE)  # rounded up: a part of one is not nothing


def _version(ref: Mapping[str, Any], namespace: Any) -> str | None:
    """Return the Service of this namespace that a reference names, None where it is something else."""
    name = ref.get("name")
    service = ref.get("kind", "Service") == "Service" and ref.get("group", "") in ("", "core")
    here = service and (ref.get("namespace") or namespace) == namespace
    return name if here and isinstance(name, str) and names.is_service_name(name) else None

"""What a Routemap can say of a VirtualService that somebody else has written, and what it can't.

The names are Istio's (networking.istio.io/v1: VirtualService, HTTPRoute, HTTPMatchRequest). A rule without
match, or for the prefix "/", takes the rest; each before it becomes a route of the Routemap, or with strategy
canary a candidate's match.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from routing import names
from routing.reading import hosts, matches, settings
from routing.reading.fields import Fields
from routing.reading.named_routes import MATCHED
from routing.reading.raw import listing, section
from routing.reading.violation import shown
from routing.routes import connections
from routing.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Manifest = Mapping[str, Any]

SPEC = ("hosts", "gateways")
"""Fields of a VirtualService's spec, beside those of routes, that a Routemap can say."""
_NOTHING: Mapping[str, Any] = {"exportTo": ["*"], "http": [], "tcp": [], "tls": []}
"""Values of others that change nothing."""
SETTINGS = {
    "timeout": "timeout",
    "retries": "retries",
    "headers": "headers",
    "rewrite": "rewrite",
    "corsPolicy": "cors",
    "fault": "fault",
}
"""Istio's fields of an HTTP route, and the Routemap's names of them."""
_RULE = ("name", "match", "route", *SETTINGS)
_REST: tuple[Mapping[str, Any], ...] = ({}, {"uri": {"prefix": "/"}})
"""Matches that take each request."""
_NOT_SAID = "a Routemap can't say it"
_PART_OF_SECOND = re.compile(r"([0-9]{1,5})\.([0-9]{1,3})0*s")

Split = tuple[tuple[str, int], ...]
"""Services by their weights, in the rule's order. An only one has 100."""


@dataclass(frozen=True, slots=True)
class Expressed:
    """A VirtualService as a Routemap would say it.

    `spec`: hosts, gateways, port, settings and routes of the Routemap; `split`: of all requests that no
    candidate's match takes; `candidates`: by Service, the match with which it gets requests alone. `left`:
    what a Routemap can't say, a sentence each; without it the rest is true.
    """

    spec: Manifest
    split: Split
    candidates: Mapping[str, Sequence[Manifest]]
    left: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Rule:
    """An HTTP route as far as it can be said. `path`: where it stands; `match`: [] for each request."""

    path: str
    name: str
    match: list[dict[str, Any]]
    split: Split
    settings: dict[str, Any]


def expressed(virtual_service: Manifest) -> Expressed:
    """Return what a Routemap can say of a VirtualService, of whatever shape it is."""
    return _Reading(section(virtual_service, "metadata").get("namespace")).read(
        section(virtual_service, "spec")
    )


class _Reading:
    """Reads one VirtualService and collects what is left."""

    def __init__(self, namespace: Any) -> None:
        """Begin to read; short hosts are completed by the namespace."""
        self._namespace = str(namespace)
        self._left: list[str] = []
        self._ports: dict[int | None, str] = {}

    def read(self, spec: Manifest) -> Expressed:
        """Return what a spec says.

        What a Routemap can't say is left out, and told in the order of reading.
        """
        for protocol, field in connections.FIELDS.items():
            if listing(spec, field) and not listing(spec, "http"):
                return self._of_connections(spec, protocol, field)
        self._unknown(spec, "spec", (*SPEC, "http"), harmless=_NOTHING)
        before, rest = self._divided(listing(spec, "http"))
        candidates = self._candidates(before, rest)
        routes = [] if candidates else self._routes(before, rest)
        told = {key: spec[key] for key in SPEC if spec.get(key)}
        told |= self._port() | self._settings_and_routes(routes, rest)
        return Expressed(told, rest.split, candidates, tuple(self._left))

    def _of_connections(self, spec: Manifest, protocol: str, field: str) -> Expressed:
        """Return what a spec says by its routes of connections: one, for all of them."""
        self._unknown(spec, "spec", (*SPEC, field), harmless=_NOTHING)
        first, *others = map(section, listing(spec, field))
        self._unknown(first, f"spec.{field}[0]", ("match", "route"))
        if others or not connections.takes_all(spec, field, first):
            self._left.append(f"spec.{field}: a Routemap has one route, for all connections to its hosts")
        split = self._split(first, f"spec.{field}[0]")
        told = {key: spec[key] for key in SPEC if spec.get(key)}
        return Expressed({**told, "protocol": protocol, **self._port()}, split, {}, tuple(self._left))

    def _divided(self, http: list[Any]) -> tuple[list[_Rule], _Rule]:
        """Return the rules before the one that takes the rest, and that one: below it nothing is reached."""
        reached: list[_Rule] = []
        for index, item in enumerate(map(section, http)):
            rule = self._rule(item, f"spec.http[{index}]")
            if not rule.match or any(alternative in _REST for alternative in rule.match):
                return reached, rule
            reached.append(rule)
        if reached:
            self._left.append(
                "spec.http: requests that no route matches are answered with 404, and would go to the "
                "versions; have a last route without match, if that is what you want"
            )
        else:
            self._left.append("spec.http: there is no HTTP route; Teal shares HTTP requests")
        return reached, _Rule("spec.http", "", [], reached[-1].split if reached else (), {})

    def _rule(self, rule: Manifest, path: str) -> _Rule:
        """Return an HTTP route: its match without names, its split, and those settings that can be said."""
        self._unknown(rule, path, _RULE)
        told = {}
        for key, ours in SETTINGS.items():
            if rule.get(key) is not None and (value := self._setting(ours, rule[key], f"{path}.{key}")):
                told[ours] = value
        name = rule.get("name")
        match = [_plain(item) for item in listing(rule, "match")]
        return _Rule(path, name if isinstance(name, str) else "", match, self._split(rule, path), told)

    def _setting(self, ours: str, value: Any, path: str) -> Any:
        """Return a setting as the Routemap has it, None after telling why it can't be said."""
        value = _seconds(value)
        if value in ("0s", {}):
            return None  # what Istio does without it
        fields = Fields()
        settings.read(fields, {ours: value}, "")
        for wrong in fields.violations:
            where = wrong.path.removeprefix(f".{ours}")
            self._left.append(f"{path}{where}: {wrong.detail}")
        return None if fields.violations else value

    def _split(self, rule: Manifest, path: str) -> Split:
        """Return the Services that a route sends to by their weights (Istio: HTTPRouteDestination).

        Of several one without a weight gets nothing; an only one gets all, whatever its weight.
        """
        found = []
        for index, item in enumerate(map(section, listing(rule, "route"))):
            at = f"{path}.route[{index}]"
            service = self._service(item, at)
            if service is not None:
                weight = item.get("weight", 0)
                sound = isinstance(weight, int) and not isinstance(weight, bool) and weight >= 0
                found.append((service, weight if sound else 0))
        if not listing(rule, "route") and not {"redirect", "directResponse", "delegate"} & rule.keys():
            self._left.append(f"{path}.route: missing; give a destination")
        return ((found[0][0], 100),) if len(found) == 1 else tuple(found)

    def _service(self, item: Manifest, path: str) -> str | None:
        """Return the Service that a destination is, None after telling why it can be no version.

        The port is noted. A header of the response by which Iter8 and Teal name the version is no setting.
        """
        destination = section(item, "destination")
        host = destination.get("host")
        service = hosts.service_of(host, self._namespace) if isinstance(host, str) and host else None
        if service is None:
            self._left.append(
                f"{path}.destination.host: {shown(host)} is no Service of namespace {self._namespace}; "
                "versions are"
            )
            return None
        if "subset" in destination:
            self._left.append(
                f"{path}.destination.subset: {shown(destination['subset'])} is a part of Service {service}; "
                "give each version a Service of its own, and send to that"
            )
        self._unknown(destination, f"{path}.destination", ("host", "port", "subset"))
        self._ports.setdefault(section(destination, "port").get("number"), f"{path}.destination.port")
        named = {"response": {"add": {names.VERSION_HEADER: service}}}
        self._unknown(item, path, ("destination", "weight"), harmless={"headers": named})
        return service

    def _port(self) -> dict[str, Any]:
        """Return the one port that all destinations have; several are told, and the first is taken."""
        if len(self._ports) > 1:
            told = ", ".join("no port" if port is None else str(port) for port in self._ports)
            self._left.append(
                f"{[*self._ports.values()][1]}: {told} are sent to; a Routemap has one port for all"
            )
        number = next(iter(self._ports), None)
        return {} if number is None else {"port": number}

    def _candidates(self, before: list[_Rule], rest: _Rule) -> dict[str, list[Manifest]]:
        """Return whom strategy canary gives requests by a match; nobody where the rules are no such ones."""
        alone = [rule.split[0][0] for rule in before if len(rule.split) == 1]
        primary = [service for service, _ in rest.split]
        if not before or len(alone) < len(before) or len(primary) != 1 or primary[0] in alone:
            return {}
        found: dict[str, list[Manifest]] = {}
        for rule, service in zip(before, alone, strict=True):
            if rule.settings != rest.settings:
                self._left.append(
                    f"{rule.path}: its settings are not those of {rest.path}; all versions share the latter"
                )
            if self._sound(rule, matches.FIELDS):
                found.setdefault(service, []).extend(rule.match)
        return found

    def _routes(self, before: list[_Rule], rest: _Rule) -> list[_Rule]:
        """Return the rules that become routes: they share the split of the rest."""
        found = []
        for rule in before:
            if rule.split != rest.split:
                self._left.append(
                    f"{rule.path}.route: it sends elsewhere than {rest.path}; the routes of a Routemap share "
                    "one split"
                )
            elif self._sound(rule, MATCHED):
                found.append(rule)
        return found

    def _sound(self, rule: _Rule, known: Sequence[str]) -> bool:
        """Tell whether a rule's match is one that a Routemap takes, by the rules of admission."""
        fields = Fields()
        matches.read(fields, rule.match, f"{rule.path}.match", known)
        self._left += [str(wrong) for wrong in fields.violations]
        return not fields.violations

    def _settings_and_routes(self, routes: list[_Rule], rest: _Rule) -> dict[str, Any]:
        """Return settings and routes. A route has the common settings where it has none of its own.

        So where one does without a setting that the rest has, the rest is a route, too, for each path.
        """
        inherited = any(rest.settings.keys() - rule.settings.keys() for rule in routes)
        taken: set[str] = set()
        told = [_route(rule, index, taken) for index, rule in enumerate(routes)]
        if not told:
            return dict(rest.settings)
        if not inherited:
            return {**rest.settings, "routes": told}
        last = _Rule(rest.path, rest.name or "rest", [{"uri": {"prefix": "/"}}], (), rest.settings)
        return {"routes": [*told, _route(last, len(told), taken)]}

    def _unknown(
        self, value: Manifest, path: str, known: Sequence[str], harmless: Mapping[str, Any] | None = None
    ) -> None:
        """Tell of each field that a Routemap has nothing for, apart from values that change nothing."""
        for key in sorted(value.keys() - {*known}):
            if value[key] is not None and value[key] != (harmless or {}).get(key):
                self._left.append(f"{path}.{key}: {_NOT_SAID}")


def _plain(alternative: Any) -> dict[str, Any]:
    """Return an alternative of a match without its name, which means nothing."""
    return {key: item for key, item in section(alternative).items() if key != "name"}


def _route(rule: _Rule, index: int, taken: set[str]) -> dict[str, Any]:
    """Return a route of the Routemap.

    It keeps its name where a route can have it, and none has it already.
    """
    name = rule.name if names.is_service_name(rule.name) and rule.name not in taken else f"route-{index + 1}"
    taken.add(name)
    return {"name": name, "match": rule.match, **rule.settings}


def _seconds(value: Any) -> Any:
    """Return a setting whose durations with a part of a second are whole milliseconds: "0.5s" is "500ms"."""
    if isinstance(value, dict):
        return {key: _seconds(item) for key, item in value.items()}
    if isinstance(value, str) and (found := _PART_OF_SECOND.fullmatch(value)):
        whole, part = found.groups()
        return f"{int(whole) * 1000 + int(part.ljust(3, '0'))}ms"
    return value

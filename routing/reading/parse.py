"""Manifests to values: a Routemap or WeightOverride, or every reason why not."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any

from routing import names
from routing.model import Routemap, Version, WeightOverride
from routing.reading import affinity, defaults, matches, named_routes, protocols, rollouts, routers, settings
from routing.reading.fields import Fields, Want
from routing.reading.raw import listing, section
from routing.reading.violation import cut, shown
from routing.split import WHOLE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MOST_VERSIONS = defaults.MOST_VERSIONS
MOST_HOSTS = 16
MOST_WEIGHT = 1_000_000
MOST_PORT = settings.MOST_PORT
MOST_SETTLE_SECONDS = 60

_SERVICE_NAME = Want("a Service's name", f"use {names.SERVICE_NAME}")
_HOST = Want("a host name", 'use a DNS name such as "httpbin.default"')
_GATEWAY = Want("a Gateway", 'use "mesh", "name" or "namespace/name"')
_PUBLIC = ", or leave mesh out of spec.gateways if it is a public name"
_ROUTEMAP_FIELDS = (
    "strategy",
    "router",
    "protocol",
    "versions",
    "port",
    "hosts",
    "gateways",
    "delegate",
    *settings.SETTINGS,
    "routes",
    "affinity",
    "settleSeconds",
    "drainSeconds",
    "rollout",
)


def parse_routemap(manifest: Mapping[str, Any], domain: str = names.DOMAIN) -> Routemap:
    """Return the Routemap that a manifest describes, defaults filled in; `domain` is the cluster's.

    Raises InvalidManifestError with every violation found.

    The manifest may hold anything that JSON can. Each helper returns a value that can be worked on, even
    after it has noted why the field is wrong, so that one run finds every mistake; such values never leave
    this function.
    """
    fields = Fields()
    metadata = section(manifest, "metadata")
    metadata = {**metadata, "namespace": _word(metadata.get("namespace") or "default")}
    name = _name(fields, metadata)
    spec = fields.mapping(manifest.get("spec"), "spec", _ROUTEMAP_FIELDS, protocols.WHY_NOT)
    if spec is None:
        raise fields.error()
    spec = defaults.defaulted_spec(spec, metadata, domain)
    _strategy(fields, spec["strategy"])
    _delegate(fields, spec)
    routemap = Routemap(
        namespace=metadata["namespace"],
        name=name,
        uid=_word(metadata.get("uid", "")),
        generation=metadata.get("generation", 0),
        strategy=spec["strategy"],
        versions=_versions(fields, spec.get("versions"), spec["strategy"]),
        hosts=_hosts(fields, spec, metadata["namespace"], domain) if "hosts" in spec else (),
        gateways=_gateways(fields, spec["gateways"]) if "gateways" in spec else (),
        port=_port(fields, spec.get("port")),
        settle_seconds=_seconds(fields, spec.get("settleSeconds"), "settleSeconds", MOST_SETTLE_SECONDS),
        drain_seconds=_seconds(fields, spec["drainSeconds"], "drainSeconds", defaults.MOST_DRAIN_SECONDS)
        or 0,
        settings=settings.read(fields, spec, "spec"),
        routes=named_routes.read(fields, spec),
        domain=domain,
        router=routers.read(fields, spec.get("router", names.VIRTUAL_SERVICE)),
        protocol=protocols.read(fields, spec.get("protocol", names.HTTP)),
        affinity=affinity.read(fields, spec),
        rollout=rollouts.read(fields, spec.get("rollout"), spec["strategy"]),
    )
    if not fields.violations:
        named_routes.bounded(fields, routemap)
    if not fields.violations:
        routers.limits(fields, routemap)
    if fields.violations:
        raise fields.error()
    return routemap


def parse_weight_override(manifest: Mapping[str, Any]) -> WeightOverride:
    """Return the WeightOverride that a manifest describes.

    Raises InvalidManifestError with every violation found.
    """
    fields = Fields()
    _name(fields, section(manifest, "metadata"))
    spec = fields.mapping(manifest.get("spec"), "spec", ("weights",))
    if spec is None:
        raise fields.error()
    weights = _weights(fields, spec.get("weights"), "spec.weights", "version")
    if fields.violations:
        raise fields.error()
    return WeightOverride(dict(weights))


def _word(value: Any) -> str:
    """Return what the API server holds to be a text; of anything else the beginning, however deep it is."""
    return value if isinstance(value, str) else shown(value)


def _name(fields: Fields, metadata: Mapping[str, Any]) -> str:
    """Return the name, "" after noting that it is none, or where the API server is still to make one.

    It makes it of `generateName` after mutating and before validating admission.
    """
    if not metadata.get("name") and isinstance(metadata.get("generateName"), str):
        return ""
    # A VirtualService, a label value and a default host are made from the name.
    return fields.text(metadata.get("name"), "metadata.name", names.is_service_name, _SERVICE_NAME) or ""


def _port(fields: Fields, value: Any) -> int | None:
    return None if value is None else fields.integer(value, "spec.port", 1, MOST_PORT)


def _seconds(fields: Fields, value: Any, key: str, most: int) -> int | None:
    return None if value is None else fields.integer(value, f"spec.{key}", 0, most)


def _strategy(fields: Fields, value: Any) -> None:
    """Note a strategy that there is not."""
    if value not in defaults.STRATEGIES:
        detail = f"{shown(value)} is not a strategy; use {', '.join(defaults.STRATEGIES)}"
        fields.note("spec.strategy", "UnknownStrategy", detail)


def _delegate(fields: Fields, spec: Mapping[str, Any]) -> None:
    """Note what a delegate can't have: Istio takes a VirtualService with hosts, or gateways, for none."""
    value = spec.get("delegate")
    if value is not None and not isinstance(value, bool):
        detail = f"{shown(value)} is neither true nor false; use one of them"
        fields.note("spec.delegate", "NotABoolean", detail)
    for key in ("hosts", "gateways") if value is True else ():
        if key in spec:
            detail = "a delegate's are those of the VirtualService that delegates to it; take them off"
            fields.note(f"spec.{key}", "Delegate", detail)


def _versions(fields: Fields, value: Any, strategy: Any) -> tuple[Version, ...]:
    """Return the versions, the primary first; all 0 is told of where nothing else is wrong.

    What a weight and a match mean depends on the strategy. Of one that there is not, both are let be.
    """
    before = len(fields.violations)
    listed = _weights(fields, value, "spec.versions", "name", ("match",))
    told = _matches(fields, value if listed else (), strategy)
    if strategy == "mirror":
        _percentages(fields, listed)
    elif len(fields.violations) == before and not any(weight for _, weight in listed):
        detail = "all weights are 0, so no version would get a request; give one version a weight above 0"
        fields.note("spec.versions", "NoWeight", detail)
    return tuple(Version(name, weight, told.get(index, "")) for index, (name, weight) in enumerate(listed))


def _percentages(fields: Fields, listed: Sequence[tuple[str, int]]) -> None:
    for index, (_, weight) in enumerate(listed):
        if weight > WHOLE:
            detail = f"{weight} is out of range; with strategy mirror it is a percentage, use 0 to {WHOLE}"
            fields.note(f"spec.versions[{index}].weight", "OutOfRange", detail)


def _matches(fields: Fields, entries: Sequence[Any], strategy: Any) -> dict[int, str]:
    """Return the matches by place of their version, after noting those that are out of place or of no use."""
    told: dict[int, str] = {}
    for index, entry in enumerate(entries):
        value, path = section(entry).get("match"), f"spec.versions[{index}].match"
        if value is None or strategy not in defaults.STRATEGIES:
            continue
        if strategy != "canary":
            detail = f"strategy {strategy} sends nothing by match; take it off, or use strategy canary"
            fields.note(path, "NotForStrategy", detail)
        elif not index:
            fields.note(path, "PrimaryMatch", "the primary gets what no candidate matches; take it off")
        else:
            told[index] = matches.read(fields, value, path)
    for place, index, before, other in matches.shadowed([*told.items()]):
        there = f"spec.versions[{before}].match[{other}]"
        name = shown(section(entries[before]).get("name"))
        detail = f"all that it matches goes to {name} by {there} before; make it narrower, or list it first"
        fields.note(f"spec.versions[{place}].match[{index}]", "Shadowed", detail)
    return told


def _weights(
    fields: Fields, value: Any, path: str, key: str, more: tuple[str, ...] = ()
) -> list[tuple[str, int]]:
    """Return names and weights of a list: a Routemap's (`key` is "name") or an override's ("version").

    `more`: what else an entry may have, which is not read here.
    """
    items = fields.items(value, path, MOST_VERSIONS)
    known = (key, "weight", *more)
    listed = [_weight(fields, item, f"{path}[{index}]", known) for index, item in enumerate(items)]
    fields.unique([name for name, _ in listed], path, "version")
    return listed


def _weight(fields: Fields, item: Any, path: str, known: tuple[str, ...]) -> tuple[str, int]:
    """Return name and weight of an entry, whose fields are `known`, the name's first."""
    key, entry = known[0], fields.mapping(item, path, known)
    if entry is None:
        return path, 0  # noted already; the path keeps it from looking like a duplicate
    name = fields.text(entry.get(key), f"{path}.{key}", names.is_service_name, _SERVICE_NAME)
    weight = fields.integer(entry.get("weight"), f"{path}.weight", 0, MOST_WEIGHT)
    return name or path, weight or 0


def _hosts(fields: Fields, spec: Mapping[str, Any], namespace: str, domain: str) -> tuple[str, ...]:
    """Return the hosts, after noting those by which requests for another namespace would be taken.

    Which these are depends on the gateways: some names mean another's Service to clients in the mesh, and
    nothing of the kind at a gateway. Gateways that are malformed are told of by `_gateways`.
    """
    value, gateways = spec["hosts"], listing(spec, "gateways")
    mesh = len(gateways) <= MOST_HOSTS and "mesh" in gateways
    hosts = []
    for index, item in enumerate(fields.items(value, "spec.hosts", MOST_HOSTS)):
        path = f"spec.hosts[{index}]"
        host = fields.text(item, path, names.is_host, _HOST)
        foreign = host is not None and _foreign(host, namespace, domain)
        if host and (foreign or (mesh and _foreign_in_mesh(host, namespace))):
            detail = (
                f"{shown(host)} takes in Services of other namespaces; "
                f'use hosts of namespace {cut(namespace)}, such as "httpbin.{cut(namespace)}.svc"'
                f"{'' if foreign else _PUBLIC}"
            )
            fields.note(path, "ForeignHost", detail)
        hosts.append(host or path)
    fields.unique(hosts, "spec.hosts", "host")
    return tuple(hosts)


def _foreign(host: str, namespace: str, domain: str) -> bool:
    # httpbin.other.svc.cluster.local: a config in one namespace must not steer traffic of another.
    labels = host.removesuffix(f".{domain}").split(".")
    other = len(labels) > len(("service", "namespace")) and labels[-1] == "svc" and labels[-2] != namespace
    # *.svc.cluster.local, *.cluster.local, *.local, and *.svc: all Services.
    all_services = host.startswith("*.") and f".svc.{domain}".endswith(host[1:])
    return other or all_services or host == "*.svc"


def _foreign_in_mesh(host: str, namespace: str) -> bool:
    """Tell whether clients in the mesh may call a Service of another namespace by this name.

    A sidecar answers to `web.a` for Service web of namespace a, and a VirtualService for that host,
    wherever it is, takes its place (20 of 20 requests, seen); so does one for the Service's address. A name
    of two labels may be a public one, too (`example.com`), and nothing in it tells which: through a gateway
    alone it may be used.
    """
    labels = host.removeprefix("*.").split(".")
    named = len(labels) == len(("service", "namespace")) and not host.startswith("*.")
    every = len(labels) == 1 and host.startswith("*.")
    return ((named or every) and labels[-1] != namespace) or _is_address(host)


def _is_address(host: str) -> bool:
    if not host[-1:].isdigit():
        return False  # no IPv4 address; one of IPv6 has colons, which no host name has
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _gateways(fields: Fields, value: Any) -> tuple[str, ...]:
    gateways = [
        fields.text(item, f"spec.gateways[{index}]", names.is_gateway, _GATEWAY) or f"spec.gateways[{index}]"
        for index, item in enumerate(fields.items(value, "spec.gateways", MOST_HOSTS))
    ]
    fields.unique(gateways, "spec.gateways", "gateway")
    return tuple(gateways)

"""Manifests to values: a Routemap or WeightOverride, or every reason why not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from routing import defaults, names
from routing.fields import Fields
from routing.model import Routemap, Version, WeightOverride
from routing.violation import InvalidManifestError, shown

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_VERSIONS = 8
MOST_HOSTS = 16
MOST_WEIGHT = 1_000_000
MOST_PORT = 65_535
MOST_SETTLE_SECONDS = 60
MOST_DRAIN_SECONDS = 300

_SERVICE_NAME = "a Service's name; use at most 63 of a-z, 0-9 and '-', beginning with a letter"
_ROUTEMAP_FIELDS = ("strategy", "versions", "port", "hosts", "gateways", "settleSeconds", "drainSeconds")


def parse_routemap(manifest: Mapping[str, Any]) -> Routemap:
    """Return the Routemap that a manifest describes, defaults filled in.

    Raises InvalidManifestError with every violation found.
    """
    fields = Fields()
    manifest = defaults.defaulted(manifest)
    metadata = manifest.get("metadata") or {}
    name, namespace = _identity(fields, metadata)
    spec = fields.mapping(manifest.get("spec"), "spec", _ROUTEMAP_FIELDS)
    routemap = _routemap(fields, spec, metadata, (namespace, name))
    if fields.violations:
        raise InvalidManifestError(tuple(fields.violations))
    return routemap


def parse_weight_override(manifest: Mapping[str, Any]) -> WeightOverride:
    """Return the WeightOverride that a manifest describes. Raises InvalidManifestError."""
    fields = Fields()
    _identity(fields, manifest.get("metadata") or {})
    spec = fields.mapping(manifest.get("spec"), "spec", ("weights",))
    weights: list[tuple[str, int]] = []
    for index, item in enumerate(fields.items(spec.get("weights"), "spec.weights", MOST_VERSIONS)):
        weights.append(_weighted(fields, item, f"spec.weights[{index}]", "version"))
    fields.unique([version for version, _ in weights], "spec.weights", "version")
    if fields.violations:
        raise InvalidManifestError(tuple(fields.violations))
    return WeightOverride(dict(weights))


def _identity(fields: Fields, metadata: Mapping[str, Any]) -> tuple[str, str]:
    # A VirtualService, a label value and a default host are made from the name.
    name = fields.text(metadata.get("name"), "metadata.name", names.is_service_name, _SERVICE_NAME)
    return name or "", str(metadata.get("namespace") or "default")


def _routemap(
    fields: Fields, spec: Mapping[str, Any], metadata: Mapping[str, Any], identity: tuple[str, str]
) -> Routemap:
    if not spec:
        return _nothing(identity)
    namespace, name = identity
    _strategy(fields, spec.get("strategy"))
    port = spec.get("port")
    return Routemap(
        namespace=namespace,
        name=name,
        uid=str(metadata.get("uid") or ""),
        generation=int(metadata.get("generation") or 0),
        versions=_versions(fields, spec.get("versions")),
        hosts=_hosts(fields, spec.get("hosts", list(names.default_hosts(name, namespace))), namespace),
        gateways=_gateways(fields, spec.get("gateways")),
        port=None if port is None else fields.integer(port, "spec.port", 1, MOST_PORT),
        settle_seconds=fields.integer(spec.get("settleSeconds"), "spec.settleSeconds", 0, MOST_SETTLE_SECONDS)
        or 0,
        drain_seconds=fields.integer(spec.get("drainSeconds"), "spec.drainSeconds", 0, MOST_DRAIN_SECONDS)
        or 0,
    )


def _nothing(identity: tuple[str, str]) -> Routemap:
    return Routemap(*identity, "", 0, (), (), (), None, 0, 0)


def _strategy(fields: Fields, value: Any) -> None:
    if value in ("canary", "mirror"):
        detail = f"{shown(value)} is not supported yet; use {defaults.STRATEGY}"
        fields.note("spec.strategy", "UnknownStrategy", detail)
    elif value != defaults.STRATEGY:
        detail = f"{shown(value)} is not a strategy; use {defaults.STRATEGY}"
        fields.note("spec.strategy", "UnknownStrategy", detail)


def _versions(fields: Fields, value: Any) -> tuple[Version, ...]:
    before = len(fields.violations)
    listed = [
        _weighted(fields, item, f"spec.versions[{index}]", "name")
        for index, item in enumerate(fields.items(value, "spec.versions", MOST_VERSIONS))
    ]
    fields.unique([name for name, _ in listed], "spec.versions", "version")
    if len(fields.violations) == before and not any(weight for _, weight in listed):
        detail = "all weights are 0, so no version would get a request; give one version a weight above 0"
        fields.note("spec.versions", "NoWeight", detail)
    return tuple(Version(name, weight) for name, weight in listed)


def _weighted(fields: Fields, item: Any, path: str, key: str) -> tuple[str, int]:
    entry = fields.mapping(item, path, (key, "weight"))
    if not isinstance(item, dict):
        return path, 0  # noted already; the path keeps it from looking like a duplicate
    name = fields.text(entry.get(key), f"{path}.{key}", names.is_service_name, _SERVICE_NAME)
    weight = fields.integer(entry.get("weight"), f"{path}.weight", 0, MOST_WEIGHT)
    return name or path, weight or 0


def _hosts(fields: Fields, value: Any, namespace: str) -> tuple[str, ...]:
    hosts: list[str] = []
    for index, item in enumerate(fields.items(value, "spec.hosts", MOST_HOSTS)):
        path = f"spec.hosts[{index}]"
        host = fields.text(item, path, names.is_host, 'a host name; use a DNS name such as "httpbin.default"')
        if host is not None and _foreign(host, namespace):
            detail = f"{shown(host)} is a Service of another namespace; list hosts of {shown(namespace)} only"
            fields.note(path, "ForeignHost", detail)
        hosts.append(host or path)
    fields.unique(hosts, "spec.hosts", "host")
    return tuple(hosts)


def _foreign(host: str, namespace: str) -> bool:
    # httpbin.other.svc.cluster.local: a config in one namespace must not steer traffic of another.
    labels = host.removesuffix(".cluster.local").split(".")
    return len(labels) > len(("service", "namespace")) and labels[-1] == "svc" and labels[-2] != namespace


def _gateways(fields: Fields, value: Any) -> tuple[str, ...]:
    want = 'a Gateway; use "mesh", "name" or "namespace/name"'
    gateways = [
        fields.text(item, f"spec.gateways[{index}]", names.is_gateway, want) or f"spec.gateways[{index}]"
        for index, item in enumerate(fields.items(value, "spec.gateways", MOST_HOSTS))
    ]
    fields.unique(gateways, "spec.gateways", "gateway")
    return tuple(gateways)

"""Gateway API's HTTPRoute as the VirtualService that says the same, so that one reading will do for both.

Names are those of gateway.networking.k8s.io/v1. What has no counterpart keeps its name: whoever reads the
result finds a field there that Istio does not have, and tells of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from routing import names
from routing.reading.hosts import MESH
from routing.reading.raw import listing, section

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    Manifest = Mapping[str, Any]

_PATHS = {"Exact": "exact", "PathPrefix": "prefix", "RegularExpression": "regex"}
_CONDITIONS = {"Exact": "exact", "RegularExpression": "regex"}
_HEADER, _MIRROR = "ResponseHeaderModifier", "RequestMirror"


def as_virtual_service(route: Manifest, namespace: str) -> dict[str, Any]:
    """Return what a VirtualService would say, of whatever shape the HTTPRoute is.

    Of it there are `metadata`, with the namespace, and `spec`: `hosts` (the hostnames; without any those by
    which the parents that are Services are called), `gateways`, `http`, and each other field as it is.
    """
    spec = section(route, "spec")
    parents = [*map(section, listing(spec, "parentRefs"))]
    hosts = listing(spec, "hostnames") or [
        host
        for parent in parents
        if _is_service(parent)
        for host in names.default_hosts(str(parent.get("name")), namespace)
    ]
    others = {key: value for key, value in spec.items() if key not in ("hostnames", "parentRefs", "rules")}
    said = {
        "hosts": hosts,
        "gateways": [*dict.fromkeys(map(_gateway, parents))],
        "http": [_rule(section(rule)) for rule in listing(spec, "rules")],
    }
    metadata = {**section(route, "metadata"), "namespace": namespace}
    return {"metadata": metadata, "spec": {**others, **said}}


def match(alternative: Any) -> dict[str, Any]:
    """Return an HTTPRouteMatch as Istio's HTTPMatchRequest; {} for one that takes each request.

    The path that takes each request is left out, as it is the default. Headers are in lower case, as Istio
    wants their names; Gateway API compares them without regard to case. A type that there is not stays the
    name of the condition, for whoever reads it to tell of.
    """
    given = section(alternative)
    found: dict[str, Any] = {
        key: value for key, value in given.items() if key not in ("path", "headers", "queryParams", "method")
    }
    path = section(given, "path")
    kind, value = path.get("type", "PathPrefix"), path.get("value", "/")
    if path and (kind, value) != ("PathPrefix", "/"):
        found["uri"] = {_PATHS.get(str(kind), str(kind)): value}
    for key in ("headers", "queryParams"):
        if conditions := dict(_conditions(listing(given, key), lower=key == "headers")):
            found[key] = conditions
    if given.get("method") is not None:
        found["method"] = {"exact": given["method"]}
    return found


def _conditions(items: Sequence[Any], *, lower: bool) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield conditions on headers, or parameters, by name: HTTPHeaderMatch as StringMatch."""
    for item in map(section, items):
        kind, name = str(item.get("type", "Exact")), str(item.get("name"))
        yield (name.lower() if lower else name), {_CONDITIONS.get(kind, kind): item.get("value")}


def _is_service(parent: Manifest) -> bool:
    return parent.get("kind") == "Service"


def _gateway(parent: Manifest) -> str:
    """Return a parent as a gateway: a Service's requests are the mesh's (GAMMA).

    A Gateway of another namespace is "namespace/name", as in a VirtualService.
    """
    if _is_service(parent):
        return MESH
    namespace = parent.get("namespace")
    return f"{namespace}/{parent.get('name')}" if namespace else str(parent.get("name"))


def _rule(rule: Manifest) -> dict[str, Any]:
    """Return an HTTPRouteRule as an HTTP route; filters that have no counterpart stay as they are.

    Mirrors of its filters are `mirrors`, the timeout of a request `timeout`; a match that takes each request
    makes all of its alternatives needless, so there is none then.
    """
    filters = [*map(section, listing(rule, "filters"))]
    mirrors = [_mirror(section(item, "requestMirror")) for item in filters if item.get("type") == _MIRROR]
    others = {key: value for key, value in rule.items() if key not in ("matches", "backendRefs", "filters")}
    timeouts = section(others.pop("timeouts", None))
    request = timeouts.pop("request", None) if timeouts else None
    matches = [match(item) for item in listing(rule, "matches")]
    return {
        **others,
        **({"timeouts": timeouts} if timeouts else {}),
        **({"timeout": request} if request is not None else {}),
        **({"match": matches} if matches and all(matches) else {}),
        **_kept([item for item in filters if item.get("type") != _MIRROR]),
        **({"mirrors": mirrors} if mirrors else {}),
        "route": [_destination(section(item)) for item in listing(rule, "backendRefs")],
    }


def _destination(backend: Manifest) -> dict[str, Any]:
    """Return a backend as a weighted destination; its version's name in the answer is as Istio's.

    Without a weight it is 1 (HTTPBackendRef), which Istio would take for 0 beside others.
    """
    filters = [*map(section, listing(backend, "filters"))]
    added = {
        str(header.get("name")): header.get("value")
        for item in filters
        if item.get("type") == _HEADER
        for header in map(section, listing(item, "responseHeaderModifier", "add"))
    }
    headers = {"headers": {"response": {"add": added}}} if added else {}
    others = _kept([item for item in filters if item.get("type") != _HEADER])
    return {
        "destination": _target(backend),
        "weight": backend.get("weight", 1),
        **headers,
        **others,
    }


def _target(backend: Manifest) -> dict[str, Any]:
    """Return a BackendObjectReference as a destination.

    One of another namespace keeps that in its host; one that is no Service has the field `kind`.
    """
    name, namespace, port = backend.get("name"), backend.get("namespace"), backend.get("port")
    other = {} if backend.get("kind", "Service") == "Service" else {"kind": backend.get("kind")}
    host = f"{name}.{namespace}.svc" if namespace else str(name)
    return {"host": host, **({} if port is None else {"port": {"number": port}}), **other}


def _mirror(mirror: Manifest) -> dict[str, Any]:
    """Return an HTTPRequestMirrorFilter as one of Istio's `mirrors`; without a percentage all."""
    percentage = {"percentage": {"value": mirror["percent"]}} if "percent" in mirror else {}
    return {"destination": _target(section(mirror, "backendRef")), **percentage, **_fraction(mirror)}


def _fraction(mirror: Manifest) -> dict[str, Any]:
    return {"fraction": mirror["fraction"]} if "fraction" in mirror else {}


def _kept(filters: Sequence[Manifest]) -> dict[str, Any]:
    """Return filters that a Routemap may not be able to say, under their own name; nothing for none."""
    return {"filters": [*filters]} if filters else {}

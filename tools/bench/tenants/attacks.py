"""What one namespace holds to harm the others: the attacks of docs/threats.md that an API server stores."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from routing import names
from routing.kinds import ROUTEMAPS, SERVICES, VIRTUAL_SERVICES, Resource
from tools.bench.population import CONNECTIONS, namespace_request
from tools.bench.wire import MERGE, Target, Wire, raw, send_all

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    Attack = Callable[[Target], int]

HERE = "attacker"
MANY = 2000
_KINDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/routemaps.iter8.tools"
_STATUS = "/spec/versions/0/schema/openAPIV3Schema/properties/status"
_JSON_PATCH = "application/json-patch+json"
_SECONDS = 30.0
_DEEP = 2000


def hanging(target: Target) -> int:
    """Make eight Routemaps whose status names a version that would make a GET a watch, and hang."""
    status = {"versions": [{"name": "?watch=true&x=0", "state": "ready", "weight": 0}]}
    return _with_status(target, [status] * 8)


def odd(target: Target) -> int:
    """Make Routemaps with statuses that nobody but a hand writes."""
    drain = {"name": "held", "state": "draining"}
    return _with_status(
        target,
        [
            {"versions": [{"name": "held"}]},
            {"conditions": [{"type": "Ready", "status": "False"}]},
            {"versions": [{**drain, "drainingUntil": "soon"}]},
            {"versions": [{**drain, "drainingUntil": "9998-12-31T23:59:59Z"}]},
            {"versions": [{"name": "../../victim/services/a", "state": "ready"}]},
            {"versions": [{"name": f"v{number}", "state": "ready"} for number in range(10_000)]},
        ],
    )


def deep(target: Target) -> int:
    """Make a watched Service whose managedFields are nested deeper than Python's parser goes."""
    wire = Wire(target)
    wire.send(namespace_request(HERE))
    service = _manifest(SERVICES, "deep", {"clusterIP": "None", "ports": [{"port": 80}]})
    wire.send(raw("POST", SERVICES.path(HERE), service))
    nested = '{"f:x":' * _DEEP + "{}" + "}" * _DEEP
    entry = json.dumps(
        {"manager": "a", "operation": "Update", "apiVersion": "v1", "fieldsType": "FieldsV1", "fieldsV1": 0}
    ).replace('"fieldsV1": 0', f'"fieldsV1": {nested}')
    patch = f'[{{"op": "add", "path": "/metadata/managedFields", "value": [{entry}]}}]'
    wire.send(raw("PATCH", SERVICES.path(HERE, "deep"), patch.encode(), _JSON_PATCH))
    return 0


def conflicting(target: Target) -> int:
    """Make thousands of Routemaps that all want one version."""
    return _routemaps(target, (_routemap(f"r{number}", "wanted") for number in range(MANY)))


def foreign(target: Target) -> int:
    """Make thousands of Routemaps whose VirtualService is there already, and is not Teal's."""
    Wire(target).send(namespace_request(HERE))
    spec = {"hosts": ["a.example.com"], "http": [{"route": [{"destination": {"host": "a"}}]}]}
    routes = [_manifest(VIRTUAL_SERVICES, f"r{number}", spec) for number in range(MANY)]
    send_all(target, ([raw("POST", VIRTUAL_SERVICES.path(HERE), each)] for each in routes), CONNECTIONS)
    own = (_routemap(f"r{number}", f"v{number}") for number in range(MANY))
    return _routemaps(target, own, made=True)


ATTACKS: Mapping[str, Attack] = {
    "eight hanging workers": hanging,
    "odd statuses": odd,
    "deep JSON": deep,
    "2,000 that want one version": conflicting,
    "2,000 with another's VirtualService": foreign,
}
"""Each makes its objects in a namespace of its own, and returns how many Routemaps it has made."""


def _with_status(target: Target, statuses: list[dict[str, Any]]) -> int:
    """Make a Routemap for each status, with the kinds' schema as an older release had it; return how many.

    A pass may see a Routemap and its status at once.
    """
    wire = Wire(target)
    anything = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    lax = [{"op": "replace", "path": _STATUS, "value": anything}]
    wire.send(raw("PATCH", _KINDS, lax, _JSON_PATCH))
    _routemaps(target, (_routemap(f"r{number}", f"v{number}") for number in range(len(statuses))))
    for number, status in enumerate(statuses):
        _store(wire, ROUTEMAPS.path(HERE, f"r{number}", "status"), status)
    return len(statuses)


def _store(wire: Wire, path: str, status: dict[str, Any]) -> None:
    """Write a status until it is taken as it is: of a schema the API server hears late."""
    end = time.monotonic() + _SECONDS
    while True:
        try:
            answer = json.loads(wire.send(raw("PATCH", path, {"status": status}, MERGE)))
        except RuntimeError:
            answer = {}
        if status.items() <= answer.get("status", {}).items():
            return
        if time.monotonic() > end:
            raise TimeoutError(f"{path} does not take its status")
        time.sleep(0.1)


def _routemaps(target: Target, manifests: Iterable[dict[str, Any]], *, made: bool = False) -> int:
    """Make Routemaps, and their namespace unless it has been made; return how many."""
    if not made:
        Wire(target).send(namespace_request(HERE))
    requests = [[raw("POST", ROUTEMAPS.path(HERE), manifest)] for manifest in manifests]
    send_all(target, requests, CONNECTIONS)
    return len(requests)


def _routemap(name: str, version: str) -> dict[str, Any]:
    versions = [{"name": version, "weight": 1}]
    return _manifest(ROUTEMAPS, name, {"versions": versions, "settleSeconds": 0, "drainSeconds": 0})


def _manifest(resource: Resource, name: str, spec: dict[str, Any]) -> dict[str, Any]:
    metadata = {"name": name, "namespace": HERE, "labels": {names.WATCH: "true"}}
    return {"apiVersion": resource.api_version, "kind": resource.kind, "metadata": metadata, "spec": spec}

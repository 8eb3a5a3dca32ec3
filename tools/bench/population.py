"""Applications made in bulk: two versions each, ready, with a Routemap as the webhook lets it be stored."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import IPv4Address
from itertools import count
from typing import TYPE_CHECKING, Any

from routing import names
from routing.kinds import DEPLOYMENTS, ENDPOINT_SLICES, ROUTEMAPS, SERVICES, Resource
from routing.reading import defaults
from tools.bench.wire import APPLY, MERGE, Target, Wire, listed, raw, send_all

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

CONNECTIONS = 8
_FIRST_ADDRESS = IPv4Address("10.96.1.0")  # of the control plane's range
_addresses = count()
_WATCHED = {names.WATCH: "true"}


@dataclass(frozen=True)
class Population:
    """Applications `app0`, `app1`, … in a namespace, each with the Service by which clients call it.

    `spec`: what their Routemaps say beside their versions, such as their strategy; with another than
    blue-green their weights are the strategy's own.
    """

    target: Target
    namespace: str
    applications: int
    spec: Mapping[str, Any] = field(default_factory=dict)

    def create(self) -> None:
        """Make the namespace and fill it."""
        send_all(self.target, [[namespace_request(self.namespace)]], 1)
        self.fill()

    def fill(self) -> None:
        """Make the applications; nothing of Teal's is on them yet."""
        send_all(self.target, map(self._application, range(self.applications)), CONNECTIONS)

    def endpoints(self, name: str, ready: int) -> bytes:
        """Return what the EndpointSlice controller sends when so many pods of a version are ready."""
        path = f"{ENDPOINT_SLICES.path(self.namespace, name)}?fieldManager=bench&force=true"
        return raw("PATCH", path, self._slice(name, ready), APPLY)

    def available(self, name: str, *, available: bool) -> bytes:
        """Return what the Deployment controller sends."""
        state = "True" if available else "False"
        condition = {"type": "Available", "status": state, "reason": "MinimumReplicasAvailable"}
        status = {"replicas": 1, "readyReplicas": int(available), "conditions": [condition]}
        path = DEPLOYMENTS.path(self.namespace, name, "status")
        return raw("PATCH", path, {"status": status}, MERGE)

    def uids(self) -> dict[tuple[str, str], str]:
        """Return the uid by kind and name of all that carries one which Teal writes."""
        wire = Wire(self.target)
        return {
            (resource.kind, item["metadata"]["name"]): item["metadata"]["uid"]
            for resource in (ROUTEMAPS, DEPLOYMENTS, SERVICES)
            for item in listed(wire, resource.path(self.namespace))
        }

    def splits(self) -> list[str]:
        """Return what each Routemap's status says of its split."""
        items = listed(Wire(self.target), ROUTEMAPS.path(self.namespace))
        return [(item.get("status") or {}).get("split", "") for item in items]

    def _application(self, number: int) -> Sequence[bytes]:
        name = f"app{number}"
        called = raw("POST", SERVICES.path(self.namespace), self.service(name, {}))
        versions = [request for index in range(2) for request in self._version(f"{name}-{index}")]
        return [called, *versions, self._routemap(name)]

    def _version(self, name: str) -> Iterator[bytes]:
        yield raw("POST", DEPLOYMENTS.path(self.namespace), self.deployment(name, _WATCHED))
        yield self.available(name, available=True)
        yield raw("POST", SERVICES.path(self.namespace), self.service(name, _WATCHED))
        yield self.endpoints(name, 1)

    def deployment(self, name: str, labels: dict[str, str]) -> dict[str, Any]:
        """Return a Deployment of ordinary size."""
        container = {
            "name": "app",
            "image": "kennethreitz/httpbin",
            "ports": [{"containerPort": 80}],
            "env": [{"name": f"SETTING_{number}", "value": "x" * 20} for number in range(8)],
            "readinessProbe": {"httpGet": {"path": "/status/200", "port": 80}},
            "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}},
        }
        spec = {
            "replicas": 1,
            "selector": {"matchLabels": {"app": name}},
            "template": {"metadata": {"labels": {"app": name}}, "spec": {"containers": [container]}},
        }
        return self._manifest(DEPLOYMENTS, name, {"app": name, **labels}) | {"spec": spec}

    def service(self, name: str, labels: dict[str, str]) -> dict[str, Any]:
        """Return a Service. It has a cluster IP, since one without gets no requests.

        It names its address: to choose one takes the API server longer (1.37).
        """
        address = str(_FIRST_ADDRESS + next(_addresses))
        spec = {"selector": {"app": name}, "ports": [{"port": 80}], "clusterIP": address}
        return self._manifest(SERVICES, name, {"app": name, **labels}) | {"spec": spec}

    def _slice(self, name: str, ready: int) -> dict[str, Any]:
        endpoints = [
            {
                "addresses": [f"10.0.0.{number + 1}"],
                "conditions": {"ready": True, "serving": True, "terminating": False},
                "targetRef": {"kind": "Pod", "name": f"{name}-5d4f8c7b9-{number:05}"},
                "nodeName": "node-1",
            }
            for number in range(ready)
        ]
        labels = {"kubernetes.io/service-name": name, **_WATCHED}
        manifest = self._manifest(ENDPOINT_SLICES, name, labels)
        return manifest | {"addressType": "IPv4", "endpoints": endpoints, "ports": [{"port": 80}]}

    def _routemap(self, name: str) -> bytes:
        weight = {} if "strategy" in self.spec else {"weight": 50}
        versions = [{"name": f"{name}-{index}", **weight} for index in range(2)]
        spec = {"versions": versions, "settleSeconds": 0, "drainSeconds": 0, **self.spec}
        manifest = self._manifest(ROUTEMAPS, name, {}) | {"spec": spec}
        return raw("POST", ROUTEMAPS.path(self.namespace), defaults.defaulted(manifest))

    def _manifest(self, resource: Resource, name: str, labels: dict[str, str]) -> dict[str, Any]:
        metadata = {"name": name, "namespace": self.namespace, "labels": labels}
        return {"apiVersion": resource.api_version, "kind": resource.kind, "metadata": metadata}


def namespace_request(name: str) -> bytes:
    """Return what makes a namespace."""
    manifest = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
    return raw("POST", "/api/v1/namespaces", manifest)

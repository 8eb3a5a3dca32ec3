"""What controllers and kubelet do in a real cluster: Deployments become Available, Services get endpoints."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from kube.errors import ClusterError, NotFoundError
from routing import names
from routing.kinds import (
    DEPLOYMENTS,
    ENDPOINT_SLICES,
    EVENTS,
    ROUTEMAPS,
    SERVICES,
    STATEFUL_SETS,
    VIRTUAL_SERVICES,
    WEIGHT_OVERRIDES,
    Resource,
)
from routing.routes import shares

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from kube.client import Cluster

NAMESPACES = Resource("v1", "Namespace", "namespaces")
DEADLINE_SECONDS = 60.0
"""Long, as a machine may be busy: only what fails takes so long."""


class Stage:
    """One namespace of a cluster without controllers: nothing happens but what a test does, and Teal."""

    def __init__(self, cluster: Cluster, namespace: str, *, exists: bool = False) -> None:
        self.cluster = cluster
        self.namespace = namespace
        if not exists:
            manifest = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}
            cluster.request("POST", "/api/v1/namespaces", manifest)

    def version(self, name: str, *, ready: bool = True) -> None:
        """Deploy and expose a version, as `kubectl create, label, expose` do."""
        self.deployment(name, available=ready)
        self.service(name)
        self.endpoints(name, 1 if ready else 0)

    def deployment(
        self, name: str, *, available: bool = True, labels: Mapping[str, str] | None = None
    ) -> None:
        """Make a watched Deployment."""
        container = {"name": "app", "image": "kennethreitz/httpbin", "ports": [{"containerPort": 80}]}
        self._create(
            DEPLOYMENTS,
            name,
            {
                "replicas": 1,
                "selector": {"matchLabels": {"app": name}},
                "template": {"metadata": {"labels": {"app": name}}, "spec": {"containers": [container]}},
            },
            {names.WATCH: "true"} if labels is None else labels,
        )
        self.available(name, available=available)

    def stateful_version(self, name: str, *, ready: bool = True, service: bool = True) -> None:
        """Deploy and expose a version that is a StatefulSet; without `service` its Service is there."""
        container = {"name": "app", "image": "kennethreitz/httpbin", "ports": [{"containerPort": 80}]}
        template = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [container]}}
        spec = {
            "serviceName": f"{name}-pods",
            "selector": {"matchLabels": {"app": name}},
            "template": template,
        }
        self._create(STATEFUL_SETS, name, {"replicas": 1, **spec}, {names.WATCH: "true"})
        pods = {"replicas": 1, "updatedReplicas": 1, "readyReplicas": int(ready)}
        status = {**pods, "availableReplicas": int(ready)}
        self.cluster.merge(STATEFUL_SETS, self.namespace, name, {"status": status}, "status")
        if service:
            self.service(name)
            self.endpoints(name, int(ready))

    def available(self, name: str, *, available: bool = True) -> None:
        """Report a Deployment as the deployment controller does."""
        condition = {"type": "Available", "status": "True" if available else "False"}
        pods = {"replicas": 1, "updatedReplicas": 1, "readyReplicas": int(available)}
        status = {"conditions": [condition], **pods}
        self.cluster.merge(DEPLOYMENTS, self.namespace, name, {"status": status}, "status")

    def service(self, name: str, labels: Mapping[str, str] | None = None) -> None:
        """Expose a Deployment; `kubectl expose` copies its labels."""
        spec = {"selector": {"app": name}, "ports": [{"port": 80}]}
        self._create(SERVICES, name, spec, {names.WATCH: "true"} if labels is None else labels)

    def endpoints(self, name: str, ready: int, port: int = 80) -> None:
        """Report the endpoints of a Service as the EndpointSlice controller does, labels copied."""
        endpoints = [
            {"addresses": [f"10.0.0.{number + 1}"], "conditions": {"ready": True}} for number in range(ready)
        ]
        body = {
            "apiVersion": ENDPOINT_SLICES.api_version,
            "kind": "EndpointSlice",
            "metadata": {
                "name": name,
                "namespace": self.namespace,
                "labels": {"kubernetes.io/service-name": name, names.WATCH: "true"},
            },
            "addressType": "IPv4",
            "endpoints": endpoints,
            "ports": [{"port": port}],
        }
        self.cluster.apply(ENDPOINT_SLICES, body)

    def application(self, name: str = "httpbin") -> None:
        """Make the Service by which clients in the mesh call an application, unless it is there."""
        if self.get(SERVICES, name) is None:
            self._create(SERVICES, name, {"ports": [{"port": 80}]})

    def routemap(self, name: str = "httpbin", **spec: Any) -> None:
        """Make a Routemap for `<name>-0` and `<name>-1` that loses no time, unless told otherwise.

        Its application's Service is made with it.
        """
        self.application(name)
        versions = [{"name": f"{name}-0", "weight": 50}, {"name": f"{name}-1", "weight": 50}]
        defaults = {"versions": versions, "settleSeconds": 0, "drainSeconds": 0}
        self._create(ROUTEMAPS, name, defaults | spec)

    def override(self, *weights: int, name: str = "httpbin") -> None:
        """Give the versions of a Routemap other weights."""
        listed = [{"version": f"{name}-{index}", "weight": weight} for index, weight in enumerate(weights)]
        body = {
            "apiVersion": names.API_VERSION,
            "kind": "WeightOverride",
            "metadata": {"name": name, "namespace": self.namespace},
            "spec": {"weights": listed},
        }
        self.cluster.apply(WEIGHT_OVERRIDES, body)

    def delete(self, resource: Resource, name: str) -> None:
        """Delete an object; finalizers may keep it."""
        self.cluster.request("DELETE", resource.path(self.namespace, name))

    def get(self, resource: Resource, name: str) -> dict[str, Any] | None:
        """Return an object, or None."""
        try:
            return self.cluster.get(resource, self.namespace, name)
        except NotFoundError:
            return None

    def split(self, name: str = "httpbin") -> dict[str, int] | None:
        """Return the percentages that the VirtualService gives, None without one."""
        found = self.get(VIRTUAL_SERVICES, name)
        return None if found is None else shares(found)

    def status(self, name: str = "httpbin") -> dict[str, Any]:
        """Return a Routemap's status."""
        return (self.get(ROUTEMAPS, name) or {}).get("status") or {}

    def condition(self, kind: str, name: str = "httpbin") -> dict[str, Any]:
        """Return a condition of a Routemap, empty when there is none yet."""
        conditions = self.status(name).get("conditions") or ()
        return next((item for item in conditions if item["type"] == kind), {})

    def finalizers(self, resource: Resource, name: str) -> list[str] | None:
        """Return an object's finalizers, None when it has gone."""
        found = self.get(resource, name)
        return None if found is None else list(found["metadata"].get("finalizers") or ())

    def events(self) -> list[tuple[str, str]]:
        """Return reason and message of each Event in this namespace, oldest first."""
        answer = self.cluster.request("GET", EVENTS.path(self.namespace))
        items = sorted(answer["items"], key=lambda item: int(item["metadata"]["resourceVersion"]))
        return [(item["reason"], item["message"]) for item in items]

    def until(self, wanted: Any, observe: Callable[[], Any], seconds: float = DEADLINE_SECONDS) -> None:
        """Wait until what is observed is what is wanted; fail with what was observed last."""
        end = time.monotonic() + seconds
        while True:
            try:
                last = observe()
            except ClusterError as error:
                last = error
            if last == wanted:
                return
            assert time.monotonic() < end, f"wanted {wanted!r}, last observed {last!r}"
            time.sleep(0.01)

    def _create(
        self, resource: Resource, name: str, spec: Mapping[str, Any], labels: Mapping[str, str] | None = None
    ) -> None:
        metadata = {"name": name, "namespace": self.namespace, "labels": dict(labels or {})}
        manifest = {"apiVersion": resource.api_version, "kind": resource.kind, "metadata": metadata}
        self.cluster.create(resource, {**manifest, "spec": spec})

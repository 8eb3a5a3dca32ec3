"""The kinds of objects that Teal reads and writes, as the API server's paths name them."""

from __future__ import annotations

from dataclasses import dataclass

from routing import names


@dataclass(frozen=True, slots=True)
class Resource:
    """A namespaced kind, as the API server's paths name it."""

    api_version: str
    kind: str
    plural: str

    def path(self, namespace: str | None = None, name: str | None = None) -> str:
        """Return the path of an object, of the kind in a namespace, or of the kind in all namespaces."""
        root = "/apis/" if "/" in self.api_version else "/api/"
        parts = [root + self.api_version]
        if namespace is not None:
            parts += ["namespaces", namespace]
        parts.append(self.plural)
        if name is not None:
            parts.append(name)
        return "/".join(parts)


@dataclass(frozen=True, slots=True)
class ClusterResource:
    """A kind without namespace."""

    api_version: str
    kind: str
    plural: str

    def path(self, _namespace: str | None = None, name: str | None = None) -> str:
        """Return the path of an object, or of the kind."""
        return f"/apis/{self.api_version}/{self.plural}" + ("" if name is None else f"/{name}")


ROUTEMAPS = Resource(names.API_VERSION, "Routemap", "routemaps")
WEIGHT_OVERRIDES = Resource(names.API_VERSION, "WeightOverride", "weightoverrides")
DEPLOYMENTS = Resource("apps/v1", "Deployment", "deployments")
REPLICA_SETS = Resource("apps/v1", "ReplicaSet", "replicasets")
SERVICES = Resource("v1", "Service", "services")
ENDPOINT_SLICES = Resource("discovery.k8s.io/v1", "EndpointSlice", "endpointslices")
VIRTUAL_SERVICES = Resource("networking.istio.io/v1", "VirtualService", "virtualservices")
EVENTS = Resource("v1", "Event", "events")
SECRETS = Resource("v1", "Secret", "secrets")
LEASES = Resource("coordination.k8s.io/v1", "Lease", "leases")
PODS = Resource("v1", "Pod", "pods")
CERTIFICATES = Resource("cert-manager.io/v1", "Certificate", "certificates")
_ADMISSION = "admissionregistration.k8s.io/v1"
WEBHOOK_CONFIGURATIONS = (
    ClusterResource(_ADMISSION, "MutatingWebhookConfiguration", "mutatingwebhookconfigurations"),
    ClusterResource(_ADMISSION, "ValidatingWebhookConfiguration", "validatingwebhookconfigurations"),
)

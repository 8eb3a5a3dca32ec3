"""The kinds of objects that Teal reads and writes, and the API server's paths to them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from routing import names
from routing.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping

SUBRESOURCES = ("status", "scale", "binding", "eviction")
"""Parts of objects that have paths of their own; not every kind has each."""


@dataclass(frozen=True, slots=True)
class Resource:
    """A kind, as the API server's paths name it. `namespaced`: its objects live in namespaces.

    `metadata_only`: of what is listed and watched no more is sent (meta.k8s.io/v1, PartialObjectMetadata).
    `managers`: who owns which of its fields is looked at, too (managedFields).
    """

    api_version: str
    kind: str
    plural: str
    namespaced: bool = True
    metadata_only: bool = False
    managers: bool = False

    @property
    def group(self) -> str:
        """Its API group, "" for the core's."""
        group, slash, _ = self.api_version.partition("/")
        return group if slash else ""

    def path(self, namespace: str | None = None, name: str | None = None, subresource: str = "") -> str:
        """Return the path of an object or a part of it, of the kind in a namespace, or of the kind in all.

        Names may come from anybody's objects: each is one quoted segment of the path, so it can add no query
        and lead to no other namespace or kind. Raises ValueError for a name that no object can have, for an
        object of a namespaced kind without namespace, and for an unknown subresource. The namespace of a kind
        without any is left out.
        """
        parts = ["/apis" if "/" in self.api_version else "/api", self.api_version]
        if self.namespaced and namespace is not None:
            parts += ["namespaces", _segment(namespace, "namespace")]
        elif self.namespaced and name is not None:
            raise ValueError(f"{self.kind} {name!r}: its path needs a namespace")
        parts.append(self.plural)
        if name is not None:
            parts.append(_segment(name, "name"))
        if subresource:
            parts.append(_subresource(subresource))
        return "/".join(parts)


def _segment(text: str, what: str) -> str:
    """Return a name as a segment of a path (IsValidPathSegmentName of k8s.io/apimachinery)."""
    if text in ("", ".", "..") or "/" in text or "%" in text:
        raise ValueError(
            f"{what} {text!r}: no object can have it; give one that is not empty, . or .., without / and %"
        )
    try:
        return quote(text, safe="")
    except UnicodeEncodeError as error:
        raise ValueError(f"{what} {text!r}: no object can have it; give one that is valid Unicode") from error


def _subresource(text: str) -> str:
    if text not in SUBRESOURCES:
        raise ValueError(f"subresource {text!r}: give one of {', '.join(SUBRESOURCES)}")
    return text


ROUTEMAPS = Resource(names.API_VERSION, "Routemap", "routemaps", managers=True)
WEIGHT_OVERRIDES = Resource(names.API_VERSION, "WeightOverride", "weightoverrides")
DEPLOYMENTS = Resource("apps/v1", "Deployment", "deployments")
DEPLOYMENT_NAMES = Resource("apps/v1", "Deployment", "deployments", metadata_only=True)
STATEFUL_SETS = Resource("apps/v1", "StatefulSet", "statefulsets")
REPLICA_SETS = Resource("apps/v1", "ReplicaSet", "replicasets")
SERVICES = Resource("v1", "Service", "services")
ENDPOINT_SLICES = Resource("discovery.k8s.io/v1", "EndpointSlice", "endpointslices")
VIRTUAL_SERVICES = Resource("networking.istio.io/v1", "VirtualService", "virtualservices")
HTTP_ROUTES = Resource("gateway.networking.k8s.io/v1", "HTTPRoute", "httproutes")
GRPC_ROUTES = Resource("gateway.networking.k8s.io/v1", "GRPCRoute", "grpcroutes")
GATEWAYS = Resource("networking.istio.io/v1", "Gateway", "gateways")
CONFIG_MAPS = Resource("v1", "ConfigMap", "configmaps")
EVENTS = Resource("v1", "Event", "events")
SECRETS = Resource("v1", "Secret", "secrets")
LEASES = Resource("coordination.k8s.io/v1", "Lease", "leases")
PODS = Resource("v1", "Pod", "pods")
CERTIFICATES = Resource("cert-manager.io/v1", "Certificate", "certificates")
_ADMISSION = "admissionregistration.k8s.io/v1"
WEBHOOK_CONFIGURATIONS = (
    Resource(_ADMISSION, "MutatingWebhookConfiguration", "mutatingwebhookconfigurations", namespaced=False),
    Resource(
        _ADMISSION, "ValidatingWebhookConfiguration", "validatingwebhookconfigurations", namespaced=False
    ),
)


@dataclass(frozen=True, slots=True)
class WorkloadKind:
    """A kind whose objects, with a Service in front of each, may be versions.

    `ready`: the condition that tells that one of them is, "" where its counts of pods do; `unready`: the
    reason of a version for want of that. `suffix`: what its Service's name has beyond its own; a version
    bears the name of its Service.
    """

    resource: Resource
    ready: str
    unready: str = "WorkloadNotReady"
    suffix: str = ""

    @property
    def word(self) -> str:
        """What kubectl takes for it: "deployment"; of a kind that is no built-in one its group, too."""
        if self in WORKLOADS:
            return self.resource.kind.lower()
        version = self.resource.api_version.rpartition("/")[2]
        return ".".join(filter(None, (self.resource.kind, version, self.resource.group)))

    def called(self, version: str) -> str:
        """Return the object that is a version, as kubectl takes it: "statefulset/httpbin-0"."""
        return f"{self.word}/{self.name_of(version)}"

    def version_of(self, name: str) -> str:
        """Return the version that an object of this name is."""
        return name + self.suffix

    def name_of(self, version: str) -> str:
        """Return the name of the object that is this version, "" where none of this kind can be."""
        return version.removesuffix(self.suffix) if version.endswith(self.suffix) else ""


DEPLOYMENT = WorkloadKind(DEPLOYMENTS, "Available", "DeploymentNotAvailable")
STATEFUL_SET = WorkloadKind(STATEFUL_SETS, "", "StatefulSetNotAvailable")
_NAMED = re.compile(
    r"([a-z0-9]+)\.(v[a-z0-9]+)\.([a-z0-9]+(?:[-.][a-z0-9]+)*)=([A-Za-z0-9]+),([A-Za-z0-9._/-]+)(?:,(-[-a-z0-9]*[a-z0-9]))?"
)
WORKLOADS = (DEPLOYMENT, STATEFUL_SET)
"""The kinds of workloads that are always watched; the administrator may name others."""


def named_workload(text: str) -> WorkloadKind:
    """Read a kind that the administrator has named: "plural.version.group=Kind,Condition[,-suffix]".

    Raises ValueError with what is wrong with it.
    """
    found = _NAMED.fullmatch(text)
    if found is None:
        raise ValueError(
            f"{text!r} names no kind of workloads; use plural.version.group=Kind,Condition, such as "
            "rollouts.v1alpha1.argoproj.io=Rollout,Available"
        )
    plural, version, group, kind, condition, suffix = found.groups("")
    return WorkloadKind(Resource(f"{group}/{version}", kind, plural), condition, suffix=suffix)


def kind_of(resource: Resource) -> WorkloadKind:
    """Return how objects of a kind are versions; of one that is no built-in one, by Ready."""
    return next((kind for kind in WORKLOADS if kind.resource == resource), WorkloadKind(resource, "Ready"))


def resource_of(manifest: Mapping[str, Any]) -> Resource:
    """Return the kind of a workload that is of one of WORKLOADS, as it says itself; else a Deployment's."""
    found = (kind.resource for kind in WORKLOADS if kind.resource.kind == manifest.get("kind"))
    return next(found, DEPLOYMENTS)

"""The cluster's facts about one version, read from raw manifests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from routing import names
from routing.raw import listing, section

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    Manifest = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Part:
    """What the split has to know of a Deployment or a Service."""

    marked: bool = False
    deleting: bool = False


@dataclass(frozen=True, slots=True)
class Workload(Part):
    """What the split has to know of a Deployment."""

    watched: bool = True
    available: bool = True
    scaled_to_zero: bool = False
    protected: str | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """One version as the cluster has it. Times are seconds since the epoch.

    `ready_since` is when its first ready endpoint was seen, `applied` its percentage in the VirtualService as
    it is now (None: not named there), `draining_until` what the Routemap's status says of it.
    """

    name: str
    deployment: Workload | None = None
    service: Part | None = None
    ready_endpoints: int = 0
    ready_since: float | None = None
    applied: int | None = None
    draining_until: float | None = None

    @property
    def marked(self) -> bool:
        """Whether the Deployment or the Service carries the mark."""
        return any(part is not None and part.marked for part in (self.deployment, self.service))

    @property
    def markable(self) -> bool:
        """Whether the mark is on or can be put on: what is being deleted gets no new finalizer."""
        parts = (self.deployment, self.service)
        return any(part is not None and (part.marked or not part.deleting) for part in parts)


def workload(deployment: Manifest) -> Workload:
    """Read a Deployment. Available is its own condition (kubernetes.io/docs: Deployment status)."""
    conditions = map(section, listing(deployment, "status", "conditions"))
    available = [item.get("status") for item in conditions if item.get("type") == "Available"]
    return Workload(
        marked=is_marked(deployment),
        deleting=_is_deleting(deployment),
        watched=is_watched(deployment),
        available="True" in available,
        scaled_to_zero=section(deployment, "spec").get("replicas") == 0,
        protected=section(deployment, "metadata", "annotations").get(names.PROTECTED),
    )


def part(service: Manifest) -> Part:
    """Read a Service."""
    return Part(is_marked(service), _is_deleting(service))


def is_marked(manifest: Manifest) -> bool:
    """Tell whether an object carries the mark."""
    return names.MARK in listing(manifest, "metadata", "finalizers")


def is_watched(manifest: Manifest) -> bool:
    """Tell whether an object carries the watch label, set to "true"."""
    return section(manifest, "metadata", "labels").get(names.WATCH) == "true"


def ready_endpoints(slices: Iterable[Manifest]) -> int:
    """Count the endpoints that may be sent requests.

    One pod counts once, also in slices of both address families. An unknown readiness counts as ready
    (discovery.k8s.io/v1 EndpointConditions).
    """
    ready = {
        (endpoint.get("targetRef") or {}).get("name") or endpoint["addresses"][0]
        for item in slices
        for endpoint in item.get("endpoints") or ()
        if (endpoint.get("conditions") or {}).get("ready") is not False
    }
    return len(ready)


def _is_deleting(manifest: Manifest) -> bool:
    return "deletionTimestamp" in section(manifest, "metadata")

"""The application's objects on the cluster: what is told of them, and how often who has written them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kube.errors import NotFoundError
from routing.kinds import DEPLOYMENTS, ROUTEMAPS, SERVICES, VIRTUAL_SERVICES, WEIGHT_OVERRIDES
from routing.routes import shares
from tools.gitops.application import NAMESPACE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kube.client import Cluster

_KEPT = (ROUTEMAPS, WEIGHT_OVERRIDES, VIRTUAL_SERVICES, DEPLOYMENTS, SERVICES)

_TOLD_OF = {"Application", "Kustomization"}


@dataclass(frozen=True)
class Objects:
    """The objects of the application, and what Teal makes of them."""

    cluster: Cluster

    def split(self) -> dict[str, int]:
        """Return the split that is applied; nothing where there is no VirtualService."""
        try:
            return _split(self.cluster.get(VIRTUAL_SERVICES, NAMESPACE, "httpbin"))
        except NotFoundError:
            return {}

    def routemap(self) -> dict[str, Any]:
        """Return the Routemap. Raises NotFoundError."""
        return dict(self.cluster.get(ROUTEMAPS, NAMESPACE, "httpbin"))

    def deployments(self) -> set[str]:
        """Return the names of the Deployments."""
        return {key.split()[1] for key in self.versions() if key.startswith("Deployment ")}

    def versions(self) -> dict[str, str]:
        """Return each object's resourceVersion, which every write changes."""
        return self._each("resourceVersion")

    def generations(self) -> dict[str, int | None]:
        """Return how often each object's spec was written; the API server does not count a Service's."""
        return self._each("generation")

    def warnings(self) -> set[str]:
        """Return the messages of the Events by which a tool has warned."""
        return {
            event["message"]
            for event in self.cluster.request("GET", "/api/v1/events")["items"]
            if event["type"] == "Warning" and event["involvedObject"]["kind"] in _TOLD_OF
        }

    def _each(self, field: str) -> dict[str, Any]:
        return {
            f"{kind.kind} {item['metadata']['name']}": item["metadata"].get(field)
            for kind in _KEPT
            for item in self.cluster.request("GET", kind.path(NAMESPACE))["items"]
        }


def split_told(virtual_service: Mapping[str, Any]) -> str:
    """Return a VirtualService's split in words."""
    return percentages(_split(virtual_service))


def percentages(split: Mapping[str, int]) -> str:
    """Return a split in words."""
    return " ".join(f"{name}={share}" for name, share in split.items())


def written(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """Return the objects whose resourceVersions differ."""
    return sorted(key for key in before.keys() | after.keys() if before.get(key) != after.get(key))


def changed(before: Mapping[str, int | None], after: Mapping[str, int | None]) -> list[str]:
    """Return the objects that have come or gone, and those whose specs were written, with how often."""
    came = [f"+{name}" for name in after.keys() - before.keys()]
    went = [f"-{name}" for name in before.keys() - after.keys()]
    counts = {name: (after[name] or 0) - (before[name] or 0) for name in before.keys() & after.keys()}
    return [*sorted(came), *sorted(went), *(f"{name} ({n})" for name, n in sorted(counts.items()) if n)]


def _split(virtual_service: Mapping[str, Any]) -> dict[str, int]:
    return {name: share for name, share in shares(virtual_service).items() if share}

"""How far a Deployment's rollout is, as `kubectl rollout status` tells it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from routing.facts import containers
from routing.reading.raw import listing, section
from routing.rules.pauses import pauses
from routing.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping

    Manifest = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Rollout:
    """`told`: what is waited for, or why it failed; empty when it is complete."""

    told: str = ""
    failed: bool = False

    @property
    def complete(self) -> bool:
        """Whether all pods are of the newest template and available, and no others are left."""
        return not self.told


def rollout(deployment: Manifest) -> Rollout:
    """Return how far a Deployment is.

    The order is that of kubectl's DeploymentStatusViewer (k8s.io/kubectl/pkg/polymorphichelpers).
    """
    name = deployment["metadata"]["name"]
    status = section(deployment, "status")
    replicas = section(deployment, "spec").get("replicas", 1)
    updated, available = status.get("updatedReplicas", 0), status.get("availableReplicas", 0)
    old = status.get("replicas", 0) - updated
    if status.get("observedGeneration", 0) < deployment["metadata"].get("generation", 0):
        return Rollout(f"the new template of {name} is about to be rolled out")
    if failure := _failure(deployment):
        return Rollout(failure, failed=True)
    if updated < replicas:
        return Rollout(f"{updated} of {replicas} pods of {name} are new")
    if old > 0:
        left = "1 old pod of {} has" if old == 1 else f"{old} old pods of {{}} have"
        return Rollout(f"{left.format(name)} still to go")
    if available < updated:
        return Rollout(f"{available} of {updated} new pods of {name} are available")
    return Rollout()


def was_complete(deployment: Manifest) -> bool:
    """Tell whether a rollout had been complete once: Kubernetes' own deadline for it does not count any more.

    So it is with pods without a readiness probe that crash as soon as they have been called ready.
    """
    return any(item.get("reason") == "NewReplicaSetAvailable" for item in _progressing(deployment))


def _failure(deployment: Manifest) -> str:
    for item in _progressing(deployment):
        if item.get("reason") == "ProgressDeadlineExceeded":
            return str(item.get("message") or "ProgressDeadlineExceeded")
    return ""


def _progressing(deployment: Manifest) -> list[dict[str, Any]]:
    conditions = map(section, listing(deployment, "status", "conditions"))
    return [item for item in conditions if item.get("type") == "Progressing"]


def losses(deployment: Manifest, template: Manifest) -> tuple[str, ...]:
    """Return why requests may fail when a Deployment's pods are replaced under them by those of a template.

    The pods that stop are the Deployment's, those that start the template's.
    """
    found = []
    if section(deployment, "spec", "strategy").get("type") == "Recreate":
        found.append("spec.strategy.type: Recreate stops all pods first; use RollingUpdate")
    stopping, starting = containers(deployment), containers({"spec": {"template": template}})
    found += [
        f"container {item.get('name')} has no preStop pause, so requests fail as its pods stop; give it one"
        for item in stopping
        if not pauses(item)
    ]
    found += [
        f"the new container {item.get('name')} has no readinessProbe, so requests come too early; give it one"
        for item in starting
        if not item.get("readinessProbe")
    ]
    return tuple(found)

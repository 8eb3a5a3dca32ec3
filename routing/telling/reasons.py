"""Every reason that Teal gives in a status or an Event: what it means, what becomes of requests, a remedy.

`docs/reasons.md` is made from these tables, and a test holds them against what the code can say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from routing.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason, as a user reads of it.

    `requests`: what becomes of requests meanwhile. `look`: the command that shows more, with `APP` for the
    Routemap and `VERSION` for the Deployment and its Service, "" for none. `remedy`: what to do, "" where
    there is nothing to be done. `event`: Normal, Warning, or either, of the Event
    that has this reason, "" for none. `holds`: whether its condition does with it.
    """

    means: str
    requests: str
    look: str = ""
    remedy: str = ""
    event: str = ""
    holds: bool = False


LOOK_ROUTEMAP = "kubectl describe routemap APP"
LOOK_DEPLOYMENT = "kubectl describe deployment VERSION"
LOOK_SERVICE = "kubectl describe service VERSION"
LOOK_SLICES = "kubectl get endpointslices -l kubernetes.io/service-name=VERSION"
LOOK_HTTP_ROUTE = "kubectl get httproute APP -o yaml"
NONE_GO = "none go to it; the ready versions share them"
THEY_END = "no new ones go to it, those under way end, then it is let go"

VERSIONS: Mapping[str, Reason] = {
    "KindNotInstalled": Reason(
        "its Service is there and no Deployment or StatefulSet, and the cluster lacks a kind that the "
        "administrator has named, of which it is by its name",
        NONE_GO,
        "kubectl get crds",
        "install the CustomResourceDefinition that the message names; Teal looks for it every 10 s",
        event="Warning",
    ),
    "DeploymentNotFound": Reason(
        "there is no Deployment of this name in the Routemap's namespace, nor a StatefulSet",
        NONE_GO,
        "kubectl get deployments,statefulsets",
        "create it, or correct the name in `spec.versions` of the Routemap",
    ),
    "NotWatched": Reason(
        "its Deployment is there, and lacks the label by which Teal watches it",
        NONE_GO,
        "kubectl get deployment VERSION --show-labels",
        "`kubectl label deployment VERSION iter8.tools/watch=true`",
        event="Normal",
    ),
    "DeletionRequested": Reason("its Deployment is being deleted", THEY_END, LOOK_DEPLOYMENT),
    "WatchLabelRemoved": Reason(
        "its Deployment has lost the label by which Teal watches it",
        THEY_END,
        "kubectl get deployment VERSION --show-labels",
        "`kubectl label deployment VERSION iter8.tools/watch=true` brings it back",
    ),
    "ScaledToZero": Reason(
        "its Deployment has `replicas: 0`",
        THEY_END,
        LOOK_DEPLOYMENT,
        "`kubectl scale deployment VERSION --replicas=1`",
    ),
    "ServiceDeletionRequested": Reason(
        "its Service is being deleted",
        THEY_END,
        LOOK_SERVICE,
        "make the Service anew to bring the version back",
    ),
    "DeploymentNotAvailable": Reason(
        "its Deployment has not the condition Available: pods are starting, or can't start",
        NONE_GO,
        "kubectl rollout status deployment VERSION",
        "mend what `kubectl describe pod` tells of its pods: image, probe, resources",
    ),
    "StatefulSetNotAvailable": Reason(
        "its StatefulSet has fewer available pods than `replicas`: they are starting, or can't start",
        NONE_GO,
        "kubectl rollout status statefulset VERSION",
        "mend what `kubectl describe pod` tells of its pods: image, probe, volumes",
    ),
    "WorkloadNotReady": Reason(
        "its workload, of a kind that the administrator has named, lacks the condition by which it is ready",
        NONE_GO,
        LOOK_ROUTEMAP,
        "mend what `kubectl describe` tells of the object that `status.versions[].workload` names",
    ),
    "ServiceNotFound": Reason(
        "there is no Service of the version's name",
        NONE_GO,
        "kubectl get service VERSION",
        "`kubectl expose deployment VERSION --port=…`",
    ),
    "Headless": Reason(
        "its Service has no cluster IP, or is an ExternalName: proxies can't split by it",
        NONE_GO,
        LOOK_SERVICE,
        "make the Service anew without `clusterIP: None` or `type: ExternalName`",
        event="Warning",
    ),
    "NoSuchPort": Reason(
        "its Service lacks the port of `spec.port`",
        NONE_GO,
        LOOK_SERVICE,
        "add the port to the Service, or correct `spec.port`",
        event="Warning",
    ),
    "NoSuchTargetPort": Reason(
        "no ready pod has a port of the name that its Service's `targetPort` gives",
        NONE_GO,
        LOOK_SLICES,
        "name the container's port so, or give `targetPort` a number",
        event="Warning",
    ),
    "NoReadyEndpoint": Reason(
        "no pod that its Service selects is ready",
        NONE_GO,
        LOOK_SLICES,
        "mend the readiness probe, or the Service's `spec.selector`; EndpointSlices that you write yourself "
        "take the label `iter8.tools/watch=true`, too",
    ),
    "Settling": Reason(
        "it is ready and waits until every proxy knows its pods: 1 s, 5 s without a readiness probe "
        "(`spec.settleSeconds`), longer for one that comes and goes",
        NONE_GO,
        LOOK_ROUTEMAP,
    ),
    "Ready": Reason("it is as it has to be", "it gets its share", LOOK_ROUTEMAP),
    "NotListed": Reason(
        "the Routemap does not list it any more, and it may still have requests",
        THEY_END,
        LOOK_ROUTEMAP,
        "list it in `spec.versions` to keep it",
    ),
}
"""Why a version gets its share or none: `status.versions[].reason`. The first cause that holds is told."""

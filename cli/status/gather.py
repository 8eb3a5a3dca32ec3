"""What `teal status` reads of the cluster: with less rights it tells less."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cli.reads import items, maybe
from cli.status.application import Stored, application, starting
from cli.status.pods import selector
from cli.workloads import called_by, workloads
from kube.errors import RefusedError
from routing.kinds import EVENTS, PODS, ROUTEMAPS, WEIGHT_OVERRIDES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cli.status.application import Application
    from kube.client import Cluster

    Manifest = Mapping[str, Any]

MOST_PODS = 50
"""Of a version: what keeps one keeps the others."""


def one(cluster: Cluster, namespace: str, name: str, now: float) -> Application | None:
    """Return an application, None where there is none of the name. Raises ClusterErrors.

    Only the Routemap has to be readable.
    """
    found = stored(cluster, namespace, name)
    return None if found is None else application(found, now)


def stored(cluster: Cluster, namespace: str, name: str) -> Stored | None:
    """Return the objects that an application is told from, as far as they may be read; else as `one`."""
    routemap = maybe(cluster, ROUTEMAPS, namespace, name)
    if routemap is None:
        return None
    coming = _workloads(cluster, routemap, namespace)
    return Stored(
        routemap,
        override=_allowed(cluster, (WEIGHT_OVERRIDES, namespace, name)),
        events=_events(cluster, namespace, name),
        deployments=coming,
        pods={name: _pods(cluster, namespace, selector(workload)) for name, workload in coming.items()},
    )


def all_of(cluster: Cluster, namespace: str | None, now: float) -> list[Application]:
    """Return the applications of a namespace, None for all, by namespace and name. Raises ClusterErrors."""
    found = [application(Stored(each), now) for each in items(cluster, ROUTEMAPS, namespace)]
    return sorted(found, key=lambda app: (app.namespace, app.name))


def _allowed(cluster: Cluster, place: tuple[Any, str, str]) -> Manifest | None:
    """Return an object, None where it is not there or may not be read."""
    try:
        return maybe(cluster, *place)
    except RefusedError:
        return None


def _events(cluster: Cluster, namespace: str, name: str) -> Sequence[Manifest] | None:
    """Return the Events of a Routemap, None where they may not be read."""
    query = {"fieldSelector": f"involvedObject.kind=Routemap,involvedObject.name={name}"}
    try:
        return list(items(cluster, EVENTS, namespace, query))
    except RefusedError:
        return None


def _workloads(cluster: Cluster, routemap: Manifest, namespace: str) -> Mapping[str, Manifest]:
    """Return the workloads of the versions on their way in, none where they may not be read."""
    try:
        found = workloads(cluster, called_by(routemap), namespace, starting(routemap))
    except RefusedError:
        return {}
    return {name: manifest for name, (_, manifest) in found.items()}


def _pods(cluster: Cluster, namespace: str, selected: str) -> Sequence[Manifest]:
    """Return the first pods that a label selector picks, none where they may not be read, or it is empty."""
    try:
        query = {"labelSelector": selected, "limit": str(MOST_PODS)}
        return cluster.request("GET", PODS.path(namespace), query=query)["items"] if selected else ()
    except RefusedError:
        return ()

"""Of which kind a version's workload is, and the object itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cli.reads import maybe
from routing.kinds import WORKLOADS
from routing.reading.status import read

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from kube.client import Cluster
    from routing.kinds import Resource

    Manifest = Mapping[str, Any]
    Found = Mapping[str, tuple[Resource, Manifest]]


def workloads(cluster: Cluster, routemap: Manifest | None, namespace: str, names: Iterable[str]) -> Found:
    """Return the workloads of versions by name, those that are there. Raises ClusterErrors.

    Its kind is what the Routemap's status tells; of a version that it tells nothing of, the first one's that
    is there.
    """
    told = {each.name: each.workload for each in read((routemap or {}).get("status")).versions}
    found = {name: _workload(cluster, namespace, name, told.get(name, "")) for name in names}
    return {name: each for name, each in found.items() if each is not None}


def _workload(
    cluster: Cluster, namespace: str, version: str, called: str
) -> tuple[Resource, Manifest] | None:
    """Return a version's workload; `called`: how the status calls it, "" for a Deployment, or for none."""
    word, _, _ = called.partition("/")
    for kind in WORKLOADS:
        manifest = maybe(cluster, kind.resource, namespace, version) if word in ("", kind.word) else None
        if manifest is not None:
            return kind.resource, manifest
    return None

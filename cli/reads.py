"""What commands read beside single objects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kube.errors import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from kube.client import Cluster
    from routing.kinds import Resource

PAGE = "250"


def items(
    cluster: Cluster, resource: Resource, namespace: str | None, query: Mapping[str, str] | None = None
) -> Iterator[dict[str, Any]]:
    """Yield the objects of a kind in a namespace, None for all. Raises ClusterErrors."""
    asked = {"limit": PAGE, **(query or {})}
    while True:
        answer = cluster.request("GET", resource.path(namespace), query=asked)
        yield from answer.get("items") or ()
        more = (answer.get("metadata") or {}).get("continue")
        if not more:
            return
        asked["continue"] = more


def maybe(cluster: Cluster, resource: Resource, namespace: str, name: str) -> dict[str, Any] | None:
    """Return an object, None where there is none. Raises other ClusterErrors."""
    try:
        return cluster.get(resource, namespace, name)
    except NotFoundError:
        return None

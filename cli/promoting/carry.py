"""Carries out the writes of a promotion in the user's name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cli.writing import FIELD_MANAGER
from kube.errors import NotFoundError
from routing import patches
from routing.promoting.steps import Create, Delete

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kube.client import Cluster
    from routing.promoting.steps import Write
    from routing.writes import Patch

_JSON_PATCH = "application/json-patch+json"


def out(cluster: Cluster, write: Write) -> None:
    """Carry a write out. What is to be deleted and is not there any more is done. Raises ClusterErrors.

    A StaleError says that the object is not as it was seen: look again.
    """
    if isinstance(write, Create):
        metadata = write.manifest["metadata"]
        path = write.resource.path(metadata["namespace"])
        cluster.request("POST", path, write.manifest, {"fieldManager": FIELD_MANAGER})
    elif isinstance(write, Delete):
        _delete(cluster, write)
    else:
        patch(cluster, write)


def patch(cluster: Cluster, write: Patch, *, dry_run: bool = False) -> dict[str, Any]:
    """Carry a patch out, of this very object, or have it judged only; return the object as it is then."""
    operations = patches.guarded(write.manifest, write.operations)
    query = _query(dry_run=dry_run)
    return cluster.request("PATCH", _path(write), operations, query, _JSON_PATCH)


def _delete(cluster: Cluster, write: Delete) -> None:
    """Delete this very object, by its uid. Raises StaleError where another has its name by now."""
    options = {
        "apiVersion": "v1",
        "kind": "DeleteOptions",
        "preconditions": {"uid": write.manifest["metadata"]["uid"]},
        "propagationPolicy": "Background",
    }
    try:
        cluster.request("DELETE", _path(write), options)
    except NotFoundError:
        return


def _path(write: Patch | Delete) -> str:
    metadata = write.manifest["metadata"]
    return write.resource.path(metadata["namespace"], metadata["name"])


def _query(*, dry_run: bool) -> Mapping[str, str]:
    return {"fieldManager": FIELD_MANAGER} | ({"dryRun": "All"} if dry_run else {})

"""Writes in the user's name: under a field manager of their own, and refusals as the cluster says them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from cli.failures import NoError
from kube.errors import NotFoundError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kube.client import Cluster
    from routing.kinds import Resource

    Manifest = Mapping[str, Any]

FIELD_MANAGER = "teal-cli"
"""Beside the reconciler's `teal`: who reads managedFields sees that a user did it."""
_APPLY = "application/apply-patch+yaml"
_MERGE = "application/merge-patch+json"
_ASKED = re.compile(r"^[A-Z]+ /\S*: ")


def apply(
    cluster: Cluster, resource: Resource, manifest: Manifest, *, dry_run: bool = False
) -> dict[str, Any]:
    """Apply an object on the server's side, fields of others taken over; return it as it is then.

    Raises NoError in the words of whoever refuses it, and other ClusterErrors.
    """
    metadata = manifest["metadata"]
    query = {"fieldManager": FIELD_MANAGER, "force": "true"} | ({"dryRun": "All"} if dry_run else {})
    try:
        path = resource.path(metadata["namespace"], metadata["name"])
        return cluster.request("PATCH", path, manifest, query, _APPLY)
    except RefusedError as error:
        raise NoError(said(error)) from error


def annotate(
    cluster: Cluster, resource: Resource, place: tuple[str, str], annotations: Mapping[str, str]
) -> None:
    """Set annotations of an object, named by namespace and name. Raises as `apply`, and NotFoundError."""
    query = {"fieldManager": FIELD_MANAGER}
    patch = {"metadata": {"annotations": annotations}}
    try:
        cluster.request("PATCH", resource.path(*place), patch, query, _MERGE)
    except RefusedError as error:
        raise NoError(said(error)) from error


def delete(cluster: Cluster, resource: Resource, place: tuple[str, str], *, dry_run: bool = False) -> bool:
    """Delete an object, named by namespace and name; tell whether it was there. Raises as `apply`."""
    query = {"dryRun": "All"} if dry_run else {}
    try:
        cluster.request("DELETE", resource.path(*place), query=query)
    except NotFoundError:
        return False
    except RefusedError as error:
        raise NoError(said(error)) from error
    return True


def said(error: Exception) -> str:
    """Return what the cluster said, without what it was asked."""
    return _ASKED.sub("", str(error), count=1)

"""Of which kind a version's workload is, and the object itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from cli.reads import maybe
from kube.errors import NotFoundError
from routing.kinds import WORKLOADS, Resource
from routing.reading.status import read

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from kube.client import Cluster

    Manifest = Mapping[str, Any]
    Found = Mapping[str, tuple[Resource, Manifest]]


def called_by(routemap: Manifest | None) -> dict[str, str]:
    """Return how a Routemap's status calls the workloads of its versions, "" for a Deployment, by version."""
    return {each.name: each.workload for each in read((routemap or {}).get("status")).versions}


def workloads(cluster: Cluster, called: Mapping[str, str], namespace: str, names: Iterable[str]) -> Found:
    """Return the workloads of versions by name, those that are there. Raises ClusterErrors.

    `called`: how each is known to be called. One of which nothing is known may be of any kind that is: the
    built-in ones, then those of others.
    """
    kinds = [kind.resource for kind in WORKLOADS]
    words = {word for word, _, _ in (each.partition("/") for each in called.values()) if "." in word}
    named = {word: _named(cluster, word) for word in sorted(words)}
    found: dict[str, tuple[Resource, Manifest]] = {}
    for version in names:
        word, _, name = called.get(version, "").partition("/")
        wanted = [resource for resource in kinds if word in ("", resource.kind.lower())]
        wanted += [each for each in (named.values() if not word else [named.get(word)]) if each is not None]
        for resource in wanted:
            manifest = maybe(cluster, resource, namespace, name or version)
            if manifest is not None:
                found[version] = resource, manifest
                break
    return found


def _named(cluster: Cluster, word: str) -> Resource | None:
    """Return a kind that is no built-in one by its "Kind.version.group", None where it is not served."""
    kind, _, rest = word.partition(".")
    version, _, group = rest.partition(".")
    try:
        served = cluster.request("GET", f"/apis/{quote(group)}/{quote(version)}")
    except NotFoundError:
        return None
    plurals = [item["name"] for item in served.get("resources") or () if item.get("kind") == kind]
    whole = [plural for plural in plurals if "/" not in plural]
    return Resource(f"{group}/{version}", kind, whole[0]) if whole else None

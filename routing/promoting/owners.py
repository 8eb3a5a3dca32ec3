"""Who else keeps an object: programs that bring back what is in Git or a chart, whatever a hand changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from routing.reading.raw import listing, section

if TYPE_CHECKING:
    from collections.abc import Mapping

    Manifest = Mapping[str, Any]

OWNERS: Mapping[str, str] = {
    "argocd-controller": "Argo CD",
    "argocd-application-controller": "Argo CD",
    "kustomize-controller": "Flux",
    "helm-controller": "Flux (a HelmRelease)",
    "helm": "Helm",
    "fleetagent": "Fleet",
    "configsync.gke.io": "Config Sync",
    "Terraform": "Terraform",
    "pulumi-kubernetes": "Pulumi",
}
"""By field manager (metav1.ManagedFieldsEntry): who owns the fields that it has set."""


def owner(manifest: Manifest, *path: str) -> str:
    """Return who owns a field, such as `spec`, `template`, or anything in it; "" for nobody of OWNERS."""
    for entry in map(section, listing(manifest, "metadata", "managedFields")):
        who = OWNERS.get(str(entry.get("manager")))
        if who and _has(entry.get("fieldsV1"), path):
            return who
    return ""


def keepers(manifest: Manifest) -> tuple[str, ...]:
    """Return who keeps any field of an object elsewhere and writes it again, each of OWNERS once."""
    managers = (section(entry).get("manager") for entry in listing(manifest, "metadata", "managedFields"))
    return tuple(dict.fromkeys(OWNERS[str(name)] for name in managers if str(name) in OWNERS))


def kept(manifest: Manifest, *path: str) -> list[dict[str, Any]]:
    """Return as much of `managedFields` as leaves `owner` of a field the same, none where nobody owns it."""
    fields: dict[str, Any] = {}
    for name in reversed(path):
        fields = {f"f:{name}": fields}
    return [
        {"manager": entry["manager"], "fieldsV1": fields}
        for entry in map(section, listing(manifest, "metadata", "managedFields"))
        if str(entry.get("manager")) in OWNERS and _has(entry.get("fieldsV1"), path)
    ][:1]


def _has(fields: Any, path: tuple[str, ...]) -> bool:
    *way, last = (f"f:{name}" for name in path)
    return last in section(fields, *way)

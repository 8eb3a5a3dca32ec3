"""Who else writes an object, by its managedFields: what they keep in Git or in a chart comes back. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from routing.reading.raw import listing, section

if TYPE_CHECKING:
    from collections.abc import Mapping

    Manifest = Mapping[str, Any]

KEEPERS = {
    "argocd-controller": "Argo CD",
    "argocd-application-controller": "Argo CD",
    "kustomize-controller": "Flux",
    "helm-controller": "Flux",
    "helm": "Helm",
}
"""Field managers that write again what they keep, by name."""


def keepers(manifest: Manifest) -> tuple[str, ...]:
    """Return who keeps an object elsewhere and will write it again, each once."""
    managers = (section(entry).get("manager") for entry in listing(manifest, "metadata", "managedFields"))
    return tuple(dict.fromkeys(KEEPERS[str(name)] for name in managers if name in KEEPERS))

"""What is said of objects that Teal neither reads nor is asked about, where its words stand on them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from routing import names
from routing.reading.raw import section
from routing.rules.keys import near_misses, unknown_keys

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

_MAY_BE_WATCHED = ("Service", "EndpointSlice", "Endpoints", "ReplicaSet", "Pod")
"""A version's Service is labelled; the others inherit labels from it, or from a pod template."""


def iter8s_routemap(manifest: Mapping[str, Any]) -> Iterable[str]:
    """A routing config is a Routemap, not Iter8's ConfigMap."""
    kind = section(manifest, "metadata", "labels").get(f"{names.KEY_PREFIX}kind")
    if manifest.get("kind") in ("ConfigMap", "Secret") and kind is not None:
        yield (
            f"this {manifest['kind']} is Iter8's routing config, which Teal does not read; "
            "teal migrate prints the Routemap that takes its place"
        )


def stray_watch(manifest: Mapping[str, Any]) -> Iterable[str]:
    """The watch label is on a Deployment or a StatefulSet."""
    kind = manifest.get("kind")
    everywhere = (
        section(manifest, "metadata", "labels"),
        section(manifest, "metadata", "annotations"),
        section(manifest, "spec", "template", "metadata", "labels"),
    )
    if kind not in _MAY_BE_WATCHED and any(names.WATCH in labels for labels in everywhere):
        yield f"{names.WATCH} on a {kind} does nothing; Teal watches Deployments and StatefulSets"


def stray_keys(manifest: Mapping[str, Any]) -> Iterable[str]:
    """A key under `iter8.tools/` is a known one, whatever carries it."""
    if not [*iter8s_routemap(manifest)]:
        yield from map(str, unknown_keys(manifest))


RULES: Sequence[Callable[[Mapping[str, Any]], Iterable[str]]] = (
    iter8s_routemap,
    stray_watch,
    stray_keys,
    near_misses,
)
"""They warn. `teal lint` asks them of every object of other kinds than the rule book's."""

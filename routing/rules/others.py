"""What is said of objects of kinds that Teal does not read, where its words stand on them.

These warn and never refuse: nobody's object waits for a kind that is none of Teal's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from routing import names
from routing.reading.raw import section
from routing.reading.violation import joined
from routing.rules.keys import nearly, unknown_keys

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

WATCHED = ("Deployment", "StatefulSet")
"""The kinds that may be versions."""
_MAY_BE_LABELLED = (*WATCHED, "Service", "EndpointSlice", "Endpoints")
"""A version's Service is labelled; its slices inherit labels from it."""
_INHERIT = ("ReplicaSet", "Pod")
"""So do these from a pod template, where somebody owns them."""
_WEIGHT = f"{names.KEY_PREFIX}weight"


def iter8s_routemap(manifest: Mapping[str, Any]) -> Iterable[str]:
    """A routing config is a Routemap, not Iter8's ConfigMap."""
    kind = section(manifest, "metadata", "labels").get(f"{names.KEY_PREFIX}kind")
    if manifest.get("kind") in ("ConfigMap", "Secret") and kind is not None:
        yield (
            f"this {manifest['kind']} is Iter8's routing config, which Teal does not read; "
            "teal migrate prints the Routemap for it"
        )


def iter8s_weight(manifest: Mapping[str, Any]) -> Iterable[str]:
    """A weight stands in a Routemap or a WeightOverride, not in Iter8's annotation."""
    if any(_WEIGHT in section(manifest, "metadata", where) for where in ("labels", "annotations")):
        yield (
            f"{_WEIGHT} on {_a(manifest)} counts for nothing; "
            "Teal takes weights from a Routemap or a WeightOverride"
        )


def stray_watch(manifest: Mapping[str, Any]) -> Iterable[str]:
    """The watch label, or what looks like it, is on a Deployment or a StatefulSet."""
    if _may_be_labelled(manifest):
        return
    near = nearly(manifest)
    if any(names.WATCH in keys for keys in _keys(manifest)):
        yield f"{names.WATCH} on {_a(manifest)} does nothing; Teal watches {_watched()}"
    elif near is not None and near[1] == names.WATCH:
        yield (
            f"{near[0]} on {_a(manifest)} means nothing, nor would {names.WATCH}; Teal watches {_watched()}"
        )


def stray_keys(manifest: Mapping[str, Any]) -> Iterable[str]:
    """A key under `iter8.tools/` is a known one, whatever carries it."""
    if not [*iter8s_routemap(manifest)]:
        yield from (str(item) for item in unknown_keys(manifest) if f"[{_WEIGHT}]" not in item.path)


def near_misses(manifest: Mapping[str, Any]) -> Iterable[str]:
    """A label or annotation is under `iter8.tools/` where that is what is meant."""
    near = nearly(manifest)
    if near is not None and (near[1] != names.WATCH or _may_be_labelled(manifest)):
        yield f"{near[0]} means nothing to Teal; did you mean {near[1]}?"


def _may_be_labelled(manifest: Mapping[str, Any]) -> bool:
    """Tell whether the watch label does something here, or was put here by no user."""
    kind = manifest.get("kind")
    owned = bool(section(manifest, "metadata").get("ownerReferences"))
    return kind in _MAY_BE_LABELLED or (kind in _INHERIT and owned)


def _keys(manifest: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """Return where a user may have put the label; a CronJob's pods have their template one deeper."""
    return (
        section(manifest, "metadata", "labels"),
        section(manifest, "metadata", "annotations"),
        section(manifest, "spec", "template", "metadata", "labels"),
        section(manifest, "spec", "jobTemplate", "spec", "template", "metadata", "labels"),
    )


def _a(manifest: Mapping[str, Any]) -> str:
    kind = str(manifest.get("kind"))
    return f"{'an' if kind.startswith(tuple('AEIOU')) else 'a'} {kind}"


def _watched() -> str:
    return joined([f"{kind}s" for kind in WATCHED])


RULES: Sequence[Callable[[Mapping[str, Any]], Iterable[str]]] = (
    iter8s_routemap,
    iter8s_weight,
    stray_watch,
    stray_keys,
    near_misses,
)
"""`teal lint` asks them of every object of other kinds than the rule book's, the webhook of a few."""

"""The primary as it becomes what the candidate is: the candidate's pods under the primary's own labels.

A Deployment's selector can't be changed, and Services select pods by labels, too. So labels by which pods are
selected stay the primary's, and all else is the candidate's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from routing import names, patches
from routing.kinds import DEPLOYMENTS
from routing.reading.raw import listing, section
from routing.writes import Patch

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    Manifest = Mapping[str, Any]
    Labels = Mapping[str, Any]

HASH = "pod-template-hash"
"""The label by which a ReplicaSet's pods are told apart (apps/v1, DefaultDeploymentUniqueLabelKey)."""


def promoted(primary: Manifest, candidate: Manifest, services: Collection[Manifest] = ()) -> dict[str, Any]:
    """Return the pod template that makes the primary what the candidate is.

    `services`: those of both. Where pods of the candidate's template are to be near or far from each other
    (affinity, topology spread), its own labels become the primary's there, too.
    """
    template = section(candidate, "spec", "template")
    before = section(template, "metadata", "labels")
    own = section(primary, "spec", "template", "metadata", "labels")
    chosen = _selecting(primary, candidate, services)
    labels = {key: value for key, value in before.items() if key not in chosen}
    labels |= {key: value for key, value in own.items() if key in chosen}
    renamed = {(key, before[key]): own[key] for key in chosen if key in before and key in own}
    return {
        **template,
        "metadata": {**section(template, "metadata"), "labels": labels},
        "spec": _renamed(section(template, "spec"), renamed),
    }


def before(replica_set: Manifest) -> dict[str, Any]:
    """Return the pod template of a Deployment of which this is a ReplicaSet, as `kubectl rollout undo`."""
    template = section(replica_set, "spec", "template")
    labels = section(template, "metadata", "labels")
    kept = {key: value for key, value in labels.items() if key != HASH}
    return {**template, "metadata": {**section(template, "metadata"), "labels": kept}}


def current(primary: Manifest, replica_sets: Collection[Manifest]) -> str:
    """Return the name of the ReplicaSet that has a Deployment's present template, "" where there is none."""
    revision = _revision(primary)
    found = [item["metadata"]["name"] for item in replica_sets if revision and _revision(item) == revision]
    return found[0] if found else ""


def version_label(deployment: Manifest) -> str | None:
    """Return a Deployment's version label."""
    value = section(deployment, "metadata", "labels").get(names.VERSION)
    return value if isinstance(value, str) else None


def redefine(primary: Manifest, template: Mapping[str, Any], label: str | None) -> Patch:
    """Return what gives the primary a template and a version label, while it is as it was seen.

    The generation counts changes of `spec`: one that somebody else has made meanwhile has the write refused.
    """
    operations = [
        {"op": "test", "path": "/metadata/generation", "value": primary["metadata"].get("generation")},
        {"op": "replace", "path": "/spec/template", "value": template},
        *patches.entry(primary, "labels", names.VERSION, label),
    ]
    return Patch(DEPLOYMENTS, primary, tuple(operations))


def same(primary: Manifest, proposed: Manifest | None) -> bool:
    """Tell whether the primary is what it was proposed to become."""
    return (
        proposed is not None
        and section(primary, "spec", "template") == section(proposed, "spec", "template")
        and version_label(primary) == version_label(proposed)
    )


def _selecting(primary: Manifest, candidate: Manifest, services: Collection[Manifest]) -> set[str]:
    """Return the labels by which pods of either are selected."""
    chosen: set[str] = set()
    for deployment in (primary, candidate):
        chosen |= section(deployment, "spec", "selector", "matchLabels").keys()
        expressions = map(section, listing(deployment, "spec", "selector", "matchExpressions"))
        chosen |= {str(item.get("key")) for item in expressions}
    for service in services:
        chosen |= section(service, "spec", "selector").keys()
    return chosen


def _renamed(value: Any, renamed: Mapping[tuple[str, Any], Any]) -> Any:
    """Return a part of a pod's spec in which label selectors mean the primary's pods."""
    if isinstance(value, list):
        return [_renamed(item, renamed) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: _selector(item, renamed) if key == "labelSelector" else _renamed(item, renamed)
        for key, item in value.items()
    }


def _selector(selector: Any, renamed: Mapping[tuple[str, Any], Any]) -> Any:
    result = dict(section(selector))
    if labels := section(selector, "matchLabels"):
        result["matchLabels"] = {key: renamed.get((key, value), value) for key, value in labels.items()}
    if expressions := listing(selector, "matchExpressions"):
        result["matchExpressions"] = [_expression(section(item), renamed) for item in expressions]
    return result


def _expression(item: Mapping[str, Any], renamed: Mapping[tuple[str, Any], Any]) -> dict[str, Any]:
    key = str(item.get("key"))
    if "values" not in item:
        return dict(item)
    return {**item, "values": [renamed.get((key, value), value) for value in listing(item, "values")]}


def _revision(manifest: Manifest) -> str:
    annotations = section(manifest, "metadata", "annotations")
    return str(annotations.get("deployment.kubernetes.io/revision") or "")

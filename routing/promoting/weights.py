"""The WeightOverride in a promotion: requests move by it, and what it said before comes back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from routing import names
from routing.kinds import WEIGHT_OVERRIDES
from routing.promoting.steps import Create, Delete, Do, Scene, Step, Wait, leaving
from routing.reading.defaults import defaulted_spec
from routing.reading.raw import listing, section
from routing.writes import Patch

if TYPE_CHECKING:
    from collections.abc import Mapping

WHOLE = 100


def listed(scene: Scene) -> list[Any] | None:
    """Return the override's list as it is, None without an override."""
    return None if scene.override is None else listing(scene.override, "spec", "weights")


def in_force(scene: Scene) -> dict[str, int]:
    """Return the weight that counts of each listed version, in the list's order; what is none is 0."""
    spec = defaulted_spec(section(scene.routemap, "spec"), scene.routemap["metadata"])
    own = _by_name(listing(spec, "versions"), "name")
    override = _by_name(listed(scene) or [], "version")
    return {name: override.get(name, weight) for name, weight in own.items()}


def given(scene: Scene, weights: Mapping[str, int], told: str) -> Step | None:
    """Return the write after which these weights count, None where they do."""
    if in_force(scene) == dict(weights):
        return None
    wanted = [{"version": name, "weight": weight} for name, weight in weights.items()]
    return _written(scene, wanted, f"{told} ({split(weights)})")


def restored(scene: Scene, before: list[Any] | None) -> Step | None:
    """Return the write by which the override is what it was before, None where it is."""
    if before is not None:
        told = f"WeightOverride {scene.name} has the weights that it had"
        return None if listed(scene) == before else _written(scene, before, told)
    if scene.override is None:
        return None
    if leaving(scene.override):
        return _goes(scene)
    told = f"WeightOverride {scene.name} is deleted"
    return Do(Delete(WEIGHT_OVERRIDES, scene.override), told)


def split(weights: Mapping[str, int]) -> str:
    """Return weights as a split reads."""
    return " ".join(f"{name}={weight}" for name, weight in weights.items())


def _written(scene: Scene, wanted: list[Any], told: str) -> Step:
    """Return what makes the WeightOverride hold these weights: it is made, changed or deleted."""
    if scene.override is None:
        metadata = {"name": scene.name, "namespace": scene.namespace}
        manifest = {"apiVersion": names.API_VERSION, "kind": "WeightOverride", "metadata": metadata}
        return Do(Create(WEIGHT_OVERRIDES, {**manifest, "spec": {"weights": wanted}}), told)
    if leaving(scene.override):
        return _goes(scene)
    path = "/spec/weights"
    before = section(scene.override, "spec").get("weights")
    operations = (
        {"op": "test", "path": path, "value": before},
        {"op": "replace", "path": path, "value": wanted},
    )
    return Do(Patch(WEIGHT_OVERRIDES, scene.override, operations), told)


def _goes(scene: Scene) -> Wait:
    return Wait(f"WeightOverride {scene.name} is being deleted")


def _by_name(items: list[Any], key: str) -> dict[str, int]:
    found = ((section(item).get(key), section(item).get("weight")) for item in items)
    return {
        name: weight if isinstance(weight, int) and not isinstance(weight, bool) else 0
        for name, weight in found
        if isinstance(name, str)
    }

"""What migrating is decided from, and what comes of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import field
from typing import Any

from routing import names
from routing.kinds import ROUTEMAPS, WEIGHT_OVERRIDES, Resource
from routing.reading.parse import parse_routemap, parse_weight_override
from routing.reading.raw import section
from routing.reading.violation import InvalidManifestError, shown
from routing.values import dataclass

Manifest = Mapping[str, Any]
Place = tuple[str, str, str]
"""Kind, namespace and name of an object; the namespace is "" where its manifest names none."""
Parse = Callable[[str], Any]
"""Reads YAML to the value that it is. Raises ValueError with why it can't, and what to do."""

WEIGHT = f"{names.KEY_PREFIX}weight"
"""Iter8's annotation on the first object of a version: its weight, in place of the routemap's."""
KIND = f"{names.KEY_PREFIX}kind"
FINALIZER = f"{names.KEY_PREFIX}finalizer"
"""Iter8's finalizer on every object that it watches; it takes it off from what is being deleted."""


class NotMigratedError(Exception):
    """What was given is nothing that a Routemap can be; `told`: sentences with field, value and remedy."""

    def __init__(self, *told: str) -> None:
        super().__init__("\n".join(told))
        self.told = told


@dataclass(frozen=True)
class Given:
    """What is known beside a routemap: Iter8's weight annotations and the routers' objects, by place.

    Values of annotations are as they stand there, be they no text. An object of a namespace is found under
    that, or where its manifest names none.
    """

    weights: Mapping[Place, Any] = field(default_factory=dict)
    routes: Mapping[Place, Manifest] = field(default_factory=dict)

    def weight(self, kind: str, namespace: str, name: str) -> Any:
        """Return an object's weight annotation, whatever it is; None for none."""
        found = self.weights.get((kind, namespace, name))
        return self.weights.get((kind, "", name)) if found is None else found

    def route(self, kind: str, namespace: str, name: str) -> Manifest:
        """Return a router's object, empty where none is known."""
        return self.routes.get((kind, namespace, name)) or self.routes.get((kind, "", name)) or {}


@dataclass(frozen=True, slots=True)
class Migrated:
    """What takes an application of Iter8's over.

    `routemap` is None where only weights are changed. `left`: what Teal's objects can't say; `remarks`: what
    else is to be known, both a sentence each. `objects`: kind and name of what Iter8 watches of it, of which
    `config_maps` are of no use to Teal; `annotated` bear its weight. `route`: the kind that sends requests.
    """

    name: str
    namespace: str
    routemap: Manifest | None
    override: Manifest | None = None
    left: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    objects: tuple[tuple[str, str], ...] = ()
    config_maps: tuple[str, ...] = ()
    annotated: tuple[tuple[str, str], ...] = ()
    route: str = names.VIRTUAL_SERVICE

    @property
    def made(self) -> list[Manifest]:
        """The objects to be applied."""
        return [each for each in (self.routemap, self.override) if each is not None]


def routemap(name: str, namespace: str, spec: Manifest, left: Iterable[str] = ()) -> Manifest:
    """Return a Routemap. Raises NotMigratedError where it would be refused, with what it can't say before."""
    made = _object(ROUTEMAPS, name, namespace, spec)
    try:
        parse_routemap(made)
    except InvalidManifestError as error:
        raise _refused("Routemap", name, error, left) from error
    return made


def override(name: str, namespace: str, weights: Mapping[str, int]) -> Manifest | None:
    """Return a WeightOverride of weights by version, None without any weight.

    Raises NotMigratedError where it would be refused. Versions that it does not name keep the Routemap's.
    """
    if not weights:
        return None
    listed = [{"version": version, "weight": weight} for version, weight in weights.items()]
    made = _object(WEIGHT_OVERRIDES, name, namespace, {"weights": listed})
    try:
        parse_weight_override(made)
    except InvalidManifestError as error:
        raise _refused("WeightOverride", name, error) from error
    return made


def _refused(kind: str, name: str, error: InvalidManifestError, left: Iterable[str] = ()) -> NotMigratedError:
    told = (f"{kind} {name} would be refused: {each}" for each in error.violations)
    return NotMigratedError(*left, *told)


def _object(resource: Resource, name: str, namespace: str, spec: Manifest) -> dict[str, Any]:
    """Return an object to be applied. Raises NotMigratedError for a namespace that no cluster has.

    It comes from anybody's manifest, and stands in commands that are printed.
    """
    if not names.is_service_name(namespace):
        raise NotMigratedError(f"namespace: {shown(namespace)} is none; use {names.SERVICE_NAME}")
    return {
        "apiVersion": resource.api_version,
        "kind": resource.kind,
        "metadata": {"name": name, "namespace": namespace},
        "spec": dict(spec),
    }


def is_routemap(manifest: Manifest) -> bool:
    """Tell whether a manifest is Iter8's routing config."""
    return manifest.get("kind") == "ConfigMap" and (
        section(manifest, "metadata", "labels").get(KIND) == "routemap"
    )

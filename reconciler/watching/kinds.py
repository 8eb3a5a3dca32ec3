"""The kinds of objects that the reconciler reads and writes, and the fields of each that it remembers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from routing import facts, names
from routing.kinds import (
    DEPLOYMENTS,
    ENDPOINT_SLICES,
    ROUTEMAPS,
    SERVICES,
    VIRTUAL_SERVICES,
    WEIGHT_OVERRIDES,
    Resource,
)
from routing.routes import virtualservice

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    Manifest = Mapping[str, Any]


SERVICE_OF_SLICE = "kubernetes.io/service-name"
_OWN_METADATA = ("namespace", "name", "uid", "finalizers", "deletionTimestamp")
_ROUTEMAP_METADATA = (*_OWN_METADATA, "generation", "creationTimestamp")
_OVERRIDE_METADATA = (*_OWN_METADATA, "ownerReferences")
_VIRTUAL_SERVICE_METADATA = ("namespace", "name", "labels", "ownerReferences")


def _metadata(manifest: Manifest) -> dict[str, Any]:
    metadata = manifest["metadata"]
    kept: dict[str, Any] = {key: metadata[key] for key in _OWN_METADATA if key in metadata}
    for where in ("labels", "annotations"):
        if where in metadata:  # an empty one is kept: a patch has to know whether it exists
            own = {key: value for key, value in metadata[where].items() if key.startswith(names.KEY_PREFIX)}
            kept[where] = own
    return kept


def _deployment(manifest: Manifest) -> dict[str, Any]:
    conditions = (manifest.get("status") or {}).get("conditions") or ()
    available = [
        {"type": item["type"], "status": item["status"]} for item in conditions if item["type"] == "Available"
    ]
    # Of the containers no more than which have a readiness probe.
    probed = [
        {key: True for key in ("readinessProbe",) if container.get(key)}
        for container in facts.containers(manifest)
    ]
    return {
        "metadata": _metadata(manifest),
        "spec": {
            "replicas": (manifest.get("spec") or {}).get("replicas", 1),
            "template": {"spec": {"containers": probed}},
        },
        "status": {"conditions": available},
    }


def _service(manifest: Manifest) -> dict[str, Any]:
    return {"metadata": _metadata(manifest)}


def _endpoint_slice(manifest: Manifest) -> dict[str, Any]:
    """Keep who is ready: what else there is of an endpoint makes no difference."""
    metadata = manifest["metadata"]
    kept = {key: metadata[key] for key in ("namespace", "name")}
    kept["labels"] = {SERVICE_OF_SLICE: (metadata.get("labels") or {}).get(SERVICE_OF_SLICE)}
    ready = [{"targetRef": {"name": name}} for name in sorted(facts.ready_names([manifest]))]
    return {"metadata": kept, "endpoints": ready}


def _routemap(manifest: Manifest) -> dict[str, Any]:
    return _parts(manifest, _ROUTEMAP_METADATA, ("spec", "status"))


def _weight_override(manifest: Manifest) -> dict[str, Any]:
    return _parts(manifest, _OVERRIDE_METADATA, ("spec",))


def _virtual_service(manifest: Manifest) -> dict[str, Any]:
    return _parts(manifest, _VIRTUAL_SERVICE_METADATA, ("spec",))


def _parts(manifest: Manifest, metadata: Sequence[str], sections: Sequence[str]) -> dict[str, Any]:
    kept = {key: manifest["metadata"][key] for key in metadata if key in manifest["metadata"]}
    return {"metadata": kept, **{key: manifest[key] for key in sections if key in manifest}}


def _service_of(manifest: Manifest) -> Iterable[str]:
    service = manifest["metadata"]["labels"][SERVICE_OF_SLICE]
    return (service,) if service else ()


def _routed(manifest: Manifest) -> Iterable[str]:
    return [version for version, weight in virtualservice.applied_split(manifest).items() if weight]


def _nothing(_: Manifest) -> Iterable[str]:
    return ()


@dataclass(frozen=True, slots=True)
class Watched:
    """A kind that is listed and watched.

    `selector`: which objects (labels); `trim`: what is kept of each; `indexed`: under which other names of
    its namespace what is kept can be found.
    """

    resource: Resource
    selector: str
    trim: Callable[[Manifest], dict[str, Any]]
    indexed: Callable[[Manifest], Iterable[str]] = _nothing


WATCHED: tuple[Watched, ...] = (
    Watched(ROUTEMAPS, "", _routemap),
    Watched(WEIGHT_OVERRIDES, "", _weight_override),
    Watched(DEPLOYMENTS, f"{names.WATCH}=true", _deployment),
    Watched(SERVICES, f"{names.WATCH}=true", _service),
    Watched(ENDPOINT_SLICES, f"{names.WATCH}=true", _endpoint_slice, _service_of),
    Watched(VIRTUAL_SERVICES, names.ROUTEMAP, _virtual_service, _routed),
)

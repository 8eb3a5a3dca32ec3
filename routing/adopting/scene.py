"""What bringing in is decided from, and what it has noted in the cluster."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import field
from typing import TYPE_CHECKING, Any

from routing import names
from routing.reading import hosts
from routing.reading.raw import listing, section
from routing.routes.connections import every_route
from routing.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable

Manifest = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for.

    `candidate`: the name of the version that is to come, "" for the application's with -next; `drop`: what a
    Routemap can't say is left out; `force`: also what Git or Helm own is taken over.
    """

    candidate: str = ""
    drop: bool = False
    force: bool = False


@dataclass(frozen=True)
class Scene:
    """What is seen of an application and its namespace. Manifests are whole, as the API server has them.

    `app`: the Service that is called; `name`: that of the Routemap, which there may be. `services` by name,
    `routes`: the VirtualServices. `refused`: why the API server would not have the Routemap, by a dry run.
    `quiet`: for how many seconds whoever looks has seen no VirtualService of Teal's of this name.
    """

    app: str
    name: str
    namespace: str
    routemap: Manifest | None = None
    override: Manifest | None = None
    services: Mapping[str, Manifest] = field(default_factory=dict)
    deployments: tuple[Manifest, ...] = ()
    routes: tuple[Manifest, ...] = ()
    refused: str = ""
    quiet: float = 0.0

    @property
    def route(self) -> Manifest | None:
        """The VirtualService of the Routemap's name."""
        found = (route for route in self.routes if name_of(route) == self.name)
        return next(found, None)


def name_of(manifest: Manifest) -> str:
    """Return an object's name."""
    name: str = manifest["metadata"]["name"]
    return name


def labelled(manifest: Manifest, name: str) -> bool:
    """Tell whether a VirtualService is Teal's, of the Routemap of a name."""
    return bool(section(manifest, "metadata", "labels").get(names.ROUTEMAP) == name)


def brought_in(manifest: Manifest) -> str | None:
    """Return what bringing in has noted on an object, None for nothing."""
    noted = section(manifest, "metadata", "annotations").get(names.BROUGHT_IN)
    return noted if isinstance(noted, str) else None


def before(route: Manifest) -> dict[str, Any] | None:
    """Return `spec` and `labels` of a VirtualService as they were before it became Teal's.

    None where nothing is noted, or nothing that bringing in has written.
    """
    try:
        told = json.loads(brought_in(route) or "null")
    except (ValueError, RecursionError):
        return None
    return told if section(told, "spec") and isinstance(told.get("labels"), dict) else None


def noted(route: Manifest) -> str:
    """Return what is to be noted on a VirtualService that becomes Teal's.

    Its spec as it is, and of its labels those that Teal writes: Helm's `managed-by`, say.
    """
    kept = {key: value for key, value in section(route, "metadata", "labels").items() if key in _TEALS}
    return json.dumps({"spec": section(route, "spec"), "labels": kept}, separators=(",", ":"))


_TEALS = ("app.kubernetes.io/managed-by", names.ROUTEMAP)
"""Labels that Teal writes on what becomes its own."""


def routes_of(app: str, namespace: str, routes: Iterable[Manifest]) -> list[Manifest]:
    """Return the VirtualServices that a Service is called by, or that send to it, as they were before."""
    return [route for route in routes if app in _services(route, namespace)]


def _services(route: Manifest, namespace: str) -> set[str | None]:
    """Return the Services of a namespace that a VirtualService names as a host or sends to.

    What was noted of it counts, not what Teal has made of it.
    """
    told = before(route)
    spec = told["spec"] if told else section(route, "spec")
    named = [*listing(spec, "hosts")]
    for rule in every_route(spec):
        named += [section(item, "destination").get("host") for item in listing(rule, "route")]
    return {hosts.service_of(host, namespace) for host in named if isinstance(host, str) and host}


def restored(route: Manifest) -> list[dict[str, Any]]:
    """Return the JSON patch that makes a VirtualService what it was before it became Teal's.

    Its note stays, to be taken off last. It tests the version that was read, since it writes whole maps;
    nothing where nothing is noted.
    """
    told = before(route)
    if told is None:
        return []
    metadata = route["metadata"]
    labels = {key: value for key, value in metadata.get("labels", {}).items() if key not in _TEALS}
    kept = {key: value for key, value in metadata.get("annotations", {}).items() if key != names.LEFT}
    owners = [item for item in metadata.get("ownerReferences", ()) if item.get("kind") != "Routemap"]
    return [
        {"op": "test", "path": "/metadata/resourceVersion", "value": metadata["resourceVersion"]},
        {"op": "add", "path": "/spec", "value": told["spec"]},
        {"op": "add", "path": "/metadata/labels", "value": labels | told["labels"]},
        {"op": "add", "path": "/metadata/annotations", "value": kept},
        {"op": "add", "path": "/metadata/ownerReferences", "value": owners},
    ]

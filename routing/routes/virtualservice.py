"""The VirtualService of a split, and the split of a VirtualService."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from routing import names
from routing.reading.raw import listing, section
from routing.split import WHOLE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from routing.model import Routemap

DOMAIN = "svc.cluster.local"


def virtual_service(routemap: Routemap, split: Mapping[str, int]) -> dict[str, Any]:
    """Return the VirtualService that sends each version its percentage of the requests.

    The shape is that of Iter8's tutorial: a single destination has no weight, and every destination names its
    version in a response header.
    """
    routes = [_destination(routemap, name) for name in split]
    if len(split) > 1:
        routes = [route | {"weight": weight} for route, weight in zip(routes, split.values(), strict=True)]
    return {
        "apiVersion": "networking.istio.io/v1",
        "kind": "VirtualService",
        "metadata": {
            "name": routemap.name,
            "namespace": routemap.namespace,
            "labels": {"app.kubernetes.io/managed-by": "teal", names.ROUTEMAP: routemap.name},
            "ownerReferences": [owner_reference(routemap)],
        },
        "spec": {
            "hosts": list(routemap.hosts),
            "gateways": list(routemap.gateways),
            "http": [{"name": routemap.name, "route": routes}],
        },
    }


def owner_reference(routemap: Routemap) -> dict[str, Any]:
    """Return the reference by which an object goes when its Routemap goes."""
    return {
        "apiVersion": names.API_VERSION,
        "kind": "Routemap",
        "name": routemap.name,
        "uid": routemap.uid,
        "controller": True,
    }


def owned(manifest: Mapping[str, Any], uid: str) -> bool:
    """Tell whether an object names the Routemap with this uid as its owner."""
    return any(owner["uid"] == uid for owner in manifest["metadata"].get("ownerReferences") or ())


def same(current: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Tell whether a VirtualService is as wanted, so that applying it again would change nothing."""
    metadata, want = current["metadata"], wanted["metadata"]
    labels = metadata.get("labels") or {}
    return (
        current.get("spec") == wanted["spec"]
        and want["labels"].items() <= labels.items()
        and want["ownerReferences"][0] in (metadata.get("ownerReferences") or ())
    )


def applied_split(virtual_service: Mapping[str, Any]) -> dict[str, int]:
    """Read back the percentages by version, also from a VirtualService that was edited by hand."""
    split: dict[str, int] = {}
    for route in listing(virtual_service, "spec", "http"):
        destinations = listing(route, "route")
        only = WHOLE if len(destinations) == 1 else 0
        for item in map(section, destinations):
            host = section(item, "destination").get("host", "")
            split[host.split(".")[0]] = item.get("weight", only)
    return split


def _destination(routemap: Routemap, name: str) -> dict[str, Any]:
    destination: dict[str, Any] = {"host": f"{name}.{routemap.namespace}.{DOMAIN}"}
    if routemap.port is not None:
        destination["port"] = {"number": routemap.port}
    return {
        "destination": destination,
        "headers": {"response": {"add": {names.VERSION_HEADER: name}}},
    }

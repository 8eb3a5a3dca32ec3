"""What the routers' objects have in common: whose they are, and when they are as wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from routing import names
from routing.reading.raw import listing, section

if TYPE_CHECKING:
    from collections.abc import Mapping

    from routing.model import Routemap

    Manifest = Mapping[str, Any]


def metadata(routemap: Routemap) -> dict[str, Any]:
    """Return the metadata of a router's object: it bears the Routemap's name, and goes with it."""
    return {
        "name": routemap.name,
        "namespace": routemap.namespace,
        "labels": {"app.kubernetes.io/managed-by": "teal", names.ROUTEMAP: routemap.name},
        "ownerReferences": [owner_reference(routemap)],
    }


def same(current: Manifest, wanted: Manifest) -> bool:
    """Tell whether an object is as wanted, so that applying it again would change nothing.

    Labels and owners beside Teal's may stand there. In the spec nothing may: a field more can move requests.
    """
    there, want = section(current, "metadata"), wanted["metadata"]
    return (
        current.get("spec") == wanted["spec"]
        and want["labels"].items() <= section(there, "labels").items()
        and want["ownerReferences"][0] in listing(there, "ownerReferences")
    )


def owner_reference(routemap: Routemap) -> dict[str, Any]:
    """Return the reference by which an object goes when its Routemap goes."""
    return {
        "apiVersion": names.API_VERSION,
        "kind": "Routemap",
        "name": routemap.name,
        "uid": routemap.uid,
        "controller": True,
    }


def owned(manifest: Manifest, uid: str) -> bool:
    """Tell whether an object names the Routemap with this uid as its owner."""
    owners = listing(manifest, "metadata", "ownerReferences")
    return any(section(owner).get("uid") == uid for owner in owners)


def ours(route: Manifest, name: str, uid: str) -> bool:
    """Tell whether a router's object is Teal's: by its label, or by the Routemap's uid among its owners."""
    return section(route, "metadata", "labels").get(names.ROUTEMAP) == name or owned(route, uid)


def weight(value: Any) -> int:
    """Return a weight, 0 for what is none: no request is sent by it."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0

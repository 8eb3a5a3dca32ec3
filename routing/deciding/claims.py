"""Who else has a host: another VirtualService that goes first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from routing import names
from routing.reading.hosts import MESH, full, qualified
from routing.reading.raw import listing, section
from routing.routes import connections
from routing.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    Manifest = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Claim:
    """Another VirtualService (`by`) that has one of the hosts at one of the gateways, and goes first."""

    host: str
    gateway: str
    by: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a Routemap, well formed or not, is to be called by."""

    hosts: Sequence[str]
    gateways: Sequence[str]
    protocol: str = names.HTTP


def claims(wanted: Wanted, mine: Manifest, other: Manifest) -> Iterator[Claim]:
    """Yield what is wanted of hosts and gateways that another VirtualService has, too, if that goes first.

    In the mesh the older of two has a host's requests to itself. At a gateway their routes are put one after
    the other, the older's first, so it takes everything only if one of its rules has no match; connections
    go by the first that has a route for them, everywhere.
    """
    if not _is_before(other, mine):
        return
    here = section(mine, "metadata").get("namespace")
    namespace = str(section(other, "metadata").get("namespace"))
    exported = listing(other, "spec", "exportTo")
    if namespace != here and exported and "*" not in exported and here not in exported:
        return
    theirs = {full(str(host), namespace) for host in listing(other, "spec", "hosts")}
    at = [qualified(str(name), namespace) for name in listing(other, "spec", "gateways") or (MESH,)]
    by = f"{namespace}/{section(other, 'metadata').get('name')}"
    alone = wanted.protocol == names.HTTP  # in the mesh
    for host in wanted.hosts:
        for name in wanted.gateways:
            gateway = qualified(name, str(here))
            both = full(host, str(here)) in theirs and gateway in at
            if both and ((gateway == MESH and alone) or wanted.protocol in takes_all(other)):
                yield Claim(host, gateway, by)


def takes_all(virtual_service: Manifest) -> list[str]:
    """Return the protocols of which some rule of a VirtualService takes all that comes to it."""
    spec = section(virtual_service, "spec")
    if isinstance(spec.get("takesAll"), list):
        return [*spec["takesAll"]]
    rules = map(section, listing(spec, "http"))
    found = [names.HTTP] if any(not listing(rule, "match") for rule in rules) else []
    found += [
        protocol
        for protocol, field in connections.FIELDS.items()
        if any(connections.takes_all(spec, field, section(rule)) for rule in listing(spec, field))
    ]
    return found


def _is_before(one: Manifest, other: Manifest) -> bool:
    """Tell whether one goes first: by time of creation, then by name (istio: sortConfigByCreationTime)."""
    return _order(one) < _order(other)


def _order(manifest: Manifest) -> tuple[str, str]:
    metadata = section(manifest, "metadata")
    # One that is not there yet is the youngest.
    created = str(metadata.get("creationTimestamp") or "9999")
    return created, f"{metadata.get('name')}.{metadata.get('namespace')}"

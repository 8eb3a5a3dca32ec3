"""Rules for objects that stand side by side, in one rendering say: what they make of each other.

`teal lint` asks; admission sees one object at a time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from routing import names
from routing.reading.parse import parse_weight_override
from routing.reading.raw import listing, section
from routing.reading.violation import InvalidManifestError, joined, shown
from routing.rules import protocols, versions
from routing.rules.objects import Misfit, Objects

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from routing.kinds import WorkloadKind
    from routing.rules.objects import Manifest

_MOST_NAMED = 5


def misfits(
    manifests: Sequence[Manifest], domain: str = names.DOMAIN, named: Sequence[WorkloadKind] = ()
) -> list[Misfit]:
    """Return what does not fit among some objects of a cluster of this domain, in the order of RULES.

    `named`: the kinds of workloads that the cluster's administrator has named.
    """
    objects = Objects(manifests, domain, named)
    return [misfit for rule in RULES for misfit in rule(objects)]


def listed_twice(objects: Objects) -> Iterator[Misfit]:
    """A version is listed by one Routemap."""
    first: dict[tuple[str, str], str] = {}
    for index, routemap in objects.routemaps:
        for place, version in enumerate(routemap.versions):
            owner = first.setdefault((routemap.namespace, version.name), routemap.name)
            if owner != routemap.name:
                detail = (
                    f"{shown(version.name)} is listed by Routemap {owner}, too, and only the older gets it; "
                    "list each version in one Routemap"
                )
                yield Misfit(index, f"spec.versions[{place}].name", "ListedTwice", detail)


def same_host(objects: Objects) -> Iterator[Misfit]:
    """A host is routed by one Routemap and by no other VirtualService."""
    first: dict[tuple[str, ...], str] = dict(_foreign_routes(objects))
    for index, routemap in objects.routemaps:
        me, told = f"Routemap {routemap.name}", False
        for place, host in enumerate(routemap.hosts):
            for gateway in routemap.gateways:
                route = _route(routemap.namespace, host, gateway, objects.domain)
                if gateway != "mesh" and routemap.router != names.VIRTUAL_SERVICE:
                    route = (*route, "Gateway API")  # Gateways of two APIs, alike by name only
                owner = first.setdefault(route, me)
                if owner != me and not told:
                    detail = (
                        f"{shown(host)} is routed by {owner}, too, and Istio takes one of the two; "
                        "give each its own hosts or gateways"
                    )
                    # The default hosts come from the name; there is no such field to point at.
                    yield Misfit(index, f"spec.hosts[{place}]", "SameHost", detail)
                    told = True


def name_taken(objects: Objects) -> Iterator[Misfit]:
    """A router's object of a Routemap's name is Teal's."""
    for index, routemap in objects.routemaps:
        other = objects.get(routemap.router, routemap.namespace, routemap.name)
        if other and section(other, "metadata", "labels").get(names.ROUTEMAP) != routemap.name:
            detail = (
                f"{routemap.router} {routemap.name} is there, too, and is not Teal's, so nothing is routed; "
                "leave it out or give the Routemap another name"
            )
            yield Misfit(index, "metadata.name", "Conflict", detail)


def override_of_nothing(objects: Objects) -> Iterator[Misfit]:
    """A WeightOverride bears the name of a Routemap."""
    routemaps: dict[str, list[str]] = {}
    for namespace, name in map(objects.name_of, objects.of("Routemap")):
        routemaps.setdefault(namespace, []).append(name)
    for index in objects.of("WeightOverride"):
        namespace, name = objects.name_of(index)
        others = routemaps.get(namespace)
        if others and ("Routemap", namespace, name) not in objects.index:
            detail = (
                f"no Routemap {shown(name)} is here, only {joined(others[:_MOST_NAMED])}; "
                "an override bears the name of its Routemap and does nothing without one"
            )
            yield Misfit(index, "metadata.name", "NoRoutemap", detail, fails=False)


def override_of_strangers(objects: Objects) -> Iterator[Misfit]:
    """A WeightOverride names versions of its Routemap."""
    for _, routemap in objects.routemaps:
        index = objects.index.get(("WeightOverride", routemap.namespace, routemap.name))
        listed = [version.name for version in routemap.versions]
        for place, name in enumerate(_overridden(objects, index)):
            if index is not None and name not in listed:
                detail = (
                    f"Routemap {routemap.name} lists no {shown(name)}, so this weight does nothing; "
                    f"it lists {joined(listed)}"
                )
                yield Misfit(index, f"spec.weights[{place}].version", "NotListed", detail, fails=False)


RULES: Sequence[Callable[[Objects], Iterator[Misfit]]] = (
    versions.unwatched,
    versions.one_workload,
    versions.service_name,
    versions.not_selected,
    versions.shared_pods,
    versions.no_such_port,
    versions.several_ports,
    versions.target_port,
    versions.headless,
    protocols.same_protocol,
    protocols.no_requests,
    protocols.one_port,
    protocols.not_split,
    listed_twice,
    same_host,
    name_taken,
    override_of_nothing,
    override_of_strangers,
)


def _foreign_routes(objects: Objects) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield what VirtualServices route that bear no Routemap's name: host and gateway, and by whom."""
    taken = {(routemap.namespace, routemap.name) for _, routemap in objects.routemaps}
    for (kind, namespace, name), index in objects.index.items():
        if kind == "VirtualService" and (namespace, name) not in taken:
            spec = section(objects.manifests[index], "spec")
            for host in listing(spec, "hosts"):
                for gateway in listing(spec, "gateways") or ("mesh",):
                    route = _route(namespace, str(host), str(gateway), objects.domain)
                    yield route, f"VirtualService {name}"


def _route(namespace: str, host: str, gateway: str, domain: str) -> tuple[str, ...]:
    """Return what two objects that route the same requests have in common."""
    qualified = gateway if gateway == "mesh" or "/" in gateway else f"{namespace}/{gateway}"
    return _full(host, namespace, domain), qualified


def _full(host: str, namespace: str, domain: str) -> str:
    # Istio takes a host without a dot for a Service of the VirtualService's own namespace.
    return f"{host}.{namespace}.svc.{domain}" if "." not in host else host


def _overridden(objects: Objects, index: int | None) -> list[str]:
    """Return the versions that an override names; none where it is missing or malformed."""
    try:
        return [*parse_weight_override(objects.manifests[index]).weights] if index is not None else []
    except InvalidManifestError:
        return []

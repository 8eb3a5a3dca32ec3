"""What a Routemap's route depends on beside its versions, from the stores."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.watching import needs
from routing import facts, reaching
from routing.deciding import routable
from routing.deciding.routable import Surroundings
from routing.reading.hosts import MESH, full, qualified, service_of
from routing.reading.raw import listing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from reconciler.watching.stores import Stores
    from routing.deciding.routable import Claim
    from routing.writes import SeenVersion

    Manifest = Mapping[str, Any]


class Neighbourhood:
    """Looks around. `scope`: the only namespace that is watched, None for all."""

    def __init__(self, stores: Stores, scope: str | None) -> None:
        self._stores = stores
        self._scope = scope

    def of(self, routemap: Manifest, route: Manifest | None, versions: Sequence[SeenVersion]) -> Surroundings:
        """Return what a Routemap's route depends on beside its versions."""
        metadata = routemap["metadata"]
        namespace = metadata["namespace"]
        hosts, gateways = needs.asked(routemap)
        called = {service_of(host, namespace) for host in hosts} - {None}
        services = {str(name): self._stores.services.get(namespace, str(name)) for name in called}
        named = [qualified(gateway, namespace) for gateway in gateways if gateway != MESH]
        found = {name: self._gateway(*name.split("/", 1)) for name in named}
        mine = route or {"metadata": {"namespace": namespace, "name": metadata["name"]}}
        return Surroundings(
            services={name: service for name, service in services.items() if service is not None},
            gateways={name: _taken(gateway) for name, gateway in found.items() if gateway is not None},
            listeners={name: routable.listened(gateway) for name, gateway in found.items() if gateway},
            claims=tuple(self._claims(hosts, gateways, mine)),
            ports={each.facts.name: reaching.ports(each.service) for each in versions if each.service},
            pods=_pods(versions),
            speaking={
                each.facts.name: each.service
                for each in versions
                if each.service and each.facts.ready_endpoints
            },
        )

    def _gateway(self, namespace: str, name: str) -> Manifest | None:
        """Return a Gateway, None where there is none. One that can't be seen is taken for granted."""
        gateways = self._stores.gateways
        if not gateways.installed or self._scope not in (None, namespace):
            return {"spec": {"servers": [{"hosts": ["*"]}]}}
        return gateways.get(namespace, name)

    def _claims(self, hosts: list[str], gateways: list[str], mine: Manifest) -> Iterator[Claim]:
        """Yield what others' VirtualServices have of the hosts."""
        space, name = mine["metadata"]["namespace"], mine["metadata"]["name"]
        others: dict[tuple[str, str], Manifest] = {}
        for host in dict.fromkeys(full(host, space) for host in hosts):
            for found in self._stores.routes.indexed("", host):
                others[found["metadata"]["namespace"], found["metadata"]["name"]] = found
        others.pop((space, name), None)
        for other in others.values():
            yield from routable.claims(hosts, gateways, mine, other)


def _pods(versions: Sequence[SeenVersion]) -> Mapping[str, frozenset[str]]:
    """Return the ready pods by version, of those that have any."""
    if len(versions) == 1:
        return {}
    return {
        version.facts.name: frozenset(facts.ready_pods(version.slices))
        for version in versions
        if version.facts.ready_endpoints
    }


def _taken(gateway: Manifest) -> list[str]:
    """Return the hosts that a Gateway takes."""
    return [host for server in listing(gateway, "spec", "servers") for host in listing(server, "hosts")]

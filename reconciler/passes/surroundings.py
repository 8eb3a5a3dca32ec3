"""What a Routemap's route depends on beside its versions, from the stores."""

from __future__ import annotations

from contextlib import suppress
from itertools import chain
from typing import TYPE_CHECKING, Any

from kube.errors import NotFoundError
from reconciler.watching import needs
from routing import facts, names, reaching
from routing.deciding import claims, listeners
from routing.deciding.routable import Surroundings
from routing.kinds import SERVICES
from routing.reading.hosts import MESH, full, qualified, service_of
from routing.reading.raw import section

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from reconciler.passes.live_reads import Reader
    from reconciler.watching.stores import Stores
    from routing.deciding.claims import Claim, Wanted
    from routing.writes import SeenVersion

    Manifest = Mapping[str, Any]

_ANY: Manifest = {
    "spec": {"servers": [{"hosts": ["*"], **listeners.listener(protocol, 0)} for protocol in names.PROTOCOLS]}
}
"""A Gateway that takes whatever comes, at ports that nobody knows."""


class Neighbourhood:
    """Looks around. `scope`: the only namespace that is watched, None for all."""

    def __init__(self, stores: Stores, reader: Reader, scope: str | None) -> None:
        self._stores = stores
        self._reader = reader
        self._scope = scope

    def of(self, routemap: Manifest, route: Manifest | None, versions: Sequence[SeenVersion]) -> Surroundings:
        """Return what a Routemap's route depends on beside its versions. Raises ClusterErrors."""
        metadata = routemap["metadata"]
        namespace = metadata["namespace"]
        wanted = needs.asked(routemap)
        called = {str(name) for host in wanted.hosts if (name := service_of(host, namespace))}
        heard = {name: self._stores.services.get(namespace, name) for name in called}
        services: dict[str, Manifest] = {
            name: service for name, service in heard.items() if service is not None
        }
        if MESH in wanted.gateways:
            services |= self._unheard_of(routemap, called - services.keys())
        named = [qualified(gateway, namespace) for gateway in wanted.gateways if gateway != MESH]
        found = {name: self._gateway(*name.split("/", 1)) for name in named}
        mine = route or {"metadata": {"namespace": namespace, "name": metadata["name"]}}
        listened = {
            name: listeners.listened(gateway, wanted.protocol)
            for name, gateway in found.items()
            if gateway is not None
        }
        return Surroundings(
            services=services,
            gateways={name: [*chain.from_iterable(taken.values())] for name, taken in listened.items()},
            listeners=listened,
            claims=tuple(self._claims(wanted, mine)),
            ports={each.facts.name: reaching.ports(each.service) for each in versions if each.service},
            pods=_pods(versions),
            speaking={
                each.facts.name: each.service
                for each in versions
                if each.service and each.facts.ready_endpoints
            },
        )

    def _unheard_of(self, routemap: Manifest, called: Iterable[str]) -> dict[str, Manifest]:
        """Return the Services of some names that are there though no watch has told of them.

        A Routemap may be heard of before a Service that was made before it. So while nothing has been told
        of its spec, the API server itself is asked, about names that a Service can have: hosts are a
        tenant's words.
        """
        metadata = routemap["metadata"]
        if section(routemap, "status").get("observedGeneration") == metadata.get("generation"):
            return {}
        found: dict[str, Manifest] = {}
        for name in filter(names.is_service_name, called):
            with suppress(NotFoundError):
                found[name] = self._reader.get(SERVICES, metadata["namespace"], name)
        return found

    def _gateway(self, namespace: str, name: str) -> Manifest | None:
        """Return a Gateway, None where there is none. One that can't be seen is taken for granted."""
        gateways = self._stores.gateways
        if not gateways.installed or self._scope not in (None, namespace):
            return _ANY
        return gateways.get(namespace, name)

    def _claims(self, wanted: Wanted, mine: Manifest) -> Iterator[Claim]:
        """Yield what others' VirtualServices have of the hosts."""
        space, name = mine["metadata"]["namespace"], mine["metadata"]["name"]
        others: dict[tuple[str, str], Manifest] = {}
        for host in dict.fromkeys(full(host, space) for host in wanted.hosts):
            for found in self._stores.routes.indexed("", host):
                others[found["metadata"]["namespace"], found["metadata"]["name"]] = found
        others.pop((space, name), None)
        for other in others.values():
            yield from claims.claims(wanted, mine, other)


def _pods(versions: Sequence[SeenVersion]) -> Mapping[str, frozenset[str]]:
    """Return the ready pods by version, of those that have any."""
    if len(versions) == 1:
        return {}
    return {
        version.facts.name: frozenset(facts.ready_pods(version.slices))
        for version in versions
        if version.facts.ready_endpoints
    }

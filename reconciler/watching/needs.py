"""Which Routemaps depend on what beside their versions: Services of hosts, Gateways, hosts of others' routes.

From a change to the passes it calls for, as `mentions`.
"""

from __future__ import annotations

import threading
from sys import intern
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from reconciler.watching.compact import Groups
from routing import names
from routing.deciding.claims import Wanted
from routing.reading.defaults import defaulted_spec
from routing.reading.hosts import MESH, full, qualified, service_of
from routing.reading.raw import listing, section

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Mapping

    Manifest = Mapping[str, Any]

K = TypeVar("K", bound="Hashable")

MOST = 16
"""Hosts, and gateways, of a Routemap that are looked at: admission takes no more."""
MOST_OF_OTHERS = 1000
"""Hosts of a VirtualService that are looked at: one for many applications may have many."""


def service(namespace: str, name: str) -> str:
    """Return what stands for a Service by which clients in the mesh call an application."""
    return f"service/{namespace}/{name}"


def gateway(namespace: str, name: str) -> str:
    """Return what stands for a Gateway."""
    return f"gateway/{namespace}/{name}"


def hosts_of(manifest: Manifest) -> list[str]:
    """Return the full names of the hosts of a VirtualService, each once."""
    namespace = str(section(manifest, "metadata").get("namespace"))
    hosts = listing(manifest, "spec", "hosts")[:MOST_OF_OTHERS]
    return [*dict.fromkeys(intern(full(host, namespace)) for host in hosts if isinstance(host, str))]


def asked(routemap: Manifest) -> Wanted:
    """Return what a Routemap, well formed or not, is to be called by, defaults filled in."""
    spec = defaulted_spec(section(routemap, "spec"), section(routemap, "metadata"))
    return Wanted(_words(spec, "hosts"), _words(spec, "gateways"), str(spec.get("protocol", names.HTTP)))


def _words(spec: Manifest, field: str) -> list[str]:
    return [item for item in listing(spec, field)[:MOST] if isinstance(item, str)]


def _needs(routemap: Manifest) -> Iterator[str]:
    namespace = str(section(routemap, "metadata").get("namespace"))
    wanted = asked(routemap)
    for host in wanted.hosts:
        yield full(host, namespace)
        name = service_of(host, namespace)
        if name is not None and MESH in wanted.gateways:
            yield service(namespace, name)
    for each in wanted.gateways:
        if each != MESH:
            yield gateway(*qualified(each, namespace).split("/", 1))


class Needs(Generic[K]):
    """What is needed, by a word for it, to the keys of Routemaps that need it. For several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._routemaps: Groups[str, K] = Groups()
        self._needs: dict[K, tuple[str, ...]] = {}

    def update(self, key: K, routemap: Manifest | None) -> None:
        """Take over a Routemap, None when it has gone."""
        after = tuple(dict.fromkeys(map(intern, _needs(routemap)))) if routemap else ()
        with self._lock:
            before = self._needs.pop(key, ())
            for need in before:
                self._routemaps.discard(need, key)
            for need in after:
                self._routemaps.add(need, key)
            if after:
                self._needs[key] = after

    def of(self, needs: Iterable[str]) -> set[K]:
        """Return the Routemaps that need any of these."""
        with self._lock:
            return {key for need in needs for key in self._routemaps.of(need)}

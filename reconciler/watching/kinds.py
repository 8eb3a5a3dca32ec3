"""The kinds that are watched, one record each: which objects, what is kept of them, whom they concern."""

from __future__ import annotations

from functools import partial
from sys import intern
from typing import TYPE_CHECKING, Any

from reconciler.watching import needs, trims
from reconciler.watching.mentions import OrphanKey, RoutemapKey
from routing import facts, names
from routing.kinds import (
    DEPLOYMENT,
    ENDPOINT_SLICES,
    GATEWAYS,
    GRPC_ROUTES,
    HTTP_ROUTES,
    ROUTEMAPS,
    SERVICES,
    STATEFUL_SET,
    VIRTUAL_SERVICES,
    WEIGHT_OVERRIDES,
    Resource,
    WorkloadKind,
)
from routing.reading.raw import section
from routing.routes import ROUTERS, parents
from routing.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from reconciler.watching.mentions import Key, Mentions
    from routing.routes.router import Router

    Manifest = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Change:
    """An object that is not as it was: as it is kept now, or, if it has `gone`, as it was kept last.

    `own`: a write of our own brought what it was to bring, and nothing else has changed. `before`: as it was
    kept last, of kinds that look back.
    """

    manifest: Manifest
    gone: bool = False
    own: bool = False
    before: Manifest | None = None

    @property
    def name(self) -> tuple[str, str]:
        """Its namespace and name."""
        metadata = self.manifest["metadata"]
        return intern(metadata["namespace"]), intern(metadata["name"])


def _nothing(_: Manifest) -> Iterable[str]:
    return ()


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind that is listed and watched.

    `selector`: which objects (labels). `trim`: what is kept of each, as JSON; reading facts from that gives
    the same as from the whole. `keys`: the passes that a change calls for. `indexed`: under which other names
    of its namespace what is kept can be found; `hosts`: the same from any namespace. `compared`: `keys` are
    told by what was kept before. `optional`: its CRD may be missing, which stops nobody but those who need
    it. `workload`: how its objects are versions, None where they are none.
    """

    resource: Resource
    selector: str
    trim: Callable[[Manifest], dict[str, Any]]
    keys: Callable[[Mentions, Change], Iterable[Key]]
    indexed: Callable[[Manifest], Iterable[str]] = _nothing
    hosts: Callable[[Manifest], Iterable[str]] = _nothing
    compared: bool = False
    optional: bool = False
    workload: WorkloadKind | None = None

    @property
    def looks_back(self) -> bool:
        """Whether it matters how an object was: where else it was to be found, whom it concerned."""
        return self.compared or self.indexed is not _nothing or self.hosts is not _nothing


def _routemap_keys(mentions: Mentions, change: Change) -> Iterable[Key]:
    """Return the Routemap itself, and whom it leaves a version to, or takes one from."""
    key = RoutemapKey(*change.name)
    affected = mentions.update(key, None if change.gone else change.manifest, change.before)
    return affected - {key} if change.own else affected


def _named_keys(_: Mentions, change: Change) -> Iterable[Key]:
    """Return the Routemap of the same name."""
    return () if change.own else (RoutemapKey(*change.name),)


def _service_keys(mentions: Mentions, change: Change) -> Iterable[Key]:
    """Return those of a version's, and the Routemaps whose application clients call by this Service."""
    yield from _version_keys(mentions, change)
    if not change.own:  # a mark moves no port
        yield from mentions.needs.of([needs.service(*change.name)])


def _gateway_keys(mentions: Mentions, change: Change) -> Iterable[Key]:
    """Return the Routemaps that name a Gateway."""
    return mentions.needs.of([needs.gateway(*change.name)])


def _route_keys(
    hosts_of: Callable[[Manifest], Iterable[str]], mentions: Mentions, change: Change
) -> Iterable[Key]:
    """Return the Routemap of the same name, and others that have one of its hosts, or had."""
    mine = RoutemapKey(*change.name)
    hosts = [host for manifest in (change.manifest, change.before) for host in hosts_of(manifest or {})]
    others = mentions.needs.of(hosts) - {mine}
    return others if change.own else {mine, *others}


def _version_keys(mentions: Mentions, change: Change, suffix: str = "") -> Collection[Key]:
    """Return the Routemaps that mention a version, or else the version, if something of Teal's is on it.

    `suffix`: what the version's name has beyond the object's.
    """
    namespace, name = change.name
    mentioned = mentions.of(namespace, name + suffix)
    if mentioned:
        return () if change.own else mentioned
    left = facts.is_marked(change.manifest) or facts.is_protected(change.manifest)
    return (OrphanKey(namespace, name + suffix),) if left else ()


def _workload_keys(suffix: str, mentions: Mentions, change: Change) -> Iterable[Key]:
    """Return those of a version's. One that nobody mentions is looked at, too: its user may have to know."""
    keys = _version_keys(mentions, change, suffix)
    version = change.name[0], change.name[1] + suffix
    if keys or change.gone or mentions.of(*version) or not facts.is_watched(change.manifest):
        return keys
    return (OrphanKey(*version),)


def workloads_of(kind: WorkloadKind, *, optional: bool = False) -> Kind:
    """Return the record of a kind of workloads, of which those with the watch label are watched."""
    return Kind(
        kind.resource,
        f"{names.WATCH}=true",
        partial(trims.workload, kind),
        partial(_workload_keys, kind.suffix),
        optional=optional,
        workload=kind,
    )


def _slice_keys(mentions: Mentions, change: Change) -> Iterable[Key]:
    """Return the Routemaps that mention the version whose Service an EndpointSlice belongs to."""
    namespace, _ = change.name
    keys = (mentions.of(namespace, service) for service in _service_of(change.manifest))
    return [key for found in keys for key in found]


def _service_of(manifest: Manifest) -> Iterable[str]:
    """Return the Service that an EndpointSlice is of, by its label (discovery.k8s.io/v1)."""
    service = section(manifest, "metadata", "labels").get(trims.SERVICE_OF_SLICE)
    return (service,) if isinstance(service, str) and service else ()


def _routed(router: Router, manifest: Manifest) -> Iterable[str]:
    """Return the versions that a router's object sends requests to, so that an orphan's can be found."""
    return [exposure.version for exposure in router.exposures(manifest) if exposure.exposed]


def _gateway_routes(resource: Resource) -> Kind:
    """Return the record of one of Gateway API's kinds of routes."""
    router = ROUTERS[resource.kind]
    keys = partial(_route_keys, parents.called)
    return Kind(
        resource, "", trims.gateway_route, keys, partial(_routed, router), parents.called, optional=True
    )


KINDS: tuple[Kind, ...] = (
    Kind(ROUTEMAPS, "", trims.routemap, _routemap_keys, compared=True),
    Kind(WEIGHT_OVERRIDES, "", trims.weight_override, _named_keys, optional=True),
    workloads_of(DEPLOYMENT),
    Kind(SERVICES, "", trims.service, _service_keys),
    Kind(ENDPOINT_SLICES, f"{names.WATCH}=true", trims.endpoint_slice, _slice_keys, _service_of),
    Kind(
        VIRTUAL_SERVICES,
        "",
        trims.virtual_service,
        partial(_route_keys, needs.hosts_of),
        partial(_routed, ROUTERS[names.VIRTUAL_SERVICE]),
        needs.hosts_of,
        optional=True,
    ),
    _gateway_routes(HTTP_ROUTES),
    _gateway_routes(GRPC_ROUTES),
    Kind(GATEWAYS, "", trims.gateway, _gateway_keys, optional=True),
    workloads_of(STATEFUL_SET),
)
"""Routemaps come first: they tell which versions are orphans."""

"""The kinds that are watched, one record each: which objects, what is kept of them, whom they concern."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reconciler.watching import needs
from reconciler.watching.mentions import OrphanKey, RoutemapKey
from routing import facts, names
from routing.deciding import routable
from routing.kinds import (
    DEPLOYMENTS,
    ENDPOINT_SLICES,
    GATEWAYS,
    ROUTEMAPS,
    SERVICES,
    VIRTUAL_SERVICES,
    WEIGHT_OVERRIDES,
    Resource,
)
from routing.reading import override_status, status
from routing.reading.raw import bounded, listing, section
from routing.routes import ROUTER

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from reconciler.watching.mentions import Key, Mentions

    Manifest = Mapping[str, Any]

EVERY = ""
"""The index entry that leads to all Routemaps of a namespace."""
SERVICE_OF_SLICE = "kubernetes.io/service-name"
_OWN_METADATA = ("namespace", "name", "uid", "finalizers", "deletionTimestamp")
_ROUTEMAP_METADATA = (*_OWN_METADATA, "generation", "creationTimestamp")
_OVERRIDE_METADATA = (*_ROUTEMAP_METADATA, "ownerReferences")
_VIRTUAL_SERVICE_METADATA = ("namespace", "name", "uid", "creationTimestamp", "labels", "ownerReferences")
_PORT = ("name", "port", "protocol", "appProtocol", "targetPort")
_MOST_HOSTS = 1000
"""Of a Gateway, at a port: a shared one may have many."""


@dataclass(frozen=True, slots=True)
class Change:
    """An object that is not as it was: as it is kept now, or, if it has `gone`, as it was kept last.

    `own`: a write of our own brought what it was to bring, and nothing else has changed. `before`: as it was
    kept last, of kinds whose hosts are indexed.
    """

    manifest: Manifest
    gone: bool = False
    own: bool = False
    before: Manifest | None = None

    @property
    def name(self) -> tuple[str, str]:
        """Its namespace and name."""
        metadata = self.manifest["metadata"]
        return metadata["namespace"], metadata["name"]


def _nothing(_: Manifest) -> Iterable[str]:
    return ()


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind that is listed and watched.

    `selector`: which objects (labels). `trim`: what is kept of each, as JSON; reading facts from that gives
    the same as from the whole. `keys`: the passes that a change calls for. `indexed`: under which other names
    of its namespace what is kept can be found; `hosts`: the same from any namespace. `optional`: its CRD may
    be missing, which stops nobody but those who need it.
    """

    resource: Resource
    selector: str
    trim: Callable[[Manifest], dict[str, Any]]
    keys: Callable[[Mentions, Change], Iterable[Key]]
    indexed: Callable[[Manifest], Iterable[str]] = _nothing
    hosts: Callable[[Manifest], Iterable[str]] = _nothing
    optional: bool = False


def _routemap_keys(mentions: Mentions, change: Change) -> Iterable[Key]:
    """Return the Routemap itself, and whom it leaves a version to, or takes one from."""
    key = RoutemapKey(*change.name)
    affected = mentions.update(key, None if change.gone else change.manifest)
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


def _virtual_service_keys(mentions: Mentions, change: Change) -> Iterable[Key]:
    """Return the Routemap of the same name, and others that have one of its hosts, or had."""
    mine = RoutemapKey(*change.name)
    hosts = [host for manifest in (change.manifest, change.before) for host in needs.hosts_of(manifest or {})]
    others = mentions.needs.of(hosts) - {mine}
    return others if change.own else {mine, *others}


def _version_keys(mentions: Mentions, change: Change) -> Collection[Key]:
    """Return the Routemaps that mention a version, or else the version, if something of Teal's is on it."""
    mentioned = mentions.of(*change.name)
    if mentioned:
        return () if change.own else mentioned
    left = facts.is_marked(change.manifest) or facts.is_protected(change.manifest)
    return (OrphanKey(*change.name),) if left else ()


def _deployment_keys(mentions: Mentions, change: Change) -> Iterable[Key]:
    """Return those of a version's. One that nobody mentions is looked at, too: its user may have to know."""
    keys = _version_keys(mentions, change)
    if keys or change.gone or mentions.of(*change.name) or not facts.is_watched(change.manifest):
        return keys
    return (OrphanKey(*change.name),)


def _slice_keys(mentions: Mentions, change: Change) -> Iterable[Key]:
    """Return the Routemaps that mention the version whose Service an EndpointSlice belongs to."""
    namespace, _ = change.name
    keys = (mentions.of(namespace, service) for service in _service_of(change.manifest))
    return [key for found in keys for key in found]


def _metadata(manifest: Manifest) -> dict[str, Any]:
    """Keep of metadata what passes read or patch: of labels and annotations Teal's own, of finalizers all.

    A patch tests the whole list that it was made from, so an incomplete one could never be patched.
    """
    metadata = manifest["metadata"]
    kept: dict[str, Any] = {key: metadata[key] for key in _OWN_METADATA if key in metadata}
    return kept | _own_entries(metadata, "labels") | _own_entries(metadata, "annotations")


def _own_entries(metadata: Manifest, where: str) -> dict[str, Any]:
    """Keep Teal's own labels or annotations; an empty one, too: a patch has to know whether it exists."""
    if where not in metadata:
        return {}
    known = {*names.KNOWN_LABELS, *names.KNOWN_ANNOTATIONS}
    return {where: {key: value for key, value in section(metadata, where).items() if key in known}}


def _deployment(manifest: Manifest) -> dict[str, Any]:
    """Keep whether it is Available, its replicas, its deadline, and whether any container has a probe."""
    conditions = map(section, listing(manifest, "status", "conditions"))
    available = [
        {"type": "Available", "status": item.get("status")}
        for item in conditions
        if item.get("type") == "Available"
    ]
    # Of the containers no more than whether one has a readiness probe.
    probed = any(container.get("readinessProbe") for container in facts.containers(manifest))
    patience = section(manifest, "spec").get("progressDeadlineSeconds", facts.PATIENCE_SECONDS)
    deadline = {} if patience == facts.PATIENCE_SECONDS else {"progressDeadlineSeconds": patience}
    return {
        "metadata": _metadata(manifest),
        "spec": {
            "replicas": section(manifest, "spec").get("replicas", 1),
            **deadline,
            "template": {"spec": {"containers": [{"readinessProbe": True}] if probed else []}},
        },
        "status": {"conditions": available},
    }


def _service(manifest: Manifest) -> dict[str, Any]:
    """Keep what its ports are, and whether it has an address to split behind."""
    spec = section(manifest, "spec")
    kept: dict[str, Any] = {
        "ports": [
            {key: port[key] for key in _PORT if key in port and (key, port[key]) != ("protocol", "TCP")}
            for port in map(section, listing(spec, "ports"))
        ]
    }
    if spec.get("type") == "ExternalName":
        kept["type"] = "ExternalName"
    if spec.get("clusterIP") == "None":
        kept["clusterIP"] = "None"
    return {"metadata": _metadata(manifest), "spec": kept}


def _gateway(manifest: Manifest) -> dict[str, Any]:
    """Keep the hosts that it takes for HTTP, by port."""
    servers = [
        {"hosts": [*dict.fromkeys(hosts)][:_MOST_HOSTS], "port": {"number": port}}
        for port, hosts in routable.listened(manifest).items()
    ]
    return {"metadata": _parts(manifest, ("namespace", "name"))["metadata"], "spec": {"servers": servers}}


def _endpoint_slice(manifest: Manifest) -> dict[str, Any]:
    """Keep who is ready, and the names of their ports: what else there is makes no difference."""
    metadata = manifest["metadata"]
    kept = {key: metadata[key] for key in ("namespace", "name")}
    kept["labels"] = {SERVICE_OF_SLICE: section(metadata, "labels").get(SERVICE_OF_SLICE)}
    pods = facts.ready_pods([manifest])
    ready: list[dict[str, Any]] = [{"targetRef": {"name": name}} for name in sorted(pods)]
    ready += [{"addresses": [name]} for name in sorted(facts.ready_names([manifest]) - pods)]
    ports = [{"name": section(port).get("name") or ""} for port in listing(manifest, "ports")]
    return {"metadata": kept, "endpoints": ready, "ports": ports}


def _routemap(manifest: Manifest) -> dict[str, Any]:
    """Keep the spec, and the status as Teal writes it, with a sign where it is stored otherwise."""
    kept = _parts(manifest, _ROUTEMAP_METADATA)
    if "status" in manifest:
        kept["status"] = status.read(manifest["status"]).manifest()
        if kept["status"] != manifest["status"]:
            kept["status"]["odd"] = True  # not as Teal writes it: the next pass does
    return kept


def _weight_override(manifest: Manifest) -> dict[str, Any]:
    """Keep the spec, and the status as of a Routemap."""
    kept = _parts(manifest, _OVERRIDE_METADATA)
    if "status" in manifest:
        kept["status"] = override_status.read(manifest["status"]).manifest()
        if kept["status"] != manifest["status"]:
            kept["status"]["odd"] = True
    return kept


def _virtual_service(manifest: Manifest) -> dict[str, Any]:
    """Keep Teal's own; of others' which requests they take."""
    kept = _parts(manifest, _VIRTUAL_SERVICE_METADATA)
    metadata = kept["metadata"] | _own_entries(manifest["metadata"], "annotations")
    owners = map(section, listing(metadata, "ownerReferences"))
    if names.ROUTEMAP in section(metadata, "labels") or any(
        owner.get("kind") == "Routemap" for owner in owners
    ):
        return {**kept, "metadata": metadata}
    spec: dict[str, Any] = {
        key: kept["spec"][key] for key in ("hosts", "gateways", "exportTo") if key in section(kept, "spec")
    }
    if routable.takes_all(manifest):
        spec["takesAll"] = True
    return {"metadata": {key: value for key, value in metadata.items() if key != "labels"}, "spec": spec}


def _parts(manifest: Manifest, metadata: Sequence[str]) -> dict[str, Any]:
    """Keep some of the metadata, and the spec as it is but for its depth: anybody may have written it."""
    kept = {key: manifest["metadata"][key] for key in metadata if key in manifest["metadata"]}
    return {"metadata": kept, **{key: bounded(manifest[key]) for key in ("spec",) if key in manifest}}


def _service_of(manifest: Manifest) -> Iterable[str]:
    """Return the Service that an EndpointSlice is of, by its label (discovery.k8s.io/v1)."""
    service = section(manifest, "metadata", "labels").get(SERVICE_OF_SLICE)
    return (service,) if isinstance(service, str) and service else ()


def _routed(manifest: Manifest) -> Iterable[str]:
    """Return the versions that a router's object sends requests to, so that an orphan's can be found."""
    return [exposure.version for exposure in ROUTER.exposures(manifest) if exposure.exposed]


KINDS: tuple[Kind, ...] = (
    Kind(ROUTEMAPS, "", _routemap, _routemap_keys, lambda _: (EVERY,)),
    Kind(WEIGHT_OVERRIDES, "", _weight_override, _named_keys, optional=True),
    Kind(DEPLOYMENTS, f"{names.WATCH}=true", _deployment, _deployment_keys),
    Kind(SERVICES, "", _service, _service_keys),
    Kind(ENDPOINT_SLICES, f"{names.WATCH}=true", _endpoint_slice, _slice_keys, _service_of),
    Kind(
        VIRTUAL_SERVICES, "", _virtual_service, _virtual_service_keys, _routed, needs.hosts_of, optional=True
    ),
    Kind(GATEWAYS, "", _gateway, _gateway_keys, optional=True),
)
"""Routemaps come first: they tell which versions are orphans."""

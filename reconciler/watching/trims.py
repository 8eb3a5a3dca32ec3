"""What is kept of each kind of object: as little as gives the same facts as the whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from routing import facts, names
from routing.deciding import claims, listeners
from routing.promoting import owners
from routing.reading import override_status, status
from routing.reading.raw import listing, section
from routing.routes import parents

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from routing.kinds import WorkloadKind

    Manifest = Mapping[str, Any]

SERVICE_OF_SLICE = "kubernetes.io/service-name"
_OWN_METADATA = ("namespace", "name", "uid", "finalizers", "deletionTimestamp")
_ROUTEMAP_METADATA = (*_OWN_METADATA, "generation", "creationTimestamp")
_KNOWN = {*names.KNOWN_LABELS, *names.KNOWN_ANNOTATIONS}
_WISHES = (names.WISH, names.WISHED_BY)
_MOST_NOTE = 65_536
"""Characters of a promotion's note, which has the list of versions twice at most."""
_OVERRIDE_METADATA = (*_ROUTEMAP_METADATA, "ownerReferences")
_ROUTE_METADATA = ("namespace", "name", "uid", "creationTimestamp", "labels", "ownerReferences")
_PORT = ("name", "port", "protocol", "appProtocol", "targetPort")
_MOST_HOSTS = 1000
"""Of a Gateway, at a port: a shared one may have many."""
_MOST_WORDS = 1000
_MOST_CONDITIONS = 8
"""Of the parent of a route of Gateway API: more than are told, and as many as the kind takes (v1)."""


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
    return {where: {key: value for key, value in section(metadata, where).items() if key in _KNOWN}}


def workload(kind: WorkloadKind, manifest: Manifest) -> dict[str, Any]:
    """Keep whether it is available, and has pods of its template only, its replicas and its deadline.

    Of the pods' template: whether any container has a probe, and what tells it from another.
    """
    # Of the containers no more than whether one has a readiness probe.
    probed = any(container.get("readinessProbe") for container in facts.containers(manifest))
    spec = section(manifest, "spec")
    patience = spec.get("progressDeadlineSeconds", facts.PATIENCE_SECONDS)
    kept = isinstance(patience, int) and patience != facts.PATIENCE_SECONDS
    deadline = {"progressDeadlineSeconds": patience} if kept else {}
    replicas = spec["replicas"] if isinstance(spec.get("replicas"), int) else 1
    return {
        "metadata": _metadata(manifest),
        "spec": {
            "replicas": replicas,
            **deadline,
            "template": {
                facts.TEMPLATE_HASH: facts.template_hash(manifest),
                "spec": {"containers": [{"readinessProbe": True}] if probed else []},
            },
        },
        "status": _availability(kind, manifest, replicas)
        | ({} if facts.is_renewed(manifest) else {"replicas": 1}),
    }


def _availability(kind: WorkloadKind, manifest: Manifest, replicas: int) -> dict[str, Any]:
    """Keep whether a workload is available, as its kind tells it; of counts, that they suffice."""
    available = facts.is_available(manifest, kind)
    if not kind.ready:
        return {"availableReplicas": replicas} if available else {}
    conditions = map(section, listing(manifest, "status", "conditions"))
    told = [
        {"type": kind.ready, "status": item.get("status")}
        for item in conditions
        if item.get("type") == kind.ready
    ]
    return {"conditions": told}


def service(manifest: Manifest) -> dict[str, Any]:
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


def gateway(manifest: Manifest) -> dict[str, Any]:
    """Keep the hosts that it takes, by protocol and port."""
    servers = [
        {"hosts": [*dict.fromkeys(hosts)][:_MOST_HOSTS], **listeners.listener(protocol, port)}
        for protocol in names.PROTOCOLS
        for port, hosts in listeners.listened(manifest, protocol).items()
    ]
    return {"metadata": _parts(manifest, ("namespace", "name"))["metadata"], "spec": {"servers": servers}}


def endpoint_slice(manifest: Manifest) -> dict[str, Any]:
    """Keep who is ready, and the names of their ports: what else there is makes no difference."""
    metadata = manifest["metadata"]
    kept = {key: metadata[key] for key in ("namespace", "name")}
    kept["labels"] = {SERVICE_OF_SLICE: section(metadata, "labels").get(SERVICE_OF_SLICE)}
    pods = facts.ready_pods([manifest])
    ready: list[dict[str, Any]] = [{"targetRef": {"name": name}} for name in sorted(pods)]
    ready += [{"addresses": [name]} for name in sorted(facts.ready_names([manifest]) - pods)]
    ports = [{"name": section(port).get("name") or ""} for port in listing(manifest, "ports")]
    return {"metadata": kept, "endpoints": ready, "ports": ports}


def routemap(manifest: Manifest) -> dict[str, Any]:
    """Keep the spec, what is wished of a rollout and noted of a promotion, and the status as Teal writes it.

    It has a sign where it is stored otherwise. Of who has written what: whether Git or Helm owns the list.
    """
    kept = _parts(manifest, _ROUTEMAP_METADATA)
    metadata = kept["metadata"]
    if "annotations" in manifest["metadata"]:  # an empty one, too: a patch has to know whether it exists
        words = section(manifest["metadata"], "annotations")
        most = dict.fromkeys(_WISHES, _MOST_WORDS) | {names.PROMOTION: _MOST_NOTE}
        metadata["annotations"] = {key: str(words[key])[:end] for key, end in most.items() if key in words}
    if owned := owners.kept(manifest, "spec", "versions"):
        metadata["managedFields"] = owned
    if "status" in manifest:
        kept["status"] = status.read(manifest["status"]).manifest()
        if kept["status"] != manifest["status"]:
            kept["status"]["odd"] = True  # not as Teal writes it: the next pass does
    return kept


def weight_override(manifest: Manifest) -> dict[str, Any]:
    """Keep the spec, whether Argo CD applies it, and the status as of a Routemap."""
    kept = _parts(manifest, _OVERRIDE_METADATA)
    if names.ARGOCD in section(manifest, "metadata", "annotations"):
        kept["metadata"]["annotations"] = {names.ARGOCD: ""}
    if "status" in manifest:
        kept["status"] = override_status.read(manifest["status"]).manifest()
        if kept["status"] != manifest["status"]:
            kept["status"]["odd"] = True
    return kept


def virtual_service(manifest: Manifest) -> dict[str, Any]:
    """Keep Teal's own; of others' which requests they take."""
    kept = _parts(manifest, _ROUTE_METADATA)
    metadata = kept["metadata"] | _own_entries(manifest["metadata"], "annotations")
    if _is_own(metadata):
        return {**kept, "metadata": metadata}
    spec: dict[str, Any] = {
        key: kept["spec"][key] for key in ("hosts", "gateways", "exportTo") if key in section(kept, "spec")
    }
    if taken := claims.takes_all(manifest):
        spec["takesAll"] = taken
    return {"metadata": {key: value for key, value in metadata.items() if key != "labels"}, "spec": spec}


def gateway_route(manifest: Manifest) -> dict[str, Any]:
    """Keep Teal's own, with what is said of it as it is; of others' whose requests they take."""
    kept = _parts(manifest, _ROUTE_METADATA)
    metadata = kept["metadata"] | _own_entries(manifest["metadata"], "annotations")
    if not _is_own(metadata):
        refs = listing(section(kept, "spec"), "parentRefs")[: parents.MOST_PARENTS]
        metadata = {key: value for key, value in metadata.items() if key != "labels"}
        return {"metadata": metadata, "spec": {"parentRefs": refs}}
    # Without a generation to compare with, what is left counts.
    said = [_said(item) for item in parents.entries(manifest)]
    status = {"status": {"parents": said}} if said else {}
    return {**kept, "metadata": metadata, **status}


def _said(entry: Manifest) -> dict[str, Any]:
    """Keep what a controller says, its times apart."""
    fields = ("type", "status", "reason", "message")
    conditions = [
        {key: str(condition[key])[:_MOST_WORDS] for key in fields if key in condition}
        for condition in entry["conditions"][:_MOST_CONDITIONS]
    ]
    controller = str(entry.get("controllerName"))[:_MOST_WORDS]
    ref = section(entry, "parentRef")
    return {"parentRef": ref, "controllerName": controller, "conditions": conditions}


def _is_own(metadata: Manifest) -> bool:
    """Tell whether an object may be Teal's: by its label, or by a Routemap among its owners."""
    owners = map(section, listing(metadata, "ownerReferences"))
    return names.ROUTEMAP in section(metadata, "labels") or any(
        owner.get("kind") == "Routemap" for owner in owners
    )


def _parts(manifest: Manifest, metadata: Sequence[str]) -> dict[str, Any]:
    """Keep some of the metadata, and the spec as it is: `kube.reading` has cut off what is too deep."""
    kept = {key: manifest["metadata"][key] for key in metadata if key in manifest["metadata"]}
    return {"metadata": kept, **({"spec": manifest["spec"]} if "spec" in manifest else {})}

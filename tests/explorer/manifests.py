"""The objects of a state as the API server has them, and back."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from routing import facts, names
from routing.reading.defaults import DEADLINE_SECONDS, DRAIN_SECONDS, defaulted
from routing.reading.parse import parse_routemap
from routing.reading.times import timestamp
from routing.routes import ROUTER
from tests.explorer.state import AVAILABLE, JUST_NOW, LONG_AGO, NO, Deployment, Service, name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from routing.reading.status import RoutemapStatus
    from tests.explorer.state import Route, Routemap

    Manifest = dict[str, Any]
    Spec = Mapping[str, Any]

NAMESPACE, APPLICATION = "default", "httpbin"
NOW = 1_700_000_000.0
RUNNING, OVER = NOW + DRAIN_SECONDS, NOW - 1
"""The end of a drain."""
_AGO = {JUST_NOW: NOW, LONG_AGO: NOW - DEADLINE_SECONDS - 100}
PROTECTED = f"the only ready version of Routemap {APPLICATION}"


def ago(when: int) -> float | None:
    """Return a time in seconds since the epoch, None for never."""
    return _AGO.get(when)


def told(seconds: float | None) -> int:
    """Return what a time means."""
    return next((when for when, since in _AGO.items() if since == seconds), NO)


@cache
def deployment(index: int, value: Deployment, pods: int, uid: str = "1") -> Manifest:
    metadata = _metadata(index, uid, value.deleting, marked=value.marked)
    if value.watched:
        metadata["labels"] = {names.WATCH: "true"}
    if value.protected:
        metadata["annotations"] = {names.PROTECTED: PROTECTED}
    available = str(pods == AVAILABLE or value.stopped)
    container = {"name": f"app-{value.template}", "readinessProbe": {"httpGet": {"port": 80}}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": metadata,
        "spec": {
            "replicas": 0 if value.stopped else 2,
            "template": {"spec": {"containers": [container]}},
        },
        "status": {"readyReplicas": pods, "conditions": [{"type": "Available", "status": available}]},
    }


def read_deployment(manifest: Mapping[str, Any]) -> Deployment:
    found = facts.workload(manifest)
    return Deployment(
        marked=found.marked,
        protected=facts.is_protected(manifest),
        deleting=told(found.deleting_since),
        watched=found.watched,
        stopped=found.scaled_to_zero,
        template=int(manifest["spec"]["template"]["spec"]["containers"][0]["name"].removeprefix("app-")),
    )


@cache
def service(index: int, value: Service, uid: str = "1") -> Manifest:
    metadata = _metadata(index, uid, value.deleting, marked=value.marked)
    metadata["labels"] = {names.WATCH: "true"}  # as `kubectl expose` makes it
    if value.protected:
        metadata["annotations"] = {names.PROTECTED: PROTECTED}
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": {"ports": [{"port": 80}]}}


@cache
def application() -> Manifest:
    """Return the Service by whose name clients call the application."""
    metadata = {"namespace": NAMESPACE, "name": APPLICATION, "uid": "1"}
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": {"ports": [{"port": 80}]}}


def read_service(manifest: Mapping[str, Any]) -> Service:
    found = facts.part(manifest)
    return Service(found.marked, facts.is_protected(manifest), told(found.deleting_since))


@cache
def endpoint_slice(version: str) -> Manifest:
    """Return the slice of a version with a ready endpoint."""
    return {
        "metadata": {"namespace": NAMESPACE, "name": version},
        "endpoints": [{"targetRef": {"name": f"{version}-pod"}, "conditions": {"ready": True}}],
        "ports": [{"name": ""}],
    }


def routemap(spec: Spec, generation: int, uid: str = "1") -> Manifest:
    """Return a Routemap as a user makes it, with the webhook's defaults."""
    metadata = {"name": APPLICATION, "namespace": NAMESPACE, "uid": uid, "generation": generation}
    manifest = {"apiVersion": names.API_VERSION, "kind": "Routemap", "metadata": metadata, "spec": spec}
    return dict(defaulted(manifest))


def stored_routemap(value: Routemap, made: Manifest, status: RoutemapStatus) -> Manifest:
    """Return a Routemap as it is stored."""
    metadata = {key: told for key, told in made["metadata"].items() if key != "finalizers"}
    if value.held:
        metadata["finalizers"] = [names.RELEASE]
    if value.deleting:
        metadata["deletionTimestamp"] = timestamp(NOW)
    kept = {names.WISH: value.wish, names.PROMOTION: value.noted}
    annotations = {key: text for key, text in kept.items() if text}
    if annotations:
        metadata["annotations"] = annotations
    return {**made, "metadata": metadata, "status": status.manifest()}


@cache
def override(weights: tuple[tuple[str, int], ...]) -> Manifest:
    """Return a WeightOverride that the Routemap owns already."""
    owner = {"apiVersion": names.API_VERSION, "kind": "Routemap", "name": APPLICATION, "uid": "1"}
    metadata = {"name": APPLICATION, "namespace": NAMESPACE, "uid": "1", "ownerReferences": [owner]}
    spec = {"weights": [{"version": version, "weight": weight} for version, weight in weights]}
    return {"apiVersion": names.API_VERSION, "kind": "WeightOverride", "metadata": metadata, "spec": spec}


def virtual_service(route: Route, made: Manifest) -> Mapping[str, Any]:
    """Return the router's object of a route; `made`: a well-formed Routemap that it is for."""
    return ROUTER.render(parse_routemap(made), route)


def left_route(rendered: Mapping[str, Any], *, owned: bool, leaving: int) -> Manifest:
    """Return the router's object as it is stored: with its owner or without, and since when.

    A Routemap that has gone had another uid than any that may come.
    """
    metadata = {**rendered["metadata"], "uid": "1"}
    if not owned:
        metadata["ownerReferences"] = []
    since = ago(leaving)
    if since is not None:
        metadata["annotations"] = {names.LEFT: f"{timestamp(since)} 0"}
    return {**rendered, "metadata": metadata}


def read_route(manifest: Mapping[str, Any]) -> Route:
    """Return a route in the order of the rule that takes what no other does: rendered again it is the same.

    Rules with a match come before that one, copies have none of it.
    """
    hosts = [item["destination"]["host"] for item in manifest["spec"]["http"][-1]["route"]]
    places = {host.partition(".")[0]: place for place, host in enumerate(hosts)}
    return tuple(
        sorted(ROUTER.exposures(manifest), key=lambda exposure: places.get(exposure.version, len(hosts)))
    )


def _metadata(index: int, uid: str, deleting: int, *, marked: bool) -> Manifest:
    metadata: Manifest = {"namespace": NAMESPACE, "name": name(index), "uid": uid}
    if marked:
        metadata["finalizers"] = [names.MARK]
    since = ago(deleting)
    if since is not None:
        metadata["deletionTimestamp"] = timestamp(since)
    return metadata

"""A namespace in which `pay` runs, and what becomes of it as an application is brought in and out."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

from routing.adopting import bring_in
from routing.adopting.scene import Manifest, Scene, Wish, labelled, name_of
from routing.kinds import DEPLOYMENTS, ROUTEMAPS, SERVICES, VIRTUAL_SERVICES
from routing.promoting.steps import Create, Delete, Do, Step, Wait
from routing.writes import Patch

RULES = (
    {"name": "api", "match": [{"uri": {"prefix": "/api/"}}], "timeout": "5s"},
    {"retries": {"attempts": 1}},
)


def deployed(name: str, app: str = "", ready: int = 1, **labels: str) -> dict[str, Any]:
    pods = {"app": app or name, "version": name}
    return {
        "metadata": {"name": name, "namespace": "shop", "uid": f"uid-{name}", "labels": labels},
        "spec": {"selector": {"matchLabels": pods}, "template": {"metadata": {"labels": pods}}},
        "status": {"readyReplicas": ready},
    }


def exposed(name: str, **selector: str) -> dict[str, Any]:
    ports = [{"name": "http", "port": 80, "targetPort": "web", "nodePort": 30080}]
    spec = {"clusterIP": "10.0.0.1", "selector": selector or {"app": name}, "ports": ports}
    return {"metadata": {"name": name, "namespace": "shop", "uid": f"uid-{name}"}, "spec": spec}


def virtual_service(*destinations: str, name: str = "pay", **metadata: Any) -> dict[str, Any]:
    route = [{"destination": {"host": host}, "weight": 100 // len(destinations)} for host in destinations]
    return {
        "metadata": {
            "name": name,
            "namespace": "shop",
            "uid": "uid-route",
            "resourceVersion": "7",
            **metadata,
        },
        "spec": {"hosts": ["pay", "pay.example.com"], "http": [{**rule, "route": route} for rule in RULES]},
    }


def of_connections(*destinations: str) -> dict[str, Any]:
    """Return a VirtualService by which `pay` is called for connections of TCP."""
    route = [{"destination": {"host": host}, "weight": 100 // len(destinations)} for host in destinations]
    return virtual_service("pay") | {"spec": {"hosts": ["pay"], "tcp": [{"route": route}]}}


def scene(*routes: Manifest, name: str = "pay", **parts: Any) -> Scene:
    """Return `pay` behind its Service, with VirtualServices."""
    made = Scene(
        app="pay",
        name=name,
        namespace="shop",
        services={"pay": exposed("pay")},
        deployments=(deployed("pay"),),
        routes=routes,
    )
    return replace(made, **parts)


def applied(seen: Scene, write: Any) -> Scene:
    """Return what is seen after a write, as Teal and Kubernetes have it when they have come to rest."""
    if isinstance(write, Create):
        return _created(seen, write)
    if isinstance(write, Delete):
        return _deleted(seen, write)
    assert isinstance(write, Patch)
    after = _patched(write.manifest, write.operations)
    name = name_of(write.manifest)
    if write.resource is DEPLOYMENTS:
        others = [after if name_of(each) == name else each for each in seen.deployments]
        return replace(seen, deployments=tuple(others))
    assert write.resource is VIRTUAL_SERVICES
    after = _by_teal(after) if labelled(after, seen.name) else after
    return replace(seen, routes=tuple(after if name_of(each) == name else each for each in seen.routes))


def _by_teal(route: Manifest) -> Manifest:
    """Return a VirtualService as Teal writes it: its own destinations, labels and owner."""
    metadata = route["metadata"]
    labels = {**metadata["labels"], "app.kubernetes.io/managed-by": "teal"}
    owners = [{"kind": "Routemap", "name": metadata["name"], "uid": "made"}]
    spec = {"hosts": route["spec"]["hosts"], "http": [{"name": metadata["name"]}]}
    return {**route, "metadata": {**metadata, "labels": labels, "ownerReferences": owners}, "spec": spec}


def _created(seen: Scene, write: Create) -> Scene:
    stored = {**write.manifest, "metadata": {**write.manifest["metadata"], "uid": "made", "generation": 1}}
    if write.resource is SERVICES:
        return replace(seen, services={**seen.services, name_of(stored): stored})
    assert write.resource is ROUTEMAPS
    ready = {
        "type": "Ready",
        "status": "True",
        "reason": "Applied",
        "message": "",
        "lastTransitionTime": "2026-11-28T10:00:00Z",
    }
    return replace(
        seen,
        routemap={**stored, "status": {"observedGeneration": 1, "split": "pay=100", "conditions": [ready]}},
    )


def _deleted(seen: Scene, write: Delete) -> Scene:
    name = name_of(write.manifest)
    if write.resource is ROUTEMAPS:
        gone = [each for each in seen.routes if labelled(each, name)]
        return replace(seen, routemap=None, routes=tuple(each for each in seen.routes if each not in gone))
    if write.resource is SERVICES:
        kept = {key: each for key, each in seen.services.items() if key != name}
        return replace(seen, services=kept)
    return replace(seen, override=None)


def _patched(manifest: Manifest, operations: Any) -> Manifest:
    result: dict[str, Any] = copy.deepcopy(dict(manifest))
    for operation in operations:
        way = [part.replace("~1", "/").replace("~0", "~") for part in operation["path"].split("/")[1:]]
        found = result
        for key in way[:-1]:
            found = found[key]
        if operation["op"] == "test":
            assert found.get(way[-1]) == operation["value"]
        elif operation["op"] == "remove":
            del found[way[-1]]
        else:
            found[way[-1]] = operation["value"]
    return result


def played(seen: Scene, wish: Wish | None, most: int = 20) -> tuple[list[str], Scene, Step]:
    """Return what was told until it ended, what is seen then, and the last step; `wish` None: undo."""
    told: list[str] = []
    for _ in range(most):
        step = bring_in.undo(seen) if wish is None else bring_in.next_step(seen, wish)
        if isinstance(step, Wait):
            told.append(f"… {step.told}")
            seen = replace(seen, quiet=60.0)
        elif isinstance(step, Do):
            told.append(step.told)
            seen = applied(seen, step.write)
        else:
            return told, seen, step
    raise AssertionError(told)

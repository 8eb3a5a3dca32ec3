"""An application that is about to be promoted, as manifests, to be changed by the tests."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from routing.promoting.steps import Scene
from tests.unit.routing.manifests import Manifest, changed, deployment, routemap, service, weight_override

PRIMARY, CANDIDATE, THIRD = "httpbin-0", "httpbin-1", "httpbin-2"
READY = {"type": "Ready", "status": "True", "reason": "Applied", "message": "the split is applied"}
ROLLED = {
    "observedGeneration": 7,
    "replicas": 2,
    "updatedReplicas": 2,
    "readyReplicas": 2,
    "availableReplicas": 2,
}


def version(name: str, weight: int = 50, **told: Any) -> Manifest:
    """Return what Teal tells of a version that is ready."""
    return {"name": name, "state": "ready", "weight": weight, "readyEndpoints": 2, "reason": "Ready", **told}


def status(*versions: Manifest, **parts: Any) -> Manifest:
    conditions = [{**READY, "lastTransitionTime": "2026-11-28T10:00:00Z"}]
    told = versions or (version(PRIMARY), version(CANDIDATE))
    return {"observedGeneration": 3, "versions": [*told], "conditions": conditions, **parts}


def asked(*weights: int, told: Manifest | None = None, **spec: Any) -> Manifest:
    """Return the Routemap of versions with these weights, 50 each by default, as it is stored."""
    listed = [
        {"name": f"httpbin-{index}", "weight": weight} for index, weight in enumerate(weights or (50, 50))
    ]
    hosts = ["httpbin.default", "httpbin.default.svc", "httpbin.default.svc.cluster.local"]
    made = routemap(**{"strategy": "blue-green", "versions": listed, "hosts": hosts, **spec})
    return {**made, "status": status() if told is None else told}


def deployed(name: str, image: str = "httpbin:1", label: str = "v1") -> Manifest:
    """Return a Deployment that has been rolled out."""
    made = changed(deployment(name), "spec.template.spec.containers.0.image", image)
    made = changed(made, "metadata.labels", {"iter8.tools/watch": "true", "app.kubernetes.io/version": label})
    about = {
        **made["metadata"],
        "uid": f"uid-{name}",
        "generation": 7,
        "annotations": {"deployment.kubernetes.io/revision": "3"},
    }
    return {**made, "metadata": about, "status": ROLLED}


def owned(manifest: Manifest, manager: str, *path: str) -> Manifest:
    """Return an object of which a program has set a field."""
    fields: Manifest = {}
    for name in reversed(path):
        fields = {f"f:{name}": fields}
    entry = {"manager": manager, "operation": "Apply", "fieldsV1": fields}
    return changed(manifest, "metadata.managedFields", [{"manager": "kubectl"}, entry])


def replica_set(name: str, revision: str, image: str) -> Manifest:
    made = deployed(PRIMARY, image)
    labels = {"app": PRIMARY, "pod-template-hash": "abc"}
    made = changed(made, "spec.template.metadata.labels", labels)
    made = changed(made, "metadata.annotations", {"deployment.kubernetes.io/revision": revision})
    return changed(made, "metadata.name", name)


def scene(*weights: int, told: Manifest | None = None, **spec: Any) -> Scene:
    """Return an application with a primary of image 0 and a candidate of image 1, requests shared evenly."""
    return Scene(
        routemap=asked(*weights, told=told, **spec),
        deployments={
            PRIMARY: deployed(PRIMARY, "httpbin:0", "v0"),
            CANDIDATE: deployed(CANDIDATE, "httpbin:1", "v1"),
        },
        services={name: {**service(name)} for name in (PRIMARY, CANDIDATE)},
        replica_sets=(replica_set("httpbin-0-old", "3", "httpbin:0"),),
        settled=60.0,
    )


def with_deployment(before: Scene, manifest: Manifest) -> Scene:
    name = manifest["metadata"]["name"]
    return replace(before, deployments={**before.deployments, name: manifest})


def without_version(before: Scene, name: str) -> Scene:
    deployments = {key: value for key, value in before.deployments.items() if key != name}
    services = {key: value for key, value in before.services.items() if key != name}
    return replace(before, deployments=deployments, services=services)


def override(*weights: int) -> Manifest:
    named = [(f"httpbin-{index}", weight) for index, weight in enumerate(weights)]
    made = weight_override(*named)
    return changed(made, "metadata.uid", "0ver")

"""Kinds of workloads as an administrator may name them: their group, kind and status as of the real ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from routing import names
from routing.kinds import Resource, WorkloadKind

if TYPE_CHECKING:
    from tests.api.stage import Stage

CRDS = Resource(
    "apiextensions.k8s.io/v1", "CustomResourceDefinition", "customresourcedefinitions", namespaced=False
)
ROLLOUT = WorkloadKind(Resource("argoproj.io/v1alpha1", "Rollout", "rollouts"), "Available")
MODEL = WorkloadKind(
    Resource("serving.kserve.io/v1beta1", "InferenceService", "inferenceservices"),
    "Ready",
    suffix="-predictor",
)
GADGET = WorkloadKind(Resource("gadgets.example/v1", "Gadget", "gadgets"), "Ready", suffix="-gadget")
"""A kind that no cluster has."""
SPECS: dict[WorkloadKind, dict[str, Any]] = {
    ROLLOUT: {"replicas": 1, "template": {"spec": {"containers": [{"name": "app", "image": "app:1"}]}}},
    MODEL: {"predictor": {"model": {"modelFormat": {"name": "sklearn"}, "storageUri": "gs://models/a"}}},
}


def install(stage: Stage, kind: WorkloadKind) -> None:
    """Define a kind, unless it is defined; whatever its objects hold is kept."""
    resource = kind.resource
    whatever = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    schema = {"type": "object", "properties": {"spec": whatever, "status": whatever}}
    version = {
        "name": resource.api_version.partition("/")[2],
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": schema},
        "subresources": {"status": {}},
    }
    names_ = {"kind": resource.kind, "plural": resource.plural, "singular": resource.kind.lower()}
    spec = {"group": resource.group, "scope": "Namespaced", "names": names_, "versions": [version]}
    head = {"apiVersion": CRDS.api_version, "kind": CRDS.kind}
    metadata = {"name": f"{resource.plural}.{resource.group}"}
    made = {**head, "metadata": metadata, "spec": spec}
    path, how = CRDS.path(None, metadata["name"]), {"fieldManager": "test", "force": "true"}
    stage.cluster.request("PATCH", path, made, how, "application/apply-patch+yaml")


def deploy(stage: Stage, kind: WorkloadKind, version: str, *, ready: bool = True) -> None:
    """Make a watched object of a kind, its Service and its endpoints, as soon as the kind is served."""
    about = {"name": kind.name_of(version), "namespace": stage.namespace, "labels": {names.WATCH: "true"}}
    head = {"apiVersion": kind.resource.api_version, "kind": kind.resource.kind}
    made = {**head, "metadata": about, "spec": SPECS[kind]}
    stage.until(True, lambda: bool(stage.cluster.apply(kind.resource, made)))
    report(stage, kind, version, ready=ready)
    stage.service(version)
    stage.endpoints(version, int(ready))


def report(stage: Stage, kind: WorkloadKind, version: str, *, ready: bool) -> None:
    """Report an object as its controller does."""
    condition = {"type": kind.ready, "status": "True" if ready else "False"}
    status = {"status": {"conditions": [condition]}}
    stage.cluster.merge(kind.resource, stage.namespace, kind.name_of(version), status, "status")

"""Kinds of workloads as an administrator may name them: Argo's and KServe's own, by Go's module proxy."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from kube.errors import NotFoundError
from routing import names
from routing.kinds import Resource, WorkloadKind
from tools.local.programs import module_folder

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
_MODULE = Path(__file__).with_name("kinds")
_FILES = {
    ROLLOUT: ("github.com/argoproj/argo-rollouts", "manifests/crds/rollout-crd.yaml"),
    MODEL: (
        "github.com/kserve/kserve",
        "charts/kserve-crd/templates/serving.kserve.io_inferenceservices.yaml",
    ),
}
_TIME = "2026-01-01T00:00:00Z"
SPECS: dict[WorkloadKind, dict[str, Any]] = {
    ROLLOUT: {
        "replicas": 1,
        "selector": {"matchLabels": {"app": "shop"}},
        "template": {
            "metadata": {"labels": {"app": "shop"}},
            "spec": {"containers": [{"name": "app", "image": "app:1"}]},
        },
    },
    MODEL: {"predictor": {"model": {"modelFormat": {"name": "sklearn"}, "storageUri": "gs://models/a"}}},
}


@cache
def definition(kind: WorkloadKind) -> dict[str, Any]:
    """Return the CustomResourceDefinition that the project behind a kind publishes."""
    module, path = _FILES[kind]
    text = (module_folder(module, _MODULE) / path).read_text("utf-8")
    found: dict[str, Any] = yaml.load(text, yaml.CSafeLoader)
    return found


def install(stage: Stage, kind: WorkloadKind) -> None:
    """Define a kind as its own project does, unless it is defined."""
    name = f"{kind.resource.plural}.{kind.resource.group}"
    try:
        stage.cluster.request("GET", CRDS.path(None, name))
    except NotFoundError:
        path, how = CRDS.path(None, name), {"fieldManager": "test", "force": "true"}
        stage.cluster.request("PATCH", path, definition(kind), how, "application/apply-patch+yaml")


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
    told = {"reason": "Tested", "message": "", "lastTransitionTime": _TIME, "lastUpdateTime": _TIME}
    condition = {"type": kind.ready, "status": "True" if ready else "False", **told}
    status = {"status": {"conditions": [condition]}}
    stage.cluster.merge(kind.resource, stage.namespace, kind.name_of(version), status, "status")

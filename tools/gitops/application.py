"""The application that is kept in Git, and the states that a rollout goes through there."""

from __future__ import annotations

from typing import Any

from routing import names

NAMESPACE = "shop"
Manifest = dict[str, Any]


def version(name: str) -> list[Manifest]:
    """Return a version's Deployment and Service."""
    labels, probe = {"app": name}, {"httpGet": {"path": "/", "port": 80}}
    container = {"name": "app", "image": "kennethreitz/httpbin", "readinessProbe": probe}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    return [
        _object(
            "apps/v1",
            "Deployment",
            name,
            {"replicas": 2, "selector": {"matchLabels": labels}, "template": template},
            {names.WATCH: "true"},
        ),
        _object("v1", "Service", name, {"selector": labels, "ports": [{"port": 80}]}),
    ]


def never_ready(name: str) -> list[Manifest]:
    """Return a version as `version` does, whose pods nobody can make, and which is to be given up soon."""
    deployment, service = version(name)
    deployment["spec"]["progressDeadlineSeconds"] = 5
    deployment["spec"]["template"]["spec"]["priorityClassName"] = "missing"
    return [deployment, service]


def routing(*versions: str, **fields: int) -> list[Manifest]:
    """Return the application's Service, and its Routemap with as little said as may be.

    `fields`: more of each version, such as `weight=0`.
    """
    spec = {
        "versions": [{"name": each, **fields} for each in versions],
        "settleSeconds": 0,
        "drainSeconds": 2,
    }
    return [
        _object("v1", "Service", "httpbin", {"ports": [{"port": 80}]}),
        _object(
            names.API_VERSION,
            "Routemap",
            "httpbin",
            spec | {"hosts": [f"httpbin.{NAMESPACE}.svc.cluster.local"]},
        ),
    ]


def weights(**wanted: int) -> Manifest:
    """Return a WeightOverride; `httpbin_0=20` is for httpbin-0."""
    listed = [{"version": name.replace("_", "-"), "weight": weight} for name, weight in wanted.items()]
    return _object(names.API_VERSION, "WeightOverride", "httpbin", {"weights": listed})


def _object(
    api: str, kind: str, name: str, spec: dict[str, Any], labels: dict[str, str] | None = None
) -> Manifest:
    metadata: dict[str, Any] = {"name": name, "namespace": NAMESPACE}
    if labels:
        metadata["labels"] = labels
    return {"apiVersion": api, "kind": kind, "metadata": metadata, "spec": spec}

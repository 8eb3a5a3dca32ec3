"""Objects that users make."""

from __future__ import annotations

from typing import Any


def routemap(name: str = "httpbin", **spec: Any) -> dict[str, Any]:
    """A Routemap with what is least; `spec` adds to it."""
    return {
        "apiVersion": "iter8.tools/v1alpha1",
        "kind": "Routemap",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"versions": [{"name": f"{name}-0"}], **spec},
    }


def deployment(**metadata: Any) -> dict[str, Any]:
    """A Deployment; `metadata` adds to its own."""
    container = {"name": "app", "image": "kennethreitz/httpbin"}
    pod = {"metadata": {"labels": {"app": "a"}}, "spec": {"containers": [container]}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "httpbin-0", "namespace": "default", **metadata},
        "spec": {"selector": {"matchLabels": {"app": "a"}}, "template": pod},
    }


def replica_set(of: dict[str, Any]) -> dict[str, Any]:
    """What Kubernetes makes of a Deployment, its annotations copied."""
    metadata = {key: of["metadata"][key] for key in ("namespace", "annotations")}
    spec = {key: of["spec"][key] for key in ("selector", "template")}
    name = f"{of['metadata']['name']}-6c5b7d"
    kind = {"apiVersion": of["apiVersion"], "kind": "ReplicaSet"}
    return {**kind, "metadata": {**metadata, "name": name}, "spec": spec}


def virtual_service(version: str, **metadata: Any) -> dict[str, Any]:
    """A VirtualService of an API version."""
    return {
        "apiVersion": f"networking.istio.io/{version}",
        "kind": "VirtualService",
        "metadata": {"name": "httpbin", "namespace": "default", **metadata},
        "spec": {"hosts": ["httpbin.default"]},
    }

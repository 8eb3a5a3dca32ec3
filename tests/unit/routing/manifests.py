"""Manifests as users write them, to be changed by the tests."""

from __future__ import annotations

import copy
from typing import Any

Manifest = dict[str, Any]
LONGEST_NAME = "a" * 63


def routemap(**spec: Any) -> Manifest:
    return {
        "apiVersion": "iter8.tools/v1alpha1",
        "kind": "Routemap",
        "metadata": {"name": "httpbin", "namespace": "default", "uid": "12ab", "generation": 3},
        "spec": {"versions": [{"name": "httpbin-0"}, {"name": "httpbin-1"}], **spec},
    }


def weight_override(*weights: tuple[str, Any]) -> Manifest:
    return {
        "apiVersion": "iter8.tools/v1alpha1",
        "kind": "WeightOverride",
        "metadata": {"name": "httpbin", "namespace": "default"},
        "spec": {"weights": [{"version": version, "weight": weight} for version, weight in weights]},
    }


def deployment(name: str = "httpbin-1", **spec: Any) -> Manifest:
    container = {
        "name": "httpbin",
        "image": "kennethreitz/httpbin",
        "ports": [{"containerPort": 80}],
        "readinessProbe": {"httpGet": {"port": 80}},
        "lifecycle": {"preStop": {"sleep": {"seconds": 5}}},
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": "default", "labels": {"iter8.tools/watch": "true"}},
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": {"app": name}},
            "template": {"metadata": {"labels": {"app": name}}, "spec": {"containers": [container]}},
            **spec,
        },
    }


def service(name: str = "httpbin-1") -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": "default", "labels": {"iter8.tools/watch": "true"}},
        "spec": {"selector": {"app": name}, "ports": [{"port": 80}]},
    }


def virtual_service() -> Manifest:
    return {
        "apiVersion": "networking.istio.io/v1",
        "kind": "VirtualService",
        "metadata": {
            "name": "httpbin",
            "namespace": "default",
            "labels": {"iter8.tools/routemap": "httpbin", "app.kubernetes.io/managed-by": "teal"},
        },
        "spec": {"hosts": ["httpbin.default"]},
    }


def changed(manifest: Manifest, path: str, value: Any) -> Manifest:
    """Return a copy with one field set, e.g. `spec.versions.1.weight`, and with the objects around it."""
    result = copy.deepcopy(manifest)
    found: Any = result
    *way, last = (int(key) if key.isdigit() else key for key in path.split("."))
    for key in way:
        found = found[key] if isinstance(key, int) else found.setdefault(key, {})
    found[last] = value
    return result


def with_key(manifest: Manifest, where: str, key: str, value: str = "true") -> Manifest:
    """Return a copy with one more label or annotation."""
    keys = manifest["metadata"].get(where) or {}
    return changed(manifest, f"metadata.{where}", keys | {key: value})


def marked(manifest: Manifest) -> Manifest:
    return changed(manifest, "metadata.finalizers", ["iter8.tools/drain"])


def without(manifest: Manifest, path: str) -> Manifest:
    """Return a copy that lacks one field of an object."""
    result = copy.deepcopy(manifest)
    *way, last = path.split(".")
    found: Any = result
    for key in way:
        found = found[int(key) if key.isdigit() else key]
    del found[last]
    return result

"""The API server's own figures for admissions through Teal's webhooks."""

from __future__ import annotations

import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from kube.client import Cluster
from routing.kinds import DEPLOYMENTS, ROUTEMAPS
from tools.local.controlplane import control_plane
from tools.local.kinds import install_kinds, kubectl
from tools.local.light import teal

if TYPE_CHECKING:
    from pathlib import Path

    from routing.kinds import Resource

_CALLERS = 8
_BUCKET = re.compile(
    r'apiserver_admission_webhook_admission_duration_seconds_bucket\{name="([^"]*)",.*le="([^"]*)"\} (\S+)'
)


def measure(folder: Path, admissions: int) -> list[dict[str, object]]:
    """Create so many Deployments and Routemaps as dry runs on a real API server that asks Teal.

    Returns a row for each webhook: calls, and p50 and p99 in milliseconds as the API server counted them,
    interpolated within its buckets.
    """
    with control_plane(folder) as plane:
        install_kinds(plane.kubeconfig)
        with teal(plane.kubeconfig, folder):
            before = _buckets(plane.kubeconfig)
            _admit(Cluster(str(plane.kubeconfig)), admissions)
            buckets = _buckets(plane.kubeconfig)
            buckets.subtract(before)
    return [_row(name, buckets) for name in sorted({name for name, _ in buckets})]


def review() -> dict[str, Any]:
    """Return the AdmissionReview of a watched Deployment's creation."""
    manifest = deployment()
    return {
        "apiVersion": "admission.k8s.io/v1",
        "kind": "AdmissionReview",
        "request": {
            "uid": "705ab4f5-6393-11e8-b7cc-42010a800002",
            "kind": {"group": "apps", "version": "v1", "kind": "Deployment"},
            "resource": {"group": "apps", "version": "v1", "resource": "deployments"},
            "name": manifest["metadata"]["name"],
            "namespace": "default",
            "operation": "CREATE",
            "userInfo": {"username": "ada", "groups": ["system:authenticated"]},
            "object": manifest,
            "oldObject": None,
            "dryRun": False,
            "options": {"apiVersion": "meta.k8s.io/v1", "kind": "CreateOptions"},
        },
    }


def deployment() -> dict[str, Any]:
    """Return a watched Deployment of some size."""
    labels = {"app": "httpbin-0"}
    environment = [{"name": f"SETTING_{number}", "value": "x" * 40} for number in range(20)]
    container = {
        "name": "httpbin",
        "image": "kennethreitz/httpbin",
        "ports": [{"containerPort": 80}],
        "env": environment,
        "readinessProbe": {"httpGet": {"path": "/status/200", "port": 80}},
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "httpbin-0", "namespace": "default", "labels": {"iter8.tools/watch": "true"}},
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
        },
    }


def _routemap() -> dict[str, Any]:
    return {
        "apiVersion": "iter8.tools/v1alpha1",
        "kind": "Routemap",
        "metadata": {"name": "httpbin", "namespace": "default"},
        "spec": {"versions": [{"name": "httpbin-0"}, {"name": "httpbin-1", "weight": 20}]},
    }


def _admit(cluster: Cluster, admissions: int) -> None:
    def create(number: int) -> None:
        kind: tuple[Resource, dict[str, Any]] = (
            (DEPLOYMENTS, deployment()) if number % 2 else (ROUTEMAPS, _routemap())
        )
        cluster.request("POST", kind[0].path("default"), kind[1], query={"dryRun": "All"})

    with ThreadPoolExecutor(_CALLERS) as pool:
        list(pool.map(create, range(admissions)))


def _buckets(kubeconfig: Path) -> Counter[tuple[str, float]]:
    """Return the counts by webhook and bound, those of all operations and verdicts together."""
    counts: Counter[tuple[str, float]] = Counter()
    for name, bound, count in _BUCKET.findall(kubectl(kubeconfig, "get", "--raw", "/metrics")):
        if name.endswith("teal.iter8.tools"):
            counts[name, float(bound)] += int(count)
    return counts


def _row(name: str, buckets: Counter[tuple[str, float]]) -> dict[str, object]:
    bounds = sorted((bound, count) for (webhook, bound), count in buckets.items() if webhook == name)
    calls = bounds[-1][1]
    figures = {f"p{share} ms": round(_quantile(bounds, share / 100) * 1000, 1) for share in (50, 99)}
    return {"webhook": name, "calls": calls, **figures}


def _quantile(bounds: list[tuple[float, int]], share: float) -> float:
    """Interpolate as PromQL's histogram_quantile does."""
    wanted, low, below = share * bounds[-1][1], 0.0, 0
    for bound, count in bounds:
        if count >= wanted and count > below:
            high = low if bound == float("inf") else bound
            return low + (high - low) * (wanted - below) / (count - below)
        low, below = bound, count
    return low

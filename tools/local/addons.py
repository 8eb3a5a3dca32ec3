"""What makes a bare Kubernetes the tutorial's cluster: DNS, Istio, its ingress gateway, sidecar injection."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from tools.local.cluster_images import ISTIO_HUB, ISTIO_TAG
from tools.local.kinds import install_gateway_kinds, kubectl
from tools.local.programs import module_folder, programs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tools.local.layout import Layout

MANIFESTS = Path(__file__).parent / "manifests"
SLEEP = MANIFESTS / "sleep.yaml"
"""The tutorial's client: `kubectl apply -f` this."""

_CHARTS = "manifests/charts"
_ISTIO = "istio-system"
_SMALL = {"requests": {"cpu": "10m", "memory": "64Mi"}}
_ISTIOD: dict[str, Any] = {
    "global": {
        "hub": ISTIO_HUB,
        "tag": ISTIO_TAG,
        "proxy": {"resources": _SMALL},
        "proxy_init": {"resources": _SMALL},
    },
    "resources": _SMALL,
    "autoscaleEnabled": False,
    # Envoy as its makers build it lacks the filters that Istio's own build adds.
    "env": {"PILOT_ENABLE_ALPN_FILTER": "false", "PILOT_ENABLE_METADATA_EXCHANGE": "false"},
    "telemetry": {"enabled": False},
    "meshConfig": {"defaultProviders": {"metrics": None}},
}
_GATEWAY: dict[str, Any] = {
    "service": {"type": "ClusterIP"},  # nobody hands out load balancers here
    "autoscaling": {"enabled": False},
    "resources": _SMALL,
}
UPSTREAM_FIGURES = r"cluster\.outbound\|.*(upstream_rq_([0-9]{3}|time)|grpc\.[0-9]+)"
"""Of Envoy's figures by their names: what the preset `envoy` counts by."""
DEPLOYMENTS = (
    ("kube-system", "coredns"),
    (_ISTIO, "istiod"),
    (_ISTIO, "istio-ingressgateway"),
)
"""What has to be available in a cluster that is up: (namespace, Deployment)."""


def install_dns(layout: Layout) -> None:
    """Install CoreDNS; does not wait for it."""
    manifests = list(yaml.safe_load_all((MANIFESTS / "coredns.yaml").read_text()))
    service = next(item for item in manifests if item["kind"] == "Service")
    service["spec"]["clusterIP"] = layout.dns_address
    kubectl(layout.kubeconfig, "apply", "-f", "-", given=yaml.safe_dump_all(manifests))


def install_istio(layout: Layout) -> None:
    """Install the CRDs that istiod reads, and istiod; wait for it, then have `default` injected."""
    install_gateway_kinds(layout.kubeconfig)
    _helm(layout, "istio-base", "base", {})
    _helm(layout, "istiod", "istio-control/istio-discovery", _ISTIOD)
    kubectl(layout.kubeconfig, "label", "--overwrite", "namespace", "default", "istio-injection=enabled")
    _available(layout, _ISTIO, "istiod")


def install_gateway(layout: Layout) -> None:
    """Install the ingress gateway; it waits for that and for the DNS. istiod has to be available."""
    _helm(layout, "istio-ingressgateway", "gateway", _GATEWAY)
    for namespace, name in DEPLOYMENTS:
        _available(layout, namespace, name)


def install_prometheus(layout: Layout) -> None:
    """Have the proxies show Envoy's figures of upstream clusters, and install Prometheus, which reads them.

    Pods that run already show them after a restart, as the gateway does here: a proxy is told at its start.
    """
    shown = {"defaultConfig": {"proxyStatsMatcher": {"inclusionRegexps": [UPSTREAM_FIGURES]}}}
    values = {**_ISTIOD, "meshConfig": {**_ISTIOD["meshConfig"], **shown}}
    _helm(layout, "istiod", "istio-control/istio-discovery", values)
    _available(layout, _ISTIO, "istiod")
    kubectl(layout.kubeconfig, "-n", _ISTIO, "rollout", "restart", "deployment/istio-ingressgateway")
    kubectl(layout.kubeconfig, "apply", "-f", str(MANIFESTS / "prometheus.yaml"))
    _available(layout, _ISTIO, "istio-ingressgateway")
    _available(layout, "monitoring", "prometheus")


def _available(layout: Layout, namespace: str, name: str) -> None:
    kubectl(layout.kubeconfig, "-n", namespace, "rollout", "status", f"deployment/{name}", "--timeout=180s")


def _helm(layout: Layout, release: str, chart: str, values: Mapping[str, Any]) -> None:
    """Install or upgrade a release in istio-system. Raises RuntimeError with what helm complained of."""
    folder = module_folder("istio.io/istio") / _CHARTS / chart
    command = [str(programs() / "helm"), "upgrade", "--install", release, str(folder)]
    where = ("--kubeconfig", str(layout.kubeconfig), "--namespace", _ISTIO, "--create-namespace")
    done = subprocess.run(
        [*command, *where, "--values", "-"],
        input=json.dumps(values),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"helm could not install {release}: {done.stderr.strip()}")

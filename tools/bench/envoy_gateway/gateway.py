"""Envoy Gateway's controller beside an API server, and a Gateway whose Envoy a kubelet of ours runs.

It is as users have it: provider Kubernetes, its own certificates, its proxies in a Deployment. What it reads
and writes at fixed paths is in a folder that is its root.
"""

from __future__ import annotations

import base64
import re
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from tools.bench.envoy_gateway.kubelet import SECRETS
from tools.gitops.building import built
from tools.local.controlplane import child
from tools.local.envoy import envoy
from tools.local.kinds import kubectl
from tools.local.programs import module_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kube.client import Cluster
    from tools.bench.envoy_gateway.kubelet import Given

MODULE = Path(__file__).parent / "program"
NAMESPACE = "envoy-gateway-system"
GATEWAY = "shop-front"
PORT = 10080
"""Where its Envoy listens for port 80 of a Gateway: it takes no port that needs a right."""
ADMIN_PORT = 19000
"""Of its Envoy."""
_SOURCES = "github.com/envoyproxy/gateway"
_KINDS = "charts/gateway-helm/charts/crds/crds/generated"
_IMAGE = "envoyproxy/envoy:"
_OWNER = "gateway.envoyproxy.io/owning-gateway-name"
_CONTROLLER = "gateway.envoyproxy.io/gatewayclass-controller"
_API = "gateway.envoyproxy.io/v1alpha1"
_GATEWAY_API = "gateway.networking.k8s.io/v1"
SERVER = f"envoy-gateway.{NAMESPACE}.svc.cluster.local."
"""Where its Envoy looks for it."""
_SETTINGS: dict[str, Any] = {
    "apiVersion": _API,
    "kind": "EnvoyGateway",
    "gateway": {"controllerName": _CONTROLLER},
    "provider": {
        "type": "Kubernetes",
        "kubernetes": {
            "leaderElection": {"disable": True},
            "proxyTopologyInjector": {"disabled": True},
        },
    },
    # Its Envoy has the default ports of both in the same network.
    "admin": {"address": {"host": "127.0.0.1", "port": 19100}},
    "telemetry": {"metrics": {"prometheus": {"disable": True}}},
}
_PROXY = {
    "apiVersion": _API,
    "kind": "EnvoyProxy",
    "metadata": {"name": "proxy", "namespace": NAMESPACE},
    "spec": {
        "concurrency": 2,
        "provider": {"type": "Kubernetes", "kubernetes": {"envoyService": {"type": "ClusterIP"}}},
    },
}
_CLASS = {
    "apiVersion": _GATEWAY_API,
    "kind": "GatewayClass",
    "metadata": {"name": "eg"},
    "spec": {
        "controllerName": _CONTROLLER,
        "parametersRef": {
            "group": "gateway.envoyproxy.io",
            "kind": "EnvoyProxy",
            "name": "proxy",
            "namespace": NAMESPACE,
        },
    },
}


def program() -> Path:
    """Return Envoy Gateway's command; built on first use (11 minutes of CPU)."""
    return built("envoygateway", MODULE, ".") / "envoygateway"


def install_its_kinds(kubeconfig: Path) -> None:
    """Install the CRDs of Envoy Gateway's own kinds; Gateway API's have to be there."""
    folder = module_folder(_SOURCES, MODULE) / _KINDS
    crds = "---\n".join(path.read_text("utf-8") for path in sorted(folder.glob("*.yaml")))
    kubectl(kubeconfig, "apply", "--server-side", "-f", "-", given=crds)
    kubectl(kubeconfig, "wait", "--for=condition=Established", "crd", "--all", "--timeout=60s")


@contextmanager
def envoy_gateway(cluster: Cluster, kubeconfig: Path, folder: Path) -> Iterator[None]:
    """Run it until the context ends, with a Gateway GATEWAY in namespace default that is programmed."""
    kubectl(kubeconfig, "create", "namespace", NAMESPACE)
    everybody: dict[str, Any] = {"allowedRoutes": {"namespaces": {"from": "All"}}}
    apply(kubeconfig, _PROXY, _CLASS, gateway(GATEWAY, **everybody))
    root = _root(cluster, kubeconfig, folder)
    server = ["env", "KUBECONFIG=/kubeconfig", f"ENVOY_GATEWAY_NAMESPACE={NAMESPACE}", "HOME=/"]
    server += ["chroot", str(root), "/envoygateway", "server", "--config-path=/settings.yaml"]
    with child(server, folder / "envoy-gateway.log"):
        kubectl(kubeconfig, "wait", "--for=condition=Accepted", "gatewayclass/eg", "--timeout=120s")
        programmed(kubeconfig, GATEWAY)
        yield


def gateway(name: str, namespace: str = "default", **listener: Any) -> dict[str, Any]:
    """Return a Gateway of its class with one listener for HTTP; `listener` says more of that."""
    listening = {"name": "http", "port": 80, "protocol": "HTTP", **listener}
    return {
        "apiVersion": _GATEWAY_API,
        "kind": "Gateway",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"gatewayClassName": "eg", "listeners": [listening]},
    }


def programmed(kubeconfig: Path, name: str) -> None:
    """Wait until a Gateway's Envoy has what it is to do."""
    which = f"gateways.gateway.networking.k8s.io/{name}"
    kubectl(kubeconfig, "wait", "--for=condition=Programmed", which, "--timeout=120s")


def apply(kubeconfig: Path, *manifests: dict[str, Any]) -> None:
    """Apply manifests."""
    kubectl(kubeconfig, "apply", "--server-side", "-f", "-", given=yaml.safe_dump_all(manifests))


def proxy_command(given: Given) -> list[str] | None:
    """Return the command of a container that is GATEWAY's Envoy: its own, in this machine's places.

    Those of other Gateways do not run: all are at home in one network, and have the same ports.
    """
    owner = given.pod["metadata"]["labels"].get(_OWNER)
    if _IMAGE not in given.container["image"] or owner != GATEWAY:
        return None
    names = {"ENVOY_POD_NAME": given.pod["metadata"]["name"], "ENVOY_POD_NAMESPACE": NAMESPACE}
    expanded = [
        re.sub(r"\$\(([A-Z_]+)\)", lambda found: names.get(found[1], ""), each)
        for each in given.container["args"]
    ]
    here = [given.here(each).replace(SERVER, "127.0.0.1") for each in expanded]
    return [str(envoy()), *here, "--disable-hot-restart"]


def _root(cluster: Cluster, kubeconfig: Path, folder: Path) -> Path:
    """Make the folder that is its root: program, settings, and the certificates that it makes itself."""
    root = folder / "root"
    for place in ("certs", "tmp"):
        (root / place).mkdir(parents=True)
    shutil.copy(program(), root)
    shutil.copy(kubeconfig, root / "kubeconfig")
    (root / "settings.yaml").write_text(yaml.safe_dump(_SETTINGS), "utf-8")
    making = ["env", f"KUBECONFIG={kubeconfig}", f"ENVOY_GATEWAY_NAMESPACE={NAMESPACE}"]
    making += [str(program()), "certgen", "--disable-topology-injector"]
    with (folder / "certgen.log").open("w") as log:
        subprocess.run(making, stdout=log, stderr=log, check=True)
    for name, text in cluster.get(SECRETS, NAMESPACE, "envoy-gateway")["data"].items():
        (root / "certs" / name).write_bytes(base64.b64decode(text))
    return root

"""The settings of the node's programs, written into the cluster's folder."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import yaml

from tools.local.cluster_images import PAUSE
from tools.local.registry import PORT

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tools.local.layout import Layout

CONTAINERD_SOCKET = "/run/containerd/containerd.sock"
_REGISTRY = f"http://127.0.0.1:{PORT}"


def write_settings(layout: Layout, debian: Path) -> None:
    """Write the settings; `debian` is the folder of the unpacked Debian programs."""
    for name, content in _settings(layout, debian).items():
        path = layout.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)


def _settings(layout: Layout, debian: Path) -> dict[str, str]:
    mirror = {"server": _REGISTRY, "host": {_REGISTRY: {"capabilities": ["pull", "resolve"]}}}
    return {
        "containerd.toml": toml(_containerd(layout, debian)),
        "registries/docker.io/hosts.toml": toml(mirror),
        "cni/10-teal.conflist": json.dumps(_pod_network(layout)),
        "registry.yaml": yaml.safe_dump(_registry(layout)),
        "kubelet.yaml": yaml.safe_dump(_kubelet(layout)),
        "resolv.conf": "",  # no name server outside: nothing leaves the node
    }


def _containerd(layout: Layout, debian: Path) -> dict[str, Any]:
    runc = {"runtime_type": "io.containerd.runc.v2"}
    cri = {
        "sandbox_image": PAUSE,
        # Where there is no CAP_SYS_RESOURCE, runc dies of a lower OOM score: "can't get final child's PID".
        "restrict_oom_score_adj": True,
        "cni": {"bin_dir": str(debian / "usr/lib/cni"), "conf_dir": str(layout.folder / "cni")},
        "registry": {"config_path": str(layout.folder / "registries")},
        "containerd": {"default_runtime_name": "runc", "runtimes": {"runc": runc}},
    }
    return {
        "version": 2,
        "root": str(layout.folder / "containerd"),
        "state": "/run/containerd",
        "grpc": {"address": CONTAINERD_SOCKET},
        "plugins": {"io.containerd.grpc.v1.cri": cri},
    }


def _pod_network(layout: Layout) -> dict[str, Any]:
    """Return CNI's plan: a link for each pod and no bridge, so that all goes through the node's rules."""
    addresses = {
        "type": "host-local",
        "ranges": [[{"subnet": str(layout.pods)}]],
        "routes": [{"dst": "0.0.0.0/0"}],
        "dataDir": "/run/cni",
    }
    link = {"type": "ptp", "ipam": addresses}
    ports = {"type": "portmap", "capabilities": {"portMappings": True}}
    return {"cniVersion": "0.4.0", "name": "teal", "plugins": [link, ports]}


def _registry(layout: Layout) -> dict[str, Any]:
    return {
        "version": "0.1",
        "storage": {"filesystem": {"rootdirectory": str(layout.folder / "registry")}},
        "http": {"addr": f"0.0.0.0:{PORT}"},
        "log": {"level": "warn", "accesslog": {"disabled": True}},
    }


def _kubelet(layout: Layout) -> dict[str, Any]:
    pki, folder = layout.pki, layout.folder
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "authentication": {"x509": {"clientCAFile": str(pki / "ca.crt")}, "anonymous": {"enabled": False}},
        "tlsCertFile": str(pki / "kubelet.crt"),
        "tlsPrivateKeyFile": str(pki / "kubelet.key"),
        "containerRuntimeEndpoint": f"unix://{CONTAINERD_SOCKET}",
        "clusterDomain": "cluster.local",
        "clusterDNS": [layout.dns_address],
        "resolvConf": str(folder / "resolv.conf"),
        "podLogsDir": str(folder / "pods"),
        "volumePluginDir": str(folder / "volume-plugins"),
        # Groups of the cluster's own, on whatever version the machine has; what they hold is left unlimited.
        "cgroupRoot": f"/{layout.label}",
        "cgroupDriver": "cgroupfs",
        "failCgroupV1": False,
        "enforceNodeAllocatable": ["none"],
        "failSwapOn": False,
        "oomScoreAdj": 0,
        # The disk is the machine's: no pod goes because others fill it, no image either.
        "evictionHard": {"memory.available": "50Mi", "nodefs.available": "1%", "imagefs.available": "1%"},
        "imageGCHighThresholdPercent": 100,
        "serializeImagePulls": False,
    }


def toml(content: Mapping[str, Any], *path: str) -> str:
    """Return nested mappings of texts, numbers, truths and lists as TOML, whose values are JSON's."""
    plain = [f"{key} = {json.dumps(value)}" for key, value in content.items() if not isinstance(value, dict)]
    header = [f"[{'.'.join(json.dumps(key) for key in path)}]"] if path and plain else []
    tables = [toml(value, *path, key) for key, value in content.items() if isinstance(value, dict)]
    return "\n".join([*header, *plain, *tables])

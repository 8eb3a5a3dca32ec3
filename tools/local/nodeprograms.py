"""What runs on the node, as command lines. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tools.local.node import Plan, Program
from tools.local.nodefiles import CONTAINERD_SOCKET

if TYPE_CHECKING:
    from pathlib import Path

    from tools.local.layout import Layout

API_PORT = 6443
_ETCD = "http://127.0.0.1:2379"
_ETCD_PEER = "http://127.0.0.1:2380"


def plan(layout: Layout, go: Path, debian: Path, cache: Path) -> Plan:
    """Return the node's plan; `go` and `debian` hold the programs, both in `cache`."""
    path = (debian / "usr/bin", debian / "usr/sbin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")
    return Plan(
        programs=[
            _etcd(layout, go),
            _apiserver(layout, go),
            _controller_manager(layout, go),
            _scheduler(layout, go),
            _kubelet(layout, go),
            _kube_proxy(layout, go),
            _containerd(layout, debian),
            _registry(layout, debian),
        ],
        logs=str(layout.logs),
        held=str(layout.held),
        # Sockets and namespaces; what CNI, kubelet and containerd put elsewhere whatever they are told.
        empty=["/run", "/var/lib", "/var/log"],
        kept=[str(layout.folder), str(cache)],
        settings={"net/ipv4/ip_forward": "1"},
        environment={"PATH": ":".join(str(folder) for folder in path), "HOME": str(layout.folder)},
    )


def _etcd(layout: Layout, go: Path) -> Program:
    flags = {
        "data-dir": layout.folder / "etcd",
        "listen-client-urls": _ETCD,
        "advertise-client-urls": _ETCD,
        "listen-peer-urls": _ETCD_PEER,
        "initial-advertise-peer-urls": _ETCD_PEER,
        "initial-cluster": f"default={_ETCD_PEER}",
        "unsafe-no-fsync": "true",  # the state ends with the cluster
    }
    return Program("etcd", _command(go / "etcd", flags))


def _apiserver(layout: Layout, go: Path) -> Program:
    pki = layout.pki
    flags = {
        "etcd-servers": _ETCD,
        "bind-address": "0.0.0.0",  # noqa: S104 - all addresses of a namespace that only the host reaches
        "advertise-address": layout.node_address,
        "secure-port": API_PORT,
        "service-cluster-ip-range": layout.services,
        "tls-cert-file": pki / "kube-apiserver.crt",
        "tls-private-key-file": pki / "kube-apiserver.key",
        "client-ca-file": pki / "ca.crt",
        "kubelet-client-certificate": pki / "admin.crt",
        "kubelet-client-key": pki / "admin.key",
        "kubelet-certificate-authority": pki / "ca.crt",
        "kubelet-preferred-address-types": "InternalIP",  # nobody resolves the node's name
        "authorization-mode": "Node,RBAC",
        "allow-privileged": "true",
        "service-account-issuer": "https://kubernetes.default.svc.cluster.local",
        "service-account-key-file": pki / "ca.crt",
        "service-account-signing-key-file": pki / "ca.key",
    }
    return Program("kube-apiserver", _command(go / "kube-apiserver", flags), after=2379)


def _controller_manager(layout: Layout, go: Path) -> Program:
    pki = layout.pki
    flags = {
        "kubeconfig": pki / "kube-controller-manager.kubeconfig",
        "cluster-cidr": layout.pods,
        "root-ca-file": pki / "ca.crt",
        "service-account-private-key-file": pki / "ca.key",
        "cluster-signing-cert-file": pki / "ca.crt",
        "cluster-signing-key-file": pki / "ca.key",
        "use-service-account-credentials": "true",
        "leader-elect": "false",
    }
    return Program("kube-controller-manager", _command(go / "kube-controller-manager", flags), after=API_PORT)


def _scheduler(layout: Layout, go: Path) -> Program:
    flags = {"kubeconfig": layout.pki / "kube-scheduler.kubeconfig", "leader-elect": "false"}
    return Program("kube-scheduler", _command(go / "kube-scheduler", flags), after=API_PORT)


def _kubelet(layout: Layout, go: Path) -> Program:
    flags = {
        "config": layout.folder / "kubelet.yaml",
        "kubeconfig": layout.pki / "kubelet.kubeconfig",
        "root-dir": layout.folder / "kubelet",
        "hostname-override": layout.name,
        "node-ip": layout.node_address,
    }
    return Program("kubelet", _command(go / "kubelet", flags), after=API_PORT)


def _kube_proxy(layout: Layout, go: Path) -> Program:
    flags = {
        "kubeconfig": layout.pki / "kube-proxy.kubeconfig",
        "hostname-override": layout.name,
        "cluster-cidr": layout.pods,
        "proxy-mode": "iptables",
        "oom-score-adj": 0,
        # The connection tracker's settings are the machine's: hands off.
        "conntrack-max-per-core": 0,
        "conntrack-tcp-timeout-established": 0,
        "conntrack-tcp-timeout-close-wait": 0,
    }
    return Program("kube-proxy", _command(go / "kube-proxy", flags), after=API_PORT)


def _containerd(layout: Layout, debian: Path) -> Program:
    flags = {"config": layout.folder / "containerd.toml", "address": CONTAINERD_SOCKET}
    return Program("containerd", _command(debian / "usr/bin/containerd", flags))


def _registry(layout: Layout, debian: Path) -> Program:
    command = [str(debian / "usr/bin/docker-registry"), "serve", str(layout.folder / "registry.yaml")]
    return Program("registry", command)


def _command(program: Path, flags: dict[str, object]) -> list[str]:
    return [str(program), *(f"--{name}={value}" for name, value in flags.items())]

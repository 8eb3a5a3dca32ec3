"""The certificates and kubeconfigs of a cluster's programs, written into its folder."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import yaml

from certs.issue import Subject, issue, new_authority
from tools.local.controlplane import LIFETIME, kubeconfig

if TYPE_CHECKING:
    from pathlib import Path

    from certs.issue import KeyPair
    from tools.local.layout import Layout

CLIENTS = {
    "kube-controller-manager": Subject("system:kube-controller-manager"),
    "kube-scheduler": Subject("system:kube-scheduler"),
    "kube-proxy": Subject("system:kube-proxy"),
}
"""Programs by the users that Kubernetes' own roles are bound to."""


def write_credentials(layout: Layout) -> None:
    """Make a new authority and all that it signs: `<name>.crt`, `.key` and `.kubeconfig` in `pki`."""
    now = datetime.now(UTC)
    authority = new_authority(layout.label, LIFETIME, now)
    write_pair(layout.pki, "ca", authority)
    for name, subject in _servers(layout).items():
        write_pair(layout.pki, name, issue(authority, subject, LIFETIME, now))
    node = Subject(f"system:node:{layout.name}", organization="system:nodes")
    for name, subject in {**CLIENTS, "kubelet": node}.items():
        client = issue(authority, subject, LIFETIME, now)
        write_secret(layout.pki / f"{name}.kubeconfig", _config(layout, authority, client))
    admin = issue(authority, Subject("admin", organization="system:masters"), LIFETIME, now)
    write_pair(layout.pki, "admin", admin)
    write_secret(layout.kubeconfig, _config(layout, authority, admin))


def write_pair(folder: Path, name: str, pair: KeyPair) -> None:
    """Write `<name>.crt` and `<name>.key`."""
    (folder / f"{name}.crt").write_bytes(pair.certificate)
    write_secret(folder / f"{name}.key", pair.key)


def write_secret(path: Path, content: bytes) -> None:
    """Write a file that none but its owner may read."""
    path.touch(mode=0o600)
    path.write_bytes(content)


def _servers(layout: Layout) -> dict[str, Subject]:
    kubernetes = ("kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local")
    addresses = ("127.0.0.1", "localhost", layout.node_address, str(layout.services[1]))
    return {
        "kube-apiserver": Subject("kube-apiserver", (*addresses, *kubernetes)),
        "kubelet": Subject(f"system:node:{layout.name}", (layout.name, layout.node_address), "system:nodes"),
    }


def _config(layout: Layout, authority: KeyPair, user: KeyPair) -> bytes:
    return yaml.safe_dump(kubeconfig(layout.url, authority.certificate, user)).encode()

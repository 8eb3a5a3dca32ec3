"""Where a local cluster is: names, addresses and paths. Pure but for the environment read by `folder_of`."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from ipaddress import IPv4Network
from pathlib import Path

MOST_CLUSTERS = 12
_NAME = re.compile(r"[a-z]([a-z0-9-]{0,18}[a-z0-9])?")


@dataclass(frozen=True)
class Layout:
    """One cluster. `index`, 0..11, tells clusters on one machine apart: their networks never overlap."""

    name: str
    index: int
    folder: Path

    @property
    def label(self) -> str:
        """The name of the network namespace and of the control groups."""
        return label_of(self.name)

    @property
    def link(self) -> IPv4Network:
        """The network between host and node: the host has its first address, the node its second."""
        return IPv4Network(f"10.88.{self.index}.0/30")

    @property
    def host_address(self) -> str:
        """The host's end of the link."""
        return str(self.link[1])

    @property
    def node_address(self) -> str:
        """The node's end of the link."""
        return str(self.link[2])

    @property
    def services(self) -> IPv4Network:
        """ClusterIPs: 10.96.0.0/16 for the first cluster."""
        return IPv4Network(f"10.{96 + self.index}.0.0/16")

    @property
    def pods(self) -> IPv4Network:
        """Pod addresses: 10.244.0.0/24 for the first cluster."""
        return IPv4Network(f"10.{244 - self.index}.0.0/24")

    @property
    def interface(self) -> str:
        """The host's end of the link."""
        return f"teal-local{self.index}"

    @property
    def url(self) -> str:
        """Where the API server listens."""
        return f"https://{self.node_address}:6443"

    @property
    def dns_address(self) -> str:
        """The ClusterIP of the DNS."""
        return str(self.services[10])

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig."""
        return self.folder / "kubeconfig"

    @property
    def logs(self) -> Path:
        """One log for each program."""
        return self.folder / "logs"

    @property
    def held(self) -> Path:
        """A file for each of the node's programs that is kept from running."""
        return self.folder / "held"

    @property
    def pki(self) -> Path:
        """Certificates, keys and the programs' kubeconfigs."""
        return self.folder / "pki"


def name_of_cluster() -> str:
    """Return the cluster's name, TEAL_CLUSTER or `teal`. Raises ValueError when it can't be one."""
    name = os.environ.get("TEAL_CLUSTER") or "teal"
    if not _NAME.fullmatch(name):
        raise ValueError(f"TEAL_CLUSTER is {name!r}; a name has up to 20 of a-z, 0-9 and -, a letter first.")
    return name


def folder_of(name: str) -> Path:
    """Return the folder of a cluster's state, below TEAL_STATE or /var/lib/teal-local."""
    return Path(os.environ.get("TEAL_STATE") or "/var/lib/teal-local").absolute() / name


def label_of(name: str) -> str:
    """Return the name of a cluster's network namespace and control groups."""
    return f"teal-local-{name}"


def free_index(routes: list[IPv4Network]) -> int | None:
    """Return the first index whose networks none of the host's routes lies in, or None."""
    for index in range(MOST_CLUSTERS):
        layout = Layout("", index, Path())
        wanted = (layout.link, layout.services, layout.pods)
        if not any(route.subnet_of(network) for route in routes for network in wanted):
            return index
    return None

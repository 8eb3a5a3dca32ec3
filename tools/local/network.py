"""The node's network namespace, its link to the host, and the host's routes into the cluster."""

from __future__ import annotations

import json
import subprocess
from ipaddress import IPv4Network
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tools.local.layout import Layout


def host_routes() -> list[IPv4Network]:
    """Return the destinations of the host's routes, the default route apart."""
    found = json.loads(_ip("-4", "-json", "route", "show", "table", "all") or "[]")
    destinations = (route["dst"] for route in found)
    return [IPv4Network(each, strict=False) for each in destinations if each != "default"]


def connect(layout: Layout) -> None:
    """Make the namespace, the link and the routes; the namespace's name must be free."""
    _ip("netns", "add", layout.label)
    inside = ("-netns", layout.label)
    peer = ("peer", "name", "eth0", "netns", layout.label)
    _ip("link", "add", layout.interface, "type", "veth", *peer)
    bits = layout.link.prefixlen
    _ip(*inside, "address", "add", f"{layout.node_address}/{bits}", "dev", "eth0")
    _ip("address", "add", f"{layout.host_address}/{bits}", "dev", layout.interface)
    for where, device in ((inside, "lo"), (inside, "eth0"), ((), layout.interface)):
        _ip(*where, "link", "set", device, "up")
    _ip(*inside, "route", "add", "default", "via", layout.host_address)
    for network in (layout.services, layout.pods):
        _ip("route", "add", str(network), "via", layout.node_address)


def disconnect(label: str) -> None:
    """Remove a namespace and all that depends on it: its rules, the host's end of the link, the routes."""
    links = json.loads(_ip("-netns", label, "-json", "link", "show") or "[]")
    if any(link["ifname"] == "eth0" for link in links):
        _ip("-netns", label, "link", "delete", "eth0")  # else it goes some time after the namespace
    _ip("netns", "delete", label)


def exists(label: str) -> bool:
    """Tell whether a cluster's network namespace is there."""
    return any(line.split()[:1] == [label] for line in _ip("netns", "list").splitlines())


def processes(label: str) -> list[int]:
    """Return the processes in the node's namespace, by the host's numbers; pods' own are not among them."""
    return [int(word) for word in _ip("netns", "pids", label).split()]


def _ip(*arguments: str) -> str:
    """Run `ip`. Raises RuntimeError with what it complained of."""
    done = subprocess.run(["ip", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"`ip {' '.join(arguments)}`: {done.stderr.strip()}")
    return done.stdout

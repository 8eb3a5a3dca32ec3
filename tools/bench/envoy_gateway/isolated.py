"""A network of this process's own, in which every pod's address is this machine's.

Endpoints may not be addresses of loopback (the API server refuses them), and fixed ports, as those of Envoy
Gateway and of its Envoy, may be taken. No right is needed: `unshare` makes a namespace of users, too.
"""

from __future__ import annotations

import os
import subprocess
import sys
from ipaddress import IPv4Network

PODS = IPv4Network("10.244.0.0/16")
INSIDE = "--inside"
"""The argument that tells the program that it is there."""


def enter(module: str, *arguments: str) -> None:
    """Run a module of ours anew in such a network, in the place of this process."""
    unshared = ("unshare", "--user", "--map-root-user", "--net")
    os.execvp(unshared[0], (*unshared, sys.executable, "-m", module, INSIDE, *arguments))  # noqa: S606 - no shell


def arrange() -> None:
    """Make the addresses of pods this machine's, in the new network."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    subprocess.run(["ip", "route", "add", "local", str(PODS), "dev", "lo"], check=True)

"""What this machine lacks for a local cluster, one sentence each, found without changing anything."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

from tools.local import cgroups
from tools.local.debian import NEEDS
from tools.local.layout import name_of_cluster
from tools.local.programs import MissingGoError, go_version

_CONTROLLERS = ("cpu", "memory", "pids")
_COMMANDS = {"Debian's packages": NEEDS, "util-linux": ("unshare", "nsenter")}


def obstacles() -> list[str]:
    """Return what hinders `up`; nothing means that it should work."""
    found = _machine()
    # Without root, or without the tools to try it, nothing can be told of these.
    return [*(found or [*_namespaces(), *_control_groups()]), *_name(), *_go()]


def _machine() -> list[str]:
    if not sys.platform.startswith("linux"):
        return [f"This needs Linux: the local cluster and its images can't be made on {sys.platform}."]
    found = []
    if os.geteuid() != 0:
        found.append("This needs root: the local cluster and its images are made of namespaces and mounts.")
    return found + [
        f"There is no `{command}`: the local cluster and its images need {what}."
        for what, commands in _COMMANDS.items()
        for command in commands
        if shutil.which(command) is None
    ]


def _name() -> list[str]:
    try:
        name_of_cluster()
    except ValueError as error:
        return [str(error)]
    return []


def _namespaces() -> list[str]:
    probe = ("unshare", "--mount", "--net", "--pid", "--fork", "true")
    if subprocess.run(probe, capture_output=True, check=False).returncode == 0:
        return []
    return ["This machine forbids root to make namespaces; in a container, that has to be a privileged one."]


def _control_groups() -> list[str]:
    groups = cgroups.hierarchies()
    there = [group.name for group in groups]
    if cgroups.unified():
        there = (cgroups.ROOT / "cgroup.controllers").read_text().split()
    writable = all(os.access(group, os.W_OK) for group in groups)
    if writable and set(_CONTROLLERS) <= {name for each in there for name in each.split(",")}:
        return []
    return [f"Control groups ({', '.join(_CONTROLLERS)}) are not there or not writable below {cgroups.ROOT}."]


def _go() -> list[str]:
    try:
        go_version()
    except MissingGoError as error:
        return [str(error)]
    return []

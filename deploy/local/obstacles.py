"""What this machine lacks for a local cluster, one sentence each, found without changing anything."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

from deploy.local import cgroups
from deploy.local.debian import NEEDS
from deploy.local.layout import name_of_cluster
from deploy.local.programs import MissingGoError, go_version

_CONTROLLERS = ("cpu", "memory", "pids")


def obstacles() -> list[str]:
    """Return what hinders `up`; nothing means that it should work."""
    if not sys.platform.startswith("linux"):
        return [f"The local cluster needs Linux; this is {sys.platform}."]
    found = [*_settings(), *_rights(), *_tools()]
    try:
        go_version()
    except MissingGoError as error:
        found.append(str(error))
    return found


def _settings() -> list[str]:
    try:
        name_of_cluster()
    except ValueError as error:
        return [str(error)]
    return []


def _rights() -> list[str]:
    if os.geteuid() != 0:
        return ["The local cluster has to be started as root: it makes network namespaces and mounts."]
    found = []
    probe = ("unshare", "--mount", "--net", "--pid", "--fork", "true")
    if shutil.which("unshare") and subprocess.run(probe, capture_output=True, check=False).returncode:
        found.append("This machine forbids root to make namespaces; in a container, it has to be privileged.")
    groups = cgroups.hierarchies()
    if not groups or not all(os.access(group, os.W_OK) for group in groups) or not _controlled():
        wanted = ", ".join(_CONTROLLERS)
        found.append(f"Control groups ({wanted}) are missing below {cgroups.ROOT}, or may not be written to.")
    return found


def _controlled() -> bool:
    version_2 = cgroups.ROOT / "cgroup.controllers"
    there = (
        version_2.read_text().split()
        if version_2.exists()
        else [each.name for each in cgroups.ROOT.iterdir()]
    )
    return set(_CONTROLLERS) <= set(there)


def _tools() -> list[str]:
    needs = {"Debian's packages": NEEDS, "util-linux": ("unshare", "nsenter")}
    return [
        f"There is no `{command}`: the local cluster needs {what}."
        for what, commands in needs.items()
        for command in commands
        if shutil.which(command) is None
    ]

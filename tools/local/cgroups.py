"""The control groups below which a cluster's pods run, on a machine with version 1, 2 or both."""

from __future__ import annotations

import os
import time
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
_BUSY_SECONDS = 5.0
_NEEDED = {"cpu", "cpuset", "hugetlb", "memory", "pids"}
"""The controllers without which, where the machine has them, kubelet refuses a group of version 2."""


def make(label: str) -> None:
    """Make the cluster's group in each hierarchy. Raises OSError."""
    if unified():
        given = _NEEDED & set((ROOT / "cgroup.controllers").read_text().split())
        (ROOT / "cgroup.subtree_control").write_text(" ".join(f"+{name}" for name in given))
    for hierarchy in hierarchies():
        group = hierarchy / label
        group.mkdir(exist_ok=True)
        for setting in ("cpuset.cpus", "cpuset.mems"):  # version 1 takes no process until both are set
            if not unified() and (group / setting).exists():
                (group / setting).write_text((hierarchy / setting).read_text())


def remove(label: str) -> None:
    """Remove the cluster's groups, which must hold no process but those that are just ending."""
    for hierarchy in hierarchies():
        for folder, _, _ in os.walk(hierarchy / label, topdown=False):
            _remove(Path(folder))


def hierarchies() -> list[Path]:
    """Return the mount points that groups can be made below."""
    if unified():
        return [ROOT]
    folders = sorted(ROOT.iterdir()) if ROOT.is_dir() else []
    return [folder for folder in folders if folder.is_mount() and not folder.is_symlink()]


def unified() -> bool:
    """Tell whether the machine has version 2 alone."""
    return (ROOT / "cgroup.controllers").exists()


def _remove(folder: Path) -> None:
    end = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            folder.rmdir()
        except FileNotFoundError:
            return
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)
        else:
            return

"""The node's processes as the host sees them: started in namespaces of their own, ended together."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from typing import TYPE_CHECKING

from tools.local import network
from tools.local.teal_image import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from tools.local.layout import Layout

_STOP_SECONDS = 30.0


def start(layout: Layout, plan: Path) -> int:
    """Start the node's first process on the plan in a file; it outlives this process. Returns its number."""
    command = [
        # Not `ip netns exec`: that mounts another /sys, without control groups.
        *("nsenter", f"--net=/run/netns/{layout.label}"),
        *("unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"),
        *(sys.executable, "-m", "tools.local.node", str(plan)),
    ]
    log = str(layout.logs / "node.log")
    files = (
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644),
        (os.POSIX_SPAWN_DUP2, 1, 2),
    )
    # Nothing else of the user's: a proxy for the internet would be asked for the cluster's own addresses.
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    return os.posix_spawnp(command[0], command, environment, file_actions=files, setsid=True)


def alive(process: int) -> bool:
    """Tell whether a child of this process has not ended yet; to be asked no more once it has."""
    return os.waitpid(process, os.WNOHANG)[0] == 0


def kill(label: str) -> None:
    """Kill what is in the node's network namespace: with its first process go its pods and its mounts.

    Raises RuntimeError when a process does not end in time.
    """
    end = time.monotonic() + _STOP_SECONDS
    while found := network.processes(label):
        if time.monotonic() > end:
            raise RuntimeError(f"Processes of the cluster do not end: {found}.")
        for process in found:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        time.sleep(0.05)

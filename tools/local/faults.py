"""Hands on the local cluster's processes, for faults on purpose: signalled, stopped for a while, entered."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tools.local import network

if TYPE_CHECKING:
    from tools.local.layout import Layout

_STOP_SECONDS = 10.0


def send(layout: Layout, name: str, words: str) -> int:
    """Send a signal (`KILL`, `STOP`, `CONT`, …) to the processes whose command line has these words.

    Those in pods count, those outside the cluster do not. Returns how many there were. Raises ValueError for
    a signal that does not exist.
    """
    if f"SIG{name}" not in signal.Signals.__members__:
        raise ValueError(f"{name!r} is no signal; use KILL, TERM, STOP, CONT or the like.")
    found = _processes(layout, words)
    for process in found:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.Signals[f"SIG{name}"])
    return len(found)


def stop(layout: Layout, program: str) -> None:
    """Kill a program of the node and keep it from running until `start`."""
    _held(layout, program).parent.mkdir(exist_ok=True)
    _held(layout, program).touch()
    end = time.monotonic() + _STOP_SECONDS
    while send(layout, "KILL", f"/{program} --"):
        if time.monotonic() > end:
            raise RuntimeError(f"{program} does not end.")
        time.sleep(0.05)


def start(layout: Layout, program: str) -> None:
    """Let a program run again that `stop` has stopped."""
    _held(layout, program).unlink(missing_ok=True)


def inside(layout: Layout, container: str) -> list[str]:
    """Return the command that runs another in a container, told by its ID, without asking the API server.

    Raises RuntimeError when there is no such container.
    """
    for process in _all(layout):
        with contextlib.suppress(OSError):
            if container in Path(f"/proc/{process}/cgroup").read_text():
                return ["nsenter", f"--target={process}", "--mount", "--net", "--uts", "--"]
    raise RuntimeError(f"no container {container} runs in the cluster {layout.name}")


def _held(layout: Layout, program: str) -> Path:
    return layout.held / program


def _processes(layout: Layout, words: str) -> list[int]:
    return [process for process in _all(layout) if words in _command(process)]


def _all(layout: Layout) -> list[int]:
    """Return the processes of the node and all that descend from them."""
    children: dict[int, list[int]] = {}
    for process in (int(path.name) for path in Path("/proc").glob("[0-9]*")):
        with contextlib.suppress(OSError):  # it has ended meanwhile
            # After the name, which may hold blanks and parentheses: state, parent, … (proc_pid_stat(5)).
            fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
            children.setdefault(int(fields[1]), []).append(process)
    found, todo = set[int](), network.processes(layout.label)
    while todo:
        process = todo.pop()
        if process not in found:
            found.add(process)
            todo += children.get(process, [])
    return sorted(found)


def _command(process: int) -> str:
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""

"""The node's first process: it makes mounts in its namespace, starts the programs and keeps them running.

Run as `python -m tools.local.node <plan.json>` by `tools.local.cluster`; the plan is a `Plan` as JSON. The
kernel ends every process of the node when this one ends.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import socket
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

_TICK_SECONDS = 0.1
_RESTART_SECONDS = 1.0
_MS_BIND, _MS_REC = 4096, 16384


@dataclass(frozen=True)
class Program:
    """A program to keep running, once something listens on port `after` of the node (None: at once)."""

    name: str
    command: list[str]
    after: int | None = None


@dataclass(frozen=True)
class Plan:
    """What the node is: all paths are the host's.

    A program does not start while `held` has a file of its name. `empty` are folders to be covered with empty
    ones in memory, `kept` those below them that stay to be seen; `settings` are files of /proc/sys and what
    to write there, `environment` is the programs' whole one.
    """

    programs: list[Program]
    logs: str
    held: str
    empty: list[str]
    kept: list[str]
    settings: dict[str, str]
    environment: dict[str, str]

    def dump(self) -> str:
        """Return the plan as JSON."""
        return json.dumps(asdict(self), indent=1)

    @classmethod
    def load(cls, text: str) -> Plan:
        """Read what `dump` wrote."""
        fields: dict[str, Any] = json.loads(text)
        return cls(**fields | {"programs": [Program(**each) for each in fields["programs"]]})


def main() -> None:
    """Be the node until SIGTERM or SIGKILL."""
    plan = Plan.load(Path(sys.argv[1]).read_text())
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    _cover(plan)
    for setting, value in plan.settings.items():
        Path("/proc/sys", setting).write_text(value)
    _supervise(plan)


def _cover(plan: Plan) -> None:
    kept = [(os.open(path, os.O_PATH), Path(path)) for path in plan.kept]
    for folder in plan.empty:
        _mount("tmpfs", folder, "tmpfs", 0)
    for handle, path in kept:
        if not path.exists():
            path.mkdir(parents=True)
            _mount(f"/proc/self/fd/{handle}", str(path), "", _MS_BIND | _MS_REC)
        os.close(handle)


def _mount(source: str, target: str, kind: str, flags: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(source.encode(), target.encode(), kind.encode(), flags, None):
        raise OSError(ctypes.get_errno(), f"can't mount {source} on {target}")


def _supervise(plan: Plan) -> None:
    """Start each program when it may start, again a while after it ended; bury orphans as PID 1 has to."""
    due = {program.name: 0.0 for program in plan.programs}
    running: dict[int, Program] = {}
    while True:
        now = time.monotonic()
        for program in plan.programs:
            if program.name in due and now >= due[program.name] and _may_start(program, plan):
                del due[program.name]
                running[_start(program, plan)] = program
        for pid, status in _ended():
            if ended := running.pop(pid, None):
                print(f"{ended.name} ended with {os.waitstatus_to_exitcode(status)}", flush=True)
                due[ended.name] = time.monotonic() + _RESTART_SECONDS
        time.sleep(_TICK_SECONDS)


def _may_start(program: Program, plan: Plan) -> bool:
    if Path(plan.held, program.name).exists():
        return False
    if program.after is None:
        return True
    try:
        socket.create_connection(("127.0.0.1", program.after), timeout=1).close()
    except OSError:
        return False
    return True


def _start(program: Program, plan: Plan) -> int:
    print(f"{program.name} starts", flush=True)
    log = f"{plan.logs}/{program.name}.log"
    files = (
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644),
        (os.POSIX_SPAWN_DUP2, 1, 2),
    )
    # Not subprocess.Popen: a forgotten one waits for its process, whose end is then never seen here.
    return os.posix_spawn(program.command[0], program.command, plan.environment, file_actions=files)


def _ended() -> list[tuple[int, int]]:
    """Return number and status of all children that have ended."""
    found: list[tuple[int, int]] = []
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return found
        if pid == 0:
            return found
        found.append((pid, status))


if __name__ == "__main__":
    main()

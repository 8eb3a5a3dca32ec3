"""The load: clients inside and outside the cluster, whose lines are counted as they come."""

from __future__ import annotations

import contextlib
import threading
import time
from collections import deque
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tools.demo.answers import Tally, parse

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator, Mapping, Sequence

    from tools.demo.shell import Shell

PROGRAM = Path(__file__).with_name("load.py").read_text(encoding="utf-8")
_END_SECONDS = 15.0
"""After its input has ended, a client waits for what is under way: up to 10 s."""


@dataclass
class Client:
    """A client: what it counted, and what else it said."""

    name: str
    tally: Tally = field(default_factory=Tally)
    said: deque[str] = field(default_factory=lambda: deque(maxlen=3))
    over: bool = False
    """Its time has come."""
    ended: bool = False
    early: bool = False
    """It ended by itself: not all requests were sent."""

    @property
    def complaint(self) -> str:
        """Say that it ended early; empty if it did not."""
        return f"The load from {self.name} ended early. {' '.join(self.said)}".strip() if self.early else ""

    def read(self, process: subprocess.Popen[str]) -> None:
        """Count each line that the client prints, until its end."""
        for line in process.stdout or ():
            answer = parse(line, time.monotonic())
            if answer is None:
                self.said.append(line.strip())
            else:
                self.tally.add(answer)
        self.ended, self.early = True, not self.over

    def finish(self, process: subprocess.Popen[str], reader: threading.Thread) -> None:
        """End the client's input and let it finish what is under way."""
        self.over = True
        if process.stdin:
            with contextlib.suppress(BrokenPipeError):
                process.stdin.close()
        reader.join(_END_SECONDS)


def inside(pod: Sequence[str], url: str, host: str, rate: float) -> list[str]:
    """Return the command of a client in a pod, told as kubectl's arguments."""
    return ["kubectl", "exec", "--stdin", *pod, "--", *outside("python3", url, host, rate)]


def outside(python: str, url: str, host: str, rate: float, header: Sequence[str] = ()) -> list[str]:
    """Return the command of a client on this machine; `header`: name and value of one that it sends."""
    return [python, "-c", PROGRAM, url, host, str(rate), *header]


@contextmanager
def load(shell: Shell, commands: Mapping[str, Sequence[str]]) -> Iterator[dict[str, Client]]:
    """Run a client for each command until the context ends; give them by the same names."""
    clients = {name: Client(name) for name in commands}
    with ExitStack() as stack:
        for name, command in commands.items():
            process = stack.enter_context(shell.start(command))
            reader = threading.Thread(target=clients[name].read, args=(process,), daemon=True)
            reader.start()
            stack.callback(clients[name].finish, process, reader)
        yield clients

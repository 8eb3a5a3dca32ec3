"""Runs what a user types, and hands on what it prints as it is printed."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

_STOP_SECONDS = 5.0


class DemoError(RuntimeError):
    """The demo can't go on; the message says why in one sentence."""


@dataclass(frozen=True)
class Outcome:
    """A command that has ended. `begin` is when it was entered (monotonic), `seconds` how long it took."""

    code: int
    printed: str
    begin: float
    seconds: float


@dataclass(frozen=True)
class Shell:
    """A user's shell: programs in front of PATH, a cluster to talk to, homes of its own for Helm's caches."""

    kubeconfig: Path
    homes: Path
    programs: Path | None = None

    @property
    def environment(self) -> dict[str, str]:
        """What the commands find in their environment."""
        path = os.pathsep.join([*([str(self.programs)] if self.programs else ()), os.environ["PATH"]])
        helm = {f"HELM_{kind}_HOME": str(self.homes / kind.lower()) for kind in ("CACHE", "CONFIG", "DATA")}
        return {**os.environ, **helm, "PATH": path, "KUBECONFIG": str(self.kubeconfig)}

    def run(self, command: str, hear: Callable[[str], None] = lambda _: None, given: str = "") -> Outcome:
        """Run a command line to its end, whatever that is; hand on each line that it prints, errors too."""
        begin, printed = time.monotonic(), []
        with self.start(["bash", "-o", "pipefail", "-c", command]) as process:
            assert process.stdin is not None  # noqa: S101 - asked for
            assert process.stdout is not None  # noqa: S101
            process.stdin.write(given)
            process.stdin.close()
            for line in process.stdout:
                printed.append(line)
                hear(line.rstrip("\n"))
            code = process.wait()
        return Outcome(code, "".join(printed), begin, time.monotonic() - begin)

    def ask(self, command: str) -> str:
        """Return what a command prints. Raises DemoError with its complaint if it fails."""
        done = self.run(command)
        if done.code:
            raise DemoError(f"`{command}` failed: {done.printed.strip() or f'exit code {done.code}'}")
        return done.printed.strip()

    @contextmanager
    def start(self, command: Sequence[str]) -> Iterator[subprocess.Popen[str]]:
        """Start a program with pipes in and out; it is ended with the context, and what it started, too."""
        with subprocess.Popen(
            command,
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            bufsize=1,
            process_group=0,  # Ctrl-C is for the demo, which ends its children in their order
        ) as process:
            try:
                yield process
            finally:
                stop(process)


def stop(process: subprocess.Popen[str]) -> None:
    """End a program and those that it started, gently at first."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_STOP_SECONDS)
            return

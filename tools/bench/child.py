"""The reconciler as a process of its own: what it sends, what it needs."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self
from urllib.request import urlopen

from tools.bench.recording import Recording
from tools.local.controlplane import free_port

if TYPE_CHECKING:
    from types import TracebackType

    from tools.local.controlplane import ControlPlane

QUIET_SECONDS = 1.0
_TICKS = os.sysconf("SC_CLK_TCK")
_PASSES = re.compile(r"teal_reconcile_total\{.*\} (\S+)")


@dataclass(frozen=True)
class Use:
    """What a process has used: seconds of CPU; and MiB resident, now and at most."""

    cpu: float
    resident: float
    peak: float


class Child:
    """A running reconciler. `began`: when its work began, after its imports (CLOCK_MONOTONIC, seconds)."""

    def __init__(self, plane: ControlPlane, *more: str) -> None:
        record = plane.folder / f"requests-{free_port()}"
        self._port = free_port()
        command = [sys.executable, "-m", "tools.bench.runner", f"--kubeconfig={plane.kubeconfig}"]
        command += [f"--record={record}", f"--port={self._port}", *more]
        record.touch()
        self.recording = Recording(record)
        self.started = time.monotonic()
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.began = float(self._process.stdout.readline()) if self._process.stdout else 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        self._process.wait(60)

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    def pause(self) -> None:
        """Stop it where it is."""
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        self._process.send_signal(signal.SIGCONT)

    def settle(self, quiet: float = QUIET_SECONDS, seconds: float = 600.0) -> None:
        """Wait until it is synced and has sent and received nothing for a while. Raises TimeoutError."""
        end = time.monotonic() + seconds
        self._synced(end)
        size, since = self.recording.size(), time.monotonic()
        while time.monotonic() - since < quiet:
            if time.monotonic() > end:
                raise TimeoutError(f"still at work after {seconds} s")
            time.sleep(0.02)
            if self.recording.size() != size:
                size, since = self.recording.size(), time.monotonic()

    def soak(self) -> float:
        """Have the made-up events come; return the seconds that they took."""
        self._process.send_signal(signal.SIGUSR1)
        return float(self._process.stdout.readline()) if self._process.stdout else 0.0

    def passes(self) -> int:
        """Return how many passes have been run."""
        return sum(int(float(count)) for count in _PASSES.findall(self._get("metrics")))

    def use(self) -> Use:
        """Return what it has used."""
        process = Path(f"/proc/{self.pid}")
        fields = (process / "stat").read_text("utf-8").rpartition(")")[2].split()
        lines = (process / "status").read_text("utf-8").splitlines()
        status = dict(line.split(":", 1) for line in lines)
        sizes = [int(status[name].split()[0]) / 1024 for name in ("VmRSS", "VmHWM")]
        return Use((int(fields[11]) + int(fields[12])) / _TICKS, *sizes)

    def _synced(self, end: float) -> None:
        while True:
            try:
                self._get("readyz")
            except OSError as error:  # 503 is one, too
                if time.monotonic() > end or self._process.poll() is not None:
                    raise TimeoutError("it has not listed everything") from error
                time.sleep(0.02)
            else:
                return

    def _get(self, path: str) -> str:
        with urlopen(f"http://127.0.0.1:{self._port}/{path}") as answer:
            text: str = answer.read().decode()
            return text

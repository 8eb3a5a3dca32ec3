"""Measure each command of `teal`, as one file, on a real API server beside kubectl: `make bench-command`.

Prints a table in Markdown: of some starts of each the least wall time and CPU, since whatever else a machine
does only adds to them, and the median of the greatest size. All are started in turn, not one after the other.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from tools.bench.child import Child
from tools.bench.command.pairs import COMPLETED, FILES, NAMESPACE, PAIRS
from tools.bench.measures import plane
from tools.bench.population import Population
from tools.bench.wire import Target
from tools.local.kinds import kubectl as run_kubectl
from tools.local.programs import programs
from tools.onefile.__main__ import build

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tools.local.controlplane import ControlPlane

APPLICATIONS = 20
_METER = Path(__file__).with_name("meter.py")
_STEPPED = """\
apiVersion: iter8.tools/v1alpha1
kind: Routemap
metadata: {name: stepped}
spec:
  versions: [{name: stepped-0}, {name: stepped-1}]
  rollout: {steps: [{share: 5, for: 1h}]}
"""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a start took: seconds, seconds of CPU, MiB at most."""

    seconds: float
    cpu: float
    mib: float

    def cells(self) -> str:
        """Return it as cells of a table."""
        return f"{self.seconds:.2f} s | {self.cpu:.2f} s | {self.mib:.0f} MiB"


@dataclass(frozen=True, slots=True)
class Bench:
    """Where the programs are, and in which folder and environment they are started."""

    folder: Path
    environment: Mapping[str, str]
    times: int

    def costs(self, lines: Sequence[tuple[Sequence[str], Sequence[int]]]) -> list[Cost]:
        """Return what each of some commands takes, after a start of each that fills its caches.

        With each stand the exit codes by which it may end. Raises RuntimeError where it ends by another.
        """
        for command, codes in lines:
            self._first(command, codes)
        rounds = [[self._once(command, codes) for command, codes in lines] for _ in range(self.times)]
        return [_least(runs) for runs in zip(*rounds, strict=True)]

    def _once(self, command: Sequence[str], codes: Sequence[int]) -> Cost:
        line = [_python(), "-IS", str(_METER), *command]
        done = subprocess.run(
            line, cwd=self.folder, env=self.environment, capture_output=True, text=True, check=True
        )
        run = json.loads(done.stdout)
        if run["code"] not in codes:
            raise RuntimeError(f"{' '.join(command)} ended with {run['code']}")
        return Cost(run["seconds"], run["cpu"], run["mib"])

    def _first(self, command: Sequence[str], codes: Sequence[int]) -> None:
        done = subprocess.run(
            command, cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False
        )
        if done.returncode not in codes:
            raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}: {done.stderr}")


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m tools.bench.command", description=__doc__)
    parser.add_argument("--times", type=int, default=15, help="starts of each")
    times = parser.parse_args().times
    with plane() as running, _populated(running) as folder:
        environment = {"HOME": str(folder), "PATH": "/usr/bin:/bin", "KUBECONFIG": str(running.kubeconfig)}
        before = os.getloadavg()[0]
        rows = [*_rows(Bench(folder, environment, times), folder)]
    loads = f"load {before:.1f} before, {os.getloadavg()[0]:.1f} after"
    print(f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} CPUs, least of {times} starts, {loads}\n")
    print("| command | wall | CPU | memory | beside | wall | CPU | memory |")
    print("|---|---|---|---|---|---|---|---|")
    print("\n".join(rows))


@contextmanager
def _populated(running: ControlPlane) -> Iterator[Path]:
    """Give a folder with the one file, and fill the API server with applications that Teal has seen."""
    Population(Target.of(running), NAMESPACE, APPLICATIONS).create()
    here = ("--namespace", NAMESPACE)
    run_kubectl(running.kubeconfig, "apply", *here, "-f", "-", given=_STEPPED)
    run_kubectl(running.kubeconfig, "create", "deployment", "plain", "--image=app", "--port=80", *here)
    run_kubectl(running.kubeconfig, "expose", "deployment", "plain", "--port=80", *here)
    with Child(running) as child:
        child.settle()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, text in FILES.items():
            (folder / file).write_text(text, "utf-8")
        (folder / "teal").write_bytes(build())
        (folder / "kubectl_complete-teal").symlink_to(folder / "teal")
        yield folder


def _least(runs: Sequence[Cost]) -> Cost:
    return Cost(
        min(run.seconds for run in runs), min(run.cpu for run in runs), median(run.mib for run in runs)
    )


def _rows(bench: Bench, folder: Path) -> Iterator[str]:
    """Yield the rows of the table."""
    kubectl, here = str(programs() / "kubectl"), ("--namespace", NAMESPACE)
    lines = [(_line(folder, "teal", [*here, *pair.teal]), pair.codes) for pair in PAIRS]
    lines += [([kubectl, *here, *pair.kubectl], pair.codes) for pair in PAIRS]
    completer = _line(folder, "kubectl_complete-teal", [*here, *COMPLETED.teal])
    lines += [(completer, COMPLETED.codes), ([kubectl, "__complete", *here, *COMPLETED.kubectl], (0,))]
    *costs, own, other = bench.costs(lines)
    for pair, *both in zip(PAIRS, costs[: len(PAIRS)], costs[len(PAIRS) :], strict=True):
        yield row(f"teal {' '.join(pair.teal)}", both[0], f"kubectl {' '.join(pair.kubectl)}", both[1])
    yield row("kubectl_complete-teal status ''", own, "kubectl __complete get routemap ''", other)


def _line(folder: Path, name: str, words: Sequence[str]) -> list[str]:
    return [_python(), "-S", str(folder / name), *words]


def row(teal: str, own: Cost, kubectl: str, other: Cost) -> str:
    """Return a row of the table."""
    return f"| `{teal}` | {own.cells()} | `{kubectl}` | {other.cells()} |"


def _python() -> str:
    """Return the interpreter; with -S it is without this project's packages, and this machine's."""
    return str(Path(sys.executable).resolve())


if __name__ == "__main__":
    main()

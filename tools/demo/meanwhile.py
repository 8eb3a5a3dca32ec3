"""What a newcomer sees first: what Teal refuses, before a cluster is built, which takes minutes.

By `teal lint` at once; by the real webhook as soon as there is an API server, while Istio is not built yet.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tools.demo.shell import DemoError, Shell
from tools.local.controlplane import control_plane
from tools.local.kinds import install_kinds
from tools.local.light import teal
from tools.local.programs import first_programs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from tools.demo.grounds import Ground
    from tools.demo.screen import Screen

PROSE = (
    "Kubernetes and Istio are built first: minutes now, nothing later. What admission says to mistakes needs "
    "no cluster: `teal lint` says it, by the same rule book."
)
SERVED = "There is an API server, and Teal's webhook. Istio and the nodes come next. The same, by `kubectl`:"


@dataclass(frozen=True)
class Refusal:
    """A manifest with a mistake, and words of what is said about it."""

    title: str
    manifest: str
    says: str


REFUSALS = (
    Refusal(
        "The label mistyped",
        """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: httpbin-0, namespace: default, labels: {iter8.tools/wacth: "true"}}
spec:
  selector: {matchLabels: {app: httpbin-0}}
  template:
    metadata: {labels: {app: httpbin-0}}
    spec: {containers: [{name: httpbin, image: kennethreitz/httpbin}]}
""",
        "did you mean iter8.tools/watch?",
    ),
    Refusal(
        "A weight that is none, a field that nobody knows",
        """\
apiVersion: iter8.tools/v1alpha1
kind: Routemap
metadata: {name: httpbin, namespace: default}
spec:
  versions: [{name: httpbin-0, weight: banana}, {name: httpbin-1}]
  drainSecond: 20
""",
        '"banana" is not an integer',
    ),
)


def show_refusals(screen: Screen) -> None:
    """Lint each manifest and show what is said. Raises DemoError where it is not refused as it should be."""
    screen.section("While nothing is built yet")
    screen.note(PROSE)
    _show(screen, "teal lint -", _linted)


@contextmanager
def admission_first(screen: Screen, ground: AbstractContextManager[Ground]) -> Iterator[Ground]:
    """Have each manifest refused by the real webhook, on an API server of its own, then give the ground.

    Raises DemoError where one is not refused as it should be, and RuntimeError where nothing can be built.
    """
    with tempfile.TemporaryDirectory(prefix="teal-first-") as name, control_plane(Path(name)) as plane:
        install_kinds(plane.kubeconfig)
        with teal(plane.kubeconfig, Path(name)):
            screen.section("While Istio is not built yet")
            screen.note(SERVED)
            shell = Shell(plane.kubeconfig, Path(name), first_programs())
            _show(screen, "kubectl apply -f -", lambda given: _refused(shell, given))
    with ground as found:
        yield found


def _show(screen: Screen, command: str, say: Callable[[str], str]) -> None:
    for refusal in REFUSALS:
        screen.step(refusal.title, "Refused:")
        screen.command(f"cat <<EOF | {command}\n{refusal.manifest}EOF")
        said = say(refusal.manifest)
        for line in said.splitlines():
            screen.refused(line)
        if refusal.says not in said:
            raise DemoError(f"This should have been refused with {refusal.says!r}: {refusal.title}")
    screen.blank()


def _linted(manifest: str) -> str:
    """Return what `teal lint` prints about a manifest, empty where it takes it."""
    command = [sys.executable, "-m", "cli", "lint", "-"]
    done = subprocess.run(command, input=manifest, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr if done.returncode else ""


def _refused(shell: Shell, manifest: str) -> str:
    """Return what kubectl prints about a manifest, empty where the API server takes it."""
    done = shell.run("kubectl apply -f -", given=manifest)
    return done.printed if done.code else ""

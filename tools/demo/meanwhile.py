"""What a newcomer sees first: what Teal refuses, before a cluster is built, which takes minutes."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tools.demo.shell import DemoError

if TYPE_CHECKING:
    from tools.demo.screen import Screen

PROSE = (
    "Kubernetes and Istio are built first: minutes now, nothing later. What admission says to mistakes needs "
    "no cluster: `teal lint` says it, by the same rule book."
)


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
    for refusal in REFUSALS:
        screen.step(refusal.title, "Refused:")
        screen.command(f"cat <<EOF | teal lint -\n{refusal.manifest}EOF")
        said = _linted(refusal.manifest)
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

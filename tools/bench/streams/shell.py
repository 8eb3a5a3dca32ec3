"""kubectl, as the benches of streams use it."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def apply(*manifests: Mapping[str, object]) -> None:
    """Apply objects. Raises CalledProcessError."""
    run("kubectl apply -f -", json.dumps({"apiVersion": "v1", "kind": "List", "items": [*manifests]}))


def run(command: str, given: str = "") -> None:
    """Run a command, with something to read. Raises CalledProcessError."""
    ask(command, given)


def ask(command: str, given: str = "") -> str:
    """Run a command in the same way, and return what it prints."""
    done = subprocess.run(["bash", "-c", command], input=given, text=True, check=True, stdout=subprocess.PIPE)
    return done.stdout

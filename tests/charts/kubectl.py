"""kubectl as the tests run it."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Kubectl:
    """The program, and the cluster that it talks to."""

    program: Path
    kubeconfig: Path

    def run(self, *arguments: str, manifest: Any = None, user: str = "") -> subprocess.CompletedProcess[str]:
        """Run kubectl to its end, whatever that is; `user` is impersonated, with all rights."""
        impersonation = [f"--as={user}", "--as-group=system:masters"] if user else []
        command = [str(self.program), f"--kubeconfig={self.kubeconfig}", *impersonation, *arguments]
        source = json.dumps(manifest) if manifest is not None else ""
        return subprocess.run(command, input=source, capture_output=True, text=True, check=False)

    def __call__(self, *arguments: str, manifest: Any = None, user: str = "") -> str:
        """Return what kubectl prints; it has to succeed."""
        done = self.run(*arguments, manifest=manifest, user=user)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def asked(self, *arguments: str, manifest: Any = None, user: str = "") -> str | None:
        """Return the webhook that a change (a dry run) was sent to, None if it passed without."""
        done = self.run(*arguments, "--dry-run=server", manifest=manifest, user=user)
        if done.returncode == 0:
            return None
        assert "failed calling webhook" in done.stderr, done.stderr
        return done.stderr.split('failed calling webhook "')[1].split(".")[0]

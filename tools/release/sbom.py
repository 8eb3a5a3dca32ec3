"""What is in the image as an SBOM: one for each architecture, in CycloneDX's format."""

from __future__ import annotations

import json
import subprocess
import sys
import venv
from pathlib import Path
from typing import TYPE_CHECKING

from tools.local.cache import cache, digest, locked

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tools.release.contents import Component

LOCK = Path(__file__).parent / "sbom.lock"
_SCRIPT = Path(__file__).parent / "cyclonedx_document.py"
_TOLD = ("name", "version", "purl", "licence", "sha256")


def sbom(name: str, version: str, components: Iterable[Component]) -> bytes:
    """Return the document on what `name` holds. Raises RuntimeError where it would not be valid."""
    listed = [{key: getattr(component, key) for key in _TOLD} for component in components]
    given = json.dumps({"name": name, "version": version, "components": listed})
    done = subprocess.run(
        [str(_python()), "-I", str(_SCRIPT)], input=given, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"the SBOM of {name} can't be made: {done.stderr.strip()[-500:]}")
    return done.stdout.encode()


def _python() -> Path:
    """Return the interpreter of the venv that has the lock's packages; made on first use."""
    folder = cache("venv") / f"sbom-{digest(LOCK, sys.version)}"
    with locked("venv", folder.name):
        if not (folder / ".ready").exists():
            venv.create(folder, with_pip=True, clear=True)
            command = [str(folder / "bin/python"), "-m", "pip", "install", "--quiet", "--require-hashes"]
            subprocess.run([*command, "--no-deps", "-r", str(LOCK)], check=True)
            (folder / ".ready").touch()
    return folder / "bin/python"

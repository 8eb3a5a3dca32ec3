"""Programs of GitOps tools, built by Go from their modules, kept by the hash of what they are made from."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from pathlib import Path

from tools.local.cache import cache, digest, locked
from tools.local.programs import go_version
from tools.local.progress import step


def built(name: str, module: Path, *packages: str, toolchain: str = "") -> Path:
    """Return a folder with the programs of a module's packages; build them on first use.

    `toolchain` is the Go that Go is to fetch as a module where this machine's is older.
    Raises MissingGoError, and RuntimeError where Go can't build.
    """
    sources = [module / "go.mod", module / "go.sum", *sorted(module.rglob("*.go"))]
    folder = cache("programs") / f"{name}-{digest(go_version(), toolchain, *packages, *sources)}"
    if not folder.exists():
        with locked("programs", name, holder=f"another process that builds {name}"):
            if not folder.exists():
                _build(name, module, packages, toolchain, folder)
    return folder


def _build(name: str, module: Path, packages: tuple[str, ...], toolchain: str, folder: Path) -> None:
    with step(f"Building {name} with Go", name), tempfile.TemporaryDirectory(dir=folder.parent) as temporary:
        new = Path(temporary, "new")
        command = ["go", "build", "-trimpath", "-ldflags", "-s -w", "-o", f"{new}/", *packages]
        environment = {**os.environ, "CGO_ENABLED": "0"} | ({"GOTOOLCHAIN": toolchain} if toolchain else {})
        done = subprocess.run(
            command, cwd=module, env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(f"`go build` failed: {done.stderr.strip()[-2000:]}")
        new.rename(folder)


def sources_of(module: str, required_by: Path, toolchain: str = "") -> Path:
    """Return the folder of a Go module's sources, of the version that the module `required_by` requires.

    They are fetched where this machine has none. A version that nothing requires is told as `MODULE@VERSION`.
    """
    done = subprocess.run(
        ["go", "mod", "download", "-json", module],
        cwd=required_by,
        env={**os.environ} | ({"GOTOOLCHAIN": toolchain} if toolchain else {}),
        capture_output=True,
        text=True,
        check=True,
    )
    return Path(json.loads(done.stdout)["Dir"])

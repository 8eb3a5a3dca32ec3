"""Python's files in images: packages by a lock, and bytecode, for the images' Python, not this machine's."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PYTHON = (3, 11)
"""The suite's Python: what is installed for it does not depend on this machine's."""
SITE_PACKAGES = Path("usr/local/lib/python3.11/dist-packages")
MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}
"""What wheels call OCI's architectures."""
_GLIBC = 36
"""The suite's: 2.36."""


def install_packages(lock: Path, root: Path, architecture: str = "", without: Sequence[str] = ()) -> None:
    """Install a lock's packages into a root file system; by default for this machine's architecture.

    `without`: folders of theirs that are left out.
    """
    target = root / SITE_PACKAGES
    restrictions = ("--require-hashes", "--no-deps", "--only-binary=:all:", "--python-version", "3.11")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    places = ("--no-compile", "--target", str(target), "-r", str(lock))
    environment = {**os.environ, "PIP_ROOT_USER_ACTION": "ignore"}
    subprocess.run([*command, *restrictions, *_platforms(architecture), *places], env=environment, check=True)
    shutil.rmtree(target / "bin", ignore_errors=True)  # scripts that name this machine's Python
    for folder in without:
        shutil.rmtree(target / folder)
    compile_code(root)


def compile_code(root: Path) -> None:
    """Compile a root file system's Python code where this Python can: pods can't keep what they compile."""
    if sys.version_info[:2] == PYTHON:
        command = [sys.executable, "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash"]
        # The same bytes each time: sets of constants are written in the order of their hashes.
        environment = {**os.environ, "PYTHONHASHSEED": "0"}
        # Bytecode goes beside its source, also where this process keeps its own elsewhere.
        for name in ("PYTHONPYCACHEPREFIX", "PYTHONDONTWRITEBYTECODE"):
            environment.pop(name, None)
        # Not checked: packages carry samples that no Python compiles.
        subprocess.run([*command, "-s", str(root), "-p", "/", str(root)], env=environment, check=False)


def _platforms(architecture: str) -> Iterator[str]:
    """Yield pip's options for an architecture: wheels for the suite's glibc, or an older one."""
    if architecture:
        machine = MACHINES[architecture]
        for minor in range(_GLIBC, 16, -1):
            yield from ("--platform", f"manylinux_2_{minor}_{machine}")
        yield from ("--platform", f"manylinux2014_{machine}")

"""A release made once by the command itself, and once more from nothing but what is downloaded."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tools.local.cache import cache

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).parents[2]
KEPT = ("packages", "programs", "venv")
"""What a second build takes from the first one's cache: checked by hash, or not part of a release."""


def release(target: Path, **environment: str) -> Path:
    """Make a release into a folder; return its own."""
    done = subprocess.run(
        [sys.executable, "-m", "tools.release", str(target)],
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (made,) = target.iterdir()
    return made


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release of the checkout as it is: the one that `tests/run` has made, or a new one."""
    given = os.environ.get("TEAL_RELEASE")
    return next(Path(given).iterdir()) if given else release(tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="session")
def made_again(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with no layer kept, under another umask's and another folder's names."""
    fresh = tmp_path_factory.mktemp("cache")
    (fresh / "teal").mkdir()
    for name in KEPT:
        (fresh / "teal" / name).symlink_to(cache(name))
    before = os.umask(0o077)
    try:
        return release(tmp_path_factory.mktemp("dist-again"), TEAL_CACHE=str(fresh))
    finally:
        os.umask(before)


@pytest.fixture(scope="session")
def files(made: Path) -> Mapping[str, Path]:
    """The release's files by name, without its version."""
    version = made.name.removeprefix("teal-")
    return {file.name.replace(f"-{version}", ""): file for file in made.iterdir()}

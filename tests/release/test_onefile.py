"""`teal` as one file: the same bytes from the same sources, and it runs without anything installed."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

import pytest

from tools.onefile.__main__ import NAME, OTHERS, build

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    done = subprocess.run([sys.executable, "-m", "tools.onefile", folder], capture_output=True, check=True)
    assert NAME.encode() in done.stdout
    return folder / NAME


def run(file: Path, home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run it without the packages of this interpreter, as `python3 teal.pyz` does elsewhere."""
    command = [sys.executable, "-I", "-S", str(file), *arguments]
    env = {"HOME": str(home), "PATH": "/usr/bin:/bin"}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=env)


def test_the_same_sources_give_the_same_bytes(built: Path) -> None:
    assert built.read_bytes() == build()
    told = built.with_name(f"{NAME}.sha256").read_text("utf-8")
    assert told == f"{hashlib.sha256(built.read_bytes()).hexdigest()}  {NAME}\n"


def test_it_has_the_licences_of_what_it_holds(built: Path) -> None:
    names = zipfile.ZipFile(built).namelist()
    assert "LICENSE" in names
    for other in OTHERS:
        assert any(name.lower().startswith(f"{other}-") and "LICENSE" in name.upper() for name in names), (
            other
        )


def test_it_runs_without_anything_installed(built: Path, tmp_path: Path) -> None:
    done = run(built, tmp_path, "explain", "Drained")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Drained, an Event\n")
    (content,) = (tmp_path / ".cache" / "teal-command").iterdir()
    assert (content / "cli" / "__main__.py").exists()


def test_it_runs_where_it_can_keep_nothing(built: Path, tmp_path: Path) -> None:
    (tmp_path / ".cache").write_text("in the way")
    assert run(built, tmp_path, "explain", "Drained").returncode == 0


def test_it_is_a_plugin_of_kubectl(built: Path, tmp_path: Path) -> None:
    plugin = tmp_path / "kubectl-teal"
    plugin.write_bytes(built.read_bytes())
    assert run(plugin, tmp_path, "--help").stdout.startswith("Usage: kubectl teal [OPTIONS] COMMAND")
    assert run(plugin, tmp_path, "--version").stdout.startswith("kubectl teal 0.")


def test_a_cluster_that_it_has_no_way_to_is_said_so(built: Path, tmp_path: Path) -> None:
    done = run(built, tmp_path, "status")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "teal: this kubeconfig is not there, or takes the kubernetes library, which the one file does not "
        "have; see that --kubeconfig and --context are right, or install teal with pipx\n"
    )


def test_what_takes_a_library_that_it_lacks_says_so(built: Path, tmp_path: Path) -> None:
    done = run(built, tmp_path, "certs", "status")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "teal: this installation lacks cryptography; install teal with pip or pipx\n"


def test_it_can_serve_the_page(built: Path, tmp_path: Path) -> None:
    done = run(built, tmp_path, "dashboard", "--help")
    assert (done.returncode, done.stderr) == (0, "")
    (content,) = (tmp_path / ".cache" / "teal-command").iterdir()
    assert (content / "dashboard" / "assets" / "page.js").exists()

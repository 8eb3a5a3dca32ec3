"""Programs from Debian's packages: a few installed, those that bring a daemon only unpacked into the cache.

Installing containerd would start a service on this machine, or push out a container engine that is there.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tools.local.cache import cache, digest, locked
from tools.local.progress import step

if TYPE_CHECKING:
    from collections.abc import Mapping

COMMANDS = {"iptables": "iptables", "debootstrap": "debootstrap", "ip": "iproute2"}
"""Commands and the packages that bring them; installed where missing, they change nothing but the disk."""

UNPACKED = ("containerd", "runc", "containernetworking-plugins", "docker-registry", "busybox-static")
"""Packages whose programs need nothing but libc and libseccomp, which every Debian has."""

PROMETHEUS = ("prometheus",)
"""Unpacked when asked for: `prometheus` and `promtool`, for the tests of alerts and of evidence."""

NEEDS = ("apt-get", "dpkg-deb")


def missing_commands() -> list[str]:
    """Return the packages that have to be installed."""
    return [package for command, package in COMMANDS.items() if shutil.which(command, path=_path()) is None]


def install(commands: Mapping[str, str]) -> dict[str, str]:
    """Install packages by the commands that they bring; return where each command is."""
    with locked("debian"), step(f"Installing {', '.join(commands.values())}", "apt"):
        _apt("update")
        _apt("install", "--yes", "--no-install-recommends", *commands.values())
    return {command: str(shutil.which(command, path=_path())) for command in commands}


def debian_programs() -> Path:
    """Return a folder with UNPACKED's files; fetch them, and install what is missing, on first use."""
    with locked("debian"):
        if missing := missing_commands():
            with step(f"Installing {', '.join(missing)}", "apt"):
                _apt("update")
                _apt("install", "--yes", "--no-install-recommends", *missing)
        return _unpacked(UNPACKED)


def prometheus_programs() -> Path:
    """Return the folder with `prometheus` and `promtool`; fetch them on first use. Raises RuntimeError."""
    with locked("debian"):
        return _unpacked(PROMETHEUS) / "usr/bin"


def _unpacked(packages: tuple[str, ...]) -> Path:
    """Return a folder with the packages' files."""
    folder = cache("debian") / digest(Path("/etc/os-release").read_text(), *packages)
    if not folder.exists():
        with step(f"Fetching {', '.join(packages)}", packages[0]):
            _unpack(folder, packages)
    return folder


def _unpack(folder: Path, packages: tuple[str, ...]) -> None:
    with tempfile.TemporaryDirectory(dir=folder.parent) as temporary:
        new = Path(temporary, "new")
        try:
            _apt("download", *packages, folder=temporary)
        except RuntimeError:  # the package lists are missing or older than the archive
            _apt("update")
            _apt("download", *packages, folder=temporary)
        for package in Path(temporary).glob("*.deb"):
            subprocess.run(["dpkg-deb", "--extract", package, new], check=True)
        new.rename(folder)


def _apt(*arguments: str, folder: str | None = None) -> None:
    # As root, `download` may not switch to apt's own user: that one can't write into the cache.
    command = ["apt-get", "--quiet", "--option", "APT::Sandbox::User=root", *arguments]
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"`apt-get {' '.join(arguments)}` failed: {done.stderr.strip()[-500:]}")


def _path() -> str:
    """Return PATH with the folders for root's programs, which a plain `su` leaves out."""
    return os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin", "/sbin"))

"""Renew the lock of Teal's root file system: `python -m tools.local.slim_lock`, on any Debian.

apt checks Debian's signatures; what it names goes into the lock by hash. It is had from where this machine
has Debian's packages from; the suites are those of the image.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from tools.local.slim import LOCK, TRIPLETS, Package, mirrors

if TYPE_CHECKING:
    from collections.abc import Mapping

PACKAGES = (
    *("base-files", "ca-certificates", "gcc-12-base", "libbz2-1.0", "libc6", "libcrypt1", "libexpat1"),
    *("libgcc-s1", "liblzma5", "libpython3.11-minimal", "libpython3.11-stdlib", "libssl3", "libuuid1"),
    *("libffi8", "media-types", "python3.11-minimal", "zlib1g"),
)
_SIGNED = "[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]"
_SUITES = {"bookworm": "debian", "bookworm-updates": "debian", "bookworm-security": "debian-security"}
_HEAD = """# Debian's packages in Teal's image: architecture, name, version, SHA-256, where it is.
# python -m tools.local.slim_lock renews it.
"""


def main() -> int:
    """Write the lock anew."""
    found = [package for architecture in TRIPLETS for package in newest(architecture)]
    lines = [" ".join(vars(package).values()) for package in found]
    LOCK.write_text(_HEAD + "\n".join(lines) + "\n", "utf-8")
    return 0


def newest(architecture: str) -> list[Package]:
    """Return what Debian has now. Raises CalledProcessError when apt can't tell."""
    with tempfile.TemporaryDirectory(prefix="teal-apt-") as folder:
        options = _options(Path(folder), architecture)
        subprocess.run(["apt-get", *options, "update"], check=True)
        command = ["apt-get", *options, "--print-uris", "download", *PACKAGES]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    return sorted(
        (read(line, architecture, mirrors()) for line in done.stdout.splitlines()), key=lambda each: each.name
    )


def read(line: str, architecture: str, archives: Mapping[str, str]) -> Package:
    """Read a line of apt's: 'URL' file size SHA256:hash. `archives`: their addresses (`mirrors`)."""
    url, file, _, told = line.split()
    name, version, _ = unquote(file).split("_")
    address = url.strip("'")
    [(archive, base)] = [each for each in archives.items() if address.startswith(f"{each[1]}/")]
    path = f"{archive}{address.removeprefix(base)}"
    return Package(architecture, name, version, told.removeprefix("SHA256:"), path)


def _sources() -> str:
    lines = [f"deb {_SIGNED} {mirrors()[archive]} {suite} main" for suite, archive in _SUITES.items()]
    return "\n".join(lines) + "\n"


def _options(folder: Path, architecture: str) -> list[str]:
    for part in ("lists/partial", "cache/archives/partial"):
        (folder / part).mkdir(parents=True)
    (folder / "status").touch()
    (folder / "sources.list").write_text(_sources(), "utf-8")
    set_to = {
        "APT::Architecture": architecture,
        "APT::Architectures::": architecture,
        "APT::Sandbox::User": "root",
        "Acquire::Languages": "none",
        "Dir::State": folder,
        "Dir::State::status": folder / "status",
        "Dir::Cache": folder / "cache",
        "Dir::Etc::sourcelist": folder / "sources.list",
        "Dir::Etc::sourceparts": "/dev/null",
    }
    return ["--quiet", *(part for name, value in set_to.items() for part in ("--option", f"{name}={value}"))]


if __name__ == "__main__":
    sys.exit(main())

"""Teal's own image, from the checkout: a small root file system, its locked packages, its code.

`make release` publishes the same image: equal checkouts give equal bytes.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from tools.local import pythonfiles
from tools.local.cache import cache, digest
from tools.local.oci import archive, image, layer, this_architecture
from tools.local.pythonfiles import compile_code, install_packages
from tools.local.slim import slim_root

if TYPE_CHECKING:
    from tools.local.oci import Blob, Image

ROOT = Path(__file__).parents[2]
PACKAGES = ("routing", "webhook", "reconciler", "certs", "kube", "logs", "serving", "cli", "dashboard")
NAME = "docker.io/teal/teal"
CODE = Path("opt/teal")
MAKER = Path(pythonfiles.__file__)
"""How code is installed and compiled: layers made in another way are not taken for these."""
NEEDLESS = ("kubernetes/aio",)
"""The client library once more, for asyncio: half of all that is installed, and nothing imports it."""
CONFIG = {
    "User": "65532:65532",
    "WorkingDir": "/",
    "Env": [
        "PATH=/usr/local/bin:/usr/bin:/bin",
        f"PYTHONPATH=/{CODE}",
        "PYTHONUNBUFFERED=1",
        "PYTHONDONTWRITEBYTECODE=1",
    ],
}


def teal_image(checkout: Path = ROOT, architecture: str = "") -> Image:
    """Return the image of a checkout as it is now, named by the hash of its content and `latest`.

    `architecture` is amd64 or arm64, by default this machine's.
    """
    architecture = architecture or this_architecture()
    layers = [slim_root(architecture), _packages(checkout, architecture), _code(checkout)]
    tag = digest(*(blob.digest for blob in layers))
    return image(f"{NAME}:{tag}", layers, CONFIG, [f"{NAME}:latest"], architecture)


def _packages(checkout: Path, architecture: str) -> Blob:
    lock = checkout / "requirements.lock"

    def fill(root: Path) -> None:
        install_packages(lock, root, architecture, NEEDLESS)

    return layer(digest("packages", architecture, MAKER, lock, *NEEDLESS), fill, neutral=True)


def _code(checkout: Path) -> Blob:
    return layer(_digest_of_code(checkout), lambda root: _copy_code(checkout, root), neutral=True)


def write_archive() -> tuple[Path, str]:
    """Write the image as an OCI archive in the cache; return its path and the image's reference."""
    made = teal_image()
    path = cache("archives") / f"teal-{made.reference.partition(':')[2]}.tar"
    if not path.exists():
        for old in path.parent.glob("teal-*.tar"):
            old.unlink()
        archive(made, path)
    return path, made.reference


def _files(checkout: Path) -> list[Path]:
    """Return the code's files, relative to the checkout."""
    found = (file for package in PACKAGES for file in (checkout / package).rglob("*"))
    kept = {".py", ".typed", ".json", ".html", ".css", ".js", ".svg"}
    return sorted(file.relative_to(checkout) for file in found if file.is_file() and file.suffix in kept)


def _digest_of_code(checkout: Path) -> str:
    files = _files(checkout)
    return digest("code", MAKER, *(str(file) for file in files), *(checkout / file for file in files))


def _copy_code(checkout: Path, root: Path) -> None:
    for file in _files(checkout):
        target = root / CODE / file
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(checkout / file, target)
    compile_code(root)

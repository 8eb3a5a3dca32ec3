"""The root file system of Teal's own image: Debian's packages by a lock, unpacked and never run.

No shell and no package manager; for amd64 and arm64, without root, on a machine whose apt has Debian's
archives; the same bytes each time.
What Debian's own scripts would do on installation is done here. `tools.local.slim_lock` renews the lock.
"""

from __future__ import annotations

import hashlib
import io
import lzma
import os
import subprocess
import tarfile
import tempfile
import urllib.request
from dataclasses import dataclass
from functools import cache as cache_once
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from tools.local.cache import cache, digest, locked
from tools.local.oci import layer, this_architecture
from tools.local.progress import step

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tools.local.oci import Blob

LOCK = Path(__file__).parent / "images" / "debian.lock"
TRIPLETS = {"amd64": "x86_64-linux-gnu", "arm64": "aarch64-linux-gnu"}
SECONDS = 120
_DOCS = PurePosixPath("usr/share/doc")
_MERGED = ("bin", "sbin", "lib", "lib64")
_NEEDLESS = (
    *("usr/share/man", "usr/share/lintian", "usr/share/bug", "usr/share/locale", "usr/share/info"),
    *("usr/share/applications", "usr/share/pixmaps", "usr/share/binfmts", "usr/sbin", "usr/share/base-files"),
    *("usr/share/ca-certificates", "usr/lib/python3.11/pydoc_data", "etc/update-motd.d", "var/backups"),
)
_WITHOUT_THEIR_LIBRARY = ("_curses", "_curses_panel", "readline", "_sqlite3", "nis", "_dbm")
"""Extension modules that need libraries which the image does not have, and Teal does not need."""
_FILES = {
    "etc/passwd": "root:x:0:0:root:/:/usr/sbin/nologin\nteal:x:65532:65532::/:/usr/sbin/nologin\n",
    "etc/group": "root:x:0:\nteal:x:65532:\n",
    "etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
}


@dataclass(frozen=True)
class Package:
    """A package of Debian's: a line of the lock. `path`: the archive's name, and where it is in that."""

    architecture: str
    name: str
    version: str
    sha256: str
    path: str

    @property
    def purl(self) -> str:
        """The package's URL, as SBOMs name it."""
        version = self.version.replace("+", "%2B")
        return f"pkg:deb/debian/{self.name}@{version}?arch={self.architecture}&distro=debian-12"


def locked_packages(architecture: str) -> list[Package]:
    """Return the lock's packages for an architecture, in its order."""
    lines = [line for line in LOCK.read_text("utf-8").splitlines() if not line.startswith("#")]
    found = [Package(*line.split()) for line in lines]
    return [package for package in found if package.architecture == architecture]


def slim_root(architecture: str) -> Blob:
    """Return the layer: Python, what it needs, root certificates. Raises RuntimeError, OSError."""
    key = digest("slim", architecture, LOCK, Path(__file__))

    def fill(root: Path) -> None:
        unpack(root, architecture)
        compile_code(root)

    return layer(key, fill, neutral=True)


def compile_code(root: Path) -> None:
    """Compile what is below a folder by the image's own Python: the same bytes whatever this machine's is.

    Pods can't keep what they compile. Raises RuntimeError on a machine for which there is no image.
    """
    command = [*_own_python(), "-s", "-S", "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash"]
    home = _own_root() / "usr"
    # Sets of constants are written in the order of their hashes. Not checked: packages carry samples that
    # no Python compiles.
    environment = {"PYTHONHOME": str(home), "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"}
    subprocess.run([*command, "-s", str(root), "-p", "/", str(root)], env=environment, check=False)


def _own_python() -> tuple[str, ...]:
    """Return the command of the image's interpreter on this machine, with the image's own libraries."""
    root, triplet = _own_root(), TRIPLETS[this_architecture()]
    libraries = root / "usr/lib" / triplet
    loader = next(libraries.glob("ld-linux-*"))
    return (str(loader), "--library-path", str(libraries), str(root / "usr/bin/python3.11"))


def _own_root() -> Path:
    """Return the packages of this machine's architecture, unpacked into the cache on first use."""
    architecture = this_architecture()
    if architecture not in TRIPLETS:
        raise RuntimeError(f"there is no image for {architecture}, so none of its Python to compile with")
    folder = cache("slim") / digest(architecture, LOCK, Path(__file__))
    with locked("slim"):
        if not folder.exists():
            with tempfile.TemporaryDirectory(dir=folder.parent) as temporary:
                unpack(Path(temporary, "new"), architecture)
                Path(temporary, "new").rename(folder)
    return folder


def unpack(root: Path, architecture: str) -> None:
    """Put the lock's packages into a folder, set up as they would be once installed."""
    for name in _MERGED:
        (root / "usr" / name).mkdir(parents=True)
        (root / name).symlink_to(f"usr/{name}")
    with step(f"Fetching Debian's packages for {architecture}", f"slim-{architecture}"):
        contents = {package: _fetched(package) for package in locked_packages(architecture)}
    certificates: dict[str, bytes] = {}
    for package, content in contents.items():
        control, data = _parts(content)
        _note(root, package, control)
        for member, path, body in _members(data):
            if path.is_relative_to("usr/share/ca-certificates") and path.suffix == ".crt":
                certificates[path.name] = body
            if _wanted(path):
                _put(root / path, member, body)
    _set_up(root, certificates)


def _set_up(root: Path, certificates: dict[str, bytes]) -> None:
    """Do what the packages' own scripts would have done."""
    bundle = root / "etc/ssl/certs/ca-certificates.crt"
    bundle.parent.mkdir(parents=True, exist_ok=True)
    bundle.write_bytes(b"".join(certificates[name] for name in sorted(certificates)))
    for name, text in _FILES.items():
        (root / name).write_text(text, "utf-8")
    (root / "usr/lib/ssl").mkdir(parents=True, exist_ok=True)
    (root / "usr/lib/ssl/cert.pem").symlink_to("../../../etc/ssl/certs/ca-certificates.crt")
    for name in ("python", "python3"):
        (root / "usr/bin" / name).symlink_to("python3.11")
    (root / "tmp").mkdir(exist_ok=True)
    (root / "tmp").chmod(0o1777)


def _note(root: Path, package: Package, control: bytes) -> None:
    """Leave the package's description where scanners of images without dpkg look for it."""
    note = root / "var/lib/dpkg/status.d" / package.name
    note.parent.mkdir(parents=True, exist_ok=True)
    note.write_bytes(next(body for _, path, body in _members(control) if path.name == "control"))


def _wanted(path: PurePosixPath) -> bool:
    if path.is_relative_to(_DOCS):  # the licences stay; some packages' folders are links to another's
        return path.name == "copyright" or path.parent == _DOCS
    module = path.name.partition(".")[0]
    dynamic = path.parent.name == "lib-dynload" and module in _WITHOUT_THEIR_LIBRARY
    return not dynamic and "gconv" not in path.parts and not any(map(path.is_relative_to, _NEEDLESS))


def _put(target: Path, member: tarfile.TarInfo, body: bytes) -> None:
    if member.isdir():
        target.mkdir(parents=True, exist_ok=True)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    if member.issym():
        # Relative, so that compiling follows links in the image, never out into this machine.
        inside = f"/{PurePosixPath(member.name).parent}"
        absolute = member.linkname.startswith("/")
        target.symlink_to(os.path.relpath(member.linkname, inside) if absolute else member.linkname)
    else:
        target.write_bytes(body)
        target.chmod(member.mode & 0o755)


def _members(packed: bytes) -> Iterator[tuple[tarfile.TarInfo, PurePosixPath, bytes]]:
    """Yield the members of a tar file with their paths, merged as Debian's are (`/lib` is `/usr/lib`).

    Raises ValueError for what is neither file, folder nor symbolic link: such packages are not in the lock.
    """
    with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
        for member in tar:
            path = PurePosixPath(member.name)
            if path.is_absolute() or ".." in path.parts:
                raise ValueError(f"{path} leads out of the package")
            if not (member.isdir() or member.issym() or member.isfile()):
                raise ValueError(f"{path} is no file, folder or symbolic link")
            content = tar.extractfile(member) if member.isfile() else None
            merged = PurePosixPath("usr", path) if path.parts[:1] and path.parts[0] in _MERGED else path
            yield member, merged, content.read() if content else b""


def _parts(package: bytes) -> tuple[bytes, bytes]:
    """Return a package's control.tar and data.tar: deb(5), an ar archive of headers of 60 bytes."""
    found, at = {}, 8
    while at < len(package):
        name = package[at : at + 16].decode().strip(" /")
        size = int(package[at + 48 : at + 58])
        found[name] = package[at + 60 : at + 60 + size]
        at += 60 + size + size % 2
    control, data = (found[f"{part}.tar.xz"] for part in ("control", "data"))
    return lzma.decompress(control), lzma.decompress(data)


@cache_once
def mirrors() -> dict[str, str]:
    """Return where this machine has Debian's archives from, by their names, such as "debian-security"."""
    command = ["apt-get", "indextargets", "--format", "$(REPO_URI)"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found = {line.rstrip("/") for line in done.stdout.splitlines()}
    return {address.rpartition("/")[2]: address for address in sorted(found)}


def _address(package: Package) -> str:
    archive, _, path = package.path.partition("/")
    if archive not in mirrors():
        raise RuntimeError(
            f"{package.name} is in the archive {archive}, which apt's sources here do not name."
        )
    return f"{mirrors()[archive]}/{path}"


def _fetched(package: Package) -> bytes:
    """Return a package, from the cache or from Debian. Raises RuntimeError where it is not the lock's."""
    kept = cache("packages") / package.sha256
    with locked("packages", package.sha256):
        if not kept.exists():
            with urllib.request.urlopen(_address(package), timeout=SECONDS) as answer:  # noqa: S310 - apt's own
                content: bytes = answer.read()
            if hashlib.sha256(content).hexdigest() != package.sha256:
                raise RuntimeError(f"{package.path} is not what {LOCK.name} has: its hash differs.")
            kept.write_bytes(content)
    return kept.read_bytes()

"""Make all that is published of a version: `python -m tools.release [FOLDER]`, `make release`.

`<FOLDER>/teal-<version>` is made anew; FOLDER is `dist` by default. The same checkout gives the same bytes.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from tools.charts.kinds import kinds
from tools.local.oci import archive_of_several
from tools.local.programs import programs
from tools.local.pythonfiles import PYTHON
from tools.local.slim import LOCK, TRIPLETS, locked_packages
from tools.local.teal_image import NAME, ROOT, teal_image
from tools.onefile.__main__ import NAME as ONE_FILE
from tools.onefile.__main__ import build as one_file
from tools.release import changelog
from tools.release.charts import charts
from tools.release.charts import one_file as kinds_file
from tools.release.contents import components
from tools.release.licences import licences
from tools.release.packing import folder, packed
from tools.release.provenance import provenance, source_of
from tools.release.sbom import sbom
from tools.release.versions import version_of

if TYPE_CHECKING:
    from collections.abc import Iterator

SUMS = "SHA256SUMS"
_LOCKS = ("requirements.lock", "requirements-dev.lock")


def main(arguments: list[str]) -> int:
    """Make a release; print its folder. Return the exit code: 2 where this Python makes other bytes."""
    if sys.version_info[:2] != PYTHON:
        needed = ".".join(map(str, PYTHON))
        print(
            f"make release: Python {needed} is needed, that of the image: make release PYTHON3=python{needed}"
        )
        return 2
    try:
        made = make(Path(*arguments) if arguments else ROOT / "dist")
    except (RuntimeError, ValueError, OSError, subprocess.CalledProcessError) as error:
        print(f"make release: {error}", file=sys.stderr)
        return 1
    for file in sorted(made.iterdir()):
        print(f"{file.stat().st_size / 1e6:7.1f} MB  {os.path.relpath(file)}")
    if source_of(ROOT).changed:
        print("The checkout has changes that no commit has: this is no release to publish.", file=sys.stderr)
    return 0


def make(target: Path) -> Path:
    """Make a release below a folder; return its own folder, put there when all of it is done."""
    version = version_of()
    made = target / f"teal-{version}"
    target.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=target) as temporary:
        new = Path(temporary, made.name)
        new.mkdir()
        _image(new, version)
        for name, content in _files(version):
            (new / name).write_bytes(content)
        (new / ONE_FILE).chmod(0o755)
        (new / f"teal-{version}-provenance.intoto.json").write_bytes(_provenance(new, version))
        (new / SUMS).write_text(sums(new), "utf-8")
        shutil.rmtree(made, ignore_errors=True)
        new.rename(made)
    return made


def sums(made: Path) -> str:
    """Return what `sha256sum --check` reads, of all files but itself."""
    found = sorted(file for file in made.iterdir() if file.name != SUMS)
    return "".join(f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in found)


def _image(new: Path, version: str) -> None:
    images = [teal_image(architecture=architecture) for architecture in TRIPLETS]
    archive_of_several(f"{NAME}:{version}", images, new / f"teal-{version}-image.oci.tar")


def _files(version: str) -> Iterator[tuple[str, bytes]]:
    """Yield all files whose content is small, by name."""
    helm = programs() / "helm"
    yield from charts(helm).items()
    yield f"teal-{version}-crds.yaml", kinds_file(kinds(helm))
    yield ONE_FILE, one_file()
    yield f"teal-{version}-docs.tar.gz", packed(_docs(f"teal-{version}-docs/"))
    inside = {each: components(teal_image(architecture=each)) for each in TRIPLETS}
    for architecture, found in inside.items():
        yield f"teal-{version}-sbom-{architecture}.cdx.json", sbom(NAME, version, found)
    everything = [each for found in inside.values() for each in found]
    yield f"teal-{version}-licences.tar.gz", licences((ROOT / "LICENSE").read_bytes(), everything)
    notes = changelog.part((ROOT / "CHANGELOG.md").read_text("utf-8"), version)
    yield f"teal-{version}-notes.md", f"# Teal {version}\n\n{notes}\n".encode()


def _docs(prefix: str) -> dict[str, bytes]:
    """Build the site in a process of its own, since Sphinx keeps much in its modules."""
    with TemporaryDirectory() as temporary:
        command = [sys.executable, "-m", "tools.site", temporary]
        subprocess.run(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=True)
        return folder(Path(temporary), prefix)


def _provenance(new: Path, version: str) -> bytes:
    locks = {name: (ROOT / name).read_bytes() for name in _LOCKS} | {LOCK.name: LOCK.read_bytes()}
    debian = [package for architecture in TRIPLETS for package in locked_packages(architecture)]
    made = {file.name: file.read_bytes() for file in new.iterdir()}
    return provenance(version, source_of(ROOT), locks, debian, made)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

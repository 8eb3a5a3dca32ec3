"""Build `teal` as one file: `python -m tools.onefile [FOLDER]`, `make teal`.

A zip archive that Python runs (PEP 441): the project's packages and what they import, as the hashed lock has
it, apart from what is compiled for one machine. The same sources give the same bytes.
"""

from __future__ import annotations

import hashlib
import io
import sys
import tomllib
import zipfile
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).parents[2]
OURS = ("routing", "kube", "certs", "cli", "dashboard")
OTHERS = (
    *("click", "pyyaml", "rich", "urllib3"),
    *("flask", "werkzeug", "jinja2", "markupsafe", "itsdangerous", "blinker"),
)
"""Distributions; with their licences.

`kubernetes` and `cryptography` are not among them: what needs those says so (docs/cli.md)."""
NAME = "teal.pyz"
_SHEBANG = b"#!/usr/bin/env python3\n"
_EPOCH = (1980, 1, 1, 0, 0, 0)
_ENDINGS = (".py", ".json", ".typed", ".html", ".css", ".js", ".svg")


def main() -> int:
    """Build into a folder, `dist` by default; print the file and its hash."""
    folder = Path(sys.argv[1]) if sys.argv[1:] else ROOT / "dist"
    folder.mkdir(parents=True, exist_ok=True)
    file, built = folder / NAME, build()
    file.write_bytes(built)
    file.chmod(0o755)
    told = f"{hashlib.sha256(built).hexdigest()}  {NAME}\n"
    (folder / f"{NAME}.sha256").write_text(told, "utf-8")
    print(f"{file}  {len(built) / 1e6:.1f} MB\n{told}", end="")
    return 0


def build() -> bytes:
    """Return the archive."""
    content = dict(sorted([*_ours(), *_others()]))
    digest = hashlib.sha256(repr([*content.items()]).encode()).hexdigest()
    start = (Path(__file__).parent / "start.py").read_text("utf-8")
    content["__main__.py"] = start.replace('DIGEST = "content"', f'DIGEST = "{digest}"').encode()
    return _SHEBANG + _zipped(content)


def _ours() -> Iterator[tuple[str, bytes]]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    yield "cli/VERSION", project["version"].encode()
    yield "LICENSE", (ROOT / "LICENSE").read_bytes()
    for package in OURS:
        for path in (ROOT / package).rglob("*"):
            if path.suffix in _ENDINGS:
                yield path.relative_to(ROOT).as_posix(), path.read_bytes()


def _others() -> Iterator[tuple[str, bytes]]:
    """Yield the others' sources, and their licences."""
    for name in OTHERS:
        for file in metadata.files(name) or ():
            licence = "licenses" in file.parts or file.name.startswith(("LICENSE", "LICENCE"))
            if (file.suffix in _ENDINGS and ".." not in file.parts) or licence:
                yield file.as_posix(), Path(str(file.locate())).read_bytes()


def _zipped(content: Mapping[str, bytes]) -> bytes:
    """Return a zip archive: not compressed, since libraries compress differently; no times, fixed modes."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as archive:
        for name, data in content.items():
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.create_system, entry.external_attr = 3, 0o644 << 16
            archive.writestr(entry, data)
    return made.getvalue()


if __name__ == "__main__":
    sys.exit(main())

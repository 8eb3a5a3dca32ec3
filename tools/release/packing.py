"""Archives whose bytes follow from their content alone: no times, no users, one order."""

from __future__ import annotations

import gzip
import io
import tarfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def packed(files: Mapping[str, bytes]) -> bytes:
    """Return a tar.gz of files by name."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name in sorted(files):
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(files[name]), 0o644
            tar.addfile(member, io.BytesIO(files[name]))
    return gzip.compress(made.getvalue(), mtime=0)


def unpacked(content: bytes) -> dict[str, bytes]:
    """Return the files of a tar.gz by name."""
    with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as tar:
        return {member.name: _read(tar, member) for member in tar if member.isfile()}


def folder(root: Path, prefix: str = "") -> dict[str, bytes]:
    """Return the files below a folder by name, with a prefix."""
    found = sorted(path for path in root.rglob("*") if path.is_file())
    return {f"{prefix}{path.relative_to(root).as_posix()}": path.read_bytes() for path in found}


def _read(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    content = tar.extractfile(member)
    return content.read() if content else b""

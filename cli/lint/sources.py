"""Where manifests come from: files, folders, standard input."""

from __future__ import annotations

import codecs
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

STANDARD_INPUT = "-"
_ENDINGS = {".yaml", ".yml", ".json"}


class UnreadableError(Exception):
    """A file can't be read; the sentence says which, and why."""


@dataclass(frozen=True)
class Source:
    """A text and the name by which users know it; `strange` is the first line with bytes that are no text."""

    name: str
    text: str
    strange: int | None = None


def sources(names: Iterable[str]) -> Iterator[Source]:
    """Read what was named, a folder's manifests in order of their paths. Raises UnreadableError."""
    for name in names:
        if name == STANDARD_INPUT:
            yield _decoded("<stdin>", sys.stdin.buffer.read())
            continue
        path = Path(name)
        for file in _manifests(path) if path.is_dir() else [path]:
            yield _decoded(str(file), _read(file))


def _manifests(folder: Path) -> list[Path]:
    """Return the manifests in a folder and below; no hidden folders, no Helm templates, which are no YAML."""
    return sorted(
        file
        for file in folder.rglob("*")
        if file.suffix in _ENDINGS
        and file.is_file()
        and not any(part.startswith(".") for part in file.relative_to(folder).parts)
        and not any(_is_of_chart(parent) for parent in file.parents)
    )


def _is_of_chart(folder: Path) -> bool:
    """Tell whether a folder holds a chart's templates; those of any other folder of that name are read."""
    return folder.name == "templates" and (folder.parent / "Chart.yaml").exists()


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise UnreadableError(f"{file} can't be read: {error.strerror}") from error


def _decoded(name: str, content: bytes) -> Source:
    """Decode as kubectl does: UTF-16 if a byte order mark says so, else UTF-8; what is neither is U+FFFD."""
    encoding = "utf-16" if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    try:
        return Source(name, content.decode(encoding))
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return Source(name, content.decode(encoding, errors="replace"), line)

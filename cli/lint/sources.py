"""Where manifests come from: files, folders, standard input."""

from __future__ import annotations

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
    """A text and the name by which users know it."""

    name: str
    text: str


def sources(names: Iterable[str]) -> Iterator[Source]:
    """Read what was named, a folder's manifests in order of their paths. Raises UnreadableError."""
    for name in names:
        if name == STANDARD_INPUT:
            yield Source("<stdin>", _decoded("standard input", sys.stdin.buffer.read()))
            continue
        path = Path(name)
        for file in _manifests(path) if path.is_dir() else [path]:
            yield Source(str(file), _decoded(str(file), _read(file)))


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
    return folder.name == "templates" and (folder.parent / "Chart.yaml").exists()


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise UnreadableError(f"{file} can't be read: {error.strerror}") from error


def _decoded(name: str, content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableError(f"{name} is not UTF-8 text: {error.reason} at byte {error.start}") from error

"""What is in a published image: an OCI layout in a tar file, read by nothing but the standard library."""

from __future__ import annotations

import io
import json
import struct
import tarfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

ELF = b"\x7fELF"
PT_LOAD, PT_DYNAMIC = 1, 2
DT_NEEDED, DT_STRTAB = 1, 5
MACHINES = {"amd64": 62, "arm64": 183}
"""EM_X86_64 and EM_AARCH64 of the ELF header's e_machine."""


@dataclass(frozen=True)
class Layout:
    """An OCI layout."""

    path: Path

    def read(self, name: str) -> bytes:
        with tarfile.open(self.path) as tar:
            content = tar.extractfile(name)
            assert content is not None
            return content.read()

    def blob(self, descriptor: dict[str, Any]) -> bytes:
        return self.read(f"blobs/{descriptor['digest'].replace(':', '/')}")

    def index(self) -> dict[str, Any]:
        """The index that the layout's only name stands for."""
        (named,) = json.loads(self.read("index.json"))["manifests"]
        found: dict[str, Any] = json.loads(self.blob(named))
        return found

    def manifests(self) -> dict[str, dict[str, Any]]:
        """The manifests by architecture."""
        listed = self.index()["manifests"]
        return {each["platform"]["architecture"]: json.loads(self.blob(each)) for each in listed}

    def root(self, architecture: str) -> dict[str, tuple[tarfile.TarInfo, bytes]]:
        """The files of an image by name, upper layers over lower ones."""
        found = {}
        for layer in self.manifests()[architecture]["layers"]:
            with tarfile.open(fileobj=io.BytesIO(self.blob(layer))) as tar:
                for member in tar:
                    content = tar.extractfile(member) if member.isfile() else None
                    found[member.name] = member, content.read() if content else b""
        return found


def machine(content: bytes) -> int | None:
    """Return an ELF file's e_machine, None for what is none."""
    return int.from_bytes(content[18:20], "little") if content.startswith(ELF) else None


def needed(content: bytes) -> set[str]:
    """Return the libraries that a 64-bit ELF file asks the loader for, by their names (elf(5))."""
    begin, size, count = struct.unpack_from("<Q", content, 32)[0], *struct.unpack_from("<HH", content, 54)
    segments = [struct.unpack_from("<IIQQQQ", content, begin + size * at) for at in range(count)]
    loaded = [(place, offset, length) for kind, _, offset, place, _, length in segments if kind == PT_LOAD]
    entries = [
        struct.unpack_from("<QQ", content, offset + 16 * at)
        for kind, _, offset, _, _, length in segments
        if kind == PT_DYNAMIC
        for at in range(length // 16)
    ]
    (names,) = {value for tag, value in entries if tag == DT_STRTAB} or {0}
    text = next(
        (names - place + offset for place, offset, length in loaded if place <= names < place + length), 0
    )
    wanted = [text + value for tag, value in entries if tag == DT_NEEDED]
    return {content[at : content.index(b"\0", at)].decode() for at in wanted}

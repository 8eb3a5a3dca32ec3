"""What is in a published image: an OCI layout in a tar file, read by nothing but the standard library."""

from __future__ import annotations

import io
import json
import tarfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

ELF = b"\x7fELF"
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

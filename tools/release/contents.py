"""What is in an image, read from its layers: Debian's packages, Python's, and the licences of each."""

from __future__ import annotations

import re
import tarfile
from dataclasses import dataclass, field
from email.parser import HeaderParser
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from tools.local.slim import locked_packages

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tools.local.oci import Image
    from tools.local.slim import Package

_DOCS = "usr/share/doc"
_LICENCE = re.compile(r"(licen[cs]e|copying|notice|authors)", re.IGNORECASE)
_CLASSIFIER = "License :: OSI Approved :: "


@dataclass(frozen=True)
class Component:
    """A package: `licence` is an SPDX expression or a name, `texts` the licence files by name."""

    name: str
    version: str
    purl: str
    licence: str
    sha256: str = ""
    texts: Mapping[str, bytes] = field(default_factory=dict)


def components(image: Image) -> list[Component]:
    """Return the packages of an image in the order of their kinds and names."""
    files = dict(_files(image))
    debian = [_debian(package, files) for package in locked_packages(image.architecture)]
    metadata = sorted(name for name in files if name.endswith(".dist-info/METADATA"))
    return [*debian, *(_python(PurePosixPath(name).parent, files) for name in metadata)]


def _files(image: Image) -> Iterator[tuple[str, bytes]]:
    """Yield what is read of an image: metadata and licences, those behind links to folders, too."""
    for layer in image.layers:
        with tarfile.open(layer.path) as tar:
            for member in tar:
                if member.issym() and member.name.startswith(f"{_DOCS}/"):
                    yield member.name, member.linkname.encode()
                elif member.isfile() and (".dist-info/" in member.name or member.name.startswith(_DOCS)):
                    content = tar.extractfile(member)
                    yield member.name, content.read() if content else b""


def _debian(package: Package, files: Mapping[str, bytes]) -> Component:
    """Return a package of Debian's. Its copyright file names licences in prose: none is made out of that."""
    docs = f"{_DOCS}/{package.name}"
    where = f"{_DOCS}/{files[docs].decode()}" if docs in files else docs
    texts = {"copyright": files[f"{where}/copyright"]}
    licence = "see the copyright file"
    return Component(package.name, package.version, package.purl, licence, package.sha256, texts)


def _python(folder: PurePosixPath, files: Mapping[str, bytes]) -> Component:
    told = HeaderParser().parsestr(files[f"{folder}/METADATA"].decode("utf-8"))
    inside = {
        PurePosixPath(name): content for name, content in files.items() if name.startswith(f"{folder}/")
    }
    texts = {
        path.relative_to(folder).as_posix(): content
        for path, content in inside.items()
        if _LICENCE.search(path.name) or "licenses" in path.parts
    }
    name = re.sub(r"[-_.]+", "-", told["Name"]).lower()
    classified = [line.removeprefix(_CLASSIFIER) for line in told.get_all("Classifier", [])]
    named = [line for line in classified if not line.partition(" :: ")[1]]
    short = told["License"] if told["License"] and "\n" not in told["License"] else ""
    licence = told["License-Expression"] or short or ", ".join(named) or "see the licence file"
    return Component(name, told["Version"], f"pkg:pypi/{name}@{told['Version']}", licence, texts=texts)

"""The published image, file by file, for both architectures."""

from __future__ import annotations

import json
import stat
from typing import TYPE_CHECKING

import pytest

from tests.release.inside import ELF, MACHINES, Layout, machine, needed
from tools.local.slim import TRIPLETS, locked_packages
from tools.local.teal_image import teal_image

if TYPE_CHECKING:
    import tarfile
    from collections.abc import Mapping
    from pathlib import Path

    Root = Mapping[str, tuple[tarfile.TarInfo, bytes]]

ARCHITECTURES = sorted(TRIPLETS)
OTHER_NAMES = {
    "usr/lib/ld-linux-aarch64.so.1": "usr/lib64/ld-linux-x86-64.so.2",
    "ld-linux-aarch64.so.1": "ld-linux-x86-64.so.2",
    "aarch64": "x86_64",
}
"""How the files of arm64 are called on amd64."""
ONLY_ON_AMD64 = {"usr/lib/x86_64-linux-gnu/libmvec.so.1"}
"""glibc's vectors, which it has not had for arm64 yet."""

NEVER_LOADED = {("libstdc++.so.6", "_frozenlist")}
"""What lacks a library: of the client for asyncio, which nothing imports, and which does without it."""


@pytest.fixture(scope="module")
def layout(files: Mapping[str, Path]) -> Layout:
    return Layout(files["teal-image.oci.tar"])


@pytest.fixture(scope="module")
def roots(layout: Layout) -> dict[str, Root]:
    return {architecture: layout.root(architecture) for architecture in ARCHITECTURES}


def test_each_manifest_says_for_which_machine_it_is(layout: Layout) -> None:
    assert sorted(layout.manifests()) == ARCHITECTURES
    for architecture, manifest in layout.manifests().items():
        config = json.loads(layout.blob(manifest["config"]))
        assert (config["architecture"], config["os"]) == (architecture, "linux")
        assert config["rootfs"]["diff_ids"] == [layer["digest"] for layer in manifest["layers"]]


def test_the_local_clusters_image_is_the_published_one(layout: Layout) -> None:
    listed = {each["platform"]["architecture"]: each["digest"] for each in layout.index()["manifests"]}
    assert listed == {each: teal_image(architecture=each).manifest.digest for each in ARCHITECTURES}


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_each_program_and_library_is_for_the_images_machine(
    roots: dict[str, Root], architecture: str
) -> None:
    machines = {name: machine(content) for name, (_, content) in roots[architecture].items()}
    programs = {name: found for name, found in machines.items() if found is not None}
    assert {name for name, found in programs.items() if found != MACHINES[architecture]} == set()
    assert len(programs) > 80, sorted(programs)
    assert "usr/bin/python3.11" in programs


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_each_library_that_is_asked_for_is_there(roots: dict[str, Root], architecture: str) -> None:
    asked = {
        (library, name.rpartition("/")[2].partition(".")[0])
        for name, (_, content) in roots[architecture].items()
        if content.startswith(ELF)
        for library in needed(content)
    }
    assert ("libc.so.6", "_ssl") in asked
    there = {name.rpartition("/")[2] for name in roots[architecture]}
    assert {each for each in asked if each[0] not in there} == NEVER_LOADED


def test_both_images_have_the_same_files(roots: dict[str, Root]) -> None:
    assert {on_amd64(name) for name in roots["arm64"]} ^ roots["amd64"].keys() == ONLY_ON_AMD64


def test_what_is_no_machines_code_is_the_same_in_both(roots: dict[str, Root]) -> None:
    different = {
        name
        for name, (_, content) in roots["arm64"].items()
        if content != roots["amd64"][on_amd64(name)][1] and not content.startswith(ELF)
    }
    assert {name for name in different if not of_a_machine(name)} == set()


def on_amd64(name: str) -> str:
    """Return what a file is called in the image for amd64."""
    for theirs, ours in OTHER_NAMES.items():
        name = name.replace(theirs, ours)
    return name


def of_a_machine(name: str) -> bool:
    """Tell whether a text tells of its machine: how Python was built, what a package or a wheel is."""
    parts = (
        "_sysconfigdata",
        "status.d/",
        "config-3.11",
        "dist-info/WHEEL",
        "dist-info/RECORD",
        "/sboms/",
        "etc/ld.so.conf.d/",
    )
    return any(part in name for part in parts)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_there_is_no_shell_and_no_package_manager(roots: dict[str, Root], architecture: str) -> None:
    programs = {"bin/", "sbin/", "usr/bin/", "usr/sbin/", "usr/local/bin/"}
    found = {name for name in roots[architecture] for at in programs if name.rpartition("/")[0] + "/" == at}
    assert found == {f"usr/bin/{name}" for name in ("python", "python3", "python3.11")}


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_all_is_roots_and_nobody_else_may_write(roots: dict[str, Root], architecture: str) -> None:
    loose = set()
    for name, (member, _) in roots[architecture].items():
        assert (member.uid, member.gid, member.mtime) == (0, 0, 0), name
        assert not member.mode & (stat.S_ISUID | stat.S_ISGID), name
        if not member.issym() and member.mode & (stat.S_IWGRP | stat.S_IWOTH):
            loose.add(name)
    assert loose == {"tmp"}


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_teals_code_is_compiled(roots: dict[str, Root], architecture: str) -> None:
    code = [name for name in roots[architecture] if name.startswith("opt/teal/") and name.endswith(".py")]
    assert "opt/teal/webhook/admission.py" in code
    for name in code:
        folder, _, file = name.rpartition("/")
        assert f"{folder}/__pycache__/{file.removesuffix('.py')}.cpython-311.pyc" in roots[architecture], name


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_scanners_find_debians_packages(roots: dict[str, Root], architecture: str) -> None:
    for package in locked_packages(architecture):
        _, told = roots[architecture][f"var/lib/dpkg/status.d/{package.name}"]
        fields = dict(line.split(": ", 1) for line in told.decode().splitlines() if line[0] != " ")
        assert (fields["Package"], fields["Version"]) == (package.name, package.version)
        assert fields["Architecture"] in {architecture, "all"}

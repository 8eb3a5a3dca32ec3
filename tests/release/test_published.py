"""What `make release` leaves: the same bytes each time, each file told of, and what users do with them."""

from __future__ import annotations

import hashlib
import json
import subprocess
import tarfile
from typing import TYPE_CHECKING

import pytest
import yaml

from tools.charts.repository import CHARTS, NAMES
from tools.local.programs import programs
from tools.local.slim import TRIPLETS, locked_packages
from tools.release.provenance import PREDICATE, STATEMENT

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    Files = Mapping[str, Path]

WANTED = {
    *(
        "teal-image.oci.tar",
        "teal.tgz",
        "routing-actions.tgz",
        "teal-crds.yaml",
        "teal.pyz",
        "teal-docs.tar.gz",
    ),
    *("teal-sbom-amd64.cdx.json", "teal-sbom-arm64.cdx.json", "teal-licences.tar.gz", "teal-notes.md"),
    *("teal-provenance.intoto.json", "SHA256SUMS"),
}


def sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def test_a_release_has_all_that_is_published(files: Files) -> None:
    assert set(files) == WANTED


def test_built_twice_it_is_the_same_bytes(made: Path, made_again: Path) -> None:
    first, second = ({file.name: sha256(file) for file in each.iterdir()} for each in (made, made_again))
    assert first == second


def test_sha256sum_finds_all_as_it_should_be(made: Path) -> None:
    done = subprocess.run(
        ["sha256sum", "--check", "--strict", "SHA256SUMS"],
        cwd=made,
        capture_output=True,
        text=True,
        check=True,
    )
    assert len(done.stdout.splitlines()) == len(WANTED) - 1


@pytest.mark.parametrize("name", NAMES)
def test_helm_renders_the_package_as_it_renders_the_chart(files: Files, name: str) -> None:
    packed, plain = (rendered(where) for where in (files[f"{name}.tgz"], CHARTS / name))
    assert packed == plain


def rendered(chart: Path) -> str:
    given = "appType: deployment\nappName: httpbin\naction: initialize\nstrategy: blue-green\n"
    values = given if chart.name.startswith("routing-actions") else ""
    command = [str(programs() / "helm"), "template", "teal", str(chart), "--namespace", "teal-system"]
    command += ["--values", "-"]
    return subprocess.run(command, input=values, capture_output=True, text=True, check=True).stdout


def test_the_kinds_are_those_of_the_chart_without_what_is_helms(files: Files) -> None:
    found = list(yaml.safe_load_all(files["teal-crds.yaml"].read_text("utf-8")))
    assert [each["metadata"]["name"] for each in found] == [
        "routemaps.iter8.tools",
        "weightoverrides.iter8.tools",
    ]
    for each in found:
        metadata = each["metadata"]
        told = {**metadata["labels"], **metadata["annotations"]}
        assert [key for key in told if "helm" in key or told[key] == "Helm"] == []


@pytest.mark.parametrize("architecture", sorted(TRIPLETS))
def test_the_sbom_lists_debians_and_pythons_packages(files: Files, architecture: str) -> None:
    document = json.loads(files[f"teal-sbom-{architecture}.cdx.json"].read_text("utf-8"))
    assert (document["bomFormat"], document["specVersion"]) == ("CycloneDX", "1.6")
    listed = {each["purl"]: each for each in document["components"]}
    for package in locked_packages(architecture):
        assert {"alg": "SHA-256", "content": package.sha256} in listed[package.purl]["hashes"]
    names = {each["name"] for each in listed.values()}
    assert {"flask", "gunicorn", "cryptography", "kubernetes", "libssl3", "python3.11-minimal"} <= names
    assert all(each["licenses"] for each in listed.values())


def test_each_component_has_its_licence(files: Files) -> None:
    document = json.loads(files["teal-sbom-amd64.cdx.json"].read_text("utf-8"))
    with tarfile.open(files["teal-licences.tar.gz"]) as tar:
        folders = {name.split("/")[1] for name in tar.getnames()}
        content = tar.extractfile("licences/LIST")
        assert content is not None
        told = content.read().decode()
    for component in document["components"]:
        assert component["name"] in folders
        assert f"\n{component['name']} {component['version']}: " in told


def test_the_provenance_tells_of_each_file(made: Path, files: Files) -> None:
    statement = json.loads(files["teal-provenance.intoto.json"].read_text("utf-8"))
    assert (statement["_type"], statement["predicateType"]) == (STATEMENT, PREDICATE)
    subjects = {each["name"]: each["digest"]["sha256"] for each in statement["subject"]}
    told_elsewhere = {"SHA256SUMS", files["teal-provenance.intoto.json"].name}
    assert subjects == {file.name: sha256(file) for file in made.iterdir() if file.name not in told_elsewhere}

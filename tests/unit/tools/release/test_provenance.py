"""The provenance names every file, what it was made of, and nothing that changes from build to build."""

from __future__ import annotations

import hashlib
import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from tools.local.slim import Package
from tools.release.contents import Component
from tools.release.licences import licences
from tools.release.packing import unpacked
from tools.release.provenance import Source, provenance, source_of

if TYPE_CHECKING:
    from pathlib import Path

DEB = Package("arm64", "zlib1g", "1:1.2.13.dfsg-1", "ab" * 32, "debian/pool/zlib1g.deb")


def told(source: Source) -> dict[str, Any]:
    statement: dict[str, Any] = json.loads(
        provenance("0.1.0", source, {"lock": b"l"}, [DEB], {"b": b"2", "a": b"1"})
    )
    return statement


def test_each_file_is_a_subject_by_its_hash() -> None:
    subjects = told(Source("c0ffee", changed=False))["subject"]
    assert subjects == [
        {"name": name, "digest": {"sha256": hashlib.sha256(content).hexdigest()}}
        for name, content in (("a", b"1"), ("b", b"2"))
    ]


def test_what_it_was_made_of_is_told() -> None:
    origin, lock, deb = told(Source("c0ffee", changed=True))["predicate"]["buildDefinition"][
        "resolvedDependencies"
    ]
    assert origin == {"name": "teal", "digest": {"gitCommit": "c0ffee"}, "annotations": {"changed": True}}
    assert lock == {"name": "lock", "digest": {"sha256": hashlib.sha256(b"l").hexdigest()}}
    assert deb == {"uri": DEB.purl, "digest": {"sha256": DEB.sha256}}


def test_without_git_no_commit_is_made_up(tmp_path: Path) -> None:
    assert source_of(tmp_path) == Source("", changed=True)
    origin = told(source_of(tmp_path))["predicate"]["buildDefinition"]["resolvedDependencies"][0]
    assert "digest" not in origin


def test_a_checkout_with_changes_is_told_from_its_commit(tmp_path: Path) -> None:
    git = ["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@example.com"]
    subprocess.run([*git, "init", "--quiet"], check=True)
    subprocess.run([*git, "commit", "--quiet", "--allow-empty", "--message=a"], check=True)
    clean = source_of(tmp_path)
    assert (len(clean.commit), clean.changed) == (40, False)
    (tmp_path / "new").touch()
    assert source_of(tmp_path) == Source(clean.commit, changed=True)


def test_the_licences_are_listed_each_with_its_texts() -> None:
    part = Component(
        "flask", "3.1", "pkg:pypi/flask@3.1", "BSD-3-Clause", texts={"licenses/LICENSE": b"text"}
    )
    files = unpacked(licences(b"ours", [part, part]))
    assert files["licences/LICENSE"] == b"ours"
    assert files["licences/flask/licenses/LICENSE"] == b"text"
    assert files["licences/LIST"].decode().count("flask 3.1: BSD-3-Clause\n") == 1


def test_what_has_no_licence_text_is_not_passed_on() -> None:
    with pytest.raises(ValueError, match=r"flask 3\.1 has no licence text"):
        licences(b"ours", [Component("flask", "3.1", "pkg:pypi/flask@3.1", "BSD-3-Clause")])

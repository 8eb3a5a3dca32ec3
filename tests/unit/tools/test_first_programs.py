"""What an API server with Teal's kinds takes is built before all else, and once."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import pytest

from tools.local import programs
from tools.local.programs import FIRST, MODULE

if TYPE_CHECKING:
    from pathlib import Path

FIRST_NAMES = {"etcd", "helm", "kube-apiserver", "kubectl"}
GO = r"""#!/bin/bash
# A `go` that builds in no time: a file for each package, with the line by which it was built.
case $1 in
env) echo go1.26.0 ;;
list) sed -n '/^tool (/,/^)/{/^\t/p}' go.mod && echo teal.local/programs/coredns ;;
build)
  line=$*
  while [ "$1" != -o ]; do shift; done
  mkdir -p "$2"
  for package in "${@:3}"; do
    name=${package%/v3}
    echo "$line" >"$2${name##*/}"
  done
  ;;
esac
"""


@pytest.fixture(autouse=True)
def go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "go").write_text(GO)
    (tmp_path / "go").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setenv("TEAL_CACHE", str(tmp_path / "cache"))


def names(folder: Path) -> set[str]:
    return {file.name for file in folder.iterdir()}


def test_what_is_built_first_is_among_the_modules_tools() -> None:
    text = (MODULE / "go.mod").read_text("utf-8")
    (listed,) = re.findall(r"^tool \(\n(.*?)^\)", text, re.DOTALL | re.MULTILINE)
    assert set(FIRST) <= set(listed.split())


def test_the_first_are_there_while_the_others_are_not() -> None:
    assert names(programs.first_programs()) == FIRST_NAMES
    assert not programs.are_built()


def test_all_are_the_first_and_the_others_each_built_once() -> None:
    first = programs.first_programs()
    whole = programs.programs()
    assert len(names(whole)) == 11
    assert all((whole / name).samefile(first / name) for name in FIRST_NAMES)
    (rest,) = {(whole / name).read_text() for name in names(whole) - FIRST_NAMES}
    assert not any(package in rest.split() for package in FIRST)


def test_with_all_programs_there_the_first_are_looked_for_among_them() -> None:
    whole = programs.programs()
    assert programs.first_programs() == whole

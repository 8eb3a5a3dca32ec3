"""Every package that is imported is declared, with the versions that it may have."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from tests.unit.layers import ROOT
from tests.unit.test_imports import MAY_IMPORT, files, imported

NAMES = {"yaml": "pyyaml", "prometheus_client": "prometheus-client"}
"""Packages whose distribution is called otherwise."""
_FILE = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
PROJECT, PACKAGES = _FILE["project"], _FILE["tool"]["setuptools"]["packages"]["find"]
DECLARED = {re.split(r"[<>=]", line)[0]: line for line in PROJECT["dependencies"]}
FOREIGN = sorted(set().union(*MAY_IMPORT.values()) - MAY_IMPORT.keys())


def test_an_installation_has_every_package_with_all_that_is_in_it() -> None:
    assert set(PACKAGES["include"]) == {f"{name}*" for name in MAY_IMPORT}


def test_what_may_be_imported_is_imported() -> None:
    used = {name for package in MAY_IMPORT for path in files(package) for name in imported(path)}
    assert [name for name in FOREIGN if name not in used] == []


@pytest.mark.parametrize("name", FOREIGN)
def test_each_imported_package_is_declared_with_a_lower_and_an_upper_bound(name: str) -> None:
    assert re.fullmatch(r"[a-z0-9-]+>=[\d.]+,<\d+", DECLARED[NAMES.get(name, name)])


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_the_locks_hold_each_within_its_bounds(lock: str) -> None:
    text = Path(ROOT, lock).read_text("utf-8")
    for name, line in DECLARED.items():
        locked = re.search(rf"^{re.escape(name)}==([\d.]+)", text, re.MULTILINE)
        assert locked, name
        lower, upper = re.findall(r"[\d.]+", line.removeprefix(name))
        assert _version(lower) <= _version(locked[1]) < _version(upper)


def _version(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split(".")))

"""Values: as frozen dataclasses, but for what only the type checker tells."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest

from routing.values import dataclass

ROOT = Path(__file__).parents[3]


@dataclasses.dataclass(frozen=True, slots=True)
class _Frozen:
    name: str
    weight: int = 50


@dataclass(frozen=True, slots=True)
class _Value:
    name: str
    weight: int = 50


@dataclass
class _Bare:
    name: str


def test_a_value_is_equal_hashes_and_reads_as_a_frozen_one() -> None:
    value, frozen = _Value("a"), _Frozen("a")
    assert value == _Value("a", 50) != _Value("a", 49)
    assert hash(value) == hash(frozen)
    assert repr(value) == repr(frozen).replace("_Frozen", "_Value")
    assert dataclasses.replace(value, weight=1) == _Value("a", 1)
    assert not hasattr(value, "__dict__")


def test_what_may_be_changed_has_no_hash() -> None:
    bare = _Bare("a")
    bare.name = "b"
    assert bare == _Bare("b")
    with pytest.raises(TypeError, match="unhashable"):
        hash(bare)


@pytest.mark.parametrize("package", ["routing", "reconciler"])
def test_whatever_passes_are_made_of_is_such_a_value(package: str) -> None:
    library = re.compile(r"^from dataclasses import .*\bdataclass\b", re.MULTILINE)
    for file in (ROOT / package).rglob("*.py"):
        text = file.read_text("utf-8")
        if file.name != "values.py" and "frozen=True" in text:
            assert not library.search(text), f"{file}: import dataclass from routing.values"

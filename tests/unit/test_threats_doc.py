"""docs/threats.md names tests that there are, and the policies that the chart has."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "threats.md").read_text("utf-8")
TESTS = ROOT / "tests"


def test_every_test_that_is_named_is_there() -> None:
    named = set(re.findall(r"\btest_[a-z_]+", PAGE))
    files = {path.stem for path in TESTS.rglob("test_*.py")}
    assert len(named) > 20
    assert sorted(named - files) == []


def test_what_is_quoted_of_a_tests_name_is_in_that_file() -> None:
    quoted = re.findall(r"(test_[a-z_]+) \(`…([a-z_]+)…`\)", PAGE)
    assert len(quoted) >= 4
    for file, words in quoted:
        (path,) = TESTS.rglob(f"{file}.py")
        assert re.search(rf"def test_\w*{words}", path.read_text("utf-8")), words


def test_every_policy_that_is_named_is_in_the_chart() -> None:
    named = set(re.findall(r"`<name>-([a-z]+)`", PAGE))
    assert named == {"patches", "routes"}
    for name in named:
        assert (ROOT / "deploy/charts/teal/templates/admission" / f"{name}.yaml").is_file()

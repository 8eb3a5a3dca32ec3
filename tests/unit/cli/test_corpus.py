"""A table of texts with all that `teal lint` says of them, verbatim, and its exit code."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tools.tutorial import told_in

if TYPE_CHECKING:
    from tests.unit.cli.conftest import Teal

CORPUS = told_in(Path(__file__).parent / "corpus.yaml")
ROUTEMAP = """\
apiVersion: iter8.tools/v1alpha1
kind: Routemap
metadata: {name: shop}
spec:
  versions: VERSIONS
"""
ITEM = "Routemap shop: spec.versions[0].weight"


def told(teal: Teal, text: str) -> tuple[int, list[str]]:
    code, said = teal.lint("-", given=text.encode())
    found = [line for line in said.splitlines() if line.startswith("<stdin>:")]
    return code, [line.removeprefix("<stdin>:") for line in found]


@pytest.mark.parametrize("entry", CORPUS, ids=lambda entry: entry["name"])
def test_a_text_gets_its_sentences(teal: Teal, entry: dict[str, Any]) -> None:
    assert told(teal, entry["text"]) == (entry["code"], entry["says"])


@pytest.mark.parametrize(
    ("versions", "code", "says"),
    [
        (
            f"[{{name: shop-0, weight: {'9' * 5000}}}]",
            1,
            f'5:29: error: {ITEM}: "{"9" * 58}… is not an integer; use an integer from 0 to 1000000',
        ),
        (
            f"{{a: {'[' * 300}{']' * 300}}}",
            1,
            f'5:3: error: Routemap shop: spec.versions: {{"a": {"[" * 53}… is not a list; list 1 to 8',
        ),
        (
            "[" * 5000,
            2,
            "5:411: error: nested too deeply: more than 400 objects and lists in each other",
        ),
    ],
)
def test_what_is_very_long_or_deep_gets_a_sentence(teal: Teal, versions: str, code: int, says: str) -> None:
    assert told(teal, ROUTEMAP.replace("VERSIONS", versions)) == (code, [says])

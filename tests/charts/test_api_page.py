"""docs/api.md is what the kinds' schemas say, all of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tools.charts.api_page import COMMAND, PAGE, page
from tools.charts.kinds import kinds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.charts.helm import Helm


@pytest.fixture(scope="module")
def definitions(helm: Helm) -> list[dict[str, Any]]:
    return kinds(helm.program)


def test_the_page_says_what_the_kinds_are(definitions: list[dict[str, Any]]) -> None:
    assert PAGE.read_text("utf-8") == page(definitions), f"docs/api.md is out of date; run: {COMMAND}"


def test_the_page_has_every_field_with_a_meaning(definitions: list[dict[str, Any]]) -> None:
    text = page(definitions)
    found = [
        path
        for each in definitions
        for path in fields(each["spec"]["versions"][0]["schema"]["openAPIV3Schema"])
    ]
    assert len(found) > 90
    assert [path for path in found if f"| `{path}` | " not in text] == []


def fields(schema: dict[str, Any], path: str = "") -> Iterator[str]:
    """Yield the paths of what is below spec and status."""
    for name, field in schema.get("properties", {}).items():
        inner = f"{path}.{name}".removeprefix(".")
        if inner not in {"apiVersion", "kind", "metadata", "spec", "status"}:
            yield inner.partition(".")[2] if inner.startswith(("spec.", "status.")) else inner
        yield from fields(field, inner)
        yield from (each.replace("..", ".") for each in fields(field.get("items", {}), f"{inner}[]"))


def test_a_row_tells_type_bounds_and_meaning(definitions: list[dict[str, Any]]) -> None:
    text = page(definitions)
    assert "| `versions[].state` | string, one of `absent`, `starting`, `ready`, `draining` | absent" in text
    assert "| `versions[].readyEndpoints` | integer, at least 0, at most 1000000 | Number of pods" in text
    assert "| Split | `.status.split` |  |" in text

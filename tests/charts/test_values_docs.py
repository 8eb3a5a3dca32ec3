"""Schema, values.yaml and README of a chart say the same."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tools.charts import values_table
from tools.charts.repository import CHARTS, NAMES

if TYPE_CHECKING:
    from collections.abc import Iterator

WITHOUT_DEFAULT: dict[str, set[str]] = {
    "routing-actions": {
        *("action", "appName", "appPort", "drainSeconds", "settleSeconds", "enabled"),
        *("mirrorPercentage", "modelmeshServingPort"),
    },
    "teal": {"enabled"},
}


@pytest.mark.parametrize("chart", NAMES)
def test_the_readmes_table_is_up_to_date(chart: str) -> None:
    readme = (CHARTS / chart / "README.md").read_text(encoding="utf-8")
    assert readme == values_table.renewed(readme, CHARTS / chart), "run: python -m tools.charts.values_table"


@pytest.mark.parametrize("chart", NAMES)
def test_values_yaml_explains_each_value_in_the_schemas_words(chart: str) -> None:
    text = (CHARTS / chart / "values.yaml").read_text(encoding="utf-8")
    words = " ".join(text.replace("#", " ").split())
    for value in values_table.values(CHARTS / chart):
        if "[]" not in value.path:
            assert value.description in words, value.path


@pytest.mark.parametrize("chart", NAMES)
def test_schema_and_values_yaml_have_the_same_values(chart: str) -> None:
    schema = json.loads((CHARTS / chart / "values.schema.json").read_text(encoding="utf-8"))
    values = yaml.safe_load((CHARTS / chart / "values.yaml").read_text(encoding="utf-8"))
    assert set(values) | WITHOUT_DEFAULT[chart] == set(schema["properties"]) - {"global"}


@pytest.mark.parametrize("chart", NAMES)
def test_the_schema_lets_no_unknown_key_through(chart: str) -> None:
    schema = json.loads((CHARTS / chart / "values.schema.json").read_text(encoding="utf-8"))
    for node in nodes(schema):
        if "properties" in node:
            assert node["additionalProperties"] is False, node


def test_a_readme_without_a_place_for_the_table_is_told_of() -> None:
    with pytest.raises(ValueError, match=r"teal/README\.md lacks"):
        values_table.renewed("# Chart\n", CHARTS / "teal")


def nodes(schema: Any) -> Iterator[dict[str, Any]]:
    if isinstance(schema, dict):
        yield schema
        for child in schema.values():
            yield from nodes(child)

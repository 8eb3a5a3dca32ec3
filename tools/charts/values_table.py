"""The README's table of a chart's values, made from its values.schema.json and values.yaml.

`python -m tools.charts.values_table` writes both; a test fails while one is out of date.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from tools.charts.repository import CHARTS, NAMES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

START, END = "<!-- values: python -m tools.charts.values_table -->", "<!-- end of values -->"


@dataclass(frozen=True)
class Value:
    """A documented value: its path such as `image.tag`, its type, default (None: not set) and meaning."""

    path: str
    type: str
    default: Any
    description: str


def values(chart: Path) -> list[Value]:
    """Return the values that a chart's schema documents, in its order."""
    schema = json.loads((chart / "values.schema.json").read_text(encoding="utf-8"))
    defaults = yaml.safe_load((chart / "values.yaml").read_text(encoding="utf-8"))
    return list(_described(schema, schema, defaults, ""))


def table(listed: list[Value]) -> str:
    """Return the values as a Markdown table."""
    rows = [
        f"| `{item.path}` | {item.type} | {_default(item)} | {_cell(item.description)} |" for item in listed
    ]
    return "\n".join(["| value | type | default | meaning |", "|---|---|---|---|", *rows])


def renewed(readme: str, chart: Path) -> str:
    """Return a chart's README with its table as it has to be. Raises ValueError without the table's marks."""
    before, _, rest = readme.partition(START)
    _, end, after = rest.partition(END)
    if not end:
        raise ValueError(f"{chart.name}/README.md lacks {START!r} or {END!r}")
    return f"{before}{START}\n{table(values(chart))}\n{END}{after}"


def main() -> None:
    """Renew the READMEs of both charts."""
    for name in NAMES:
        readme = CHARTS / name / "README.md"
        text = readme.read_text(encoding="utf-8")
        readme.write_text(renewed(text, CHARTS / name), encoding="utf-8")


def _described(root: Mapping[str, Any], node: Mapping[str, Any], default: Any, path: str) -> Iterator[Value]:
    if "$ref" in node:
        node = {**root["$defs"][node["$ref"].removeprefix("#/$defs/")], **node}
    if "description" in node:
        kinds = node["type"] if isinstance(node["type"], list) else [node["type"]]
        yield Value(path, " or ".join(kinds), default, node["description"])
    # The parts of what is documented as a whole, such as a container's resources, are Kubernetes' own.
    children = {} if "description" in node else node.get("properties", {})
    for name, child in children.items():
        inner = default.get(name) if isinstance(default, dict) else None
        yield from _described(root, child, inner, f"{path}.{name}".removeprefix("."))
    for name, child in node.get("items", {}).get("properties", {}).items():
        yield from _described(root, child, None, f"{path}[].{name}")


def _default(item: Value) -> str:
    return "" if item.default is None else f"`{json.dumps(item.default)}`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")


if __name__ == "__main__":
    main()

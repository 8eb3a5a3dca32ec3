"""docs/api.md, made from the kinds' schemas: `python -m tools.charts.api_page` writes it, a test holds it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tools.charts.kinds import kinds
from tools.charts.repository import CHARTS
from tools.local.programs import programs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    Schema = Mapping[str, Any]

PAGE = CHARTS.parents[1] / "docs" / "api.md"
COMMAND = "python -m tools.charts.api_page"
HEAD = f"""# API

The kinds of the group `iter8.tools`, field by field, as `kubectl explain` tells. [Rules](rules.md) says what
is refused, `deploy/samples` whole manifests, [versions of the API](api-versions.md) what may change.
This page is generated from the kinds' schemas: `{COMMAND}` writes it.
"""


def page(definitions: Iterable[Mapping[str, Any]]) -> str:
    """Return the page on some CustomResourceDefinitions."""
    return "".join([HEAD, *(line for each in definitions for line in _kind(each))])


def _kind(definition: Mapping[str, Any]) -> Iterator[str]:
    names, group = definition["spec"]["names"], definition["spec"]["group"]
    short = ", ".join(f"`{name}`" for name in names.get("shortNames", ()))
    for version in definition["spec"]["versions"]:
        schema = version["schema"]["openAPIV3Schema"]
        yield f"\n## {names['kind']} (`{group}/{version['name']}`)\n\n{_cell(schema['description'])}\n"
        yield f"\nFor kubectl it is `{names['plural']}`, `{names['singular']}`" + (
            f" or {short}.\n" if short else ".\n"
        )
        for part in ("spec", "status"):
            yield f"\n### {names['kind']}: {part}\n\n| field | type | meaning |\n|---|---|---|\n"
            yield from _fields(schema["properties"][part], "")
        yield f"\n### {names['kind']}: columns\n\n| column | from | |\n|---|---|---|\n"
        for column in version.get("additionalPrinterColumns", ()):
            wide = "with `-o wide`" if column.get("priority") else ""
            yield f"| {column['name']} | `{_cell(column['jsonPath'])}` | {wide} |\n"


def _fields(schema: Schema, path: str) -> Iterator[str]:
    """Yield a row for each field below a schema, the outer before the inner."""
    for name, field in schema.get("properties", {}).items():
        inner = f"{path}.{name}".removeprefix(".")
        needed = " (always there)" if name in schema.get("required", ()) else ""
        yield f"| `{inner}` | {_type(field)} | {_cell(field['description'])}{needed} |\n"
        yield from _fields(field, inner)
        yield from _fields(field.get("items", {}), f"{inner}[]")


def _type(schema: Schema) -> str:
    """Return a type in words, with the bounds that the schema itself has."""
    word = str(schema["type"])
    if word == "array":
        word = f"list of {schema['items']['type']}s" if schema["items"]["type"] != "object" else "list"
    bounds = [
        *(f"one of {', '.join(f'`{each}`' for each in schema[key])}" for key in ("enum",) if key in schema),
        *(f"at least {schema[key]}" for key in ("minimum",) if key in schema),
        *(f"at most {schema[key]}" for key in ("maximum",) if key in schema),
        *(f"at most {schema[key]} characters" for key in ("maxLength",) if key in schema),
        *(f"at most {schema[key]}" for key in ("maxItems",) if key in schema),
    ]
    return ", ".join([word, *bounds])


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")


if __name__ == "__main__":
    PAGE.write_text(page(kinds(programs() / "helm")), "utf-8")

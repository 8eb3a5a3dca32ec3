"""What the unit tests take for the imports of a file is what Python's parser finds in it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from tests.unit.import_lines import import_lines
from tests.unit.layers import LAYERS, ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path


def test_each_import_that_the_parser_finds_is_found_by_its_line() -> None:
    """In what is shipped nothing else is; tools have programs in strings, which import, too."""
    found = 0
    for path in files():
        body = ast.parse(path.read_text("utf-8")).body
        beside = path.is_relative_to(ROOT / "tools")
        for for_types in (True, False):
            wanted = told(parsed(needed(body, for_types=for_types)))
            lines = told(import_lines(path, for_types=for_types))
            assert [line for line in lines if line in wanted or not beside] == wanted, path
            found += len(wanted)
    assert found > 4000


def files() -> Iterator[Path]:
    for package in (*LAYERS, "tools"):
        yield from (ROOT / package).rglob("*.py")


def needed(body: list[ast.stmt], *, for_types: bool) -> list[ast.stmt]:
    """Return the statements of a file, those for types alone where they are asked for."""
    return [node for node in body if for_types or not is_for_types(node)]


def is_for_types(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


def parsed(body: Iterable[ast.stmt]) -> list[ast.Import | ast.ImportFrom]:
    """Return the imports in a body and in all within it."""
    nodes = (node for statement in body for node in ast.walk(statement))
    return [node for node in nodes if isinstance(node, ast.Import | ast.ImportFrom)]


def told(nodes: Iterable[ast.stmt]) -> list[str]:
    return sorted(map(ast.unparse, nodes))

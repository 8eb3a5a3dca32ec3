"""What Python files import, found by the lines that do so: to parse whole files takes thirty times as long.

`tests/worlds/test_imports_parsed.py` holds that the parser finds the same in each file.
"""

from __future__ import annotations

import ast
import re
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

LINES = re.compile(r"^ *((?:from [\w.]+ import (?:\([^)]*\)|[^(\n])|import ).*)$", re.MULTILINE)
"""An import that begins its line, up to the bracket or the line that ends it; the formatter has them so."""
FOR_TYPES = re.compile(r"^if TYPE_CHECKING:\n(?:(?: .*)?\n)+", re.MULTILINE)


@cache
def text_of(path: Path) -> str:
    """Return a file's text; each is read once, by whatever number of tests."""
    return path.read_text("utf-8")


@cache
def import_lines(path: Path, *, for_types: bool = True) -> tuple[ast.Import | ast.ImportFrom, ...]:
    """Return the imports of a file, also those in functions and, unless left out, those for types alone."""
    text = text_of(path) if for_types else FOR_TYPES.sub("", text_of(path))
    parsed = ast.parse("\n".join(LINES.findall(text)), str(path)).body
    return tuple(node for node in parsed if isinstance(node, ast.Import | ast.ImportFrom))

"""Print the code's sizes beside what the style aims at; fail where something has grown too large.

Function bodies are counted without docstrings, files as they are. Limits are hard, aims are not.
"""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from statistics import median, quantiles
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
SHIPPED = ("routing", "kube", "serving", "webhook", "reconciler", "certs", "logs", "cli", "dashboard")
PACKAGES = (*SHIPPED, "tools")
MOST_LINES_OF_A_FUNCTION = 45
MOST_LINES_OF_A_FILE = 300
MOST_PARAMETERS = 6
LEAST_DOCUMENTED = 25
"""Lines of docstrings for 100 lines of code, in what is shipped: who reads it has not written it."""

Function = ast.FunctionDef | ast.AsyncFunctionDef
Documented = Function | ast.ClassDef | ast.Module


def main() -> int:
    """Print the table and what is too large; return the exit status."""
    code = {path: path.read_text("utf-8") for package in PACKAGES for path in files(ROOT / package)}
    tests = sum(len(lines_of_code(path.read_text("utf-8"))) for path in files(ROOT / "tests"))
    print("\n".join(table(code, tests)))
    complaints = [line for path, text in code.items() for line in too_large(path.relative_to(ROOT), text)]
    complaints += too_terse(documented(shipped(code)))
    print("\n".join(complaints), end="\n" if complaints else "", file=sys.stderr)
    return 1 if complaints else 0


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*.py") if "__pycache__" not in path.parts)


def table(code: dict[Path, str], lines_of_tests: int) -> list[str]:
    """Return the lines of the table: what is measured, what it is, what it is to be."""
    bodies = sorted(body(node) for text in code.values() for node in functions(text))
    lengths = sorted(len(text.splitlines()) for text in code.values())
    coded = sum(len(lines_of_code(text)) for text in code.values())
    rows = (
        ("function body, median / 95 % / longest", spread(bodies), "7 / 26 / 45"),
        ("file, median / 95 % / longest", spread(lengths), "120 / - / 300"),
        ("docstrings, % of code that is shipped", f"{documented(shipped(code)):.1f}", "25-40"),
        ("tests : code", f"{lines_of_tests / coded:.1f}", "1.3-1.9"),
        ("lines of code / functions / files", f"{coded} / {len(bodies)} / {len(code)}", ""),
    )
    return [f"{what:40} {is_:>18}   {aim}".rstrip() for what, is_, aim in (("lines", "is", "aim"), *rows)]


def shipped(code: dict[Path, str]) -> list[str]:
    """Return the texts of the packages that users run."""
    return [text for path, text in code.items() if path.relative_to(ROOT).parts[0] in SHIPPED]


def documented(texts: list[str]) -> float:
    """Return the lines of docstrings as a percentage of the lines of code."""
    told = sum(len(docstring_lines(ast.parse(text))) for text in texts)
    return told * 100 / sum(len(lines_of_code(text)) for text in texts)


def too_terse(percent: float) -> list[str]:
    """Tell of docstrings that are fewer than the hard limit."""
    if percent >= LEAST_DOCUMENTED:
        return []
    wanted = f"say what functions promise, up to {LEAST_DOCUMENTED} % at least"
    return [f"docstrings are {percent:.1f} % of the code of {', '.join(SHIPPED)}; {wanted}"]


def spread(values: list[int]) -> str:
    return f"{median(values):.0f} / {quantiles(values, n=20)[-1]:.0f} / {values[-1]}"


def too_large(path: Path, text: str) -> Iterator[str]:
    """Tell of what exceeds a hard limit in a file."""
    length = len(text.splitlines())
    if length > MOST_LINES_OF_A_FILE:
        yield f"{path}: {length} lines; split it, a file has at most {MOST_LINES_OF_A_FILE}"
    for node in functions(text):
        where = f"{path}:{node.lineno} {node.name}"
        if body(node) > MOST_LINES_OF_A_FUNCTION:
            yield f"{where}: {body(node)} lines; split it, a function has at most {MOST_LINES_OF_A_FUNCTION}"
        if parameters(node) > MOST_PARAMETERS:
            yield f"{where}: {parameters(node)} parameters; use a value, there are at most {MOST_PARAMETERS}"


def functions(text: str) -> list[Function]:
    return [node for node in ast.walk(ast.parse(text)) if isinstance(node, Function)]


def body(node: Function) -> int:
    """Return the lines from the first statement to the last, docstring apart."""
    statements = node.body[1:] if ast.get_docstring(node) is not None else node.body
    return statements[-1].end_lineno - statements[0].lineno + 1 if statements else 0  # type: ignore[operator]


def parameters(node: Function) -> int:
    """Count the parameters, the instance apart."""
    named = [item.arg for item in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
    return len([name for name in named if name not in ("self", "cls")])


def lines_of_code(text: str) -> set[int]:
    """Return the numbers of the lines that are neither empty, nor comment, nor docstring."""
    numbered = enumerate(text.splitlines(), start=1)
    written = {number for number, line in numbered if line.strip() and not line.strip().startswith("#")}
    return written - docstring_lines(ast.parse(text))


def docstring_lines(tree: ast.Module) -> set[int]:
    """Return the numbers of the lines of docstrings: of modules, classes, functions, and after constants."""
    found: set[int] = set()
    for node in ast.walk(tree):
        for statement in node.body if isinstance(node, Documented) else ():
            if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
                found |= set(range(statement.lineno, (statement.end_lineno or statement.lineno) + 1))
    return found


if __name__ == "__main__":
    sys.exit(main())

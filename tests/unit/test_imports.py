"""Who may import whom, held over the whole tree. `docs/design.md` says why."""

from __future__ import annotations

import ast
import re
import sys
from collections import Counter
from functools import cache
from typing import TYPE_CHECKING

import pytest

from tests.unit.import_lines import import_lines, text_of
from tests.unit.layers import COMMAND, LAYERS, PAGE, ROOT, imports, modules, order, page

if TYPE_CHECKING:
    from pathlib import Path

MAY_IMPORT = {
    "routing": set(),
    "logs": set(),
    "serving": set(),
    # Of the core it knows the kinds, nothing of what they mean.
    "kube": {"routing", "kubernetes", "urllib3", "yaml"},
    "certs": {"routing", "kube", "cryptography"},
    "cli": {"routing", "certs", "kube", "yaml", "click", "rich"},
    # Stands above the command line, which finds its command by name.
    "dashboard": {"routing", "kube", "cli", "click", "flask", "werkzeug"},
    # Never the API server.
    "webhook": {"routing", "logs", "serving", "flask", "werkzeug", "gunicorn", "prometheus_client"},
    "reconciler": {
        *("routing", "logs", "serving", "certs", "kube"),
        *("msgspec", "prometheus_client", "urllib3"),
    },
}
"""Packages of ours and of others, beside the standard library."""
PURE = {
    *("__future__", "abc", "bisect", "collections", "copy", "dataclasses", "datetime", "difflib", "enum"),
    *(
        "fractions",
        "functools",
        "hashlib",
        "heapq",
        "ipaddress",
        "itertools",
        "json",
        "math",
        "operator",
        "re",
        "string",
        "typing",
    ),
    "urllib",  # urllib.parse; see below
    "zoneinfo",  # tables of time zones, by name: see reading/windows.py
}
"""What of the standard library has no I/O, clock, chance or logging."""
RUN = '\nif __name__ == "__main__":\n'
IMPURE_CALLS = {"open", "print", "input", "now", "today", "utcnow", "exec", "eval"}


def files(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


@cache
def imported(path: Path, *, for_types: bool = True) -> frozenset[str]:
    """Return the top-level packages that a file imports, also within a function."""
    found: set[str] = set()
    for node in import_lines(path, for_types=for_types):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        else:
            assert node.level == 0, f"{path} imports relatively; say the package"
            found.add(str(node.module).split(".")[0])
    return frozenset(found)


def importers(name: str) -> list[str]:
    """Return the modules of the project, tests apart, that import a package when they run."""
    ours = [path for package in (*MAY_IMPORT, "tools") for path in files(package)]
    return [str(path.relative_to(ROOT)) for path in ours if name in imported(path, for_types=False)]


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_a_package_imports_only_what_the_design_lets_it(package: str) -> None:
    allowed = MAY_IMPORT[package] | {package} | sys.stdlib_module_names
    strangers = {str(path.relative_to(ROOT)): imported(path) - allowed for path in files(package)}
    assert {path: names for path, names in strangers.items() if names} == {}


def test_routing_imports_nothing_that_reads_writes_waits_or_guesses() -> None:
    strangers = {path.name: imported(path) - PURE - {"routing"} for path in files("routing")}
    assert {name: found for name, found in strangers.items() if found} == {}


def test_of_urllib_routing_imports_what_takes_addresses_apart_only() -> None:
    for path in files("routing"):
        for node in import_lines(path):
            named = [each.name for each in node.names] if isinstance(node, ast.Import) else [str(node.module)]
            assert {name for name in named if name.startswith("urllib")} <= {"urllib.parse"}


def test_routing_calls_nothing_that_reads_writes_or_asks_for_the_time() -> None:
    calls = []
    mentioned = re.compile(rf"\b({'|'.join(IMPURE_CALLS)})\(")
    for path in files("routing"):
        for node in ast.walk(ast.parse(text_of(path))) if mentioned.search(text_of(path)) else ():
            if isinstance(node, ast.Call):
                name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                calls += [f"{path.name}:{node.lineno} {name}"] * (name in IMPURE_CALLS)
    assert calls == []


def test_one_module_imports_kubernetes() -> None:
    assert importers("kubernetes") == ["kube/contexts.py"]


def test_each_of_both_servers_has_one_module_that_imports_flask() -> None:
    assert importers("flask") == ["dashboard/app.py", "webhook/app.py", "tools/bench/webhook/constant.py"]


def test_cryptography_stays_in_certs() -> None:
    assert {path.split("/")[0] for path in importers("cryptography")} == {"certs"}


def test_what_runs_imports_neither_tests_nor_tools() -> None:
    running = [path for package in MAY_IMPORT for path in files(package)]
    assert [path for path in running if imported(path) & {"tests", "tools"}] == []


def test_every_python_package_has_its_line_here() -> None:
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert packages - {"tests", "tools", "docs"} == MAY_IMPORT.keys() == LAYERS.keys()


@pytest.mark.parametrize("package", LAYERS)
def test_every_file_has_its_place_in_the_order(package: str) -> None:
    there = {name for name in modules() if name.split(".")[0] == package}
    empty = {name for name in there - {*order(package)} if not ast.parse(text_of(modules()[name])).body[1:]}
    assert there - {*order(package)} <= empty, "give it a place in LAYERS (tests/unit/layers.py)"
    assert {*order(package)} <= there, "it has gone: take it out of LAYERS (tests/unit/layers.py)"
    assert len({*order(package)}) == len(order(package))


@pytest.mark.parametrize("package", LAYERS)
def test_a_file_imports_only_what_stands_before_it(package: str) -> None:
    before: set[str] = set()
    for name in order(package):
        inside = {other for other in imports(name) if other.split(".")[0] == package}
        assert inside <= before, f"{name} stands before {', '.join(sorted(inside - before))}"
        before.add(name)


def test_what_is_run_is_imported_by_nobody() -> None:
    run = {name for name, path in modules().items() if RUN in text_of(path)}
    assert run >= {"reconciler.__main__", "reconciler.hooks.uninstall", "cli.__main__"}
    assert {name: imports(name) & run for name in modules() if imports(name) & run} == {}


def test_hooks_know_nothing_of_the_rest_of_the_reconciler() -> None:
    hooks = [name for name in modules() if name.startswith("reconciler.hooks.")]
    assert {other for name in hooks for other in imports(name) if other.startswith("reconciler")} == set()


def test_of_the_core_the_api_client_knows_the_kinds() -> None:
    clients = [name for name in modules() if name.split(".")[0] == "kube"]
    known = {other for name in clients for other in imports(name) if other.startswith("routing")}
    assert known == {"routing.kinds"}


def test_the_design_shows_the_order_that_is_held() -> None:
    assert PAGE.read_text("utf-8") == page(), f"run {COMMAND}"


def test_no_two_files_of_tests_bear_one_name() -> None:
    """Tests are no packages: of two files of one name pytest would run one."""
    names = Counter(path.name for path in (ROOT / "tests").rglob("test_*.py"))
    assert [name for name, count in names.items() if count > 1] == []

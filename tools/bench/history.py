"""`make bench-append RUN=<file>`: puts a run into docs/performance.md, its picture beside it."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools.bench import aims, plot, report

if TYPE_CHECKING:
    from collections.abc import Mapping

PAGE = Path(__file__).parents[2] / "docs" / "performance.md"
PICTURE = PAGE.with_name("performance.svg")


def main() -> None:
    """Replace the last run's tables, add a line to the history."""
    parser = argparse.ArgumentParser(prog="python -m tools.bench.history", description=__doc__)
    parser.add_argument("run", type=Path, help="what `make bench` has written")
    run = json.loads(parser.parse_args().run.read_text("utf-8"))
    page = PAGE.read_text("utf-8")
    page = replaced(page, "run", report.text(run))
    lines = section(page, "history").rstrip().splitlines()
    page = replaced(
        page, "history", "\n".join([*lines, *(line for line in entries(run) if line not in lines)])
    )
    PAGE.write_text(page, "utf-8")
    PICTURE.write_text(plot.svg(run), "utf-8")


def entries(run: Mapping[str, Any]) -> list[str]:
    """Return a run's lines of the history, one for each size."""
    rows = [
        (
            run["date"],
            run["commit"],
            str(run["load_before"]),
            f"{size['applications']:,}",
            f"{size['cold_seconds']:.1f} s",
            f"{size['ratio']:.2f}",
            f"{size['restart_seconds']:.1f} s",
            aims.pair(size["lag_ms"]),
            f"{size['cold_mib']:.0f} MiB",
        )
        for size in run["sizes"]
    ]
    return [f"| {' | '.join(row)} |" for row in rows]


def section(page: str, name: str) -> str:
    """Return what stands between the markers of a name. Raises ValueError when they are not there."""
    begin, end = _place(page, name)
    return page[begin:end]


def replaced(page: str, name: str, text: str) -> str:
    """Return the page with something else between the markers of a name."""
    begin, end = _place(page, name)
    return f"{page[:begin]}{text}\n{page[end:]}"


def _place(page: str, name: str) -> tuple[int, int]:
    marker = f"<!-- {name} -->\n"
    begin = page.index(marker) + len(marker)
    return begin, page.index(f"<!-- end of {name} -->", begin)


if __name__ == "__main__":
    main()

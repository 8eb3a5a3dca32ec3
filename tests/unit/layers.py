"""The order of the files in each package: a file imports only what stands before it.

`python -m tests.unit.layers` prints how many imports lead from room to room; with `--write` it puts the order
into docs/design.md.
"""

from __future__ import annotations

import ast
import sys
from collections import Counter
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from tests.unit.import_lines import import_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "design.md"
COMMAND = "python -m tests.unit.layers --write"
BEGIN, END = f"<!-- made by {COMMAND} -->", "<!-- end -->"

LAYERS = {
    "routing": """
        values names
        stepping/ rollout windows
        model cookies split kinds patches
        reading/ raw times violation fields durations defaults hosts regexes matches headers
        reading/ settings named_routes affinity httproutes grpcroutes protocols routers windows rollouts parse
        reading/ rollout_status status override_status
        routes/ exposure word router objects returning http_rules connections virtualservice httpmatches
        routes/ parents places httproute grpcmatches grpcroute
        reaching facts
        stepping/ sequences judging scene wishes promotion progress
        deciding/ life strategies keeping protocols listeners claims routable unfit decide letting_go
        telling/ reasons rollout_reasons condition_reasons event_reasons conditions rolled_out notices
        telling/ events unwatched unlisted
        telling/ progress overrides
        rules/ review keys pauses objects protocols versions others deployments services routemaps
        rules/ virtualservices versions_kept wishes rulebook together
        stepping/ casting
        writes passes
        promoting/ steps record owners weights candidates by_order by_itself
        stepping/ evidence rolling
        plan leftovers contradicted
        promoting/ rollouts templates refusals in_place promote abort
        adopting/ expressible scene finding bring_in
        migrating/ templates scene listed http_routes routed charts migrate
        """,
    "logs": "",
    "serving": "crowd plain",
    "kube": """
        errors reading paging receiving connections contexts exec_credentials in_pod plain_contexts ways
        answers client reflector
        """,
    "certs": "issue authorities files lifecycle report keeper rotation cluster",
    "reconciler": """
        hooks/ wait_for_admission uninstall
        clock outgoing
        asking/ promql statuses presets readings tallies queries book prometheus
        notifying/ bodies receiver
        settings threads
        watching/ skimming compact needs mentions trims kinds own_writes store kept stores unlabelled
        serving/ applications metrics health
        asking/ asker
        passes/ evidence turns queue locks parallel deletion_deadline event_recorder live_reads readiness
        passes/ surroundings
        notifying/ notifier
        passes/ workloads loners look observe carry_out reconcile controller
        leading/ election process
        __main__
        """,
    "webhook": """
        patch codec metrics admission
        serving/ outbox inbox tls
        app
        serving/ unanswered turns connection worker server
        __main__
        """,
    "cli": """
        lint/ scalars nodes stream documents sources judge report
        certs
        failures words ages spans terminal reads workloads target overriding explaining foreseen past rights
        completing verdicts routers evidence named_kinds writing
        status/ pods application views data waiting gather leading
        promoting/ carry look play
        adopting/ look printed
        migrating/ read printed
        commands/ status weights promote abort rollout init migrate diff explain history doctor lint certs
        __main__
        """,
    "dashboard": "rows timeline board following details health app server command",
}
"""By package, in lines; a line that begins with a folder is of the files in it. Imports for types count, too.

What a folder's own `__init__` has comes after the files of the folder's last line.
"""


def order(package: str) -> list[str]:
    """Return the modules of a package in their order; a folder comes after its files, the package last."""
    found: list[str] = []
    for line in LAYERS[package].strip().splitlines():
        first, *rest = line.split()
        room = f"{package}.{first.removesuffix('/')}" if first.endswith("/") else package
        files = rest if first.endswith("/") else [first, *rest]
        found = [name for name in found if name != room] + [f"{room}.{name}" for name in files]
        if room != package:
            found.append(room)
    return [*found, package]


@cache
def modules() -> dict[str, Path]:
    """Return the files of every package by the modules that they are."""
    paths = [path for package in LAYERS for path in sorted((ROOT / package).rglob("*.py"))]
    return {module(path): path for path in paths}


def module(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


@cache
def imports(name: str) -> frozenset[str]:
    """Return the modules of ours that a module imports, for types or within a function, too."""
    return frozenset(_imports(modules()[name]))


def _imports(path: Path) -> Iterator[str]:
    for node in import_lines(path):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in modules())
        else:
            for alias in node.names:
                below = f"{node.module}.{alias.name}"
                found = below if below in modules() else str(node.module)
                if found in modules():
                    yield found


def room(name: str) -> str:
    """Return the folder that a module is in, or is."""
    path = modules()[name]
    return path.parent.relative_to(ROOT).as_posix()


def between_rooms() -> Counter[tuple[str, str]]:
    """Count the imports that lead from one room to another: of each file, each module once."""
    pairs = ((room(name), room(other)) for name in modules() for other in imports(name))
    return Counter(pair for pair in pairs if pair[0] != pair[1])


def told() -> str:
    """Return the order as docs/design.md shows it."""
    lines: list[str] = []
    for package, text in LAYERS.items():
        rows = [row.strip() for row in text.strip().splitlines()] or [""]
        lines += [f"{f'{package}/' if index == 0 else '':13}{row}".rstrip() for index, row in enumerate(rows)]
    return "\n".join([BEGIN, "```", *lines, "```", END])


def page() -> str:
    """Return docs/design.md as it is to be."""
    text = PAGE.read_text("utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{told()}{after}"


def main() -> None:
    """Print the imports between rooms, or renew the page."""
    if sys.argv[1:] == ["--write"]:
        PAGE.write_text(page(), "utf-8")
        return
    counted = between_rooms()
    for (one, other), count in sorted(counted.items()):
        print(f"{count:4}  {one} -> {other}")
    print(f"{sum(counted.values()):4}  imports between {len({room(name) for name in modules()})} rooms")


if __name__ == "__main__":
    main()

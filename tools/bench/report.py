"""A run as text: Markdown tables, as docs/performance.md shows them. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tools.bench import aims
from tools.bench.aims import pair

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    Figures = Mapping[str, Any]

_QUIET_LOAD = 0.5


def text(run: Figures) -> str:
    """Return all tables of a run."""
    tables = [_by_size(run["sizes"]), aims.rows(run["sizes"])]
    tables += [_per_change(size) for size in run["sizes"] if "busy_lag_ms" in size]
    return "\n\n".join([head(run), *(table(rows) for rows in tables if rows[1:])])


def head(run: Figures) -> str:
    """Return the sentence that tells of the circumstances."""
    busy = run["load_before"] > _QUIET_LOAD
    others = f"; others used the machine, too (load {run['load_before']} before)" if busy else ""
    return (
        f"{run['date']}, commit {run['commit']}, Kubernetes {run['kubernetes']}, {run['cpus']} CPUs, "
        f"{run['seconds']} s in all{others}."
    )


def wrong(size: Figures) -> list[str]:
    """Return what must not be, whatever the time that it took."""
    complaints = []
    if size["settled"] != size["applications"]:
        complaints.append(f"{size['settled']} of {size['applications']} splits are right")
    if size["restart_writes"]:
        complaints.append(f"a restart wrote {size['restart_writes']} times")
    return complaints


def table(rows: Iterable[Sequence[str]]) -> str:
    """Return rows, the first of them the head, as a Markdown table."""
    first, *rest = rows
    lines = [first, ["---"] * len(first), *rest]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _by_size(sizes: Sequence[Figures]) -> list[tuple[str, ...]]:
    columns: tuple[tuple[str, Callable[[Figures], str]], ...] = (
        ("applications", lambda size: f"{size['applications']:,}"),
        ("writes", lambda size: f"{size['cold_writes']:,}"),
        ("cold start", lambda size: f"{size['cold_seconds']:.2f} s"),
        ("floor", lambda size: f"{size['floor_seconds']:.2f} s"),
        ("ratio", lambda size: f"{size['ratio']:.2f}"),
        ("restart (listing alone)", lambda s: f"{s['restart_seconds']:.2f} s ({s['list_seconds']:.2f} s)"),
        ("event → VirtualService p50 / p99", lambda size: pair(size["lag_ms"])),
        ("one write", lambda size: f"{size['trip_ms']:.1f} ms"),
        ("memory, cold / restarted", lambda s: f"{s['cold_mib']:.0f} / {s['restart_mib']:.0f} MiB"),
    )
    return [tuple(name for name, _ in columns), *(tuple(cell(size) for _, cell in columns) for size in sizes)]


def _per_change(size: Figures) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = [("requests of a change", "number", "bytes sent", "bytes received")]
    for kind, each in size["per_change"].items():
        rows.append((kind, f"{each['requests']:.2f}", f"{each['sent']:.0f}", f"{each['received']:.0f}"))
    return rows

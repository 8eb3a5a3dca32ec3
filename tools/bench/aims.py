"""What is aimed at, and whether a run reached it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    Figures = Mapping[str, Any]


def rows(sizes: Sequence[Figures]) -> list[tuple[str, ...]]:
    """Return the table of aims, of those that a run has measured."""
    by_size = {size["applications"]: size for size in sizes}
    lines: list[tuple[str, ...]] = [("measure", "aim", "Teal", "reached")]
    for what, aim, needed, figure, reached in AIMS:
        if all(each in by_size for each in needed):
            found = [by_size[each] for each in needed]
            lines.append((what, aim, figure(*found), "yes" if reached(*found) else "**not reached**"))
    return lines


def pair(spread: Figures) -> str:
    """Return median and 99th percentile."""
    return f"{spread['p50']:.1f} / {spread['p99']:.1f} ms"


def _ratio(seconds: str, floor: str) -> Callable[[Figures], str]:
    return lambda size: f"{size[seconds]:.1f} s, floor {size[floor]:.1f} s: {size[seconds] / size[floor]:.2f}"


def _writes(size: Figures) -> float:
    return float(sum(each["requests"] for kind, each in size["per_change"].items() if not _reads(kind)))


def _reads(kind: str) -> bool:
    return kind.startswith(("WATCH", "GET", "POST events"))


def _slope(small: Figures, large: Figures, when: str) -> float:
    """Return the memory that each further application takes."""
    more = large["applications"] - small["applications"]
    return float((large[when] - small[when]) * 1024 / more)


_MOST_RATIO = 1.5
AIMS: tuple[tuple[str, str, tuple[int, ...], Callable[..., str], Callable[..., bool]], ...] = (
    (
        "cold start, 1,000 applications, everything to be written",
        "≤ 1.5 times the floor",
        (1000,),
        _ratio("cold_seconds", "floor_seconds"),
        lambda size: size["ratio"] <= _MOST_RATIO,
    ),
    (
        "cold start, 5,000 applications",
        "≤ 1.5 times the floor; linear",
        (1000, 5000),
        lambda small, size: (
            f"{_ratio('cold_seconds', 'floor_seconds')(size)}; "
            f"{size['cold_seconds'] / small['cold_seconds']:.1f} times that of 1,000"
        ),
        lambda _, size: size["ratio"] <= _MOST_RATIO,
    ),
    (
        "restart with nothing to do, 5,000 applications",
        "≤ 5 s, 0 writes",
        (5000,),
        lambda size: f"{size['restart_seconds']:.1f} s, {size['restart_writes']} writes",
        lambda size: size["restart_seconds"] <= 5 and not size["restart_writes"],
    ),
    (
        "event → VirtualService, one change in 1,000 applications",
        "p50 ≤ 2 round trips + 3 ms; p99 ≤ 100 ms",
        (1000,),
        lambda size: f"{pair(size['lag_ms'])}; 2 round trips are {2 * size['trip_ms']:.1f} ms",
        lambda size: size["lag_ms"]["p50"] <= 2 * size["trip_ms"] + 3 and size["lag_ms"]["p99"] <= 100,
    ),
    (
        "the same while 50 changes a second go on",
        "",
        (1000,),
        lambda size: pair(size["busy_lag_ms"]),
        lambda size: size["busy_lag_ms"]["p99"] <= 100,
    ),
    (
        "the same at 5,000 applications, p50",
        "≤ 1.2 times that of 1,000",
        (1000, 5000),
        lambda small, size: f"{size['lag_ms']['p50'] / small['lag_ms']['p50']:.2f} times",
        lambda small, size: size["lag_ms"]["p50"] <= 1.2 * small["lag_ms"]["p50"],
    ),
    (
        "storm of 1,000",
        "≤ 1.5 times the floor",
        (1000,),
        _ratio("storm_seconds", "storm_floor_seconds"),
        lambda size: size["storm_ratio"] <= _MOST_RATIO,
    ),
    (
        "reconciler memory",
        "≤ 80 MiB at 100, ≤ 100 MiB at 1,000",
        (100, 1000),
        lambda small, size: f"{small['cold_mib']:.0f} MiB, {size['cold_mib']:.0f} MiB",
        lambda small, size: small["cold_mib"] <= 80 and size["cold_mib"] <= 100,
    ),
    (
        "reconciler memory an application, 100 to 5,000",
        "≤ 8 KiB",
        (100, 5000),
        lambda small, size: (
            f"{_slope(small, size, 'cold_mib'):.1f} KiB; "
            f"restarted {_slope(small, size, 'restart_mib'):.1f} KiB"
        ),
        lambda small, size: _slope(small, size, "cold_mib") <= 8,
    ),
    (
        "reconciler memory over 1,000,000 events",
        "flat",
        (1000,),
        lambda size: (
            f"{size['soak']['before_mib']:.0f} → {size['soak']['after_mib']:.0f} MiB "
            f"over {size['soak']['events']:,}"
        ),
        lambda size: size["soak"]["after_mib"] - size["soak"]["before_mib"] <= 10,
    ),
    (
        "writes of a change, Events apart: a version leaves or enters",
        "VirtualService, status, 2 marks, 2 protections: 6",
        (1000,),
        lambda size: f"{_writes(size):.2f}",
        lambda size: _writes(size) <= 6.05,
    ),
    (
        "passes over an application, cold start / restart",
        "1 / 1",
        (1000,),
        lambda size: (
            f"{size['cold_passes'] / size['applications']:.2f} / "
            f"{size['restart_passes'] / size['applications']:.2f}"
        ),
        lambda size: max(size["cold_passes"], size["restart_passes"]) <= 1.05 * size["applications"],
    ),
    (
        "CPU of a change, and of an event heard",
        "",
        (1000,),
        lambda size: f"{size['cpu_ms_per_change']:.1f} ms, {size['cpu_ms_per_event']:.2f} ms",
        lambda _: True,
    ),
    (
        "unwatched load, 20,000 objects, 100 changes a second",
        "CPU ≤ 1 % of a core",
        (1000,),
        lambda size: (
            f"{size['unwatched']['objects']:,} objects, {size['unwatched']['changes']:,} changes: "
            f"{size['unwatched']['cpu_percent']:.2f} %, {size['unwatched']['passes']} passes, "
            f"{size['unwatched']['requests']} requests"
        ),
        lambda size: size["unwatched"]["cpu_percent"] <= 1,
    ),
)

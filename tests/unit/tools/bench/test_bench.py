"""What the bench makes of what it has measured."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tools.bench import aims, history, plot, report
from tools.bench.recording import Recording
from tools.bench.wire import dechunked

if TYPE_CHECKING:
    from pathlib import Path

PAGE = "before\n<!-- run -->\nold\n<!-- end of run -->\nafter\n"


def _size(applications: int, **other: Any) -> dict[str, Any]:
    return {
        "applications": applications,
        "settled": applications,
        "cold_seconds": 12.0,
        "floor_seconds": 10.0,
        "ratio": 1.2,
        "cold_writes": applications * 7,
        "cold_mib": 60.0 + applications / 100,
        "restart_mib": 60.0,
        "restart_seconds": 1.0,
        "restart_writes": 0,
        "list_seconds": 0.5,
        "trip_ms": 2.0,
        "lag_ms": {"p50": 6.0, "p99": 50.0, "most": 60.0},
        **other,
    }


def _run(*sizes: dict[str, Any]) -> dict[str, Any]:
    about = {"date": "2026-11-25T00:00+00:00", "commit": "abc", "kubernetes": "1.37.2", "cpus": 2}
    return {**about, "seconds": 500, "load_before": 0.1, "sizes": list(sizes)}


@pytest.mark.parametrize(
    ("figures", "complaints"),
    [
        ({}, []),
        ({"settled": 99}, ["99 of 100 splits are right"]),
        ({"restart_writes": 3}, ["a restart wrote 3 times"]),
    ],
)
def test_a_run_is_wrong_when_a_split_is_or_a_restart_wrote(
    figures: dict[str, Any], complaints: list[str]
) -> None:
    assert report.wrong(_size(100, **figures)) == complaints


def test_an_aim_that_is_missed_is_said_to_be() -> None:
    reached = {row[0]: row[3] for row in aims.rows([_size(100), _size(5000, restart_seconds=6.0)])}
    assert reached["restart with nothing to do, 5,000 applications"] == "**not reached**"
    assert reached["reconciler memory an application, 100 to 5,000"] == "**not reached**"
    fit = {row[0]: row[3] for row in aims.rows([_size(100, cold_mib=60.0), _size(5000, cold_mib=90.0)])}
    assert fit["restart with nothing to do, 5,000 applications"] == "yes"
    assert fit["reconciler memory an application, 100 to 5,000"] == "yes"


def test_aims_of_sizes_that_were_not_measured_are_left_out() -> None:
    assert aims.rows([_size(200)]) == [("measure", "aim", "Teal", "reached")]


def test_the_head_says_when_others_used_the_machine() -> None:
    assert "others used the machine" not in report.head(_run())
    assert "others used the machine, too (load 3.5 before)" in report.head({**_run(), "load_before": 3.5})


def test_a_run_replaces_the_last_one_and_the_rest_of_the_page_stays() -> None:
    assert history.replaced(PAGE, "run", "new") == PAGE.replace("old", "new")


def test_an_empty_place_is_filled() -> None:
    empty = "before\n<!-- run -->\n<!-- end of run -->\nafter\n"
    assert history.replaced(empty, "run", "new") == PAGE.replace("old", "new")


def test_each_size_is_a_line_of_the_history() -> None:
    assert [line.split(" | ")[3] for line in history.entries(_run(_size(100), _size(5000)))] == [
        "100",
        "5,000",
    ]


def test_the_picture_has_a_bar_for_each_figure() -> None:
    picture = plot.svg(_run(_size(100), _size(1000)))
    assert picture.count("<rect") == 1 + 4 + 8
    assert ">12<" in picture


def test_a_chunked_body_is_put_together() -> None:
    assert dechunked(b"5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n") == b"hello!"


def test_a_recording_is_read_piece_by_piece_while_it_grows(tmp_path: Path) -> None:
    path = tmp_path / "requests"
    first = b"PATCH /apis/apps/v1/namespaces/n/deployments/app7-1?x=y a/b 1.5 200 2 30\n{}\n"
    second = b"GET /api/v1/services?limit=1 a/b 2.5 200 0 40\n\n"
    path.write_bytes(first + second[:10])
    recording = Recording(path)
    [request] = recording.new()
    assert (request.kind, request.application, request.body) == ("PATCH deployments", "app7", b"{}")
    path.write_bytes(first + second)
    [request] = recording.new()
    assert (request.kind, request.writes, request.received) == ("GET services", False, 40)

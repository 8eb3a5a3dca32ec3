"""What the bench of commands measures, and what it refuses to."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

from cli.__main__ import COMMANDS
from tools.bench.command.__main__ import Bench, Cost, row
from tools.bench.command.pairs import PAIRS

if TYPE_CHECKING:
    from pathlib import Path

LEFT_OUT = {"abort", "dashboard", "certs"}


def test_every_command_is_measured_but_those_that_are_left_out() -> None:
    assert {pair.teal[0] for pair in PAIRS} - {"--help"} == COMMANDS.keys() - LEFT_OUT


def test_what_a_start_takes_is_measured(tmp_path: Path) -> None:
    (cost,) = Bench(tmp_path, os.environ, 3).costs([([str(shutil.which("sleep")), "0.01"], (0,))])
    assert cost.seconds >= 0.01
    assert cost.mib > 0


def test_a_command_that_fails_is_quick_and_does_not_count(tmp_path: Path) -> None:
    bench = Bench(tmp_path, os.environ, 1)
    false = str(shutil.which("false"))
    with pytest.raises(RuntimeError, match=r"false ended with 1: $"):
        bench.costs([([false], (0,))])
    assert len(bench.costs([([false], (0, 1)), ([false], (1,))])) == 2


def test_a_row_has_both() -> None:
    told = row("teal status", Cost(0.214, 0.2, 33.4), "kubectl get routemaps", Cost(0.1, 0.05, 60))
    assert told == (
        "| `teal status` | 0.21 s | 0.20 s | 33 MiB | `kubectl get routemaps` | 0.10 s | 0.05 s | 60 MiB |"
    )

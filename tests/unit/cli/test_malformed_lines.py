"""Lines that no command can carry out: what is said, and exit code 2, before any cluster is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cli.__main__ import COMMANDS

if TYPE_CHECKING:
    from tests.unit.cli.conftest import Teal

_FORMS = "ready, gone, or weight=VERSION=PERCENT[,VERSION=PERCENT...]"
_WISHES = "{pause|resume|skip|abort|retry}"
LINES = {
    "status httpbin -A": "APP is one application; leave it out, or --all-namespaces",
    "status --wait-for ready": "--wait-for needs APP",
    "status httpbin --wait-for banana": f"--wait-for: 'banana' is nothing to wait for; use {_FORMS}",
    "weights httpbin": "give either weights (VERSION=WEIGHT, such as httpbin-1=20) or --reset",
    "weights httpbin httpbin-1": "'httpbin-1' is no weight; give VERSION=WEIGHT, such as httpbin-1=20",
    "rollout httpbin dance": (
        f"Invalid value for '{_WISHES}': 'dance' is not one of 'pause', 'resume', 'skip', 'abort', 'retry'."
    ),
    "promote": "Missing argument 'APP'.",
    "promote httpbin --delete": "--delete goes with --by-order; in place the candidate goes in any case",
    "abort": "Missing argument 'APP'.",
    "init": "Missing argument 'APP'.",
    "migrate -o wide": "Invalid value for '--output' / '-o': 'wide' is not one of 'json', 'yaml'.",
    "diff": "Missing option '--filename' / '-f'.",
    "explain a b": "Got unexpected extra argument (b)",
    "history": "Missing argument 'APP'.",
    "doctor -o wide": "Invalid value for '--output' / '-o': 'wide' is not one of 'json', 'yaml'.",
    "dashboard --port none": "Invalid value for '--port': 'none' is not a valid integer range.",
    "lint": "Missing argument 'FILE...'.",
    "certs dance": "No such command 'dance'.",
}


def test_every_command_has_a_line_that_it_can_not_carry_out() -> None:
    assert {line.split()[0] for line in LINES} == COMMANDS.keys()


@pytest.mark.parametrize("line", LINES)
def test_a_malformed_line_is_said_to_be_and_exits_with_2(teal: Teal, line: str) -> None:
    name, *rest = line.split()
    code, said = teal.run(name, *rest)
    usage, *told = said.splitlines()
    assert (code, told) == (2, [f"Try 'teal {name} --help' for help.", "", f"Error: {LINES[line]}"])
    assert usage.startswith(f"Usage: teal {name}")

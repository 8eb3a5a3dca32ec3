"""The traffic's scenarios are well formed: a mistake in them would cost minutes on the cluster."""

from __future__ import annotations

import subprocess

import pytest

from tools.bench.traffic.scenario import SCENARIOS, Scenario, scenarios
from tools.yaml_files import read_yaml

ALL = scenarios()


def test_names_are_unique() -> None:
    assert len({scenario.name for scenario in ALL}) == len(ALL)


def test_every_word_for_several_commands_is_used() -> None:
    read = read_yaml(SCENARIOS)
    used = {line for item in read["scenarios"] for line in (*item["given"], *item["commands"])}
    used |= {line for lines in read["commands"].values() for line in lines}
    assert set(read["commands"]) <= used


@pytest.mark.parametrize("scenario", ALL, ids=lambda scenario: scenario.name)
def test_the_split_in_the_end_sums_to_100_or_is_none(scenario: Scenario) -> None:
    assert sum(scenario.split.values()) in (0, 100)


def test_commands_are_commands_of_a_shell() -> None:
    commands = [command for scenario in ALL for command in (*scenario.given, *scenario.commands)]
    # Each is a function, so that one that is cut short does not go on in the next.
    text = "\n".join(f"f() {{\n{command}\n}}" for command in dict.fromkeys(commands))
    done = subprocess.run(["bash", "-n"], input=text, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    for command in commands:
        assert command.split()[0] in {
            "kubectl",
            "sleep",
            "!",
            "until",
            "{local}",
            "{teal}",
            "{jars}",
            "{copies}",
            "{streams}",
            "{protocols}",
            "cat",
        }, command

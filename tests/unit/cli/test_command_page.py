"""`docs/cli.md` tells of every command, and of the rights with which it is tested."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cli.__main__ import COMMANDS
from tests.api import command_rights

if TYPE_CHECKING:
    from tests.unit.cli.conftest import Teal

PAGE = command_rights.PAGE.read_text("utf-8")


def test_the_page_has_every_command() -> None:
    assert [name for name in COMMANDS if f"| `teal {name}" not in PAGE] == []


def test_the_page_has_the_rights_that_are_tested() -> None:
    assert command_rights.page() == PAGE, f"docs/cli.md is out of date; run: {command_rights.COMMAND}"


def test_every_command_has_a_help_that_says_what_its_exit_codes_mean(teal: Teal) -> None:
    for name in COMMANDS:
        code, said = teal.run(name, "--help")
        assert code == 0
        assert "Exit code: 0, " in said or name == "certs"


def test_the_help_lists_the_commands_without_reading_them(teal: Teal) -> None:
    code, said = teal.run("--help")
    assert code == 0
    assert [name for name in COMMANDS if f"\n  {name} " not in said] == []


def test_a_command_that_is_nearly_one_is_offered(teal: Teal) -> None:
    code, said = teal.run("stauts")
    assert (code, said.splitlines()[-1]) == (2, "Error: there is no command stauts; did you mean status?")


def test_options_of_kubectl_may_stand_before_the_command(teal: Teal) -> None:
    teal.write("routing.yaml", "{apiVersion: iter8.tools/v1alpha1, kind: Routemap, metadata: {name: x}}")
    teal.write(
        "placed.yaml", "{apiVersion: iter8.tools/v1alpha1, kind: Routemap, metadata: {name: x, namespace: a}}"
    )
    assert 'does not match the namespace "b"' in teal.run("-n", "b", "lint", "placed.yaml")[1]
    assert 'does not match the namespace "b"' in teal.run("lint", "-n", "b", "placed.yaml")[1]
    assert "does not match the namespace" not in teal.run("-n", "b", "lint", "routing.yaml")[1]

"""Words of a line that is being completed, and what kubectl is answered; shells: tests/api."""

from __future__ import annotations

import re

import click
import pytest
from click.shell_completion import CompletionItem
from hypothesis import given
from hypothesis import strategies as st

from cli import completing

WORDS = st.lists(st.from_regex(r"[-a-z0-9]{1,6}(=[-a-z0-9]{1,6})?", fullmatch=True), max_size=6)


@given(WORDS)
def test_words_that_bash_has_broken_are_as_they_were_typed(typed: list[str]) -> None:
    broken = [part for word in typed for part in re.split(r"(=)", word)]
    assert completing.together(broken) == typed


def test_a_word_that_ends_in_an_equals_sign_goes_on() -> None:
    assert completing.together(["status", "--output", "=", ""]) == ["status", "--output="]
    assert completing.together(["=", "a"]) == ["=a"]
    assert completing.together([]) == []


@click.command()
@click.argument(
    "name", shell_complete=lambda *_: [CompletionItem("a", help="of\n  two\tlines"), CompletionItem("b")]
)
@click.option("--file", type=click.Path())
def command(name: str, file: str) -> None:
    raise AssertionError(f"{name} {file} is completed, not carried out")


@pytest.mark.parametrize(
    ("words", "answered"),
    [([""], "a\tof two lines\nb\n:4\n"), ([], "a\tof two lines\nb\n:4\n"), (["--file", "x"], ":0\n")],
)
def test_kubectl_is_answered_as_by_a_program_of_cobras(words: list[str], answered: str) -> None:
    assert completing.answer(command, words) == answered

"""`teal explain`: what a reason or a rule means, and what mends it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import click

from cli import explaining, terminal, words
from cli.failures import DONE, NoError
from cli.spans import line

HELP = """Say what a word means that stands as a reason in a status, an Event or a refusal, what becomes of
requests, and what mends it. Without WORD: all of them. Needs no cluster."""


def _complete(_context: click.Context, _parameter: click.Parameter, begun: str) -> list[str]:
    return [word for word in explaining.known() if word.lower().startswith(begun.lower())]


@click.command("explain", help=HELP, epilog="Exit code: 0, explained; 1, there is no such word.")
@click.argument("word", metavar="[WORD]", required=False, shell_complete=_complete)
@click.option("--output", "-o", type=click.Choice(["json", "yaml"]), help="how to print")
def command(word: str | None, output: str | None) -> int:
    """Carry out `teal explain`."""
    if word is not None and not explaining.meanings(word):
        raise NoError(f"Teal gives no reason {word}; {_meant(word)}")
    asked = explaining.known() if word is None else [word]
    if output:
        terminal.write(terminal.written(_data(asked), output))
    elif word is None:
        terminal.show(line(each) for each in asked)
    else:
        terminal.show(explaining.told(word))
    return DONE


def _meant(word: str) -> str:
    found = words.near(word, explaining.known())
    return f"did you mean {' or '.join(found)}?" if found else "`teal explain` lists them all"


def _data(asked: list[str]) -> list[dict[str, Any]]:
    return [{"word": word, **asdict(meaning)} for word in asked for meaning in explaining.meanings(word)]

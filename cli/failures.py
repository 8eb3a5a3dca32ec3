"""What ends a command early, and by which exit code: the same for all commands (docs/cli.md)."""

from __future__ import annotations

import click

DONE, SAID_NO, NOT_TOLD = 0, 1, 2
"""All is well; the answer is no: refused, not there, not so in time; nobody could tell: a malformed line, a
cluster that can't be reached, a right that lacks."""


class NoError(click.ClickException):
    """The answer is no, in a sentence for the user."""

    exit_code = SAID_NO


class NotToldError(click.ClickException):
    """Nobody could tell, and why, in a sentence for the user."""

    exit_code = NOT_TOLD

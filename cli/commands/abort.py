"""`teal abort`: all requests back to the primary, the candidate kept for a look."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cli.failures import DONE
from cli.promoting.look import Looker
from cli.promoting.play import play
from cli.target import application_name, on_cluster
from routing.promoting import abort

if TYPE_CHECKING:
    from cli.target import Target

HELP = """Send all requests of an application to its primary, and keep its candidates for a look.

A WeightOverride does it; with strategy canary, whose matches no weight takes away, the candidates are not
watched any more. It returns when they have drained."""
CODES = "Exit code: 0, done; 1, it can't be done, and why; 2, the cluster did not tell."


@click.command("abort", help=HELP, epilog=CODES)
@click.argument("name", metavar="APP", shell_complete=application_name)
@click.option(
    "--timeout", metavar="SECONDS", type=float, default=600.0, show_default=True, help="0: no limit"
)
@on_cluster
def command(target: Target, name: str, timeout: float) -> int:
    """Carry out `teal abort`."""
    looker = Looker(target.cluster, target.namespace, name)
    play(target.cluster, lambda: abort.next_step(looker.plain()), timeout)
    return DONE

"""`teal rollout`: what somebody wants of a rollout by steps."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import click

from cli import terminal, writing
from cli.failures import DONE, NoError
from cli.reads import maybe
from cli.target import application_name, missing, on_cluster
from routing import names
from routing.kinds import ROUTEMAPS
from routing.reading.raw import section
from routing.stepping.wishes import WISHES

if TYPE_CHECKING:
    from cli.target import Target

HELP = """Say what is to become of an application's rollout by steps (spec.rollout).

pause: no other step follows. resume: open a gate that waits; after a pause or a hold begin the step anew.
skip: go to the next step, whatever is shown. abort: the candidate gets nothing, and is kept. retry: after a
failure begin at the first step, after a hold the step anew."""
CODES = "Exit code: 0, it is asked for; 1, refused, or there is no such rollout; 2, the cluster did not tell."


@click.command("rollout", help=HELP, epilog=CODES)
@click.argument("name", metavar="APP", shell_complete=application_name)
@click.argument("wish", type=click.Choice([*WISHES]))
@on_cluster
def command(target: Target, name: str, wish: str) -> int:
    """Carry out `teal rollout`."""
    routemap = maybe(target.cluster, ROUTEMAPS, target.namespace, name)
    if routemap is None:
        raise missing(target, name)
    if not section(routemap, "spec", "rollout"):
        raise NoError(f"Routemap {name} has no spec.rollout: its candidate gets its weight when it is ready")
    # Each counts once, and is told from others by what follows it.
    annotations = {names.WISH: f"{wish} {uuid.uuid4().hex[:8]}"}
    target.show_warnings()
    writing.annotate(target.cluster, ROUTEMAPS, (target.namespace, name), annotations)
    told = f"{wish} is asked for; `teal status {name}` tells what becomes of it"
    terminal.write(f"routemap.iter8.tools/{name}: {told}\n")
    return DONE

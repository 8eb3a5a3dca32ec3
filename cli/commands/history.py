"""`teal history`: who changed what of an application, and when."""

from __future__ import annotations

import click

from cli import past, terminal
from cli.failures import DONE
from cli.reads import items, maybe
from cli.target import Target, application_name, missing, on_cluster
from kube.errors import RefusedError
from routing.kinds import EVENTS, ROUTEMAPS, WEIGHT_OVERRIDES

HELP = """Say who changed what of an application and when, from the Routemap's and the WeightOverride's
managedFields, the Routemap's status and Teal's Events. The cluster keeps of each writer the last write only,
and Events for an hour or so; the status keeps a rollout's last ten changes, and since when each version has
its percentage."""
CODES = "Exit code: 0, told; 1, there is no such application; 2, the cluster did not tell."


@click.command("history", help=HELP, epilog=CODES)
@click.argument("name", metavar="APP", shell_complete=application_name)
@click.option("--output", "-o", type=click.Choice(["json", "yaml"]), help="how to print")
@on_cluster
def command(target: Target, name: str, output: str | None) -> int:
    """Carry out `teal history`. The WeightOverride and the Events are left out where they may not be read."""
    routemap = maybe(target.cluster, ROUTEMAPS, target.namespace, name)
    if routemap is None:
        raise missing(target, name)
    objects, events = [routemap], []
    try:
        objects += filter(None, [maybe(target.cluster, WEIGHT_OVERRIDES, target.namespace, name)])
        query = {"fieldSelector": f"involvedObject.name={name}"}
        events = list(items(target.cluster, EVENTS, target.namespace, query))
    except RefusedError as error:
        click.echo(f"teal: left out: {error}", err=True)
    kinds = (ROUTEMAPS.kind, WEIGHT_OVERRIDES.kind)
    own = [event for event in events if event["involvedObject"].get("kind") in kinds]
    changes = past.in_time([*past.remembered(routemap), *past.history(objects, own)])
    if output:
        terminal.write(terminal.written(past.data(changes), output))
    else:
        terminal.show(past.lines(changes))
    return DONE

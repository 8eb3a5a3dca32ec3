"""`teal migrate`: from Iter8's routemaps, weights and charts' values to Routemaps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cli import terminal
from cli.failures import DONE, SAID_NO
from cli.migrating import printed, read
from cli.spans import harmless
from cli.target import on_cluster
from routing.migrating.scene import Migrated, NotMigratedError

if TYPE_CHECKING:
    from cli.migrating.read import Read
    from cli.target import Target

HELP = """Print the Routemaps, and WeightOverrides, that take Iter8's applications over.

Reads Iter8's routemaps (ConfigMaps) with the weights annotated beside them, or the values of its charts
routing-actions and release: from files, such as what `helm template` renders, or without -f from the
namespace. Nothing is changed, and no template is rendered: what one says is read. In which order it is played
so that no request is lost, and how back, is told on standard error, with what Teal's objects can't say."""
CODES = """Exit code: 0, all is taken over by what is printed; 1, not all of it, and why; 2, something could
not be read, or there is nothing of Iter8's."""


@click.command("migrate", help=HELP, epilog=CODES)
@click.option("--filename", "-f", "files", multiple=True, metavar="FILE", help="- is stdin")
@click.option("--output", "-o", type=click.Choice(["json", "yaml"]), default="yaml", show_default=True)
@on_cluster
def command(target: Target, files: tuple[str, ...], output: str) -> int:
    """Carry out `teal migrate`: objects go to standard output, all that is said to standard error."""
    found = (
        read.from_files(files, target.asked_namespace or "")
        if files
        else read.from_cluster(target.cluster, target.namespace)
    )
    migrated, whole = _migrated(found)
    made = printed.objects(migrated)
    if output == "json":
        terminal.write(terminal.written({"apiVersion": "v1", "kind": "List", "items": made}, output))
    else:
        terminal.write("---\n".join(terminal.written(each, output) for each in made))
    if migrated:
        click.echo("\n".join(printed.notes(migrated)), err=True)
    return DONE if whole else SAID_NO


def _migrated(found: Read) -> tuple[list[Migrated], bool]:
    """Return what is taken over, and whether that is all; what is not is told on standard error.

    Each routemap and each values file stands for itself: one that can't be migrated keeps no other from it.
    """
    migrated, whole = list[Migrated](), True
    for text in found.unread:
        click.echo(f"teal: left out: {harmless(text)}", err=True)
    for source in found.sources:
        try:
            each = source.migrated()
        except NotMigratedError as error:
            whole = False
            for text in error.told:
                click.echo(f"{harmless(source.name)}: {harmless(text)}", err=True)
            continue
        for text in printed.told(each, source.name):
            click.echo(text, err=True)
        migrated.append(each)
        whole = whole and not each.left
    return migrated, whole

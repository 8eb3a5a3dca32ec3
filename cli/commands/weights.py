"""`teal weights`: other weights than the Routemap's own, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cli import overriding, terminal, writing
from cli.failures import DONE, NoError
from cli.reads import maybe
from cli.spans import line
from cli.target import application_name, missing, on_cluster
from routing.kinds import ROUTEMAPS, WEIGHT_OVERRIDES
from routing.promoting.owners import keepers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cli.target import Target

HELP = """Give versions of an application other weights than its Routemap's, by a WeightOverride of its name,
or take them back (--reset). Versions that are not named keep the Routemap's weight, also where an override
had another before. The split follows within a second or so: `teal status APP --wait-for weight=...`"""
CODES = "Exit code: 0, stored; 1, refused, or there is no such application; 2, the cluster did not tell."


@click.command("weights", help=HELP, epilog=CODES)
@click.argument("name", metavar="APP", shell_complete=application_name)
@click.argument("pairs", metavar="[VERSION=WEIGHT]...", nargs=-1)
@click.option("--reset", is_flag=True, help="back to the Routemap's own weights")
@click.option("--dry-run", is_flag=True, help="have the cluster judge it, and store nothing")
@click.option("--output", "-o", type=click.Choice(["json", "yaml", "name"]), help="print the object")
@on_cluster
def command(target: Target, name: str, pairs: tuple[str, ...], **given: Any) -> int:
    """Carry out `teal weights`."""
    if given["reset"] == bool(pairs):
        raise click.UsageError(f"give either weights ({overriding.FORM}) or --reset")
    if given["reset"]:
        return _reset(target, name, dry_run=given["dry_run"])
    try:
        weights = overriding.weights(pairs)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    stored = _store(target, name, weights, dry_run=given["dry_run"])
    _print(stored, given["output"], dry_run=given["dry_run"])
    return DONE


def _store(target: Target, name: str, weights: Mapping[str, int], *, dry_run: bool) -> dict[str, Any]:
    """Store the override, after a look at the Routemap: the webhook has nothing against unlisted versions."""
    target.show_warnings()
    routemap = maybe(target.cluster, ROUTEMAPS, target.namespace, name)
    if routemap is None:
        raise missing(target, name)
    if wrong := overriding.strays(weights, routemap):
        raise NoError(f"Routemap {name}: {wrong}")
    manifest = overriding.override(target.namespace, name, weights)
    return writing.apply(target.cluster, WEIGHT_OVERRIDES, manifest, dry_run=dry_run)


def _reset(target: Target, name: str, *, dry_run: bool) -> int:
    place = (target.namespace, name)
    if writing.delete(target.cluster, WEIGHT_OVERRIDES, place, dry_run=dry_run):
        gone = f"weightoverride.iter8.tools/{name} {'would be' if dry_run else 'is'} deleted"
    else:
        gone = f"there is no WeightOverride {name}"
    terminal.write(f"{gone}: the Routemap's own weights count\n")
    return DONE


def _print(stored: Mapping[str, Any], form: str | None, *, dry_run: bool) -> None:
    """Tell what was stored, and who keeps the override elsewhere and would write it back."""
    name = stored["metadata"]["name"]
    if form in ("json", "yaml"):
        terminal.write(terminal.written(_clean(stored), form))
        return
    told = " ".join(f"{each['version']}={each['weight']}" for each in stored["spec"]["weights"])
    would = " (dry run)" if dry_run else ""
    short = f"weightoverride.iter8.tools/{name}"
    lines = [line(short if form == "name" else f"{short} has {told}{would}")]
    if others := keepers(stored):
        who = " and ".join(others)
        lines.append(line(f"{who} keeps this object elsewhere and may write it again: change it there"))
    terminal.show(lines)


def _clean(stored: Mapping[str, Any]) -> dict[str, Any]:
    """Return an object without what only the API server writes for itself."""
    metadata = {key: value for key, value in stored["metadata"].items() if key != "managedFields"}
    return {**stored, "metadata": metadata}

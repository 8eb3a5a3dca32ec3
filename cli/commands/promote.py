"""`teal promote`: the candidate's release becomes the primary's, and no request is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cli import terminal
from cli.failures import DONE, NoError
from cli.promoting.look import Looker
from cli.promoting.play import play
from cli.spans import line
from cli.target import application_name, on_cluster
from routing.promoting import promote
from routing.promoting.steps import Do, Stop, Wish

if TYPE_CHECKING:
    from cli.target import Target

HELP = """Promote the candidate of an application.

In place (the default) the primary gets the candidate's pod template and version label: requests move to the
candidate, the primary's pods are replaced, requests come back, and the candidate drains and goes. By order
(--by-order) the candidate is listed first in the Routemap, and the old primary drains; no pod is replaced.

It may be ended at any time and run again: it goes on where it was. --undo takes it back."""
CODES = """Exit code: 0, promoted (or taken back); 1, it can't begin or go on, and why; 2, the cluster did not
tell."""
TIMEOUT_SECONDS = 1800.0


@click.command("promote", help=HELP, epilog=CODES)
@click.argument("name", metavar="APP", shell_complete=application_name)
@click.option("--candidate", metavar="VERSION", default="", help="which one, where several are ready")
@click.option("--by-order", is_flag=True, help="list the candidate first; suits names such as shop-v42")
@click.option("--delete", is_flag=True, help="by order: delete the old primary when it has drained")
@click.option("--keep-weights", is_flag=True, help="replace the primary's pods under its requests")
@click.option("--undo", is_flag=True, help="take the last promotion back, under way or not")
@click.option("--force", is_flag=True, help="change also what Git or Helm own")
@click.option(
    "--dry-run",
    is_flag=False,
    flag_value="server",
    type=click.Choice(["server"]),
    help="have the API server judge it, tell the steps, change nothing",
)
@click.option(
    "--output", "-o", type=click.Choice(["json", "yaml"]), help="print the change to commit, change nothing"
)
@click.option(
    "--timeout",
    metavar="SECONDS",
    type=float,
    default=TIMEOUT_SECONDS,
    show_default=True,
    help="0: no limit",
)
@on_cluster
def command(target: Target, name: str, **given: Any) -> int:
    """Carry out `teal promote`."""
    wish = _wish(given)
    looker = Looker(target.cluster, target.namespace, name)
    if given["output"]:
        manifest = promote.to_commit(looker.scene(wish), wish)
        if isinstance(manifest, Stop):
            raise NoError("\n".join(manifest.told))
        terminal.write(terminal.written(manifest, given["output"]))
        return DONE
    if given["dry_run"]:
        return _preview(looker, wish)
    play(target.cluster, lambda: promote.next_step(looker.scene(wish), wish), given["timeout"])
    return DONE


def _wish(given: dict[str, Any]) -> Wish:
    """Return what is asked for. Raises UsageError for what does not go together."""
    if given["by_order"] and given["keep_weights"]:
        raise click.UsageError("--keep-weights: with --by-order no pod is replaced; leave one out")
    if given["delete"] and not given["by_order"]:
        raise click.UsageError("--delete goes with --by-order; in place the candidate goes in any case")
    if given["undo"] and (given["output"] or given["dry_run"] or given["by_order"]):
        raise click.UsageError("--undo takes back whatever was begun; leave the other options out")
    words = ("candidate", "by_order", "keep_weights", "delete", "force", "undo")
    return Wish(**{word: given[word] for word in words})


def _preview(looker: Looker, wish: Wish) -> int:
    scene = looker.scene(wish)
    due = promote.next_step(scene, wish)
    if isinstance(due, Stop):
        raise NoError("\n".join(due.told))
    told = promote.preview(scene, wish) if isinstance(due, Do) else (due.told,)
    terminal.show([*(line(f"{number}. {text}") for number, text in enumerate(told, 1)), line(DRY)])
    return DONE


DRY = "(dry run: nothing is changed)"

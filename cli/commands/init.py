"""`teal init`: what runs already is brought in, and out again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cli import terminal
from cli.adopting import printed
from cli.adopting.look import Looker
from cli.failures import DONE, SAID_NO, NoError
from cli.promoting.play import play
from cli.target import on_cluster
from routing.adopting import bring_in
from routing.adopting.finding import NotFoundOutError, find
from routing.adopting.scene import Wish

if TYPE_CHECKING:
    from cli.target import Target

HELP = """Bring in an application that runs already: APP is the Service that its callers call.

Prints the YAML that takes it over: of a plain Service, or of the VirtualService that shares its requests now,
with its routes, matches, timeouts, retries, headers, CORS, faults, hosts and gateways. What a Routemap can't
say is named. --apply plays it, --undo takes the application out again. Both may be ended at any time and run
again."""
CODES = """Exit code: 0, printed, brought in, or taken out; 1, it can't be, or not all of it, and why; 2, the
cluster did not tell."""


@click.command("init", help=HELP, epilog=CODES)
@click.argument("name", metavar="APP")
@click.option("--apply", is_flag=True, help="bring it in")
@click.option("--undo", is_flag=True, help="take it out again")
@click.option("--drop", is_flag=True, help="leave out what a Routemap can't say")
@click.option("--force", is_flag=True, help="take over also what Git or Helm own")
@click.option("--candidate", metavar="VERSION", default="", help="the version to come (default: APP-next)")
@click.option("--output", "-o", type=click.Choice(["json", "yaml"]), default="yaml", show_default=True)
@click.option(
    "--timeout", metavar="SECONDS", type=float, default=300.0, show_default=True, help="0: no limit"
)
@on_cluster
def command(target: Target, name: str, **given: Any) -> int:
    """Carry out `teal init`."""
    if given["apply"] and given["undo"]:
        raise click.UsageError("--apply and --undo: give one of them")
    wish = Wish(candidate=given["candidate"], drop=given["drop"], force=given["force"])
    looker = Looker(target.cluster, target.namespace, name)
    if given["undo"]:
        play(target.cluster, lambda: bring_in.undo(looker.scene()), given["timeout"])
        return DONE
    if given["apply"]:
        play(target.cluster, lambda: bring_in.next_step(looker.tried(wish), wish), given["timeout"])
        return DONE
    return _print(looker, name, wish, given["output"])


def _print(looker: Looker, app: str, wish: Wish, form: str) -> int:
    """Print what would take it over; the exit code tells whether that is all of it.

    Comments say how it is played by hand. Raises NoError where it can't be, in the sentences of `find`, and
    where the API server would not have it.
    """
    scene = looker.tried(wish)
    if scene.routemap is not None:
        raise NoError(f"Routemap {scene.name} is there already: teal status {scene.name}")
    try:
        found = find(scene, wish)
    except NotFoundOutError as error:
        raise NoError(str(error)) from error
    if scene.refused:
        raise NoError(f"Routemap {scene.name} would be refused: {scene.refused}")
    made = printed.objects(found)
    if form == "json":
        terminal.write(terminal.written({"apiVersion": "v1", "kind": "List", "items": made}, form))
    else:
        comments = "".join(f"# {text}\n" for text in printed.words(found, app))
        terminal.write(comments + "---\n".join(terminal.written(each, form) for each in made))
    return SAID_NO if found.left else DONE

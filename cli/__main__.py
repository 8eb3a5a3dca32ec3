"""The `teal` command: which commands there are. The file of each is read when it is called for."""

from __future__ import annotations

import errno
import os
import shutil
import sys
import textwrap
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli import words
from cli.failures import DONE, NOT_TOLD, NoError
from cli.spans import harmless
from cli.target import FILE
from kube.errors import ClusterError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from click.shell_completion import CompletionItem

COMMANDS = {
    "status": "who gets how many of the requests, why, and what happens next",
    "weights": "give versions other weights than the Routemap's, and take them back",
    "promote": "make the candidate the primary, in place or by order, and take it back",
    "abort": "send all requests to the primary, and keep the candidate",
    "rollout": "pause, resume, skip, abort or retry a rollout by steps",
    "init": "bring in what runs already, and take it out again",
    "migrate": "print the Routemaps that take over what Iter8 routes",
    "diff": "which routes a change would give, in words and YAML",
    "explain": "what a reason or a rule means, and what mends it",
    "history": "who changed what, and when",
    "doctor": "is Teal healthy, and can it work here",
    "dashboard": "a page of all applications, live, on this machine",
    "lint": "judge manifests by the webhook's rules, without a cluster",
    "certs": "tell of an installed Teal's certificates",
}
"""By name, which is that of a file in `commands`, what each does: `teal --help` need read none of them."""
ELSEWHERE = {"dashboard": "dashboard.command"}
"""The files of those that have a package of their own, which may import all that is here."""
HELP = """Automated blue-green rollouts on Istio.

Options of kubectl's (-n, --context, --kubeconfig) may stand before or behind the command. Exit code: 0, all
is well; 1, the answer is no; 2, nobody could tell."""
INTERRUPTED = 130
UNWRITABLE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}
"""Why output that is sent to a file may not arrive."""
COMPLETER = "kubectl_complete-teal"
"""The name under which kubectl asks for what may follow in a line (`completing`)."""


class Commands(click.Group):
    """The commands, each read when it is called for: reading all would take longer than running one."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names, in the order of the help."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command. Raises UsageError where there is none of the name."""
        if cmd_name not in COMMANDS:
            ctx.fail(f"there is no command {cmd_name}; {words.meant(cmd_name, COMMANDS)}")
        file = ELSEWHERE.get(cmd_name, f"cli.commands.{cmd_name}")
        command: click.Command = import_module(file).command
        return command

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem[str]]:
        """Return the commands whose names begin so, without reading them, or else the options."""
        from click.shell_completion import CompletionItem  # noqa: PLC0415 - for whoever asks only

        named = [
            CompletionItem(name, help=told) for name, told in COMMANDS.items() if name.startswith(incomplete)
        ]
        return [*named, *click.Command.shell_complete(self, ctx, incomplete)]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the commands into the help."""
        with formatter.section("Commands"):
            formatter.write_dl([*COMMANDS.items()])


def _version() -> str:
    """Return the version: the one file has it beside this module, an installation in its metadata."""
    beside = Path(__file__).with_name("VERSION")
    if beside.exists():
        return beside.read_text("utf-8").strip()
    from importlib import metadata  # noqa: PLC0415 - takes a while

    try:
        return metadata.version("teal")
    except metadata.PackageNotFoundError:
        return "(a checkout)"


def _show_version(context: click.Context, _parameter: click.Parameter, asked: bool) -> None:  # noqa: FBT001
    if asked:
        click.echo(f"{context.find_root().info_name} {_version()}")
        context.exit()


@click.command(cls=Commands, help=HELP)
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=_show_version)
@click.option("--namespace", "-n", metavar="NAME", help="(default: that of the context)")
@click.option("--context", metavar="NAME", help="of the kubeconfig (default: its current one)")
@click.option("--kubeconfig", type=FILE, metavar="FILE", help="(default: $KUBECONFIG, ~/.kube/config)")
@click.pass_context
def teal(context: click.Context, /, **given: str | None) -> None:
    """Take what stands before a command for its own options."""
    named: Mapping[str, Any] = {name: value for name, value in given.items() if value is not None}
    context.default_map = {name: {**named, "status": named} for name in COMMANDS}


def main() -> int:
    """Carry out a command line, or complete one; return the exit code (`failures`)."""
    try:
        return _run(Path(sys.argv[0]).name)
    except click.UsageError as error:
        error.show()
        return error.exit_code
    except click.ClickException as error:
        return _said(error.message, error.exit_code)
    except click.Abort:
        return INTERRUPTED
    except ClusterError as error:
        return _said(str(error), NOT_TOLD)
    except OSError as error:
        return _unwritten(error)


def _unwritten(error: OSError) -> int:
    """Return the exit code where output is not taken. Raises what is another error."""
    if isinstance(error, BrokenPipeError):  # who reads has seen enough, such as `head`
        sys.stderr.close()
        return NoError.exit_code
    if error.errno not in UNWRITABLE:
        raise error
    # What is still in the buffer would be tried again, and fail again, at the program's end.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return _said(f"standard output can't be written: {error.strerror}", NOT_TOLD)


def _run(name: str) -> int:
    """Do what is asked of the program under a name."""
    if name.startswith(COMPLETER):
        from cli import completing  # noqa: PLC0415 - a line is completed seldom

        sys.stdout.write(completing.answer(teal, sys.argv[1:]))
        return DONE
    if "_TEAL_COMPLETE" in os.environ:  # what click's lines for a shell ask with
        from cli import completing  # noqa: PLC0415

        completing.prepare()
    called = "kubectl teal" if name.startswith("kubectl-teal") else "teal"
    return int(teal.main(prog_name=called, standalone_mode=False) or 0)


def _said(message: str, code: int) -> int:
    """Tell on standard error; to a terminal in lines that are broken at words."""
    said = [harmless(line) for line in f"teal: {message}".splitlines()]
    if sys.stderr.isatty():
        breaks = textwrap.TextWrapper(
            shutil.get_terminal_size().columns, break_long_words=False, break_on_hyphens=False
        )
        said = [part for line in said for part in breaks.wrap(line) or [""]]
    click.echo("\n".join(said), err=True)
    return code


if __name__ == "__main__":
    sys.exit(main())

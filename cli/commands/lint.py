"""`teal lint`: manifests, judged by the rule book."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from cli import terminal
from cli.failures import DONE, NOT_TOLD, SAID_NO
from cli.lint import judge, report
from cli.lint.sources import STANDARD_INPUT, UnreadableError, sources
from cli.target import FILE
from routing import names
from routing.kinds import named_workload

if TYPE_CHECKING:
    from routing.kinds import WorkloadKind

LINT = """Judge Deployments, Routemaps, WeightOverrides and VirtualServices as Teal's admission webhook would
when they are created, and whether they fit each other and their Services. Other objects are passed over.
Nothing is rendered, executed or fetched: pipe what Helm or Kustomize render into `teal lint -`."""
CODES = (
    "Exit code: 0, nothing is wrong; 1, something is; 2, something could not be read, or there is no object."
)


def _named(_context: click.Context, _option: click.Parameter, texts: tuple[str, ...]) -> list[WorkloadKind]:
    try:
        return [named_workload(text) for text in texts]
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


@click.command("lint", help=LINT, epilog=CODES)
@click.argument("files", nargs=-1, required=True, type=FILE, metavar="FILE...")
@click.option(
    "--namespace", "-n", help="where objects are that name no namespace, as kubectl's (default: default)"
)
@click.option("--cluster-domain", default=names.DOMAIN, show_default=True, help="the cluster's DNS domain")
@click.option(
    "--workload",
    "named",
    multiple=True,
    metavar="KIND",
    callback=_named,
    help="one of the chart's `workloads`: plural.version.group=Kind,Condition[,-suffix of its Service]",
)
@click.option(
    "--output",
    "-o",
    type=click.Choice(list(report.FORMATS)),
    default="text",
    show_default=True,
    help="how to print",
)
def command(
    files: tuple[str, ...],
    namespace: str | None,
    cluster_domain: str,
    named: list[WorkloadKind],
    output: str,
) -> int:
    """Carry out `teal lint`: findings go to standard output, what keeps it from judging to standard error.

    A text that kubectl can't read is both: it is told among the findings, and the code is 2, not 1.
    """
    try:
        read = list(sources(list(files)))
    except UnreadableError as error:
        click.echo(f"teal lint: {error}", err=True)
        return NOT_TOLD
    found = judge.lint(read, namespace, cluster_domain, named)
    if not found.values:
        click.echo(f"teal lint: {_nothing(list(files))}", err=True)
        return NOT_TOLD
    sys.stdout.flush()
    terminal.write(report.FORMATS[output](found))
    if found.unreadable:
        return NOT_TOLD
    return SAID_NO if found.errors else DONE


def _nothing(names: list[str]) -> str:
    """Say why an empty input is no success: in a pipe it mostly is the failure of whoever writes."""
    if names == [STANDARD_INPUT]:
        return "no objects passed: standard input is empty; did the command that writes it fail?"
    return f"no objects passed: there is none in {', '.join(names)}"

"""`teal certs status`: who signs an installed Teal's certificates, until when, and what is wrong."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from cli.failures import DONE, NOT_TOLD, SAID_NO, NotToldError
from cli.target import on_cluster
from kube.errors import ClusterError

if TYPE_CHECKING:
    from cli.target import Target

CODES = "Exit code: 0, all is well; 1, something is wrong; 2, the cluster did not tell."
NAMESPACE = "teal-system"


@click.group("certs", help="Tell of an installed Teal's certificates.")
def command() -> None:
    """Hold the commands about certificates."""


@command.command("status", help="Who signs, until when, and what is wrong.", epilog=CODES)
@click.option("--release", default="teal", show_default=True, help="name of its Deployment")
@on_cluster
def status(target: Target, release: str) -> int:
    """Carry out `teal certs status`. It only reads; a cluster that does not tell is one line and code 2.

    Without namespace it is the one where the chart is mostly installed.
    """
    try:
        # Here, so that the help need not load a library of cryptography, which the one file lacks.
        from cli import certs  # noqa: PLC0415
    except ImportError as error:
        raise NotToldError(f"this installation lacks {error.name}; install teal with pip or pipx") from error
    there = replace(target, asked_namespace=target.asked_namespace or NAMESPACE)
    try:
        lines, wrong = certs.status(there.cluster, certs.Release(there.namespace, release), datetime.now(UTC))
    except ClusterError as error:
        click.echo(f"teal certs: {error}", err=True)
        return NOT_TOLD
    click.echo("\n".join([*lines, *(f"Wrong: {each}" for each in wrong)]))
    return SAID_NO if wrong else DONE

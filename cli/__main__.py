"""The `teal` command: `lint` judges manifests without a cluster, `certs status` tells of one."""

from __future__ import annotations

import argparse
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from cli.lint import judge, report
from cli.lint.sources import STANDARD_INPUT, UnreadableError, sources
from routing import names

if TYPE_CHECKING:
    from collections.abc import Callable

REFUSED, UNREADABLE = 1, 2
LINT = """Judge Deployments, Routemaps, WeightOverrides and VirtualServices as Teal's admission webhook would
when they are created, and whether they fit each other and their Services. Other objects are passed over.
Nothing is rendered, executed or fetched: pipe what Helm or Kustomize render into `teal lint -`."""
CODES = (
    "Exit code: 0, nothing is wrong; 1, something is; 2, something could not be read, or there is no object."
)
CERTS_CODES = "Exit code: 0, all is well; 1, something is wrong; 2, the cluster did not tell."
KUBECONFIG = os.environ.get("KUBECONFIG") or str(Path.home() / ".kube" / "config")


def main() -> int:
    """Carry out a command line; return the exit code.

    Each command says under `--help` what its codes mean; argparse itself ends with 2 where the line is
    malformed.
    """
    arguments = _parser().parse_args()
    run: Callable[[argparse.Namespace], int] = arguments.run
    return run(arguments)


def _lint(arguments: argparse.Namespace) -> int:
    """Carry out `teal lint`: findings go to standard output, what keeps it from judging to standard error.

    A text that kubectl can't read is both: it is told among the findings, and the code is 2, not 1.
    """
    try:
        read = list(sources(arguments.files))
    except UnreadableError as error:
        print(f"teal lint: {error}", file=sys.stderr)
        return UNREADABLE
    found = judge.lint(read, arguments.namespace, arguments.cluster_domain)
    if not found.values:
        print(f"teal lint: {_nothing(arguments.files)}", file=sys.stderr)
        return UNREADABLE
    printed = report.FORMATS[arguments.output](found)
    # UTF-8 whatever the locale: a sentence that can't be printed must not end the run.
    sys.stdout.buffer.write(printed.encode(errors="backslashreplace"))
    sys.stdout.flush()
    if found.unreadable:
        return UNREADABLE
    return REFUSED if found.errors else 0


def _nothing(names: list[str]) -> str:
    """Say why an empty input is no success: in a pipe it mostly is the failure of whoever writes."""
    if names == [STANDARD_INPUT]:
        return "no objects passed: standard input is empty; did the command that writes it fail?"
    return f"no objects passed: there is none in {', '.join(names)}"


def _certs_status(arguments: argparse.Namespace) -> int:
    """Carry out `teal certs status`. It only reads; a cluster that does not tell is one line and code 2."""
    # Here, so that `teal lint` need not load a client of the API server.
    from cli import certs  # noqa: PLC0415
    from kube.client import Cluster  # noqa: PLC0415
    from kube.errors import ClusterError  # noqa: PLC0415

    try:
        release = certs.Release(arguments.namespace, arguments.release)
        lines, wrong = certs.status(Cluster(arguments.kubeconfig), release, datetime.now(UTC))
    except ClusterError as error:
        print(f"teal certs: {error}", file=sys.stderr)
        return UNREADABLE
    print("\n".join([*lines, *(f"Wrong: {each}" for each in wrong)]))
    return REFUSED if wrong else 0


def _parser() -> argparse.ArgumentParser:
    """Return the parser. Each command sets `run`, from its arguments to the exit code."""
    parser = argparse.ArgumentParser(prog="teal", description="Automated blue-green rollouts on Istio")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    command = commands.add_parser(
        "lint", help="judge manifests by the webhook's rules", description=LINT, epilog=CODES
    )
    command.add_argument(
        "files",
        nargs="+",
        metavar="FILE",
        help=f"YAML or JSON, folders of them, or {STANDARD_INPUT} for standard input",
    )
    command.add_argument(
        "--namespace", "-n", help="where objects are that name no namespace, as kubectl's (default: default)"
    )
    command.add_argument(
        "--cluster-domain", default=names.DOMAIN, help="the cluster's DNS domain (default: %(default)s)"
    )
    command.add_argument(
        "--output", choices=report.FORMATS, default="text", help="how to print (default: %(default)s)"
    )
    command.set_defaults(run=_lint)
    _add_certs(commands)
    return parser


def _add_certs(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    certs = commands.add_parser("certs", help="tell of an installed Teal's certificates")
    status = certs.add_subparsers(required=True, metavar="COMMAND").add_parser(
        "status", help="who signs, until when, and what is wrong", epilog=CERTS_CODES
    )
    status.add_argument("--namespace", "-n", default="teal-system", help="Teal's (default: %(default)s)")
    status.add_argument("--release", default="teal", help="name of its Deployment (default: %(default)s)")
    status.add_argument("--kubeconfig", default=KUBECONFIG, help="(default: $KUBECONFIG, ~/.kube/config)")
    status.set_defaults(run=_certs_status)


if __name__ == "__main__":
    sys.exit(main())

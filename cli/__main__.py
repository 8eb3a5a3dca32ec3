"""`teal lint FILE…`: judge manifests by the webhook's own rules, without a cluster."""

from __future__ import annotations

import argparse
import sys

from cli import lint, report
from cli.sources import STANDARD_INPUT, UnreadableError, sources

REFUSED, UNREADABLE = 1, 2
LINT = """Judge Deployments, Routemaps, WeightOverrides and VirtualServices as Teal's admission webhook would
when they are created. Other objects are passed over. Nothing is rendered, executed or fetched: pipe what
Helm or Kustomize render into `teal lint -`."""
CODES = "Exit code: 0, nothing is refused; 1, something is; 2, something could not be read."


def main() -> int:
    """Parse the command line, lint and print; return the exit code."""
    arguments = _parser().parse_args()
    try:
        read = list(sources(arguments.files))
    except UnreadableError as error:
        print(f"teal lint: {error}", file=sys.stderr)
        return UNREADABLE
    found = lint.lint(read)
    printed = report.FORMATS[arguments.output](found)
    # UTF-8 whatever the locale: a sentence that can't be printed must not end the run.
    sys.stdout.buffer.write(printed.encode(errors="backslashreplace"))
    sys.stdout.flush()
    if found.unreadable:
        return UNREADABLE
    return REFUSED if found.errors else 0


def _parser() -> argparse.ArgumentParser:
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
        "--output", choices=report.FORMATS, default="text", help="how to print (default: %(default)s)"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())

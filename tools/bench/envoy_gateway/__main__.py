"""`make bench-envoy-gateway`: rollouts by HTTPRoutes through Envoy Gateway, which is no mesh, under load.

On one machine, without root: a real API server with the controllers that matter, Teal, Envoy Gateway with its
Envoy, and applications that run. Prints what failed, what Envoy Gateway says of routes that it does not take,
and what becomes of every shape of route.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tools.bench.envoy_gateway import isolated
from tools.bench.envoy_gateway.changes import costs
from tools.bench.envoy_gateway.gateway import program
from tools.bench.envoy_gateway.lives import LIVES, play
from tools.bench.envoy_gateway.refused import nobody_ready, refusals
from tools.bench.envoy_gateway.shapes import judged
from tools.bench.envoy_gateway.site import site
from tools.bench.report import table
from tools.demo.shell import DemoError
from tools.local.envoy import envoy
from tools.local.programs import programs

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tools.bench.envoy_gateway.lives import Life, Outcome
    from tools.bench.envoy_gateway.site import Site

_REFUSED, _SHAPES, _CHANGES = "refused", "shapes", "changes"
_PARTS = (_SHAPES, _REFUSED, *(life.name for life in LIVES), _CHANGES)
_MOST_LINES = 10
_HEAD = (
    "life",
    "requests",
    "failed",
    "what was seen",
    "the last command took",
    "answers that named another version",
)
_COSTS_HEAD = (
    "change",
    "requests",
    "failed",
    "changes in which any failed",
    "users answered by a version that is not theirs",
    "answers that named another version",
)


def main() -> int:
    """Play and print; return 1 if a request failed, or anything went otherwise than it should."""
    arguments = _arguments()
    if not arguments.inside:
        # Fetched and built before: in there is no way out.
        for made in (programs, envoy, program):
            made()
        isolated.enter("tools.bench.envoy_gateway", *sys.argv[1:])
    isolated.arrange()
    only = arguments.only or _PARTS
    with _folder(arguments.logs) as folder, site(folder) as running:
        sound = [
            _SHAPES not in only or _every_shape(running),
            _REFUSED not in only or _refusals(running),
            _lives(running, [life for life in LIVES if life.name in only]),
        ]
        if _CHANGES in only:
            _costs(running)
    return 0 if all(sound) else 1


def _every_shape(running: Site) -> bool:
    count, odd, rejected = judged(running)
    print(f"{count} shapes of HTTPRoute and GRPCRoute: {len(odd)} not as meant", flush=True)
    print(f"Envoy refused {rejected} updates", flush=True)
    for name, what in [*odd.items()][:_MOST_LINES]:
        print(f"! {name}: {what}", flush=True)
    return not odd and not rejected


def _refusals(running: Site) -> bool:
    try:
        for case, message in refusals(running):
            print(f"{case.title}: {case.reason}: {message}", flush=True)
        ours, theirs = nobody_ready(running)
        print(f"a version without a ready endpoint: {ours}; Envoy Gateway: {theirs}", flush=True)
    except DemoError as error:
        print(f"! {error}", flush=True)
        return False
    return True


def _lives(running: Site, lives: Sequence[Life]) -> bool:
    rows: list[tuple[str, ...]] = [_HEAD]
    sound = True
    for life in lives:
        try:
            outcome = play(running, life)
        except DemoError as error:
            print(f"! {life.name}: {error}", flush=True)
            sound = False
            continue
        for fault in outcome.faults[:_MOST_LINES]:
            print(f"! {life.name}: {fault}", flush=True)
        sound = sound and not outcome.faults
        rows.append(_row(life, outcome))
    print(table(rows), flush=True)
    return sound


def _costs(running: Site) -> None:
    """Print what changes of a route cost, which are made here and not by Teal."""
    rows: list[tuple[str, ...]] = [_COSTS_HEAD]
    for title, cost in costs(running):
        counts = (cost.asked, cost.failed, cost.struck, cost.strays, cost.misnamed)
        rows.append((title, *(f"{count:,}" for count in counts)))
        print(f"{title}: {dict(cost.statuses)}", flush=True)
    print(table(rows), flush=True)


def _row(life: Life, outcome: Outcome) -> tuple[str, ...]:
    return (
        life.name,
        f"{outcome.requests:,}",
        str(outcome.failed),
        outcome.seen,
        f"{outcome.ended_seconds:.1f} s",
        f"{outcome.misnamed} of {outcome.asked:,}",
    )


@contextmanager
def _folder(logs: Path | None) -> Iterator[Path]:
    """Give a folder for state and logs."""
    if logs:
        logs.mkdir(parents=True)
        yield logs.resolve()
        return
    with tempfile.TemporaryDirectory(prefix="teal-envoy-gateway-", ignore_cleanup_errors=True) as temporary:
        yield Path(temporary)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tools.bench.envoy_gateway", description=__doc__)
    parser.add_argument("--only", nargs="*", choices=_PARTS, metavar="PART", help=f"of {', '.join(_PARTS)}")
    parser.add_argument("--logs", type=Path, help="a new folder for logs, kept (default: thrown away)")
    parser.add_argument(isolated.INSIDE, action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())

"""`make bench-traffic`: every scenario, then the whole tutorial ten times, under load; counts what fails."""

from __future__ import annotations

import argparse
import subprocess
import sys
from typing import TYPE_CHECKING

from tools.bench.traffic import tutorial
from tools.bench.traffic.play import Rate, Traffic
from tools.bench.traffic.scenario import scenarios
from tools.demo import grounds
from tools.demo.shell import DemoError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tools.bench.traffic.play import Outcome
    from tools.bench.traffic.scenario import Scenario
    from tools.demo.grounds import Ground

EXPOSE_DELAYS = (0, 3, 10)
MOST_LINES = 5


def main() -> int:
    """Play and print; return 1 if a request failed that should not have."""
    args = _arguments()
    with grounds.local() as ground:
        wanted = [each for each in scenarios() if args.only is None or each.name in args.only]
        sound = _scenarios(ground, wanted, args.drain) if wanted else True
        return 0 if _tutorials(ground, args.tutorials) and sound else 1


def _scenarios(ground: Ground, wanted: Sequence[Scenario], drain_seconds: int) -> bool:
    """Play scenarios; tell whether all went as it should."""
    traffic, sound = Traffic(ground, drain_seconds, Rate()), True
    traffic.prepare()
    for scenario in wanted:
        try:
            outcome = traffic.play(scenario)
        except (DemoError, subprocess.CalledProcessError) as error:
            print(f"{scenario.name}: {error}", flush=True)
            sound = False
            continue
        _show(outcome)
        sound = sound and (scenario.compared or not outcome.failures)
    return sound


def _show(outcome: Outcome) -> None:
    print(f"{outcome.title}: {outcome.requests} requests, {len(outcome.failures)} failed")
    for command, seconds in outcome.waits:
        print(f"    {seconds:6.1f} s  {command.splitlines()[0]}")
    _complain([*outcome.failures[:MOST_LINES], *outcome.shares_off])


def _tutorials(ground: Ground, runs: int) -> bool:
    """Play the tutorial so many times; tell whether no request failed."""
    rate, sound = Rate(), True
    for number in range(runs):
        delay = EXPOSE_DELAYS[number % len(EXPOSE_DELAYS)]
        title = f"The whole tutorial, {number + 1} of {runs}, exposed after {delay} s"
        try:
            results, wrong = tutorial.run(ground, rate.inside + rate.outside, delay)
        except DemoError as error:
            print(f"{title}: {error}", flush=True)
            sound = False
            continue
        print(f"{title}: {results.requests} requests, {len(results.failures)} failed")
        _complain(wrong[:MOST_LINES])
        sound = sound and not wrong
    return sound


def _complain(lines: Iterable[str]) -> None:
    for line in lines:
        print(f"    ! {line}")
    sys.stdout.flush()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tools.bench.traffic", description=__doc__)
    parser.add_argument("--only", nargs="*", metavar="NAME", help="these scenarios (default: all)")
    parser.add_argument("--drain", type=int, default=15, help="their Routemap's drainSeconds (default: 15)")
    parser.add_argument("--tutorials", type=int, default=10, help="runs of the tutorial (default: 10)")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())

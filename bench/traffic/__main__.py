"""`make bench-traffic`: every scenario and the whole tutorial under load; counts what fails."""

from __future__ import annotations

import argparse
import subprocess
import sys

from bench.traffic.play import Rate, Traffic
from bench.traffic.scenario import scenarios
from deploy.demo import grounds
from deploy.demo.shell import DemoError


def main() -> int:
    """Play and print; return 1 if a request failed that should not have."""
    parser = argparse.ArgumentParser(prog="python -m bench.traffic", description=__doc__)
    parser.add_argument("--only", nargs="+", help="names of scenarios")
    parser.add_argument("--drain", type=int, default=15, help="the Routemap's drainSeconds")
    args = parser.parse_args()
    bad = False
    with grounds.local() as ground:
        traffic = Traffic(ground, args.drain, Rate())
        traffic.prepare()
        for scenario in scenarios():
            if args.only and scenario.name not in args.only:
                continue
            try:
                outcome = traffic.play(scenario)
            except (DemoError, subprocess.CalledProcessError) as error:
                print(f"{scenario.name}: {error}", flush=True)
                bad = True
                continue
            print(
                f"{scenario.title}: {outcome.requests} requests, {len(outcome.failures)} failed", flush=True
            )
            for command, took in outcome.waits:
                print(f"    {took:6.1f} s  {command.splitlines()[0]}")
            for line in (*outcome.failures[:5], *outcome.shares_off):
                print(f"    ! {line}")
            sys.stdout.flush()
            bad = bad or bool(outcome.failures and not scenario.compared)
    return int(bad)


if __name__ == "__main__":
    sys.exit(main())

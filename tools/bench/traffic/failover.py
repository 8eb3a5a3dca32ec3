"""`make bench-failover`: how long a change waits when the leader is killed, stopped or paused, under load."""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections import Counter
from typing import TYPE_CHECKING

from tools.bench.traffic.play import Rate, Traffic
from tools.bench.traffic.scenario import scenarios
from tools.demo import grounds
from tools.demo.splits import SplitWatch, Timeline

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tools.demo.grounds import Ground

SIGNALS = {"KILL": "killed (SIGKILL)", "TERM": "stopped (SIGTERM)", "STOP": "paused (SIGSTOP)"}
HOLDER = "kubectl -n teal-system get lease teal -o jsonpath={.spec.holderIdentity}"
CALM_SECONDS = 3.0
CHANGED_SECONDS = 60.0


def main() -> int:
    """Measure and print; return 1 if a request failed."""
    parser = argparse.ArgumentParser(prog="python -m tools.bench.traffic.failover", description=__doc__)
    parser.add_argument("--tries", type=int, default=10, help="of each signal (default: %(default)s)")
    tries = parser.parse_args().tries
    given = next(each for each in scenarios() if each.name == "weights")
    with grounds.local() as ground:
        traffic = Traffic(ground, 15, Rate(60.0, 30.0))
        traffic.prepare()
        traffic.begin()
        with traffic.loaded(given) as running:
            for command in given.given:
                traffic.ask(command)
            begin = time.monotonic()
            for signal, title in SIGNALS.items():
                _show(title, [_failover(ground, traffic, signal, number) for number in range(tries)])
            failed = [each for c in running.values() for each in c.tally.failures if each.sent >= begin]
            requests = sum(c.tally.versions(begin).total() for c in running.values())
        traffic.end()
    print(f"{requests + len(failed)} requests, {len(failed)} failed")
    for what, count in Counter(each.what for each in failed).most_common(5):
        print(f"    ! {count} times: {what}")
    return 1 if failed else 0


def _failover(ground: Ground, traffic: Traffic, signal: str, number: int) -> float:
    """Signal the leader, change the weights at once; return the seconds until the VirtualService has them."""
    wanted = {"httpbin-0": 40 + number, "httpbin-1": 60 - number}
    leader = traffic.ask(HOLDER)
    watch = SplitWatch(ground.shell.environment, timeline := Timeline(lambda _: None))
    try:
        begin = time.monotonic()
        traffic.ask(f'{{local}} signal {signal} "--identity={leader}"')
        traffic.ask(_override(wanted))
        if timeline.until(wanted, CHANGED_SECONDS) is None:
            raise RuntimeError(f"the weights are not {wanted} after {CHANGED_SECONDS:.0f} s")
        return time.monotonic() - begin
    finally:
        watch.close()
        if signal == "STOP":
            traffic.ask(f'{{local}} signal CONT "--identity={leader}"')
        # Another pod for the next try: kubelet would wait ever longer before it starts the same one again.
        traffic.ask(f"kubectl -n teal-system delete pod {leader} --grace-period=1")
        traffic.ask("kubectl -n teal-system rollout status deployment teal --timeout=300s")
        time.sleep(CALM_SECONDS)


def _override(weights: Mapping[str, int]) -> str:
    listed = ", ".join(f"{{version: {name}, weight: {weight}}}" for name, weight in weights.items())
    return f"""kubectl apply -f - <<EOF
apiVersion: iter8.tools/v1alpha1
kind: WeightOverride
metadata: {{name: httpbin}}
spec: {{weights: [{listed}]}}
EOF"""


def _show(title: str, seconds: list[float]) -> None:
    low, middle, high = min(seconds), statistics.median(seconds), max(seconds)
    print(f"{title}: {len(seconds)} times, {low:.1f} / {middle:.1f} / {high:.1f} s (least, median, most)")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())

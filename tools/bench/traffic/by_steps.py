"""`make bench-rollouts`: candidates that come by steps, judged by a real Prometheus, under load.

What fails is counted by its status and by who answered: a bad candidate's own errors, and none beside. What a
proxy answers for a version that does not (503) bears nobody's name; whose it was is told by the proxies' own
figures, by version: where they have none of the primary's, it was the candidate's.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from tools.bench.traffic.candidates import CANDIDATE, CASES, PRIMARY, SHARES, asked, candidate
from tools.bench.traffic.play import AFTER_SECONDS, Rate, Traffic
from tools.bench.traffic.scenario import Scenario
from tools.demo import grounds
from tools.demo.shell import DemoError
from tools.demo.splits import SplitWatch, Timeline
from tools.local import cluster
from tools.local.addons import SLEEP

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from tools.bench.traffic.candidates import Case
    from tools.demo.clients import Client
    from tools.demo.grounds import Ground
    from tools.demo.splits import Change

    Failures = Mapping[tuple[int, str], int]

DRAIN_SECONDS = 5
INTERVAL_SECONDS = 5
"""As often as the local cluster's Prometheus reads the proxies."""
END_SECONDS = 300.0
_ENDED = ("Succeeded", "Promoted", "Failed", "Held")
_LOOK_SECONDS = 0.5
_MOST_SAID = 5
_PROMETHEUS = "/api/v1/namespaces/monitoring/services/prometheus:9090/proxy/api/v1"


@dataclass(frozen=True)
class Outcome:
    """What came of a case.

    `rollout`: the Routemap's status of it, in the end; `shares`: the candidate's, one after the other;
    `failures`: how many requests failed, by status and who answered. `seconds`: from the first share to the
    end. `primary_failed`: of a candidate that dies, how many of the primary's requests failed by the proxies.
    `said`: of what the candidate has not answered, the first: when, to whom, and what.
    """

    rollout: Mapping[str, Any]
    shares: tuple[int, ...]
    requests: int
    failures: Failures
    complaints: tuple[str, ...]
    seconds: float
    primary_failed: float = 0.0
    said: tuple[str, ...] = ()

    def strange(self, case: Case) -> dict[tuple[int, str], int]:
        """Return the failures that are not the candidate's own, by status and who answered."""
        nobody = CANDIDATE if case.dies and not self.primary_failed else ""
        return {
            (status, version): count
            for (status, version), count in self.failures.items()
            if (version or nobody) != CANDIDATE or status not in case.own
        }


def prepare(ground: Ground) -> Traffic:
    """Install Prometheus, and Teal which asks it; the client's proxy is made anew, so that it is counted."""
    url = cluster.prometheus()
    traffic = Traffic(ground, DRAIN_SECONDS, Rate())
    traffic.ask(f"kubectl delete -f {SLEEP} --ignore-not-found --timeout=120s")
    asked = {"url": url, "preset": "envoy", "interval": INTERVAL_SECONDS}
    traffic.prepare("".join(f" --set prometheus.{key}={value}" for key, value in asked.items()))
    return traffic


def play(ground: Ground, traffic: Traffic, case: Case) -> Outcome:
    """Play one. Raises DemoError when a command fails, or the rollout does not end in time."""
    traffic.begin(case.router)
    spec = {"spec": asked(case)}
    traffic.ask(f"kubectl patch routemap httpbin --type=merge -p '{json.dumps(spec)}'")
    changes: list[Change] = []
    timeline = Timeline(changes.append)
    watch = SplitWatch(ground.shell.environment, timeline)
    try:
        with traffic.loaded(Scenario(case.name, case.title, (), (), {}), case.testers) as running:
            begin = time.monotonic()
            failed = _primary_failed(traffic) if case.dies else 0.0
            traffic.ask(f"kubectl apply -f - <<'EOF'\n{json.dumps(candidate(case))}\nEOF")
            if case.meanwhile:
                _reach(timeline, case, SHARES[1])
                for command in ("sleep 5", *case.meanwhile):
                    traffic.ask(command)
            told = _ended(traffic, case)
            ended = time.monotonic()
            _reach(timeline, case, case.shares[-1] if case.shares else told["share"])
            time.sleep(AFTER_SECONDS)
            if case.dies:
                time.sleep(2 * INTERVAL_SECONDS)
                failed = _primary_failed(traffic) - failed
    finally:
        watch.close()
        traffic.end()
    shares = [(change.at, change.split.get(CANDIDATE, 0)) for change in changes if change.at > begin]
    return Outcome(
        told,
        tuple(share for _, share in shares),
        sum(len(client.tally) for client in running.values()),
        _failures(running.values(), begin),
        tuple(client.complaint for client in running.values() if client.complaint),
        ended - min((at for at, share in shares if share), default=begin),
        failed,
        tuple(_said(running, begin)),
    )


def _said(running: Mapping[str, Client], begin: float) -> Iterator[str]:
    """Yield a sentence for each of the first requests that failed, and not by the candidate."""
    found = [
        (each.sent - begin, name, each.what)
        for name, client in running.items()
        for each in client.tally.failures
        if each.sent >= begin and each.version != CANDIDATE
    ]
    for at, name, what in sorted(found)[:_MOST_SAID]:
        yield f"{at:.1f} s after it came, {name}: {what}"


def _primary_failed(traffic: Traffic) -> float:
    """Return how many of the primary's requests have failed since the proxies began, as those count them."""
    whose = f'cluster_name=~"outbound.*[|]{PRIMARY}[.]default[.].*",response_code=~"5.."'
    query = quote(f"sum(envoy_cluster_upstream_rq{{{whose}}}) or vector(0)")
    answer = json.loads(traffic.ask(f"kubectl get --raw '{_PROMETHEUS}/query?query={query}'"))
    return float(answer["data"]["result"][0]["value"][1])


def _reach(timeline: Timeline, case: Case, share: int) -> None:
    """Wait until the candidate has a share. Raises DemoError."""
    until = time.monotonic() + END_SECONDS
    while timeline.last.split.get(CANDIDATE, 0) != share:
        if time.monotonic() > until:
            split = dict(timeline.last.split)
            raise DemoError(f"{case.title}: the split is {split}; {CANDIDATE} was to have {share} %")
        time.sleep(_LOOK_SECONDS)


def _ended(traffic: Traffic, case: Case) -> dict[str, Any]:
    """Wait for the rollout's end; return its status. Raises DemoError."""
    ends = {*_ENDED} - ({"Succeeded"} if case.promotion == "byOrder" else set())
    until = time.monotonic() + END_SECONDS
    last: dict[str, Any] = {}
    while time.monotonic() < until:
        try:
            status = json.loads(traffic.ask("kubectl get routemap httpbin -o json"))["status"]
        except DemoError:  # the API server is away
            status = {}
        last = status.get("rollout", last)
        if last.get("phase") in ends:
            return last
        time.sleep(_LOOK_SECONDS)
    raise DemoError(f"The rollout has not ended after {END_SECONDS:.0f} s: {last}")


def _failures(running: Iterable[Client], begin: float) -> Failures:
    return Counter(
        (each.status, each.version.strip("-"))
        for client in running
        for each in client.tally.failures
        if each.sent >= begin
    )


def main() -> int:
    """Play and print; return 1 if a rollout ended otherwise than it should, or a request failed so."""
    parser = argparse.ArgumentParser(prog="python -m tools.bench.traffic.by_steps", description=__doc__)
    parser.add_argument("--only", nargs="*", metavar="NAME", help="these cases (default: all)")
    only: Sequence[str] | None = parser.parse_args().only
    sound = True
    with grounds.local() as ground:
        traffic = prepare(ground)
        for case in CASES:
            if only is None or case.name in only:
                sound = _shown(ground, traffic, case) and sound
    return 0 if sound else 1


def _shown(ground: Ground, traffic: Traffic, case: Case) -> bool:
    """Play one and print what came of it; tell whether that is as it should be."""
    try:
        outcome = play(ground, traffic, case)
    except DemoError as error:
        print(f"{case.title}: {error}", flush=True)
        return False
    shares = ", ".join(map(str, outcome.shares))
    failed = sum(outcome.failures.values())
    print(f"{case.title}: {outcome.requests} requests, {failed} failed")
    print(f"    {outcome.seconds:.1f} s; shares {shares}; {outcome.rollout['reason']}")
    print(f"    {outcome.rollout['message']}")
    for (status, version), count in sorted(outcome.failures.items()):
        print(f"    {count} x {status} by {version or 'nobody'}")
    if case.dies:
        print(f"    {outcome.primary_failed:.0f} of the primary's, as the proxies count them")
    for line in (*outcome.said, *outcome.complaints):
        print(f"    ! {line}")
    sys.stdout.flush()
    expected = case.shares in (None, outcome.shares) and outcome.rollout["reason"] == case.reason
    return expected and not outcome.strange(case) and not outcome.complaints


if __name__ == "__main__":
    sys.exit(main())

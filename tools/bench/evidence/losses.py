"""What the same bad candidates cost under each analysis, as expected: no chance, so the same each time. Pure.

Requests come evenly, 300 a second and 20 more of testers where there are some. Teal's counting begins 30 s
after a step (two intervals, the longest), is looked at every 15 s, and told 10 s later: its chart's defaults.
Peers' measurements are taken to be there at once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from routing.stepping.judging import verdict
from routing.stepping.rollout import Check, Counts, Enough, Measure, Step, Verdict
from tools.bench.evidence.peers import Loss, walk
from tools.bench.evidence.plays import STEPS, End

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tools.bench.evidence.peers import Peer

RATE, TESTERS = 300.0, 20.0
COUNTS_AFTER, LOOK, TOLD_AFTER = 30.0, 15.0, 10.0
HEARD = 0.2
"""Seconds until proxies have heard of another split (docs/traffic.md): what Teal loses of a pod that dies."""
CRASHES_AFTER, STARTS_IN = 30.0, 3.0
BACKOFF = (0.0, 10.0, 20.0, 40.0, 80.0, 160.0, 300.0)
"""What kubelet waits before a container's next start; the last for all that follow."""
LOST_FOR_GOOD = 3
"""So many times a candidate that is not ready comes back, less one (docs/rollout.md)."""


@dataclass(frozen=True, slots=True)
class Case:
    """A candidate. `errors`: its share of bad answers; `slow_ms`: what it takes; `limit`: of good ones."""

    title: str
    unit: str
    limit: float
    errors: float = 0.0
    slow_ms: float = 0.0
    testers: bool = False
    crashes: bool = False


CASES = (
    Case("2 % of its answers are errors", "failed", 99.5, errors=0.02),
    Case("200 ms slower; 100 ms are asked for", "slow", 90.0, slow_ms=200.0),
    Case("fails for a header's testers, who come first", "failed", 95.0, testers=True),
    Case("crashes after 30 s, again and again", "failed", 95.0, crashes=True),
)


def downs(until: float) -> Iterator[tuple[float, float]]:
    """Yield from when to when the one pod of a candidate that crashes is down."""
    begin, number = 0.0, 0
    while begin < until:
        crash = begin + CRASHES_AFTER
        begin = crash + STARTS_IN + BACKOFF[min(number, len(BACKOFF) - 1)]
        yield crash, begin
        number += 1


def bad_and_all(case: Case, share: int, begin: float, end: float) -> tuple[float, float]:
    """Return how many of the candidate's requests are bad between two times, and how many there are."""
    requests = (RATE * share / 100.0 + (TESTERS if case.testers else 0.0)) * (end - begin)
    if case.testers:
        return TESTERS * (end - begin), requests
    if case.crashes:
        away = sum(max(0.0, min(to, end) - max(since, begin)) for since, to in downs(end))
        return requests * away / (end - begin), requests
    return requests * (1.0 if case.slow_ms else case.errors), requests


def by_peer(case: Case, peer: Peer, *, docs: bool) -> Loss:
    """Return what a case costs under a peer's analysis, with its docs' limits or with the case's."""
    if case.testers and peer.testers:
        steps, most = peer.testers
        peer = replace(peer, steps=steps, most=most)
    elif case.testers:
        peer = replace(peer, steps=(Step(0, peer.begin or peer.steps[0].seconds), *peer.steps))
    least = peer.least if docs else case.limit

    def measure(share: int, begin: float, end: float) -> tuple[float, bool]:
        bad, _ = bad_and_all(case, share, begin, end)
        if case.slow_ms:
            return bad, not docs or case.slow_ms > peer.within_ms
        lately, requests = bad_and_all(case, share, max(0.0, end - peer.window), end)
        return bad, 100.0 * (requests - lately) < least * requests

    def ready(at: float) -> bool:
        return not case.crashes or all(not since <= at < to for since, to in downs(at))

    return walk(peer, measure, ready)


def by_teal(case: Case) -> Loss:
    """Return what a case costs under Teal's default steps and the case's limit."""
    if case.crashes:
        *_, (crash, _) = [times for times, _ in zip(downs(1e6), range(LOST_FOR_GOOD), strict=False)]
        return Loss(End.ROLLED_BACK, crash, LOST_FOR_GOOD * HEARD * RATE * STEPS[0].share / 100.0)
    check = Check("check", Measure.SUCCESS, least=case.limit)
    seconds, lost = 0.0, 0.0
    for step in ((Step(0, STEPS[0].seconds),) if case.testers else ()) + STEPS:
        found, took = _step(case, check, step)
        bad, _ = bad_and_all(case, step.share, seconds, seconds + took)
        seconds, lost = seconds + took, lost + bad
        if found is not Verdict.GOOD:
            return Loss(End.ROLLED_BACK if found is Verdict.BAD else End.HELD, seconds, lost)
    return Loss(End.PROMOTED, seconds, lost)


def _step(case: Case, check: Check, step: Step) -> tuple[Verdict, float]:
    """Return how a step ends, and after how many seconds."""
    enough, counted = Enough(), 0.0
    while (took := COUNTS_AFTER + counted + LOOK + TOLD_AFTER) < enough.within:
        counted += LOOK
        bad, requests = bad_and_all(case, step.share, 0.0, counted)
        found = verdict(check, enough, 1, Counts(requests - bad, requests), None)
        if found is Verdict.BAD or (found is Verdict.GOOD and took >= step.seconds):
            return found, took
    return Verdict.OPEN, enough.within

"""How Flagger and Argo Rollouts analyse by their own docs, and what a candidate does under that. Pure.

Flagger v1.44.0: `docs/gitbook/tutorials/istio-progressive-delivery.md` (interval 1m, threshold 5, stepWeight
10, maxWeight 50, success at least 99 over 1m, P99 at most 500 ms, progressDeadlineSeconds 60), A/B tests from
`docs/gitbook/usage/deployment-strategies.md` (interval 1m, threshold 2); the shortest interval, 10 s, and
the default threshold, 1, from `pkg/apis/flagger/v1beta1/canary.go`. A failed check keeps the weight and is
counted for good, no requests is a failed check, none is taken while pods are not ready
(`pkg/controller/scheduler.go`).

Argo Rollouts 9f8d111d8: `docs/features/analysis.md`, "Background Analysis" (20 % more every 10 minutes, from
40 % on a measurement every 5 minutes by `irate`, at least 95 %, `failureLimit: 3`: the fourth that fails
aborts). It has no measurements by default. `irate` is of the last two readings; 15 s apart is taken here.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING

from routing.stepping.rollout import Step
from tools.bench.evidence.chance import binomial, poisson
from tools.bench.evidence.plays import STEPS, End

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from tools.bench.evidence.plays import Setting

    Measure = Callable[[int, float, float], tuple[float, bool]]
    Ready = Callable[[float], bool]


@dataclass(frozen=True, slots=True)
class Peer:
    """An analysis. Times are seconds.

    `every`: from one measurement to the next, the first at `begin`; each is of the last `window`. `most`: so
    many that fail roll back. `least`: percent of good answers, `within_ms` what a latency may be: its docs'.
    No share grows while pods are not ready. `stays`: a measurement that fails keeps the share, and none is
    taken while pods are not ready; more than `deadline` of that rolls back. `testers`: the steps and the
    limit of failures for those alone.
    """

    name: str
    steps: tuple[Step, ...]
    every: float
    window: float
    most: int
    least: float
    within_ms: float = inf
    begin: float = 0.0
    stays: bool = False
    deadline: float = inf
    testers: tuple[tuple[Step, ...], int] | None = None


@dataclass(frozen=True, slots=True)
class Loss:
    """How it ended, after how many seconds, and how many requests were bad by then, as expected."""

    end: End
    seconds: float
    lost: float


_TENTHS = tuple(Step(share) for share in (10, 20, 30, 40, 50))
PEERS = (
    Peer(
        "Flagger, tutorial",
        _TENTHS,
        every=60.0,
        window=60.0,
        most=5,
        least=99.0,
        within_ms=500.0,
        stays=True,
        deadline=60.0,
        testers=((Step(0),) * 10, 2),
    ),
    Peer(
        "Flagger, quickest",
        _TENTHS,
        every=10.0,
        window=60.0,
        most=1,
        least=99.0,
        within_ms=500.0,
        stays=True,
        deadline=60.0,
        testers=((Step(0),) * 10, 1),
    ),
    Peer(
        "Argo Rollouts, docs",
        tuple(Step(share, 600.0) for share in (20, 40, 60, 80)),
        every=300.0,
        window=15.0,
        most=4,
        least=95.0,
        begin=600.0,
    ),
    Peer("Argo Rollouts, each minute", STEPS, every=60.0, window=15.0, most=4, least=95.0),
)


def walk(peer: Peer, measure: Measure, ready: Ready = lambda _: True) -> Loss:
    """Go through an analysis.

    `measure(share, begin, end)` returns how many requests were bad in between, and whether a measurement at
    the end fails; `ready(seconds)` whether the candidate's pods are.
    """
    seconds, lost, failures, away, place = 0.0, 0.0, 0, 0.0, 0
    ends = [sum(step.seconds for step in peer.steps[: at + 1]) for at in range(len(peer.steps))]
    while place < len(peer.steps):
        bad, fails = measure(peer.steps[place].share, seconds, seconds + peer.every)
        seconds, lost = seconds + peer.every, lost + bad
        there = ready(seconds)
        away = 0.0 if there else away + peer.every
        failures += fails and seconds >= peer.begin and (there or not peer.stays)
        if failures >= peer.most or away > peer.deadline:
            return Loss(End.ROLLED_BACK, seconds, lost)
        place += there and (not fails if peer.stays else seconds >= ends[place])
    return Loss(End.PROMOTED, seconds, lost)


def by_chance(peer: Peer, least: float, setting: Setting, random: Random) -> Loss:
    """Play one with requests that come and fail by chance; no requests in the window is a failure.

    That is so with Flagger ("no values found"), and NaN is at least nothing with Argo Rollouts.
    """
    unit = min(peer.every, peer.window)
    recent: deque[tuple[int, int]] = deque(maxlen=round(peer.window / unit))

    def measure(share: int, begin: float, end: float) -> tuple[float, bool]:
        lost = 0
        for _ in range(round((end - begin) / unit)):
            total = poisson(random, setting.rate * unit * share / 100.0)
            failed = binomial(random, total, setting.errors)
            recent.append((total, failed))
            lost += failed
        requests, bad = (sum(column) for column in zip(*recent, strict=True))
        return lost, requests == 0 or 100.0 * (requests - bad) < least * requests

    return walk(peer, measure)

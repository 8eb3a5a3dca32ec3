"""Facts as the tests want them: circumstances of a version, what is remembered of it, and worlds of both."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from itertools import product
from typing import TYPE_CHECKING

from routing.deciding.decide import Decision, VersionPlan, decide
from routing.facts import Facts, Part, Workload
from routing.model import Routemap, State, Version
from routing.routes.exposure import Exposure

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

NOW = 1_700_000_000.0
SETTLE, DRAIN = 1, 15
WORKLOAD, PART = Workload(), Part()


def routemap(*weights: int) -> Routemap:
    return Routemap(
        namespace="default",
        name="httpbin",
        uid="12ab",
        generation=3,
        strategy="blue-green",
        versions=tuple(Version(f"httpbin-{index}", weight) for index, weight in enumerate(weights)),
        hosts=("httpbin.default", "httpbin.default.svc"),
        gateways=("httpbin", "mesh"),
        port=80,
        settle_seconds=SETTLE,
        drain_seconds=DRAIN,
    )


@dataclass(frozen=True)
class Circumstance:
    """A version's objects as they are, marks apart, and the state that a fresh version of that kind is in."""

    fresh: State
    deployment: Workload | None = WORKLOAD
    service: Part | None = PART
    endpoints: int = 2
    ready_since: float | None = NOW - 60


CIRCUMSTANCES = {
    "no Deployment, no Service": Circumstance(State.ABSENT, None, None, 0, None),
    "no Deployment": Circumstance(State.ABSENT, None),
    "Deployment being deleted": Circumstance(State.DRAINING, Workload(deleting_since=NOW - 3)),
    "both being deleted": Circumstance(
        State.DRAINING, Workload(deleting_since=NOW - 3), Part(deleting_since=NOW - 3)
    ),
    "Service being deleted": Circumstance(State.DRAINING, service=Part(deleting_since=NOW - 3)),
    "watch label removed": Circumstance(State.ABSENT, Workload(watched=False)),
    "scaled to zero": Circumstance(State.ABSENT, Workload(scaled_to_zero=True), endpoints=0),
    "not Available": Circumstance(State.STARTING, Workload(available=False)),
    "no Service": Circumstance(State.STARTING, service=None, endpoints=0, ready_since=None),
    "no ready endpoint": Circumstance(State.STARTING, endpoints=0, ready_since=None),
    "settling": Circumstance(State.STARTING, ready_since=NOW - SETTLE + 0.4),
    "ready": Circumstance(State.READY),
}


@dataclass(frozen=True)
class Memory:
    """What past passes have left behind: the percentage applied, the mark, the end of a drain."""

    applied: int | None = None
    marked: bool = False
    draining_until: float | None = None


FRESH = Memory()
SERVING = Memory(applied=50, marked=True)
DRAINING = Memory(marked=True, draining_until=NOW + 4.5)
DRAINED = Memory(marked=True, draining_until=NOW - 0.5)
MEMORIES = tuple(
    Memory(*memory)
    for memory in product((None, 0, 20, 100), (False, True), (None, NOW - 0.5, NOW, NOW + 4.5))
)
TELLING_MEMORIES = (
    FRESH,
    SERVING,
    DRAINING,
    DRAINED,
    Memory(applied=0),
    Memory(applied=0, marked=True, draining_until=NOW + 4.5),
    Memory(marked=True),
    Memory(applied=100),
    Memory(applied=100, marked=True, draining_until=NOW - 0.5),
)


def facts(name: str, circumstance: str = "ready", memory: Memory = FRESH) -> Facts:
    kind = CIRCUMSTANCES[circumstance]
    return Facts(
        name=name,
        deployment=kind.deployment and replace(kind.deployment, marked=memory.marked),
        service=kind.service and replace(kind.service, marked=memory.marked),
        ready_endpoints=kind.endpoints,
        ready_since=kind.ready_since,
        exposure=None if memory.applied is None else Exposure(name, memory.applied),
        draining_until=memory.draining_until,
    )


def share(plan: VersionPlan) -> int | None:
    """Return a version's percentage, None where it is not named."""
    return None if plan.exposure is None else plan.exposure.share


def split(decision: Decision) -> dict[str, int]:
    """Return the percentages of the versions that are named."""
    return {exposure.version: exposure.share for exposure in decision.exposures}


@dataclass(frozen=True)
class World:
    """One combination, and what is decided for it."""

    routemap: Routemap
    facts: tuple[Facts, ...]
    decision: Decision


@cache
def worlds() -> tuple[World, ...]:
    """Return every combination: all of them for one version, the telling ones for two and three."""
    every = [*CIRCUMSTANCES]
    return (
        *_worlds([(0,), (1,), (50,)], every, MEMORIES),
        *_worlds([(0, 0), (0, 50), (50, 0), (1, 50)], every, TELLING_MEMORIES[:3]),
        *_worlds([(0, 50), (50, 50)], every[2::3], TELLING_MEMORIES),
        *_worlds(
            [(0, 0, 0), (0, 0, 50), (50, 0, 50), (50, 50, 50)], [*every[5:9:3], "ready"], TELLING_MEMORIES[:3]
        ),
    )


def _worlds(
    weights: Sequence[tuple[int, ...]], circumstances: Sequence[str], memories: Sequence[Memory]
) -> Iterator[World]:
    for shares in weights:
        asked = routemap(*shares)
        one = [
            [facts(version.name, *kind) for kind in product(circumstances, memories)]
            for version in asked.versions
        ]
        for combination in product(*one):
            yield World(asked, combination, decide(asked, None, combination, NOW))

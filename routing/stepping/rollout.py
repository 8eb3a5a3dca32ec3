"""What `spec.rollout` asks for, and what is counted: the values that all about steps is said in."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from routing.values import dataclass

if TYPE_CHECKING:
    from datetime import tzinfo


class Measure(StrEnum):
    """What is counted of a version's requests: the good ones of all.

    SUCCESS: answers with a status below 500, and no fault of a server's by gRPC's status. LATENCY: answers
    within a limit. QUERY: what two PromQL expressions say.
    """

    SUCCESS = "success"
    LATENCY = "latency"
    QUERY = "query"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that has to hold in every step, counted since the step began.

    `least`: the share of good requests that the candidate must have, in percent; `worse_by`: by how many
    percentage points it may be worse than the primary is over the same time. One of both is given.
    `under_ms`: the limit of LATENCY, else 0. `good` and `total`: PromQL of QUERY, else "".
    """

    name: str
    measure: Measure
    least: float | None = None
    worse_by: float | None = None
    under_ms: int = 0
    good: str = ""
    total: str = ""


@dataclass(frozen=True, slots=True)
class Enough:
    """What evidence has to be to judge by it.

    `confidence`: in percent; over a whole step at most the rest is judged wrong, however often it is looked.
    `requests`: of the candidate, at least. `within`: seconds from the step's beginning, after which it holds.
    `together`: how many requests share one fate at most, 1 or more: a client's retries, what a dying pod had.
    Counts are worth so much less.
    """

    confidence: float = 95.0
    requests: int = 200
    within: float = 1800.0
    together: float = 1.0


@dataclass(frozen=True, slots=True)
class Step:
    """The percentage of requests for the candidate, for at least `seconds`; with `gate` till it is opened."""

    share: int
    seconds: float = 0.0
    gate: bool = False


@dataclass(frozen=True, slots=True)
class Counts:
    """Requests of a version since a step began: the good ones of all. Finite, 0 <= good <= total.

    Fractions are usual: Prometheus extrapolates.
    """

    good: float
    total: float


@dataclass(frozen=True, slots=True)
class Unknown:
    """Why there are no counts, as the end of a sentence: "Prometheus did not answer within 10 s"."""

    reason: str


Answer = Counts | Unknown


@dataclass(frozen=True, slots=True)
class Question:
    """How many requests of a namespace's version were good since a time, in seconds since the epoch.

    `copies`: what the candidate gets are copies. Who sends those does not report them, so its own proxies are
    asked, and to compare, the primary's. `grpc`: they are calls of gRPC, by what the version says of itself:
    without gRPC's status nobody knows which are good.
    """

    check: Check
    namespace: str
    version: str
    since: float
    copies: bool = False
    grpc: bool = False


class Verdict(StrEnum):
    """What evidence says of a check: it holds, it does not, or that is open yet."""

    GOOD = "good"
    BAD = "bad"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Window:
    """A time of the week in which a rollout may advance, by the wall clock of `zone`.

    `begins` and `ends`: minutes since midnight, 0 to 1440; where it does not end after it begins, it ends on
    the next day. `days`: those on which it begins, 0 for Monday.
    """

    begins: int
    ends: int
    days: frozenset[int]
    zone: tzinfo


@dataclass(frozen=True, slots=True)
class Rollout:
    """`spec.rollout`: `steps` has 1 to 20 entries whose shares rise; `checks` hold in every one of them.

    `enough.within` is longer than any step takes. `roll_back`: what a failure leads to, else it holds.
    `capacity`: whether a share waits for as many ready pods as it needs. `by_order`: whether success makes
    the candidate the primary, by the list's order; else somebody does. `windows`: when it may go on, at any
    time where there are none.
    """

    steps: tuple[Step, ...]
    checks: tuple[Check, ...] = ()
    enough: Enough = Enough()
    roll_back: bool = True
    capacity: bool = True
    by_order: bool = False
    windows: tuple[Window, ...] = ()

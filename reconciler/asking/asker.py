"""The thread that asks Prometheus, for all rollouts together. The leader runs it."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from reconciler.asking import promql, tallies
from reconciler.asking.book import Book
from reconciler.asking.prometheus import UnreachableError
from reconciler.asking.queries import queries, span
from reconciler.asking.readings import NoAnswerError
from reconciler.asking.tallies import Growth
from routing.stepping.rollout import Counts, Unknown
from routing.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Hashable, Mapping

    from reconciler.asking.presets import Preset
    from reconciler.asking.queries import Query
    from reconciler.asking.readings import Series
    from reconciler.asking.tallies import Grid, Tally, Wanted
    from reconciler.serving.metrics import Metrics
    from routing.stepping.rollout import Answer, Question

log = logging.getLogger(__name__)

LONGEST_PAUSE = 120.0
"""Seconds until Prometheus is asked again after failures in a row, jitter on top."""
MOST_DOUBLINGS = 10
WAKE_PAUSE = 0.1
"""Seconds between two parts of the keys that are woken: a thousand at once would have others wait."""
WAKE_PARTS = 50
LEAST_PART = 10
_ROUNDING = 1e-6
"""By how much the good ones may be more than all, in parts of these: two queries extrapolate apart."""

K = TypeVar("K", bound="Hashable")
T = TypeVar("T")


class Source(Protocol):
    """Who answers: Prometheus, or what stands for it in tests. Raises NoAnswerError."""

    def growth(self, query: str, start: int, end: int, step: int) -> list[Series]:
        """Return the series of a range query."""

    def number(self, query: str, moment: float, namespace: str) -> float:
        """Return the number that a user's query, asked for a namespace, says at a time."""


@dataclass(frozen=True, slots=True)
class Sources:
    """Who answers the queries of a preset, and who users' own; None: those are not asked."""

    main: Source
    preset: Preset
    custom: Source | None = None


class Asker(Generic[K]):
    """Asks all that passes want to know, once in each interval, until it is stopped.

    `jitter` returns 0 to 1, `clock` seconds since the epoch. `answers` may be called from any thread and
    never waits; `run` is for one thread, which ends after `stop`.
    """

    def __init__(
        self,
        sources: Sources,
        grid: Grid,
        metrics: Metrics,
        jitter: Callable[[], float],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._sources = sources
        self._preset = sources.preset
        self._grid = grid
        self._metrics = metrics
        self._jitter = jitter
        self._clock = clock
        self._book: Book[K] = Book(grid, clock, custom=sources.custom is not None)
        self._stopped = threading.Event()
        self._failures = 0

    def answers(self, key: K, questions: Collection[Question]) -> Mapping[Question, Answer]:
        """Return what is known of each question, and find out more; see `passes.evidence.Evidence`."""
        return self._book.answers(key, questions)

    def run(self, wake: Callable[[K], None]) -> None:
        """Ask, and wake the keys whose answers have changed, until stopped."""
        due = 0.0
        while not self._stopped.wait(max(due - time.monotonic(), 0.0)):
            due = time.monotonic() + self.once(wake)

    def stop(self) -> None:
        """Have `run` end after the request that is under way."""
        self._stopped.set()

    def once(self, wake: Callable[[K], None]) -> float:
        """Ask once and wake who is to hear of it; return the seconds until the next time, from now on."""
        began = time.monotonic()
        pause = self._turn(self._clock())
        self._wake(wake)
        return pause - (time.monotonic() - began)

    def _turn(self, now: float) -> float:
        """Ask; return the seconds from `now` until the next time. Whatever comes back, the thread goes on."""
        try:
            self._round(now)
        except UnreachableError as error:
            return self._rest(str(error), error.rest)
        except Exception:
            log.exception("asking Prometheus crashed")
            return self._rest(
                "Teal could not read what Prometheus answered; the reconciler's log says more", 0.0
            )
        self._book.troubled("")
        self._failures = 0
        # When the next interval is over, and not all replicas of all clusters at that moment.
        ready = self._grid.asked_at(self._grid.end(now)) + self._grid.lag
        return max(ready - now, 0.0) + self._jitter() * self._grid.seconds / 10

    def _rest(self, trouble: str, asked: float) -> float:
        """Note that Prometheus can't be asked; return the seconds until it is tried again.

        They double with each failure in a row, and are no fewer than it has asked for.
        """
        self._book.troubled(trouble)
        doubled = self._grid.seconds * 2.0 ** min(self._failures, MOST_DOUBLINGS)
        self._failures += 1
        pause = min(max(doubled, asked), LONGEST_PAUSE) * (1 + self._jitter() / 2)
        log.warning("Prometheus can't be asked", extra={"reason": trouble, "retry_seconds": pause})
        return pause

    def _round(self, now: float) -> None:
        """Count on, then answer users' own queries for as long as the interval lasts.

        Raises UnreachableError.
        """
        had, custom = self._book.due()
        self._metrics.prometheus_questions.set(self._book.size())
        for query in queries(had, self._grid.end(now)):
            if self._stopped.is_set():
                return
            try:
                self._book.counted(self._counted(query, had))
            except UnreachableError:
                raise
            except NoAnswerError as error:
                self._book.failed(query.wanted, str(error))
        until = time.monotonic() + self._grid.seconds
        for question in custom:
            if self._stopped.is_set() or time.monotonic() > until:
                return
            self._book.answered(question, self._answer(question))

    def _counted(self, query: Query, had: Mapping[Wanted, Tally]) -> dict[Wanted, Tally]:
        """Return the tallies of a query after it was asked; `had` has them as they were.

        A version that is not in the answer had no requests. Raises NoAnswerError.
        """
        text = query.text(self._preset, self._grid.seconds)
        begin, end = span(query, self._grid)
        series = self._measured(lambda: self._sources.main.growth(text, begin, end, self._grid.seconds))
        found = tallies.by_version(self._preset, series)
        return {
            want: Growth(self._preset, self._grid, found.get(want.version, ())).counted(
                want, had[want], query.end
            )
            for want in query.wanted
        }

    def _answer(self, question: Question) -> Answer:
        """Return what a user's own query says.

        However it fails, that is no trouble of others': it may be a query that takes too long.
        """
        now, check = self._clock(), question.check
        seconds = int(now - question.since)
        if seconds < 1:
            return Unknown("the step has just begun")
        try:
            good, total = (
                self._number(
                    promql.filled(text, question.version, question.namespace, seconds), question, now
                )
                for text in (check.good, check.total)
            )
        except NoAnswerError as error:
            return Unknown(str(error))
        return counts(good, total)

    def _number(self, text: str, question: Question, now: float) -> float:
        """Return what one of a user's queries says. Raises NoAnswerError."""
        source = self._sources.custom
        assert source is not None  # noqa: S101 - the book has no such question then
        return self._measured(lambda: source.number(text, now, question.namespace))

    def _measured(self, ask: Callable[[], T]) -> T:
        """Return the answer to a query, which counts among the figures, with its time, however it ends."""
        with self._metrics.prometheus_seconds.time():
            try:
                answer = ask()
            except NoAnswerError:
                self._metrics.prometheus.labels("failed").inc()
                raise
        self._metrics.prometheus.labels("done").inc()
        return answer

    def _wake(self, wake: Callable[[K], None]) -> None:
        """Wake whoever has news to hear, some at a time: other passes have their turn in between."""
        keys = self._book.to_wake()
        size = max(len(keys) // WAKE_PARTS, LEAST_PART)
        for start in range(0, len(keys), size):
            if start and self._stopped.wait(WAKE_PAUSE):
                return
            for key in keys[start : start + size]:
                wake(key)


def counts(good: float, total: float) -> Answer:
    """Return what two queries make."""
    if not 0 <= good <= total * (1 + _ROUNDING):
        return Unknown(f"of {total:g} requests {good:g} are good, say the queries; good is a part of total")
    return Counts(min(good, total), total)

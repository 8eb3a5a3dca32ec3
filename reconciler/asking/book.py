"""Who asks what, and what is known of it by now."""

from __future__ import annotations

import threading
from dataclasses import field
from typing import TYPE_CHECKING, Generic, TypeVar

from reconciler.asking.tallies import Tally, wanted
from routing.stepping.rollout import Counts, Measure, Unknown
from routing.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Hashable, Iterable, Mapping

    from reconciler.asking.tallies import Grid, Wanted
    from routing.stepping.rollout import Answer, Question

MOST_KEYS = 10_000
MOST_CUSTOM = 200
"""Queries of users' own, each of which is asked by itself, twice."""
FORGOTTEN_SECONDS = 600.0
"""Who has not asked for so long is gone: each is woken at half of that."""
NO_STATUS = (
    "these are calls of gRPC, which fail with HTTP status 200, and Prometheus has no gRPC status of them; "
    "see docs/prometheus.md, Calls of gRPC"
)
STALE = 3
"""Intervals: what was counted so long ago is no answer any more, since what has come after may be bad."""

K = TypeVar("K", bound="Hashable")


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a key asks, what it was told, and when it asked last."""

    told: Mapping[Question, Answer]
    at: float


@dataclass(slots=True)
class _Known:
    """What is known: tallies, answers to users' own queries and when they came, and what hinders."""

    tallies: dict[Wanted, Tally] = field(default_factory=dict)
    custom: dict[Question, tuple[Answer, float]] = field(default_factory=dict)
    reasons: dict[Wanted, str] = field(default_factory=dict)
    trouble: str = ""


class Book(Generic[K]):
    """Questions by who asks them, and answers. Every method may be called from any thread; none waits.

    `custom`: whether users' own queries are asked at all. `clock` gives seconds since the epoch.
    """

    def __init__(self, grid: Grid, clock: Callable[[], float], *, custom: bool) -> None:
        self._grid = grid
        self._clock = clock
        self._custom = custom
        self._lock = threading.Lock()
        self._asked: dict[K, _Asked] = {}
        self._known = _Known()

    def answers(self, key: K, questions: Collection[Question]) -> Mapping[Question, Answer]:
        """Return what is known of each question, which takes the place of what the key asked before."""
        with self._lock:
            now = self._clock()
            if not questions:
                self._asked.pop(key, None)
                return {}
            if key not in self._asked and len(self._asked) >= MOST_KEYS:
                full = Unknown(f"Teal asks Prometheus for no more than {MOST_KEYS} Routemaps at a time")
                return dict.fromkeys(questions, full)
            for question in questions:
                self._open(question)
            told = {question: self._answer(question, now) for question in questions}
            self._asked[key] = _Asked(told, now)
            return told

    def due(self) -> tuple[dict[Wanted, Tally], list[Question]]:
        """Return what is counted, how far, and users' own queries, those first that have waited longest.

        What nobody asks any more is forgotten. A tally that has counted what is yet to come (the clock was
        set back) begins anew.
        """
        with self._lock:
            now = self._clock()
            known, end = self._known, self._grid.end(now)
            self._asked = {
                key: each for key, each in self._asked.items() if abs(now - each.at) < FORGOTTEN_SECONDS
            }
            asked = {question for each in self._asked.values() for question in each.told}
            known.custom = {question: had for question, had in known.custom.items() if question in asked}
            wants = {self._wanted(each) for each in asked if each.check.measure is not Measure.QUERY}
            known.tallies = {
                want: Tally(want.first) if tally.upto > max(end, want.first) else tally
                for want, tally in known.tallies.items()
                if want in wants
            }
            return dict(known.tallies), sorted(known.custom, key=lambda each: known.custom[each][1])

    def counted(self, tallies: Mapping[Wanted, Tally]) -> None:
        """Take over how far it is counted."""
        with self._lock:
            known = self._known
            known.tallies |= {want: tally for want, tally in tallies.items() if want in known.tallies}
            for want in tallies:
                known.reasons.pop(want, None)

    def failed(self, wants: Iterable[Wanted], reason: str) -> None:
        """Note why something was not counted on."""
        with self._lock:
            self._known.reasons |= {want: reason for want in wants if want in self._known.tallies}

    def answered(self, question: Question, answer: Answer) -> None:
        """Take over what a user's own query says."""
        with self._lock:
            if question in self._known.custom:
                self._known.custom[question] = answer, self._clock()

    def troubled(self, trouble: str) -> None:
        """Note why Prometheus can't be asked at all, "" once it can."""
        with self._lock:
            self._known.trouble = trouble

    def to_wake(self) -> list[K]:
        """Return whose answers have changed since they asked, and who is to ask before it is forgotten."""
        with self._lock:
            now = self._clock()
            return [
                key
                for key, each in self._asked.items()
                if abs(now - each.at) > FORGOTTEN_SECONDS / 2
                or any(self._answer(question, now) != told for question, told in each.told.items())
            ]

    def size(self) -> int:
        """Return how much is counted or asked."""
        with self._lock:
            return len(self._known.tallies) + len(self._known.custom)

    def _wanted(self, question: Question) -> Wanted:
        """Return what is counted for a question, which is none of QUERY."""
        return wanted(question, self._grid)

    def _open(self, question: Question) -> None:
        """Have a question counted from now on, if it is not yet. With the lock held."""
        known = self._known
        if question.check.measure is not Measure.QUERY:
            want = self._wanted(question)
            known.tallies.setdefault(want, Tally(want.first))
        elif self._custom and len(known.custom) < MOST_CUSTOM:
            known.custom.setdefault(question, (Unknown("Prometheus has not been asked yet"), 0.0))

    def _answer(self, question: Question, now: float) -> Answer:
        """Return what is known of a question at a time: counts only if they are whole and of late.

        What was counted up to some intervals ago is no answer: a candidate may have failed since. With the
        lock held.
        """
        if question.check.measure is Measure.QUERY:
            return self._of_custom(question, now)
        want = self._wanted(question)
        tally = self._known.tallies[want]
        if tally.wrong:
            return Unknown(tally.wrong)
        end = self._grid.end(now)
        if end <= want.first:
            return Unknown(f"counting begins up to {2 * self._grid.seconds} s after the step")
        if tally.upto == want.first or not -1 <= end - tally.upto <= STALE:
            return Unknown(self._known.trouble or self._known.reasons.get(want) or "it is being counted")
        silent = question.grpc and question.check.measure is Measure.SUCCESS and not tally.calls
        return Unknown(NO_STATUS) if silent and tally.good else Counts(tally.good, tally.total)

    def _of_custom(self, question: Question, now: float) -> Answer:
        """Return what a user's own query said last, unless that was long ago. With the lock held."""
        if not self._custom:
            return Unknown(
                "checks with queries are switched off: set prometheus.customQueries of Teal's chart"
            )
        if question not in self._known.custom:
            return Unknown(f"Teal asks for no more than {MOST_CUSTOM} checks with queries at a time")
        answer, at = self._known.custom[question]
        if at and abs(now - at) > 2 * STALE * self._grid.seconds:
            return Unknown(self._known.trouble or "Prometheus has not been asked lately")
        return answer

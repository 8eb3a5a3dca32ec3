"""What whoever tells rollouts about requests does. Each function takes a Place."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from reconciler.watching.mentions import RoutemapKey
from routing.stepping.rollout import Counts, Unknown

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.passes.evidence import Evidence
    from routing.stepping.rollout import Question

KEY, OTHER = RoutemapKey("shop", "app"), RoutemapKey("shop", "other")
FAILING = Counts(20, 29)


@dataclass(frozen=True)
class Place:
    """Evidence of which the test knows the answers.

    `failing` is answered with FAILING, `unknown` is not answered; both once they have been asked and `settle`
    has been called.
    """

    evidence: Evidence
    settle: Callable[[], None]
    failing: Question
    unknown: Question


def each_question_is_answered_at_once_and_no_other(place: Place) -> None:
    asked = [place.failing, place.unknown]
    assert set(place.evidence.answers(KEY, asked)) == set(asked)
    assert set(place.evidence.answers(KEY, asked[:1])) == set(asked[:1])


def what_is_counted_is_told_as_counts(place: Place) -> None:
    place.evidence.answers(KEY, [place.failing])
    place.settle()
    assert place.evidence.answers(KEY, [place.failing]) == {place.failing: FAILING}


def what_is_not_known_has_a_reason_that_ends_a_sentence(place: Place) -> None:
    place.evidence.answers(KEY, [place.unknown])
    place.settle()
    told = place.evidence.answers(KEY, [place.unknown])[place.unknown]
    assert isinstance(told, Unknown)
    assert told.reason
    assert not told.reason.endswith(".")


def two_routemaps_may_ask_the_same(place: Place) -> None:
    for key in (KEY, OTHER):
        place.evidence.answers(key, [place.failing])
    place.settle()
    for key in (KEY, OTHER):
        assert place.evidence.answers(key, [place.failing]) == {place.failing: FAILING}


def checks_of_the_same_requests_have_the_same_counts(place: Place) -> None:
    compared = replace(place.failing, check=replace(place.failing.check, least=None, worse_by=0.5))
    asked = [place.failing, compared]
    place.evidence.answers(KEY, asked)
    place.settle()
    assert place.evidence.answers(KEY, asked) == dict.fromkeys(asked, FAILING)


def who_asks_nothing_is_told_nothing(place: Place) -> None:
    place.evidence.answers(KEY, [place.failing])
    assert place.evidence.answers(KEY, []) == {}
    place.settle()
    place.evidence.answers(OTHER, [place.failing])
    place.settle()
    assert place.evidence.answers(OTHER, [place.failing]) == {place.failing: FAILING}


CONTRACT: tuple[Callable[[Place], None], ...] = (
    each_question_is_answered_at_once_and_no_other,
    what_is_counted_is_told_as_counts,
    what_is_not_known_has_a_reason_that_ends_a_sentence,
    two_routemaps_may_ask_the_same,
    checks_of_the_same_requests_have_the_same_counts,
    who_asks_nothing_is_told_nothing,
)

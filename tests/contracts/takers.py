"""What whoever takes notices does. Each function takes a Place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from reconciler.notifying.receiver import UntakenError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reconciler.notifying.notifier import Taker

ID, CONTENT = "12ab-1800000000-1-started", b'{"specversion":"1.0"}'


@dataclass(frozen=True)
class Place:
    """A taker that a test can have answer with a status, and ask what has come; status 0: nobody is there."""

    taker: Taker
    answers: Callable[[int, float], None]
    taken: Callable[[], Sequence[tuple[str, bytes]]]


def what_is_sent_is_taken_by_its_id(place: Place) -> None:
    place.taker.send(ID, CONTENT)
    place.taker.send("another", b"{}")
    assert list(place.taken()) == [(ID, CONTENT), ("another", b"{}")]


def what_can_be_taken_later_is_told_apart_from_what_can_not(place: Place) -> None:
    for status, for_good in ((503, False), (429, False), (408, False), (400, True), (410, True), (302, True)):
        place.answers(status, 0.0)
        with pytest.raises(UntakenError) as raised:
            place.taker.send(ID, CONTENT)
        assert raised.value.for_good is for_good, status
    place.answers(204, 0.0)
    place.taker.send(ID, CONTENT)


def the_peace_that_is_wanted_is_told(place: Place) -> None:
    place.answers(429, 7.0)
    with pytest.raises(UntakenError) as raised:
        place.taker.send(ID, CONTENT)
    assert raised.value.rest == 7.0


def nobody_there_may_be_there_later(place: Place) -> None:
    place.answers(0, 0.0)
    with pytest.raises(UntakenError) as raised:
        place.taker.send(ID, CONTENT)
    assert not raised.value.for_good


CONTRACT = (
    what_is_sent_is_taken_by_its_id,
    what_can_be_taken_later_is_told_apart_from_what_can_not,
    the_peace_that_is_wanted_is_told,
    nobody_there_may_be_there_later,
)

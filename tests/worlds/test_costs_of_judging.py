"""What an object from a tenant may cost: steps and bytes counted, not seconds."""

from __future__ import annotations

import json
import os
import sys
import tracemalloc
from typing import TYPE_CHECKING, Any

import pytest

from routing.rules.review import Review
from tests.unit.webhook.hostile import SHAPES
from tests.unit.webhook.reviews import routemap
from webhook.admission import advise, mutate, validate
from webhook.codec import MOST_WARNING_LENGTH, Answer, Request, encode

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.webhook.hostile import Shape

SIZE = 1_000
TIMES = 4
ENTRIES = int(os.environ.get("TEAL_ENTRIES", "5000"))
"""Of a large object; `make fuzz` has ten times as many."""
MOST_ANSWER_BYTES = 64 * 1024
"""Of each answer, so that it fits into a socket's buffer. A patch may hold 256 pauses."""


class Counted(str):
    """A text whose comparisons are steps that are seen, also those that C code makes."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return str.__eq__(self, other)

    def __lt__(self, other: str) -> bool:
        return str.__lt__(self, other)

    def __hash__(self) -> int:
        return str.__hash__(self)


def judged(judge: Callable[[Request], Answer], manifest: dict[str, Any], old: Any = None) -> dict[str, Any]:
    review = Review("UPDATE" if old else "CREATE", manifest, old)
    request = Request("uid", str(manifest["kind"]), "httpbin", dry_run=False, review=review)
    return encode(request, judge(request))


def steps(work: Callable[[], object]) -> int:
    """Count the calls of Python's and C's functions."""
    count = 0

    def seen(_frame: object, event: str, _what: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(seen)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("judge", [validate, mutate, advise])
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_four_times_the_object_is_at_most_four_times_the_steps(judge: Any, shape: Shape) -> None:
    small, large = shape(SIZE, Counted), shape(TIMES * SIZE, Counted)
    before = shape(SIZE // 2, Counted)
    few = steps(lambda: judged(judge, small, before))
    many = steps(lambda: judged(judge, large, before))
    assert many <= TIMES * few


@pytest.mark.parametrize("judge", [validate, mutate, advise])
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_an_answer_is_short_and_takes_no_more_memory_than_the_object(judge: Any, shape: Shape) -> None:
    manifest = json.loads(json.dumps(shape(ENTRIES, str)))
    length = len(json.dumps(manifest))
    tracemalloc.start()
    try:
        answer = judged(judge, manifest)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(json.dumps(answer)) <= MOST_ANSWER_BYTES
    assert peak <= MOST_ANSWER_BYTES * 8 + 4 * length
    assert all(len(warning) <= MOST_WARNING_LENGTH for warning in answer["response"].get("warnings", ()))


class Unlooked(list[Any]):
    """A list that has a length and is not to be looked at."""

    def __iter__(self) -> Any:
        raise AssertionError("looked at")

    __getitem__ = __contains__ = __reversed__ = __iter__  # type: ignore[assignment]


@pytest.mark.parametrize("judge", [validate, mutate])
@pytest.mark.parametrize(("field", "most"), [("versions", 8), ("hosts", 16), ("gateways", 16)])
def test_a_list_over_its_maximum_is_refused_by_its_count_and_no_item_is_looked_at(
    judge: Any, field: str, most: int
) -> None:
    manifest = routemap(**{field: Unlooked([None] * (most + 1))})
    message = judged(judge, manifest)["response"]["status"]["message"]
    assert message == f"spec.{field}: {most + 1} are listed; list at most {most}"

"""Requests of a pass at the same time."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from reconciler.passes.parallel import Parallel

if TYPE_CHECKING:
    from collections.abc import Iterator


class Standing:
    """Stands aside, and tells whether somebody does."""

    def __init__(self) -> None:
        self.aside = False

    @contextmanager
    def __call__(self) -> Iterator[None]:
        self.aside = True
        try:
            yield
        finally:
            self.aside = False


def test_calls_are_made_at_the_same_time_while_who_asked_stands_aside() -> None:
    standing, together = Standing(), threading.Barrier(3, timeout=60)

    def call(item: int) -> tuple[int, bool]:
        together.wait()
        return item, standing.aside

    with ThreadPoolExecutor(2) as pool:
        assert Parallel(pool, standing).each(call, [1, 2, 3]) == [(1, True), (2, True), (3, True)]
    assert not standing.aside


def test_one_call_needs_no_other_thread() -> None:
    with ThreadPoolExecutor(1) as pool:
        assert Parallel(pool).each(lambda _: threading.get_ident(), [0]) == [threading.get_ident()]


@pytest.mark.parametrize("fails", [0, 1, 2])
def test_the_first_error_is_raised_when_all_have_been_tried(fails: int) -> None:
    tried, standing = set[int](), Standing()

    def call(item: int) -> None:
        tried.add(item)
        if item >= fails:
            raise LookupError(str(item))

    with ThreadPoolExecutor(1) as pool, pytest.raises(LookupError, match=str(fails)):
        Parallel(pool, standing).each(call, [0, 1, 2])
    assert (tried, standing.aside) == ({0, 1, 2}, False)

"""Requests of a pass at the same time: by who has the pass, and by a pool that all passes share."""

from __future__ import annotations

from concurrent.futures import wait
from contextlib import nullcontext
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import ThreadPoolExecutor
    from contextlib import AbstractContextManager

T = TypeVar("T")
R = TypeVar("R")


class Parallel:
    """Makes calls that wait for somebody. `aside`: held by who asks until they are answered."""

    def __init__(
        self, pool: ThreadPoolExecutor, aside: Callable[[], AbstractContextManager[None]] = nullcontext
    ) -> None:
        self._pool = pool
        self.aside = aside

    def each(self, call: Callable[[T], R], items: Sequence[T]) -> list[R]:
        """Call with each of some items, at least one; return what was returned, in their order.

        Raises the first error after all have been tried.

        The caller's thread makes the first call itself: one of one needs none of the pool.
        """
        with self.aside():
            others = [self._pool.submit(call, item) for item in items[1:]]
            try:
                first = call(items[0])
            finally:
                wait(others)
            return [first, *(future.result() for future in others)]

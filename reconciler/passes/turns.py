"""What waits, by namespace, of which each has its turn.

One that is flooded delays itself, and not the others.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Container

T = TypeVar("T")


class Turns(Generic[T]):
    """Items of tenants, first in, first out for each, one of each in turn. Whoever uses it holds a lock."""

    def __init__(self) -> None:
        self._waiting: OrderedDict[str, deque[T]] = OrderedDict()
        self._count = 0

    def __len__(self) -> int:
        """Return how many items wait."""
        return self._count

    def append(self, tenant: str, item: T) -> None:
        """Have an item wait behind those of its tenant. A tenant that comes anew is last in turn."""
        self._waiting.setdefault(tenant, deque()).append(item)
        self._count += 1

    def next(self, but: Container[str] = ()) -> T | None:
        """Take the next item of the tenant whose turn it is, passing over some; None where there is none."""
        tenant = next((each for each in self._waiting if each not in but), None)
        return None if tenant is None else self._take(tenant)

    def waits(self, but: Container[str] = ()) -> bool:
        """Tell whether an item of another tenant than some waits."""
        return any(each not in but for each in self._waiting)

    def drop(self) -> T:
        """Take the oldest item of the tenant with the most. Raises ValueError when nothing waits."""
        return self._take(max(self._waiting, key=lambda tenant: len(self._waiting[tenant])))

    def _take(self, tenant: str) -> T:
        items = self._waiting[tenant]
        item = items.popleft()
        self._count -= 1
        if items:
            self._waiting.move_to_end(tenant)
        else:
            del self._waiting[tenant]
        return item

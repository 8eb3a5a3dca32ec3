from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.contracts import leases
from tests.contracts.objects import CONTRACT, Place
from tests.unit.reconciler.memory_objects import MemoryObjects

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.leading.election import Leases


@pytest.mark.parametrize("holds", CONTRACT, ids=lambda holds: holds.__name__)
def test_the_in_memory_objects_keep_the_contract(holds: Callable[[Place], None]) -> None:
    objects = MemoryObjects()
    holds(Place(objects, "default", objects.delete))


@pytest.mark.parametrize("holds", leases.CONTRACT, ids=lambda holds: holds.__name__)
def test_the_in_memory_objects_keep_the_contract_of_leases(holds: Callable[[Leases, str], None]) -> None:
    holds(MemoryObjects(), "teal")

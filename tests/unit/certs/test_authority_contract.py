from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.contracts.authority import CONTRACT
from tests.unit.certs.memory_authority import MemoryAuthority

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.contracts.authority import Factory


@pytest.mark.parametrize("rule", CONTRACT, ids=lambda rule: rule.__name__)
def test_the_in_memory_authority_keeps_the_contract(rule: Callable[[Factory], None]) -> None:
    shared = MemoryAuthority()
    rule(lambda: shared)

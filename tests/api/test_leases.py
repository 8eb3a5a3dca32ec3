"""Leases of the real API server keep the contract on which elections rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.contracts.leases import CONTRACT

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.leading.election import Leases
    from tests.api.stage import Stage


@pytest.mark.parametrize("holds", CONTRACT, ids=lambda holds: holds.__name__)
def test_the_api_servers_leases_keep_the_contract(holds: Callable[[Leases, str], None], stage: Stage) -> None:
    holds(stage.cluster, stage.namespace)

"""Objects of the real API server keep the contract on which passes rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.contracts.objects import CONTRACT, Place

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.api.stage import Stage


@pytest.mark.parametrize("holds", CONTRACT, ids=lambda holds: holds.__name__)
def test_the_api_servers_objects_keep_the_contract(holds: Callable[[Place], None], stage: Stage) -> None:
    holds(Place(stage.cluster, stage.namespace, stage.delete))

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.reconciler import scene as scenes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.unit.reconciler.scene import Scene


@pytest.fixture
def scene() -> Iterator[Scene]:
    with scenes.scene() as made:
        yield made

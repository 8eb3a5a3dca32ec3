from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.charts.helm import Helm
from tools.local.programs import programs

if TYPE_CHECKING:
    from tests.charts.helm import Manifest


@pytest.fixture(scope="session")
def helm(tmp_path_factory: pytest.TempPathFactory) -> Helm:
    return Helm(programs() / "helm", tmp_path_factory.mktemp("helm"))


@pytest.fixture(scope="session")
def teal(helm: Helm) -> list[Manifest]:
    """The chart teal as it is by default. Not to be changed."""
    return helm.render("teal")

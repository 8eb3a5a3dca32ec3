from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from kube.client import Cluster
from tests.unit.kube.api_server import ApiServer, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def server() -> Iterator[ApiServer]:
    with serving() as running:
        yield running


@pytest.fixture
def cluster(server: ApiServer, tmp_path: Path) -> Cluster:
    return Cluster(server.kubeconfig(tmp_path))

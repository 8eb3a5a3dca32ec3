"""Applications made in bulk: two versions each, ready, with a Routemap."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from tests.api.stage import Stage

if TYPE_CHECKING:
    from reconciler.cluster import Cluster

PARALLEL = 8


def populate(cluster: Cluster, namespace: str, applications: int) -> Stage:
    """Make a namespace with applications `app0`, `app1`, …, nothing of Teal's on them yet."""
    stage = Stage(cluster, namespace)

    def one(number: int) -> None:
        name = f"app{number}"
        stage.version(f"{name}-0")
        stage.version(f"{name}-1")
        stage.routemap(name)

    with ThreadPoolExecutor(PARALLEL) as pool:
        list(pool.map(one, range(applications)))
    return stage

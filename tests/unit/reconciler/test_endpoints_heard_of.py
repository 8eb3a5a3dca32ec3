"""Since when a version has had a ready endpoint, as proxies have to hear of it, too."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from kube.errors import NotFoundError
from reconciler.passes.observe import Observer
from reconciler.watching.kinds import KINDS, Change, Kind
from reconciler.watching.mentions import Mentions, RoutemapKey
from reconciler.watching.store import Store
from reconciler.watching.stores import Stores
from reconciler.watching.trims import SERVICE_OF_SLICE
from routing import names

if TYPE_CHECKING:
    from routing.kinds import Resource

KEY = RoutemapKey("default", "httpbin")


class Cluster:
    """An observer over stores as the controller joins them, and an API server in which nothing is found."""

    def __init__(self) -> None:
        stores = Stores(*(Store(kind, partial(self._heard, kind)) for kind in KINDS))
        self._observer = Observer(stores, Mentions(), self)
        self._slices = stores.endpoint_slices
        self._version = 1
        stores.routemaps.handle("ADDED", named("httpbin", 1, spec={"versions": [{"name": "httpbin-0"}]}))

    def get(self, resource: Resource, namespace: str, name: str) -> dict[str, Any]:
        raise NotFoundError(f"{resource.kind} {namespace}/{name}")

    def has(self, slice_: str, *, ready: bool) -> None:
        self._version += 1
        endpoints = [{"addresses": ["10.0.0.1"], "conditions": {"ready": ready}}]
        about = {"labels": {SERVICE_OF_SLICE: "httpbin-0", names.WATCH: "true"}}
        self._slices.handle("MODIFIED", named(slice_, self._version, endpoints=endpoints, metadata=about))

    def ready_since(self, now: float) -> float | None:
        seen = self._observer.observe(KEY, now)
        assert seen is not None
        return seen.facts[0].ready_since

    def _heard(self, kind: Kind, change: Change) -> None:
        self._observer.heard(kind, change)


def named(name: str, version: int, **other: Any) -> dict[str, Any]:
    metadata = {"namespace": "default", "name": name, "resourceVersion": str(version), "uid": name}
    return {"metadata": metadata | other.pop("metadata", {}), **other}


@pytest.fixture
def cluster() -> Cluster:
    return Cluster()


def test_an_endpoint_that_stays_is_ready_since_it_was_seen_first(cluster: Cluster) -> None:
    cluster.has("a", ready=True)
    assert cluster.ready_since(5.0) == 5.0
    cluster.has("b", ready=True)
    assert cluster.ready_since(9.0) == 5.0


def test_one_that_went_and_came_back_between_two_passes_has_to_settle_again(cluster: Cluster) -> None:
    cluster.has("a", ready=True)
    assert cluster.ready_since(5.0) == 5.0
    cluster.has("a", ready=False)
    cluster.has("a", ready=True)
    assert cluster.ready_since(9.0) == 9.0


def test_while_another_is_ready_nothing_has_to_settle_again(cluster: Cluster) -> None:
    cluster.has("a", ready=True)
    cluster.has("b", ready=True)
    assert cluster.ready_since(5.0) == 5.0
    cluster.has("a", ready=False)
    cluster.has("a", ready=True)
    assert cluster.ready_since(9.0) == 5.0

"""Which drains of the status an observer goes by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from kube.errors import NotFoundError
from reconciler.passes.observe import Observer
from reconciler.watching.kinds import KINDS, Change
from reconciler.watching.mentions import Mentions, RoutemapKey
from reconciler.watching.store import Store
from reconciler.watching.stores import Stores
from routing import names

if TYPE_CHECKING:
    from routing.kinds import Resource

END = "2026-11-28T10:00:00Z"


class Nothing:
    """An API server in which nothing is found."""

    def get(self, resource: Resource, namespace: str, name: str) -> dict[str, Any]:
        raise NotFoundError(f"{resource.kind} {namespace}/{name}")


def ignored(change: Change) -> None:
    assert change.manifest


def named(**other: Any) -> dict[str, Any]:
    labels = {names.ROUTEMAP: "httpbin"}
    metadata = {
        "namespace": "default",
        "name": "httpbin",
        "resourceVersion": "1",
        "uid": "1",
        "labels": labels,
    }
    return {"metadata": metadata, **other}


@pytest.mark.parametrize(
    ("weight", "routed", "counts"),
    [(0, "httpbin-1", True), (100, "httpbin-0", True), (100, "httpbin-1", False)],
    ids=["noted without requests", "noted under requests, which still come", "noted before the last of them"],
)
def test_a_drain_counts_from_after_the_last_request(weight: int, routed: str, *, counts: bool) -> None:
    stores = Stores(*(Store(kind, ignored) for kind in KINDS))
    draining = {"name": "httpbin-0", "state": "draining", "weight": weight, "drainingUntil": END}
    spec = {"versions": [{"name": "httpbin-1"}]}
    stores.routemaps.handle("ADDED", named(spec=spec, status={"versions": [draining]}))
    route = {"route": [{"destination": {"host": f"{routed}.default.svc.cluster.local"}}]}
    stores.routes.handle("ADDED", named(spec={"http": [route]}))
    seen = Observer(stores, Mentions(), Nothing()).observe(RoutemapKey("default", "httpbin"), 5.0)
    assert seen is not None
    ends = {fact.name: fact.draining_until is not None for fact in seen.facts}
    assert ends == {"httpbin-0": counts, "httpbin-1": False}

"""Every HTTPRoute and GRPCRoute that Teal can render is taken by Gateway API's CRD, and stored as written."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest

from routing.deciding.keeping import keeping
from routing.deciding.strategies import STRATEGIES
from routing.names import GRPC_ROUTE, HTTP_ROUTE
from routing.reading.defaults import MOST_VERSIONS
from routing.reading.parse import parse_routemap
from routing.routes import ROUTERS
from tests.unit.routing.manifests import routemap

if TYPE_CHECKING:
    from collections.abc import Iterator

    from routing.model import Routemap
    from tests.api.stage import Stage

ALTERNATIVES: list[dict[str, Any]] = [
    {"uri": {"exact": f"/{name}"}, "headers": {"a": {"prefix": "b.c"}, "d": {"regex": "e|f"}}}
    for name in ("a", "b", "c", "d", "e", "f", "g")
] + [{"method": {"exact": "GET"}, "queryParams": {"q": {"exact": "1"}, "r": {"prefix": "?"}}}]
CALLS: list[dict[str, Any]] = [
    {"uri": {"exact": f"/shop.v1.Cart/{name}"}, "headers": {"a": {"prefix": "b.c"}, "d": {"regex": "e|f"}}}
    for name in ("A", "B", "C", "D", "_e")
] + [{"uri": {"prefix": "/shop.v1.Cart/"}}, {"uri": {"prefix": "/_Cart"}}, {"uri": {"prefix": "/"}}]
ASKED = {HTTP_ROUTE: ALTERNATIVES, GRPC_ROUTE: CALLS}


def versions(router: str, strategy: str, count: int) -> list[dict[str, Any]]:
    """Return versions; with canary each candidate has as many alternatives as it may."""
    return [
        {"name": f"v-{index}", "weight": index * 7 % 101 or 1}
        | ({"match": _own(router, index)} if strategy == "canary" and index else {})
        for index in range(count)
    ]


def _own(router: str, index: int) -> list[dict[str, Any]]:
    version = {"version": {"exact": str(index)}}
    return [each | {"headers": {**each.get("headers", {}), **version}} for each in ASKED[router]]


def shapes(namespace: str, router: str, strategy: str) -> Iterator[tuple[Routemap, tuple[str, ...]]]:
    """Yield Routemaps with one to eight versions, and who of these is ready: each in turn, and all."""
    timeout = {"timeout": "1m30s"} if router == HTTP_ROUTE else {}
    parents: list[dict[str, Any]] = [{}, {"gateways": ["web", "infra/web", "mesh"], **timeout}]
    if strategy != "mirror" and router == HTTP_ROUTE:
        parents.append({"affinity": {"cookie": "__Host-version", "ttl": "24h", "secure": True}})
    for count, more in product(range(1, MOST_VERSIONS + 1), parents):
        listed = versions(router, strategy, count)
        spec = {"strategy": strategy, "router": router, "port": 80, "versions": listed}
        asked = replace(parse_routemap(routemap(**spec, **more)), namespace=namespace)
        every = tuple(version.name for version in asked.versions)
        for ready in {every, *((name,) for name in every), every[1:] or every, every[::2]}:
            yield asked, ready


@pytest.mark.parametrize("router", ASKED)
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_every_shape_is_taken_and_stored_as_it_was_written(stage: Stage, router: str, strategy: str) -> None:
    writes, tried = ROUTERS[router], 0
    for asked, ready in shapes(stage.namespace, router, strategy):
        exposures = keeping(asked, STRATEGIES[strategy](asked.versions, ready), ready)
        wanted = dict(writes.render(asked, exposures))
        stored = stage.cluster.create(writes.resource, wanted, dry_run=True)
        assert writes.same(stored, wanted)
        assert writes.exposures(stored) == writes.exposures(wanted)
        tried += 1
    assert tried > 80

"""What is decided is rendered and read back: by each router, for one to eight versions, whoever is ready."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING

import pytest

from routing.deciding.strategies import STRATEGIES
from routing.routes import ROUTERS
from routing.routes.exposure import Exposure, by_version
from tests.unit.routing import shapes
from tests.unit.routing.test_affinity import canary, exposures_of
from tests.unit.routing.test_strategies import every

if TYPE_CHECKING:
    from collections.abc import Iterator

    from routing.model import Routemap


def told(exposure: Exposure) -> tuple[int, int, bool]:
    """Return what an HTTPRoute tells of an exposure: matches in its own words."""
    return exposure.share, exposure.copies, bool(exposure.matches)


def test_a_virtual_service_is_read_back_as_it_was_decided() -> None:
    router = ROUTERS["VirtualService"]
    for asked, ready in every():
        exposures = STRATEGIES[asked.strategy](asked.versions, ready)
        made = router.render(asked, exposures)
        found = by_version(router.exposures(made))
        assert found == {exposure.version: exposure for exposure in exposures if exposure.exposed} | {
            name: exposure for name, exposure in found.items() if not exposure.exposed
        }
        assert router.same(made, router.render(asked, exposures))


@pytest.mark.parametrize("kind", ["HTTPRoute", "GRPCRoute"])
def test_a_route_is_read_back_as_it_was_decided_and_written_as_it_stands(kind: str) -> None:
    router = ROUTERS[kind]
    for plain, ready in every():
        # To a GRPCRoute, a path is a service's name: none begins with a digit.
        named = [replace(each, match=each.match.replace('"/', '"/v')) for each in plain.versions]
        asked = replace(plain, router=kind, versions=tuple(named))
        exposures = STRATEGIES[asked.strategy](asked.versions, ready)
        made = router.render(asked, exposures)
        found = by_version(router.exposures(made))
        assert {*found} <= {exposure.version for exposure in exposures}
        for exposure in exposures:
            assert told(found.get(exposure.version, Exposure(exposure.version))) == told(exposure)
        assert router.render(asked, [found.get(item.version, item) for item in exposures]) == made
        assert router.port(made) == 80


def with_affinity() -> Iterator[tuple[Routemap, tuple[Exposure, ...]]]:
    """Yield Routemaps of one to eight versions, by either router, with routes, while some are ready."""
    kinds = [("HTTPRoute", shapes.PLAIN), ("VirtualService", shapes.PLAIN), ("VirtualService", shapes.ROUTES)]
    for (router, spec), strategy, count in product(kinds, ("blue-green", "canary"), range(1, 9)):
        versions = [item | {"weight": 10} for item in shapes.versions(count, strategy)]
        for version in versions[1:] if strategy == "canary" else ():
            version["match"] = version["match"][:1]
        asked_for = canary(router, strategy=strategy, versions=versions, **spec)
        for ready in shapes.ready_of([version.name for version in asked_for.versions]):
            for staying in (ready, [*ready, "one more"]):
                yield asked_for, exposures_of(asked_for, ready, staying)


def test_whose_clients_come_back_is_read_back_as_it_was_decided() -> None:
    for asked_for, exposures in with_affinity():
        router = ROUTERS[asked_for.router]
        made = router.render(asked_for, exposures)
        found = by_version(router.exposures(made))
        # Matches are told as their router has them.
        assert [*map(loosely, by_version(exposures).items())] == [
            loosely((name, found[name])) for name in by_version(exposures)
        ]
        assert {*found} == {*by_version(exposures)}
        assert router.same(made, router.render(asked_for, exposures))


def loosely(item: tuple[str, Exposure]) -> tuple[str, Exposure]:
    name, exposure = item
    return name, replace(exposure, matches=("",) * len(exposure.matches))

"""At a Gateway the backends and rules of a route keep their places, whoever comes and goes."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import pytest

from routing.deciding.keeping import keeping
from routing.deciding.strategies import STRATEGIES
from routing.reading.parse import parse_routemap
from routing.routes import ROUTERS
from routing.routes.exposure import Exposure, by_version
from tests.unit.routing.manifests import routemap as manifest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from routing.model import Routemap

Rules = list[dict[str, Any]]
NAMES = ("httpbin-0", "httpbin-1", "httpbin-2")
KEPT: dict[str, Any] = {"affinity": {"cookie": "version"}}
NOBODY = {"name": "teal-nobody", "type": "Exact", "value": "httpbin-1"}


def asked_for(strategy: str = "blue-green", gateways: Sequence[str] = ("web",), **spec: Any) -> Routemap:
    versions: list[dict[str, Any]] = [{"name": name} for name in NAMES]
    if strategy == "canary":
        for version in versions[1:]:
            version["match"] = [{"uri": {"prefix": "/"}, "headers": {"team": {"exact": version["name"]}}}]
    spec = {"router": "HTTPRoute", "port": 80, "versions": versions, **spec}
    return parse_routemap(manifest(strategy=strategy, gateways=[*gateways], **spec))


def route(asked: Routemap, ready: Sequence[str]) -> dict[str, Any]:
    exposures = keeping(asked, STRATEGIES[asked.strategy](asked.versions, ready), ready)
    return dict(ROUTERS[asked.router].render(asked, exposures))


def rules_of(asked: Routemap, *ready: str) -> Rules:
    rules: Rules = route(asked, ready)["spec"]["rules"]
    return rules


def backends(rule: dict[str, Any]) -> list[tuple[str, int]]:
    return [(each["name"], each["weight"]) for each in rule["backendRefs"]]


def test_somebody_who_answers_anyway_stands_in_for_who_is_away() -> None:
    asked = asked_for()
    found = {
        ready: backends(rules_of(asked, *ready)[0]) for ready in (NAMES[:1], NAMES[:2], NAMES[1:], NAMES)
    }
    assert found == {
        NAMES[:1]: [("httpbin-0", 1_000_000), ("httpbin-0", 1), ("httpbin-0", 1)],
        NAMES[:2]: [("httpbin-0", 500_000), ("httpbin-1", 500_000), ("httpbin-0", 1)],
        NAMES[1:]: [("httpbin-1", 1), ("httpbin-1", 500_000), ("httpbin-2", 500_000)],
        NAMES: [("httpbin-0", 34), ("httpbin-1", 33), ("httpbin-2", 33)],
    }


def test_who_is_named_with_nothing_comes_after_the_places() -> None:
    """A backend without weight is none to Envoy Gateway; it is named, so that it need not settle anew."""
    versions = [{"name": "httpbin-0"}, {"name": "httpbin-1", "weight": 0}]
    (rest,) = rules_of(asked_for(versions=versions), *NAMES[:2])
    assert backends(rest) == [("httpbin-0", 1_000_000), ("httpbin-0", 1), ("httpbin-1", 0)]


def test_in_the_mesh_proxies_know_a_backend_by_name_so_nobody_stands_in() -> None:
    assert [backends(rule) for rule in rules_of(asked_for(gateways=["mesh"]), NAMES[0])] == [
        [("httpbin-0", 100)]
    ]
    assert len(rules_of(asked_for("canary", ["mesh"]), NAMES[0])) == 1


def test_the_rule_of_a_version_that_is_away_is_for_nobody() -> None:
    _, first, second = rules_of(asked_for("canary"), NAMES[0], NAMES[2])
    path = {"type": "PathPrefix", "value": "/"}
    assert first["matches"] == [{"path": path, "headers": [NOBODY]}]
    assert backends(first) == [("httpbin-0", 100)]
    assert second["matches"][0]["headers"][0]["name"] == "team"
    assert backends(second) == [("httpbin-2", 100)]


def test_a_grpc_route_keeps_its_places_too() -> None:
    _, first, _ = rules_of(asked_for("canary", router="GRPCRoute"), NAMES[0])
    assert first["matches"] == [{"headers": [NOBODY]}]


def worlds() -> Iterator[tuple[Routemap, tuple[str, ...]]]:
    """Yield each strategy x router x everybody who may be ready."""
    every: list[tuple[str, dict[str, Any]]] = [
        ("blue-green", KEPT),
        ("canary", KEPT),
        *((strategy, {}) for strategy in STRATEGIES),
    ]
    for (strategy, spec), router in product(every, ("HTTPRoute", "GRPCRoute")):
        if spec and router == "GRPCRoute":
            continue
        asked = asked_for(strategy, router=router, **spec)
        for chosen in product((True, False), repeat=len(NAMES)):
            ready = tuple(name for name, is_ready in zip(NAMES, chosen, strict=True) if is_ready)
            if ready:
                yield asked, ready


def places(rules: Rules) -> dict[tuple[int, int], str]:
    """Return who stands where: a backend without weight is none."""
    return {
        (number, place): name
        for number, rule in enumerate(rules)
        for place, (name, weight) in enumerate(backends(rule))
        if weight
    }


def test_no_place_comes_or_goes_with_a_version() -> None:
    """It would be taken away before the route that leads there, or known after it."""
    seen: dict[Any, set[Any]] = {}
    for asked, ready in worlds():
        # Who gets copies has no place among those that answer: copies may be lost, requests may not.
        taken = places(rules_of(asked, *ready))
        seen.setdefault((asked.strategy, asked.router, asked.affinity), set()).add(frozenset(taken))
        assert {*taken.values()} <= {*ready}
    assert {len(found) for found in seen.values()} == {1}


def test_what_stands_in_is_read_back_as_nothing_more() -> None:
    for asked, ready in worlds():
        router = ROUTERS[asked.router]
        decided = keeping(asked, STRATEGIES[asked.strategy](asked.versions, ready), ready)
        found = by_version(router.exposures(router.render(asked, decided)))
        for exposure in decided:
            read = found[exposure.version]
            assert (read.share, read.copies, bool(read.matches), read.by_cookie) == (
                exposure.share,
                exposure.copies,
                bool(exposure.matches),
                exposure.by_cookie,
            )
        assert found.keys() == {each.version for each in decided}
        again = router.render(asked, [found[each.version] for each in decided])
        assert again == router.render(asked, decided)


@pytest.mark.parametrize("version", ["httpbin-1", "stranger"])
def test_a_hand_that_sends_nobodys_requests_elsewhere_has_exposed_somebody(version: str) -> None:
    made = route(asked_for("canary"), NAMES[:1])
    made["spec"]["rules"][1]["backendRefs"][0]["name"] = version
    found = by_version(ROUTERS["HTTPRoute"].exposures(made))
    assert found[version].exposed
    assert found["httpbin-0"] == Exposure("httpbin-0", 100)


def test_a_rule_that_a_hand_has_opened_for_somebody_keeps_no_place() -> None:
    made = route(asked_for("canary"), NAMES[:1])
    testers = {"headers": [{"name": "team", "type": "Exact", "value": "a"}]}
    made["spec"]["rules"][1]["matches"].append(testers)
    (found,) = by_version(ROUTERS["HTTPRoute"].exposures(made)).values()
    assert found.matches

"""Strategies: who gets which requests, for every number of versions and whoever of them is ready."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest

from routing.deciding.strategies import STRATEGIES, held
from routing.model import Version
from routing.reading.defaults import STRATEGIES as NAMES
from routing.reading.defaults import defaulted
from routing.reading.parse import parse_routemap
from routing.routes import ROUTER
from routing.routes.exposure import Exposure, split_of
from tests.unit.routing.manifests import routemap as manifest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from routing.model import Routemap

MATCH = json.dumps([{"headers": {"traffic": {"exact": "test"}}}], sort_keys=True)


def versions(count: int, strategy: str) -> list[dict[str, Any]]:
    return [
        {"name": f"httpbin-{index}"}
        | ({"match": [{"uri": {"prefix": f"/{index}"}}]} if strategy == "canary" and index else {})
        for index in range(count)
    ]


def every() -> Iterator[tuple[Routemap, tuple[str, ...]]]:
    """Yield Routemaps of each strategy with one to eight versions, and who of them is ready."""
    for strategy, count in product(NAMES, range(1, 9)):
        asked = parse_routemap(manifest(strategy=strategy, versions=versions(count, strategy), port=80))
        for ready in product((False, True), repeat=count):
            if any(ready):
                named = zip(asked.versions, ready, strict=True)
                yield asked, tuple(version.name for version, is_ready in named if is_ready)


def test_the_strategies_that_are_taken_are_those_that_there_are() -> None:
    assert set(STRATEGIES) == set(NAMES)


def test_requests_and_copies_go_to_ready_versions_only_and_all_requests_go_somewhere() -> None:
    for asked, ready in every():
        exposures = STRATEGIES[asked.strategy](asked.versions, ready)
        assert {exposure.version for exposure in exposures} == set(ready)
        assert sum(exposure.share for exposure in exposures) == 100


CANARY = (Version("a", 100), Version("b", 0, MATCH), Version("c", 20, MATCH))


@pytest.mark.parametrize(
    ("ready", "wanted"),
    [
        ("a", "a=100"),
        ("ab", "a=100 b=0+match"),
        ("abc", "a=83 b=0+match c=17+match"),
        ("b", "b=100+match"),
        ("bc", "b=0+match c=100+match"),
    ],
)
def test_a_candidate_gets_what_it_matches_and_the_rest_goes_by_weight(ready: str, wanted: str) -> None:
    assert split_of(STRATEGIES["canary"](CANARY, ready)) == wanted


MIRROR = (Version("a", 100), Version("b", 30), Version("c", 0))


@pytest.mark.parametrize(
    ("ready", "wanted"),
    [
        ("a", "a=100"),
        ("ab", "a=100 b=0+30%copies"),
        ("abc", "a=100 b=0+30%copies c=0"),
        ("b", "b=100"),
        ("bc", "b=100 c=0"),
    ],
)
def test_the_primary_answers_and_candidates_get_copies(ready: str, wanted: str) -> None:
    assert split_of(STRATEGIES["mirror"](MIRROR, ready)) == wanted


def test_an_overridden_percentage_of_copies_is_no_more_than_all() -> None:
    heavy = [replace(version, weight=500) for version in MIRROR]
    assert split_of(STRATEGIES["mirror"](heavy, "ab")) == "a=100 b=0+100%copies"


def test_candidates_of_a_canary_are_for_testers_unless_told_otherwise() -> None:
    spec = defaulted(manifest(strategy="canary"))["spec"]
    assert spec["versions"] == [
        {"name": "httpbin-0", "weight": 100},
        {"name": "httpbin-1", "weight": 0, "match": [{"headers": {"traffic": {"exact": "test"}}}]},
    ]
    spec = defaulted(manifest(strategy="mirror"))["spec"]
    assert [version["weight"] for version in spec["versions"]] == [100, 100]


def test_a_rule_for_testers_comes_before_the_one_for_all_and_carries_the_timeout() -> None:
    asked = parse_routemap(manifest(strategy="canary", port=80, timeout="2s"))
    rendered = ROUTER.render(asked, STRATEGIES["canary"](asked.versions, ("httpbin-0", "httpbin-1")))
    first, last = rendered["spec"]["http"]
    assert first["match"] == [{"headers": {"traffic": {"exact": "test"}}}]
    assert [item["destination"]["host"] for item in first["route"]] == ["httpbin-1.default.svc.cluster.local"]
    assert [item["destination"]["host"] for item in last["route"]] == ["httpbin-0.default.svc.cluster.local"]
    assert (first["timeout"], last["timeout"]) == ("2s", "2s")


def test_copies_are_of_the_rule_for_all() -> None:
    asked = parse_routemap(manifest(strategy="mirror", port=80))
    (rule,) = ROUTER.render(asked, STRATEGIES["mirror"](asked.versions, ("httpbin-0", "httpbin-1")))["spec"][
        "http"
    ]
    assert rule["mirrors"] == [
        {
            "destination": {"host": "httpbin-1.default.svc.cluster.local", "port": {"number": 80}},
            "percentage": {"value": 100},
        }
    ]


def test_matches_that_a_hand_has_written_are_not_written_again() -> None:
    asked = parse_routemap(manifest(port=80))
    kept = held([Exposure("httpbin-0", 100, matches=("tcp", MATCH))], {"httpbin-0"})
    assert len(ROUTER.render(asked, kept)["spec"]["http"]) == 1

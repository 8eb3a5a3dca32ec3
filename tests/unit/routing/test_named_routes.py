"""Routes that share one split: what is rendered of them, and that it is read back as the split alone."""

from __future__ import annotations

import json
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.deciding.strategies import STRATEGIES
from routing.reading.parse import parse_routemap
from routing.routes import ROUTER
from routing.routes.exposure import MOST_DESTINATIONS, Exposure, by_version
from tests.unit.routing.manifests import changed
from tests.unit.routing.manifests import routemap as manifest
from tests.unit.routing.test_split import EXAMPLES
from tests.unit.routing.test_virtualservice import ROUTES, as_http, reached

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from routing.model import Routemap

API = {"uri": {"prefix": "/api/"}}
GET = {"method": {"exact": "GET"}}
TEAM, OLD = ({"headers": {"team": {"exact": name}}} for name in ("a", "b"))


def versions(count: int, strategy: str) -> list[dict[str, Any]]:
    return [
        {"name": f"httpbin-{index}"}
        | (
            {
                "match": [
                    {"headers": {"team": {"exact": f"{index}"}}},
                    {"queryParams": {"v": {"exact": f"{index}"}}},
                ]
            }
            if strategy == "canary" and index
            else {}
        )
        for index in range(count)
    ]


def routes(count: int) -> list[dict[str, Any]]:
    return [
        {
            "name": f"r-{index}",
            "match": [{"uri": {"prefix": f"/{index}"}}, {"uri": {"exact": f"/x{index}"}, **GET}],
        }
        for index in range(count)
    ]


def every() -> Iterator[tuple[Routemap, tuple[Exposure, ...]]]:
    """Yield Routemaps of each strategy with some numbers of versions and routes, and whom they expose."""
    for strategy, count, many in product(STRATEGIES, (1, 2, 3, 8), (1, 2, 8)):
        spec = {
            "strategy": strategy,
            "versions": versions(count, strategy),
            "routes": routes(many),
            "port": 80,
        }
        asked = parse_routemap(manifest(**spec))
        names = [version.name for version in asked.versions]
        for ready in (names, names[:1], names[1:], names[-1:]):
            if ready:
                yield asked, STRATEGIES[strategy](asked.versions, ready)


def http(asked: Routemap, exposures: Sequence[Exposure]) -> list[dict[str, Any]]:
    return list(ROUTER.render(asked, exposures)["spec"]["http"])


def test_a_route_has_its_own_settings_and_the_others_of_the_spec() -> None:
    asked = parse_routemap(
        manifest(
            timeout="2s",
            retries={"attempts": 1},
            routes=[
                {"name": "api", "match": [API], "timeout": "5s", "rewrite": {"uri": "/"}},
                {"name": "read", "match": [GET]},
            ],
        )
    )
    told = [
        {key: value for key, value in rule.items() if key != "route"}
        for rule in http(asked, [Exposure("httpbin-0", 100)])
    ]
    assert told == [
        {
            "name": "httpbin.api",
            "match": [API],
            "timeout": "5s",
            "retries": {"attempts": 1},
            "rewrite": {"uri": "/"},
        },
        {"name": "httpbin.read", "match": [GET], "timeout": "2s", "retries": {"attempts": 1}},
        {"name": "httpbin", "timeout": "2s", "retries": {"attempts": 1}},
    ]


def test_within_a_route_a_candidate_gets_what_both_match() -> None:
    asked = parse_routemap(
        manifest(
            strategy="canary",
            versions=[{"name": "httpbin-0"}, {"name": "httpbin-1", "match": [TEAM, OLD]}],
            routes=[{"name": "api", "match": [API, GET], "timeout": "5s"}],
        )
    )
    rules = http(asked, STRATEGIES["canary"](asked.versions, ["httpbin-0", "httpbin-1"]))
    assert [(rule["name"], rule.get("match")) for rule in rules] == [
        ("httpbin-httpbin-1.api", [API | TEAM, API | OLD, GET | TEAM, GET | OLD]),
        ("httpbin.api", [API, GET]),
        ("httpbin-httpbin-1", [TEAM, OLD]),
        ("httpbin", None),
    ]
    assert [rule.get("timeout") for rule in rules] == ["5s", "5s", None, None]


def test_every_route_shares_requests_and_copies_as_the_rest_does() -> None:
    for asked, exposures in every():
        rules = {rule["name"]: rule for rule in http(asked, exposures)}
        for route in asked.routes:
            own, rest = rules[f"httpbin.{route.name}"], rules["httpbin"]
            assert (own["route"], own.get("mirrors")) == (rest["route"], rest.get("mirrors"))


def test_who_is_exposed_is_read_back_as_without_routes() -> None:
    for asked, exposures in every():
        found = by_version(ROUTER.exposures(ROUTER.render(asked, exposures)))
        assert {name: item for name, item in found.items() if item.exposed} == {
            item.version: item for item in exposures if item.exposed
        }


def test_no_destination_is_beyond_those_that_are_read() -> None:
    for asked, exposures in every():
        rules = [rule for rule in http(asked, exposures) if not rule["name"].startswith("httpbin.")]
        assert sum(len(rule["route"]) + len(rule.get("mirrors", ())) for rule in rules) <= MOST_DESTINATIONS


SHARED = manifest(versions=versions(2, "blue-green"), routes=routes(1))


@pytest.mark.parametrize(
    ("path", "value", "exposed"),
    [
        # A route that a hand has given a split of its own is no longer the rest's.
        ("spec.http.0.route.0.weight", 10, {"httpbin-0", "httpbin-1"}),
        ("spec.http.0.route.0.destination.host", "httpbin-2", {"httpbin-0", "httpbin-1", "httpbin-2"}),
        ("spec.http.0.mirror", {"host": "httpbin-2"}, {"httpbin-0", "httpbin-1", "httpbin-2"}),
        # One without its match takes all requests.
        ("spec.http.0.match", [], {"httpbin-0", "httpbin-1"}),
    ],
)
def test_a_route_edited_by_hand_is_read_as_istio_does(path: str, value: Any, exposed: set[str]) -> None:
    asked = parse_routemap(SHARED)
    rendered = ROUTER.render(asked, [Exposure("httpbin-0", 50), Exposure("httpbin-1", 50)])
    found = ROUTER.exposures(changed(dict(rendered), path, value))
    assert {item.version for item in found if item.exposed} == exposed


def test_a_candidates_rule_of_paths_alone_is_read_as_it_is() -> None:
    rule = {"name": "httpbin-b.api", "match": [API], "route": [{"destination": {"host": "b"}}]}
    rules = [rule, {"name": "httpbin", "route": [{"destination": {"host": "a"}}]}]
    found = ROUTER.exposures(
        {"metadata": {"namespace": "default", "name": "httpbin"}, "spec": {"http": rules}}
    )
    assert found == (Exposure("b", matches=(json.dumps([API]),)), Exposure("a", 100))


NAMES = st.sampled_from(["httpbin", "httpbin.a", "httpbin.b", "httpbin-b", "httpbin-b.a", "other.a", None, 7])


@given(ROUTES, st.lists(NAMES, min_size=4, max_size=4), st.booleans())
@EXAMPLES
def test_no_name_of_a_rule_hides_who_may_get_a_request(
    given_routes: list[dict[str, Any]],
    called: list[Any],
    paths: bool,  # noqa: FBT001 -- a case
) -> None:
    rules = [as_http(route) | {"name": name} for route, name in zip(given_routes, called, strict=False)]
    for rule in rules:
        if paths and "match" in rule:
            rule["match"] = [API]
    found = ROUTER.exposures(
        {"metadata": {"namespace": "default", "name": "httpbin"}, "spec": {"http": rules}}
    )
    assert {item.version for item in found if item.exposed} == reached(given_routes)

"""Affinity: a client keeps its version while that is in the split, and nothing is kept of the client."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing import cookies
from routing.deciding.decide import asked as asked_of
from routing.deciding.decide import decide
from routing.deciding.keeping import keeping
from routing.model import Affinity, State
from routing.reading import regexes
from routing.reading.parse import parse_routemap
from routing.routes import ROUTERS
from routing.routes.exposure import MOST_PLACES, Exposure, by_version, split_of
from routing.telling.progress import complete
from tests.unit.routing import shapes
from tests.unit.routing.affinity_examples import affinity
from tests.unit.routing.manifests import changed
from tests.unit.routing.manifests import routemap as manifest
from tests.unit.routing.proxies import asked
from tests.unit.routing.test_split import EXAMPLES
from tests.unit.routing.worlds import NOW, SERVING, facts, routemap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from routing.model import Routemap

    Spec = dict[str, Any]

KEPT = Affinity("shop-version")
ASKED = replace(routemap(50, 50), affinity=KEPT)
NAMES = ("httpbin-0", "httpbin-1", "httpbin-2")
GIVEN = "shop-version={}; Path=/; HttpOnly; SameSite=Lax"
FORGOTTEN = "shop-version=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0"


def canary(router: str, **spec: Any) -> Routemap:
    """Return a Routemap of three versions with affinity, of which a match leads to the second."""
    other = [{"headers": {"traffic": {"exact": "other"}}}]
    versions: list[Spec] = [{"name": name, "weight": 50} for name in NAMES]
    versions[2]["match"] = other
    asked_for = {"strategy": "canary", "router": router, "port": 80, "versions": versions, **affinity()}
    return parse_routemap(manifest(**asked_for | spec))


def exposures_of(
    asked_for: Routemap, ready: Sequence[str], staying: Sequence[str] = ()
) -> tuple[Exposure, ...]:
    return keeping(asked_for, asked_of(asked_for, None, ready), staying or ready)


# The cookie.


@pytest.mark.parametrize(
    ("header", "led"),
    [
        ("shop-version=httpbin-1", "back"),
        ("a=b; shop-version=httpbin-1; c=d", "back"),
        ("a=b;shop-version=httpbin-1;c=d", "back"),
        ("shop-version=httpbin-1; shop-version=httpbin-0", "back"),
        ('a="b; c"; shop-version=httpbin-1', "back"),
        ("shop-version=httpbin-10", "anywhere"),
        ("shop-version=httpbin-1.", "anywhere"),
        ("shop-version=", "anywhere"),
        ("shop-version=httpbin-0", "anywhere"),
        ("my-shop-version=httpbin-1", ""),
        ("a=shop-version=httpbin-1", ""),
        ("Version=httpbin-1", ""),
        ("versions=httpbin-1", ""),
        ("shop-version", ""),
        ("", ""),
    ],
)
def test_only_the_cookie_itself_with_the_versions_name_leads_back(header: str, led: str) -> None:
    assert bool(re.fullmatch(cookies.is_back("shop-version", "httpbin-1"), header)) is (led == "back")
    assert bool(re.fullmatch(cookies.is_any("shop-version"), header)) is bool(led)


WORDS = st.text("ab=-1", max_size=4)


@given(
    st.lists(st.tuples(st.sampled_from(["v", "vv", "w"]), WORDS), max_size=4),
    st.sampled_from(["a", "a-1", "b"]),
)
@EXAMPLES
def test_a_client_comes_back_exactly_by_a_cookie_among_its_cookies(
    pairs: list[tuple[str, str]], version: str
) -> None:
    header = "; ".join(f"{name}={value}" for name, value in pairs)
    assert bool(re.fullmatch(cookies.is_back("v", version), header)) is (("v", version) in pairs)
    assert bool(re.fullmatch(cookies.is_any("v"), header)) is ("v" in dict(pairs))


@pytest.mark.parametrize("name", ["v", "__Host-a_b", "0" * 64])
def test_what_the_cookie_is_compared_with_is_taken_by_every_proxy(name: str) -> None:
    for expression in (cookies.is_back(name, "a" * 63), cookies.is_any(name)):
        assert regexes.fault(expression) is None
        assert len(expression) < 1024


def test_an_expression_leads_to_its_version_alone_and_any_to_each() -> None:
    assert cookies.leads_to(cookies.is_back("v", "httpbin-1"), "httpbin-1")
    assert cookies.leads_to(cookies.is_any("v"), "httpbin-1")
    assert not cookies.leads_to(cookies.is_back("v", "httpbin-1"), "httpbin-0")
    assert not any(cookies.leads_to(other, "a") for other in ("", "v=a", "(.*; *)?v=a", ".*v=.*"))


@pytest.mark.parametrize(
    ("kept", "text"),
    [
        (KEPT, "shop-version=a; Path=/; HttpOnly; SameSite=Lax"),
        (Affinity("v", 3600), "v=a; Path=/; HttpOnly; SameSite=Lax; Max-Age=3600"),
        (Affinity("v", 60, secure=True), "v=a; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=60"),
    ],
)
def test_the_cookie_is_for_every_path_for_no_script_and_for_no_other_site(kept: Affinity, text: str) -> None:
    assert cookies.given(kept, "a") == text
    assert cookies.taken_back(kept).partition("; Max-Age=")[2] == "0"


# Who keeps whose clients.


@pytest.mark.parametrize(
    ("shares", "staying", "kept"),
    [
        ({"a": 50, "b": 50}, "ab", "ab"),
        ({"a": 100, "b": 0}, "ab", ""),  # of weight 0: it has lost its clients, and they may come back
        ({"a": 60, "b": 40, "c": 0}, "abc", "ab"),
        ({"a": 100}, "a", "a"),  # alone: the cookie is forgotten
        ({"a": 100}, "", "a"),  # held, on its way out
        ({"a": 100}, "ab", ""),  # b is not ready, or not ready yet
        ({"a": 50, "b": 50}, "", "ab"),
        ({"a": 0}, "", ""),
        ({}, "", ""),
    ],
)
def test_of_several_each_keeps_its_clients_and_one_alone_takes_the_cookie_back(
    shares: dict[str, int], staying: str, kept: str
) -> None:
    exposures = [Exposure(name, share) for name, share in shares.items()]
    found = keeping(ASKED, exposures, staying)
    assert "".join(exposure.version for exposure in found if exposure.by_cookie) == kept
    assert [replace(exposure, by_cookie=False) for exposure in found] == exposures
    held = [replace(exposure, by_cookie=True) for exposure in exposures]
    assert keeping(replace(ASKED, affinity=None), held, staying) == tuple(exposures)


@pytest.mark.parametrize(
    ("other", "kept"),
    [
        ("ready", {"httpbin-0", "httpbin-1"}),
        ("no ready endpoint", set()),
        ("settling", set()),
        ("no Deployment, no Service", {"httpbin-0"}),
        ("both being deleted", {"httpbin-0"}),
        ("scaled to zero", {"httpbin-0"}),
    ],
)
def test_a_version_that_is_away_for_a_moment_ends_no_affinity(other: str, kept: set[str]) -> None:
    decided = decide(ASKED, None, [facts(NAMES[0], memory=SERVING), facts(NAMES[1], other)], NOW)
    assert {exposure.version for exposure in decided.exposures if exposure.by_cookie} == kept


def test_a_split_whose_clients_are_kept_is_as_asked() -> None:
    found = [facts(name, memory=SERVING) for name in NAMES[:2]]
    decided = decide(ASKED, None, found, NOW)
    assert all(exposure.by_cookie for exposure in decided.exposures)
    told = complete(ASKED, None, decided, by_version(decided.exposures))
    assert (told.holds, told.message) == (True, "split httpbin-0=50 httpbin-1=50")


# What is written.

KEEPING = ("VirtualService", "HTTPRoute")
"""Clients of the other one keep no cookies, and it may not be asked to."""


def test_a_virtual_service_brings_clients_back_before_it_shares_out_the_others() -> None:
    made = ROUTERS["VirtualService"].render(ASKED, exposures_of(ASKED, NAMES[:2]))
    assert [(rule["name"], rule.get("match")) for rule in made["spec"]["http"]] == [
        (
            f"httpbin-{name}-again",
            [{"headers": {"cookie": {"regex": f"(.*; *)?shop-version={name}(;.*)?"}}}],
        )
        for name in NAMES[:2]
    ] + [("httpbin", None)]
    *back, rest = (
        [item["headers"]["response"]["add"] for item in rule["route"]] for rule in made["spec"]["http"]
    )
    assert back == [[{"app-version": name}] for name in NAMES[:2]]
    assert rest == [{"app-version": name, "set-cookie": GIVEN.format(name)} for name in NAMES[:2]]


def test_an_http_route_says_the_same() -> None:
    asked_for = canary("HTTPRoute", strategy="blue-green", versions=[{"name": name} for name in NAMES[:2]])
    rules = ROUTERS["HTTPRoute"].render(asked_for, exposures_of(asked_for, NAMES[:2]))["spec"]["rules"]
    assert [rule["matches"] for rule in rules] == [[{"path": {"type": "PathPrefix", "value": "/"}}]] + [
        [
            {
                "path": {"type": "PathPrefix", "value": "/"},
                "headers": [
                    {
                        "name": "cookie",
                        "type": "RegularExpression",
                        "value": f"(.*; *)?shop-version={name}(;.*)?",
                    }
                ],
            }
        ]
        for name in NAMES[:2]
    ]
    added = [
        [item["filters"][0]["responseHeaderModifier"]["add"] for item in rule["backendRefs"]]
        for rule in rules
    ]
    own = [{"name": "app-version", "value": name} for name in NAMES[:2]]
    assert added == [
        [
            [mine, {"name": "set-cookie", "value": GIVEN.format(name)}]
            for name, mine in zip(NAMES, own, strict=False)
        ],
        [[own[0]]],
        [[own[1]]],
    ]


@pytest.mark.parametrize("router", KEEPING)
def test_while_a_version_is_alone_no_client_is_bound_and_those_that_are_forget(router: str) -> None:
    asked_for = canary(router)
    made = ROUTERS[router].render(asked_for, exposures_of(asked_for, NAMES[:1]))
    assert asked(made, {}, 0.5).cookie == ""
    for value in NAMES:
        answer = asked(made, {"cookie": f"a=b; shop-version={value}"}, 0.5)
        assert (answer.version, answer.cookie) == (NAMES[0], FORGOTTEN)


@pytest.mark.parametrize("router", KEEPING)
def test_while_another_version_is_not_ready_nothing_is_said_of_cookies(router: str) -> None:
    asked_for = canary(router)
    exposures = exposures_of(asked_for, NAMES[:1], NAMES)
    plain = replace(asked_for, affinity=None)
    assert ROUTERS[router].render(asked_for, exposures) == ROUTERS[router].render(plain, exposures)


@pytest.mark.parametrize("router", KEEPING)
def test_a_testers_match_wins_over_the_cookie(router: str) -> None:
    made = ROUTERS[router].render(canary(router), exposures_of(canary(router), NAMES))
    tester = {"traffic": "test", "cookie": f"shop-version={NAMES[2]}"}
    assert asked(made, tester, 0.5) == asked(made, {"traffic": "test"}, 0.5)
    assert asked(made, tester, 0.5).version == NAMES[1]


def test_within_a_named_route_clients_come_back_too() -> None:
    api, get = {"uri": {"prefix": "/api"}}, {"method": {"exact": "GET"}}
    spec = {"routes": [{"name": "api", "match": [api, get], "timeout": "5s"}], **affinity()}
    asked_for = parse_routemap(manifest(**spec))
    rules = ROUTERS["VirtualService"].render(asked_for, exposures_of(asked_for, NAMES[:2]))["spec"]["http"]
    again = {"headers": {"cookie": {"regex": "(.*; *)?shop-version=httpbin-1(;.*)?"}}}
    assert [rule["name"] for rule in rules[:3]] == [
        "httpbin-httpbin-0-again.api",
        "httpbin-httpbin-1-again.api",
        "httpbin.api",
    ]
    assert rules[1]["match"] == [api | again, get | again]
    assert [rule.get("timeout") for rule in rules] == ["5s"] * 3 + [None] * 3


def test_all_places_of_the_largest_virtual_service_are_read() -> None:
    routes = [{"name": f"r-{index}", "match": [{"uri": {"exact": f"/{index}"}}]} for index in range(8)]
    versions = [item | {"weight": 10} for item in shapes.versions(8, "canary")]
    asked_for = canary("VirtualService", versions=versions, routes=routes)
    exposures = exposures_of(asked_for, [version.name for version in asked_for.versions])
    made = ROUTERS["VirtualService"].render(asked_for, exposures)
    named = [f"httpbin.r-{index}" for index in range(8)]
    places = [to for rule in made["spec"]["http"] if rule["name"] not in named for to in rule["route"]]
    assert len(places) == MOST_PLACES - 1
    assert by_version(ROUTERS["VirtualService"].exposures(made)) == by_version(exposures)


@pytest.mark.parametrize("router", KEEPING)
@pytest.mark.parametrize("one", ["httpbin-0", "httpbin-1"])
def test_a_version_that_a_hand_has_left_its_cookie_alone_is_exposed(router: str, one: str) -> None:
    asked_for = canary(router, strategy="blue-green", versions=[{"name": name} for name in NAMES[:2]])
    made = dict(ROUTERS[router].render(asked_for, exposures_of(asked_for, NAMES[:2])))
    rules, place, key = ("http", 2, "route") if router == "VirtualService" else ("rules", 0, "backendRefs")
    path = f"spec.{rules}.{place}.{key}"
    (kept,) = [item for item in made["spec"][rules][place][key] if one not in str(item)]
    found = by_version(ROUTERS[router].exposures(changed(made, path, [kept | {"weight": 100}])))
    assert found[one] == Exposure(one, by_cookie=True)
    assert found[one].exposed
    assert split_of([found[one]]) == f"{one}=0+match"


# Clients, through a rollout.

STEP = st.tuples(
    st.sampled_from([(0, 1), (0, 1, 2), (0,), (0, 2), (1, 2)]),
    st.lists(st.integers(0, 3), min_size=3, max_size=3),
)
DICE = st.floats(0, 0.999)


@given(
    st.sampled_from(KEEPING),
    st.lists(st.tuples(STEP, st.lists(st.tuples(st.integers(0, 4), DICE), max_size=6)), max_size=6),
)
@EXAMPLES
def test_a_client_moves_only_when_its_version_has_left_the_split_and_then_once(
    router: str, story: list[tuple[tuple[tuple[int, ...], list[int]], list[tuple[int, float]]]]
) -> None:
    jars: dict[int, str] = {}
    at: dict[int, str] = {}
    for (ready, weights), requests in story:
        versions = [{"name": name, "weight": weight} for name, weight in zip(NAMES, weights, strict=True)]
        if not any(weights):
            continue
        asked_for = canary(router, strategy="blue-green", versions=versions)
        # Nothing is gone for good here: one that is not ready comes back.
        exposures = exposures_of(asked_for, [NAMES[index] for index in ready], NAMES)
        sharing = {exposure.version for exposure in exposures if exposure.share}
        made = ROUTERS[router].render(asked_for, exposures)
        at = {client: version for client, version in at.items() if version in sharing}
        for client, dice in requests:
            jar = {"cookie": f"a=b; shop-version={jars[client]}"} if client in jars else {}
            answer = asked(made, jar, dice)
            assert answer.version in sharing
            if client in jars and jars[client] in sharing:
                assert answer.version == jars[client]
            if len(sharing) > 1:
                assert at.get(client, answer.version) == answer.version
                at[client] = answer.version
                jars[client] = answer.version
                given_ = GIVEN.format(answer.version)
                assert answer.cookie in ("", given_)
            else:
                assert answer.cookie == ""


@pytest.mark.parametrize("router", KEEPING)
@pytest.mark.parametrize(
    "jar", [{}, {"cookie": "shop-version=gone"}, {"cookie": "shop-version="}, {"cookie": "a=b"}]
)
def test_who_bears_no_version_of_the_split_is_shared_out_by_weight(router: str, jar: dict[str, str]) -> None:
    asked_for = canary(
        router, strategy="blue-green", versions=[{"name": "a", "weight": 20}, {"name": "b", "weight": 80}]
    )
    made = ROUTERS[router].render(asked_for, exposures_of(asked_for, ["a", "b"]))
    answers = [asked(made, jar, dice / 100) for dice in range(100)]
    assert [answer.version for answer in answers].count("a") == 20
    assert all(answer.cookie == GIVEN.format(answer.version) for answer in answers)


def test_a_version_that_leaves_keeps_nobody_from_the_write_that_takes_it_out() -> None:
    leaving = facts(NAMES[1], "both being deleted", memory=SERVING)
    decided = decide(ASKED, None, [facts(NAMES[0], memory=SERVING), leaving], NOW)
    assert decided.versions[1].state is State.DRAINING
    assert [exposure.version for exposure in decided.exposures] == [NAMES[0]]

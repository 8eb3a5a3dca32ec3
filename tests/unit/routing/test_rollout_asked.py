"""What is asked for a Routemap, and where its rollout leads, by what it says."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from routing.passes import Seen
from routing.reading.parse import parse_routemap
from routing.reading.rollout_status import Phase, RolloutStatus, Told
from routing.reading.status import RoutemapStatus
from routing.stepping.casting import goal_of
from routing.stepping.evidence import findings, questions
from routing.stepping.rolling import asked
from routing.stepping.rollout import Counts, Verdict
from tests.unit.routing.manifests import routemap
from tests.unit.routing.worlds import NOW

ROLLOUT = {"steps": [{"share": 10, "for": "1m"}], "checks": [{"metric": "success", "min": 99}]}
UNDER_WAY = RolloutStatus("httpbin-1", "r", phase=Phase.STEPPING, step=1, share=10, since=NOW)


def under_way(metadata: dict[str, Any], **spec: Any) -> Seen:
    manifest = routemap(**spec)
    status = RoutemapStatus(rollout=UNDER_WAY)
    return Seen({**manifest, "metadata": {**manifest["metadata"], **metadata}}, status)


def test_a_step_under_way_asks_for_its_candidate() -> None:
    [question] = asked(under_way({}, rollout=ROLLOUT))
    assert (question.version, question.since, question.check.name) == ("httpbin-1", NOW, "success")


@pytest.mark.parametrize("strategy", ["blue-green", "canary", "mirror"])
def test_what_a_candidate_gets_with_mirror_are_copies_and_its_primary_is_counted_as_it_is(
    strategy: str,
) -> None:
    checks = [{"metric": "success", "worseBy": 1}]
    found = asked(under_way({}, strategy=strategy, rollout={**ROLLOUT, "checks": checks}))
    assert {each.version for each in found} == {"httpbin-0", "httpbin-1"}
    assert {each.copies for each in found} == {strategy == "mirror"}


def test_with_router_grpc_route_all_are_calls_of_grpc() -> None:
    for router in ("GRPCRoute", "HTTPRoute"):
        [question] = asked(under_way({}, rollout=ROLLOUT, router=router, port=80))
        assert question.grpc == (router == "GRPCRoute")


@pytest.mark.parametrize(
    "seen",
    [
        Seen(routemap(rollout=ROLLOUT)),
        under_way({}),
        under_way({}, rollout={**ROLLOUT, "steps": []}),
        under_way({"deletionTimestamp": "2030-01-01T00:00:00Z"}, rollout=ROLLOUT),
    ],
    ids=["no step yet", "no rollout any more", "not well formed", "being deleted"],
)
def test_nothing_is_asked_otherwise(seen: Seen) -> None:
    assert asked(seen) == ()


def test_without_a_rollout_the_goal_is_what_the_routemap_says() -> None:
    parsed = parse_routemap(routemap())
    assert goal_of(parsed, UNDER_WAY) is parsed


def counted(good: float, total: float, told: Told) -> Told:
    """Return what is told of a check after a count, where something was told before."""
    parsed = parse_routemap(routemap(rollout=ROLLOUT))
    assert parsed.rollout
    state = replace(UNDER_WAY, checks=(told,))
    asking = questions(state, parsed)
    [found] = findings(asking, state, parsed, dict.fromkeys(asking, Counts(good, total)))
    return found


def test_a_count_is_told_again_when_it_has_grown_by_a_quarter_or_says_something_else() -> None:
    first = counted(1000, 1000, Told("success"))
    assert (first.verdict, first.total) == (Verdict.GOOD, 1000)
    assert counted(1249, 1249, first) is first
    assert counted(1250, 1250, first).total == 1250
    assert counted(900, 1050, first).verdict is Verdict.BAD
    assert counted(10, 10, first).total == 10, "of another step"
    assert counted(10, 10, Told("latency", first.verdict, 10, 10)).name == "success"

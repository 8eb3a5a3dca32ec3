"""What the page's list says of an application."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard import rows
from dashboard.rows import BAD, GOOD, MOVES, row
from routing.reading.times import seconds
from tests.unit.cli.told import APPLIED, NOW, READY, ago, condition, routemap, version

LEAVING = "its Deployment is being deleted; no new ones go to it, those under way end, then it is let go"
STEPS = {"steps": [{"share": 5, "for": "2m"}, {"share": 25, "for": "1m30s"}]}
STEPPING = {"phase": "Stepping", "step": 2, "since": ago(10), "message": "step 2 of 2: 25 %"}


def told(**status: Any) -> rows.Row:
    return row(routemap(READY | status), None, NOW)


def verdict(*others: Any, **status: Any) -> tuple[str, str, str]:
    conditions = {each["type"]: each for each in (*APPLIED, *others)}
    found = told(conditions=[*conditions.values()], **status)
    return found["state"], found["level"], found["sentence"]


def test_an_application_at_rest_has_its_split_and_since_when() -> None:
    assert told() == {
        "id": "default/httpbin",
        "strategy": "blue-green",
        "state": "ready",
        "level": GOOD,
        "sentence": "the split is applied",
        "since": NOW - 200,
        "versions": [
            {"name": "httpbin-0", "state": "ready", "weight": 80},
            {"name": "httpbin-1", "state": "ready", "weight": 20},
        ],
    }


def test_what_is_worst_is_told() -> None:
    degraded = condition("Degraded", "NoReadyVersion", "requests fail")
    conflict = condition("Conflict", "Conflict", "an older one has it")
    unreachable = condition("Routable", "GatewayNotFound", "no Gateway", holds=False)
    late = condition("Progressing", "ProgressDeadlineExceeded", "not ready in time", holds=False)
    assert verdict(degraded, conflict, unreachable, late) == ("degraded", BAD, "requests fail")
    assert verdict(conflict, unreachable, late) == ("conflict", BAD, "an older one has it")
    assert verdict(unreachable, late) == ("not routable", BAD, "no Gateway")
    assert verdict(late) == ("late", BAD, "not ready in time")


def test_requests_that_are_held_are_told_apart_from_a_mistake() -> None:
    assert verdict(condition("Ready", "Held", "requests stay", holds=False))[:2] == ("held", BAD)
    assert verdict(condition("Ready", "Invalid", "spec.port: 0", holds=False)) == (
        "not ready",
        BAD,
        "spec.port: 0",
    )


def test_an_application_of_which_nothing_was_ready_yet_is_a_beginning() -> None:
    begins = (
        condition("Ready", "NoReadyVersion", "nothing is routed until one is", holds=False),
        condition("Degraded", "NoReadyVersion", "nothing is routed until one is"),
    )
    assert verdict(*begins, split="") == ("starting", MOVES, "nothing is routed until one is")
    assert verdict(*begins)[:2] == ("degraded", BAD)


def test_what_is_on_its_way_is_told_in_a_sentence() -> None:
    draining = version("httpbin-1", "draining", "DeletionRequested", drainingUntil=ago(-11))
    starting = version("httpbin-1", "starting", "DeploymentNotAvailable")
    assert verdict(versions=[draining]) == (
        "draining",
        MOVES,
        f"httpbin-1: {LEAVING}",
    )
    assert verdict(versions=[starting])[:2] == ("starting", MOVES)
    assert verdict(observedGeneration=2) == ("changed", MOVES, "Teal takes in generation 3 of the Routemap")
    lacking = condition("Complete", "SplitNotAsAsked", "asked for is httpbin-0=50", holds=False)
    assert verdict(lacking) == ("incomplete", MOVES, "asked for is httpbin-0=50")


def test_of_an_application_that_teal_has_not_seen_that_is_told() -> None:
    found = row(routemap({}), None, NOW)
    assert (found["state"], found["level"]) == ("unknown", MOVES)
    assert found["sentence"] == "Teal has told nothing of it yet"
    assert [each["state"] for each in found["versions"]] == ["absent", "absent"]


def test_a_version_has_what_applies_to_it_only() -> None:
    versions = [
        version("httpbin-0", weight=100, copies=10, matched=True),
        version("httpbin-9", "draining", "NotListed", drainingUntil=ago(-11)),
    ]
    assert told(versions=versions)["versions"] == [
        {"name": "httpbin-0", "state": "ready", "weight": 100, "copies": 10, "matched": True},
        {"name": "httpbin-1", "state": "absent", "weight": 0},
        {
            "name": "httpbin-9",
            "state": "draining",
            "weight": 0,
            "reason": "NotListed",
            "unlisted": True,
            "drains": NOW + 11,
        },
    ]


def test_a_version_settles_from_when_it_was_first_seen_to() -> None:
    settling = routemap(READY | {"versions": [version("httpbin-1", "starting", "Settling")]}, settleSeconds=3)
    first = row(settling, None, NOW)
    assert first["versions"][1]["settles"] == NOW + 3
    assert row(settling, first, NOW + 2) == first
    assert row(routemap(), first, NOW + 3)["versions"][1].get("settles") is None
    del settling["spec"]["settleSeconds"]
    assert row(settling, None, NOW)["versions"][1]["settles"] == NOW + 5


@pytest.mark.parametrize(("phase", "state"), rows.PHASES.items())
def test_a_rollout_is_told_by_its_phase(phase: str, state: tuple[str, str]) -> None:
    assert verdict(rollout={"phase": phase, "message": "so it is"}) == (*state, "so it is")
    assert verdict(rollout={"phase": phase}) == (*state, phase)


def test_a_rollout_that_waits_says_nothing_of_its_own() -> None:
    assert verdict(rollout={"phase": "Waiting"})[0] == "ready"


def test_a_step_has_its_end() -> None:
    manifest = routemap(READY | {"rollout": STEPPING}, rollout=STEPS)
    found = row(manifest, None, NOW)["rollout"]
    assert found == STEPPING | {"ends": NOW + 80}
    for odd in ({"step": 3}, {"step": 0}, {"step": "2"}, {"phase": "Paused"}, {"since": None}):
        manifest["status"]["rollout"] = STEPPING | odd
        assert "ends" not in row(manifest, None, NOW)["rollout"]
    gated = routemap(READY | {"rollout": STEPPING}, rollout={"steps": [{}, {"gate": "manual"}]})
    assert "ends" not in row(gated, None, NOW)["rollout"]


def test_what_a_rollout_tells_is_shown_whatever_its_words() -> None:
    checks = [{"name": "success", "good": 10, "of": {"deep": 1}}, "odd"]
    manifest = routemap(READY | {"rollout": STEPPING | {"checks": checks}}, rollout=STEPS)
    assert rows.rollout(manifest) == STEPPING | {
        "steps": STEPS["steps"],
        "checks": [{"name": "success", "good": 10}, {}],
    }
    assert rows.rollout(routemap()) == {}


def test_an_override_is_told_and_a_long_sentence_cut() -> None:
    found = told(
        override="httpbin-0=1", conditions=[condition("Ready", "Invalid", "x" * 1000, holds=False, since=1)]
    )
    assert found["override"] == "httpbin-0=1"
    assert len(found["sentence"]) == rows.MOST_SENTENCE
    assert found["sentence"].endswith("x…")


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
)
PARTS = ("split", "override", "versions", "conditions", "rollout", "observedGeneration")


@given(st.dictionaries(st.sampled_from(PARTS), ANYTHING), ANYTHING, ANYTHING)
def test_whatever_has_been_written_there_makes_a_row_of_bounded_size(
    status: Any, versions: Any, rollout: Any
) -> None:
    manifest = routemap(status)
    manifest["spec"] |= {"versions": versions, "rollout": rollout, "settleSeconds": versions}
    found = row(manifest, None, NOW)
    assert row(manifest, found, NOW) == found
    assert len(json.dumps(found)) < 20_000


def test_times_are_those_of_the_status() -> None:
    assert seconds(ago(10)) == NOW - 10

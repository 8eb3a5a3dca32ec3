"""`spec.rollout`: what it says, and each mistake in a sentence with field, value and remedy."""

from __future__ import annotations

from typing import Any

import pytest

from routing.reading.parse import parse_routemap
from routing.reading.violation import InvalidManifestError
from routing.stepping.rollout import Check, Enough, Measure, Rollout, Step
from tests.unit.routing import manifests

STEPS: list[dict[str, Any]] = [{"share": 5, "for": "2m"}, {"share": 25, "for": "5m", "gate": "manual"}]
GOOD = 'sum(increase(hits{version="$version",code="200"}[$window]))'
TOTAL = 'sum(increase(hits{version="$version"}[$window]))'


def read(strategy: str = "blue-green", **rollout: Any) -> Rollout:
    manifest = manifests.routemap(strategy=strategy, rollout={"steps": STEPS, **rollout})
    told = parse_routemap(manifest).rollout
    assert told is not None
    return told


def mistakes(strategy: str = "blue-green", **rollout: Any) -> list[str]:
    with pytest.raises(InvalidManifestError) as caught:
        read(strategy, **rollout)
    return [str(violation) for violation in caught.value.violations]


def test_a_routemap_without_a_rollout_has_none() -> None:
    assert parse_routemap(manifests.routemap()).rollout is None


def test_steps_alone_are_a_rollout_with_the_defaults_of_all_else() -> None:
    assert read() == Rollout((Step(5, 120.0), Step(25, 300.0, gate=True)))


def test_every_field_is_read() -> None:
    told = read(
        steps=[{"share": 50, "gate": "manual"}],
        checks=[
            {"metric": "success", "min": 99.5},
            {"metric": "success", "worseBy": 0.5},
            {"metric": "latency", "under": "300ms", "min": 99},
            {"name": "carts", "good": GOOD, "total": TOTAL, "worseBy": 2},
        ],
        evidence={"confidence": 99, "requests": 50, "within": "1h"},
        onFailure="hold",
        capacity="ignore",
    )
    assert told == Rollout(
        steps=(Step(50, 0.0, gate=True),),
        checks=(
            Check("success", Measure.SUCCESS, least=99.5),
            Check("success-compared", Measure.SUCCESS, worse_by=0.5),
            Check("latency-300ms", Measure.LATENCY, least=99.0, under_ms=300),
            Check("carts", Measure.QUERY, worse_by=2.0, good=GOOD, total=TOTAL),
        ),
        enough=Enough(99.0, 50, 3600.0),
        roll_back=False,
        capacity=False,
    )


def test_a_step_that_takes_long_has_twice_its_time_for_evidence_where_nothing_is_said() -> None:
    assert read(steps=[{"share": 5, "for": "10m"}]).enough.within == 1800.0
    assert read(steps=[{"share": 5, "for": "20m"}, {"share": 6, "for": "1m"}]).enough.within == 2400.0


def test_with_canary_a_step_may_be_for_testers_alone() -> None:
    assert read("canary", steps=[{"share": 0, "for": "1m"}]).steps == (Step(0, 60.0),)


@pytest.mark.parametrize(
    ("rollout", "told"),
    [
        (
            {"steps": None},
            ["spec.rollout.steps: missing; list 1 to 20"],
        ),
        ({"steps": []}, ["spec.rollout.steps: nothing is listed; list 1 to 20"]),
        ({"steps": [{}] * 21}, ["spec.rollout.steps: 21 are listed; list at most 20"]),
        ({"steps": [5]}, ["spec.rollout.steps[0]: 5 is not an object; give share, for, gate"]),
        (
            {"steps": [{"share": 5, "fro": "2m"}]},
            [
                "spec.rollout.steps[0].fro: no such field; did you mean for?",
                (
                    "spec.rollout.steps[0].for: missing; use hours, minutes, seconds and milliseconds, such "
                    'as "1m30s" or "500ms"'
                ),
            ],
        ),
        (
            {"steps": [{"share": 5, "for": "2m"}, {"share": 5, "for": "2m"}]},
            ["spec.rollout.steps[1].share: 5 is not above 5, the share before; let shares rise"],
        ),
        (
            {"steps": [{"share": 101, "for": "2m"}]},
            ["spec.rollout.steps[0].share: 101 is out of range; use an integer from 1 to 100"],
        ),
        (
            {"steps": [{"share": 0, "for": "2m"}]},
            ["spec.rollout.steps[0].share: 0 is out of range; use an integer from 1 to 100"],
        ),
        (
            {"steps": [{"share": 5, "for": "721h"}]},
            ['spec.rollout.steps[0].for: "721h" is out of range; use 720h at most'],
        ),
        (
            {"steps": [{"share": 5, "for": "2m", "gate": "auto"}]},
            ['spec.rollout.steps[0].gate: "auto" is not a gate; use "manual", or leave it out'],
        ),
        (
            {"checks": [7]},
            [
                (
                    "spec.rollout.checks[0]: 7 is not an object; give name, metric, under, good, total, min, "
                    "worseBy"
                )
            ],
        ),
        (
            {"checks": [{"min": 99}]},
            [
                "spec.rollout.checks[0].metric: missing; use success or latency, or give good and total",
            ],
        ),
        (
            {"checks": [{"metric": "errors", "min": 99}]},
            [
                (
                    'spec.rollout.checks[0].metric: "errors" is not a metric; use success or latency, or '
                    "give good and total"
                )
            ],
        ),
        (
            {"checks": [{"metric": "latency", "min": 99}]},
            [
                (
                    "spec.rollout.checks[0].under: missing; use hours, minutes, seconds and milliseconds, "
                    'such as "1m30s" or "500ms"'
                )
            ],
        ),
        (
            {"checks": [{"metric": "success", "under": "1s", "good": "x", "min": 99}]},
            [
                "spec.rollout.checks[0].under: only metric latency has it; take it off",
                "spec.rollout.checks[0].good: only a check without metric has it; take it off",
            ],
        ),
        (
            {"checks": [{"metric": "success"}]},
            [
                (
                    "spec.rollout.checks[0].min: missing; give min (percent), or worseBy (percentage points "
                    "below the primary)"
                )
            ],
        ),
        (
            {"checks": [{"metric": "success", "min": 99, "worseBy": 1}]},
            ["spec.rollout.checks[0].min: both are given; list the check twice, once with each"],
        ),
        (
            {"checks": [{"metric": "success", "min": 100}]},
            ["spec.rollout.checks[0].min: 100 is out of range; use a number above 0, below 100"],
        ),
        (
            {"checks": [{"metric": "success", "worseBy": 0}]},
            ["spec.rollout.checks[0].worseBy: 0 is out of range; use a number above 0, below 100"],
        ),
        (
            {"checks": [{"metric": "success", "worseBy": True}]},
            ["spec.rollout.checks[0].worseBy: true is out of range; use a number above 0, below 100"],
        ),
        (
            {"checks": [{"metric": "success", "min": 99}, {"metric": "success", "min": 98}]},
            ['spec.rollout.checks: "success" is listed twice; list each check once'],
        ),
        (
            {"checks": [{"metric": "success", "name": "A b", "min": 99}]},
            [
                (
                    'spec.rollout.checks[0].name: "A b" is not a check\'s name; use at most 63 of a-z, 0-9 '
                    "and '-', beginning and ending with a letter or digit"
                )
            ],
        ),
        (
            {"checks": [{"name": "carts", "good": GOOD, "total": "sum(hits)", "min": 99}]},
            [
                (
                    'spec.rollout.checks[0].total: "sum(hits)" is not a query of at most 1024 characters '
                    "that names the version; use PromQL such as "
                    'sum(increase(hits{version="$version"}[$window]))'
                )
            ],
        ),
        (
            {"evidence": {"confidence": 20, "requests": 0, "within": "soon"}},
            [
                "spec.rollout.evidence.confidence: 20 is out of range; use a number above 50, below 100",
                "spec.rollout.evidence.requests: 0 is out of range; use an integer from 1 to 1000000",
                (
                    'spec.rollout.evidence.within: "soon" is not a duration; use hours, minutes, seconds and '
                    'milliseconds, such as "1m30s" or "500ms"'
                ),
            ],
        ),
        (
            {"evidence": {"within": "5m"}},
            [
                (
                    'spec.rollout.evidence.within: "5m" is not longer than spec.rollout.steps[1].for, so '
                    "that step could only hold; give it more time"
                )
            ],
        ),
        ({"evidence": []}, ["spec.rollout.evidence: [] is not an object; give confidence, requests, within"]),
        (
            {"onFailure": "undo", "capacity": 3},
            [
                'spec.rollout.onFailure: "undo" is unknown; use rollback or hold',
                "spec.rollout.capacity: 3 is unknown; use pods or ignore",
            ],
        ),
        (
            {"onSuccess": "hold"},
            ["spec.rollout.onSuccess: no such field; known are capacity, checks, evidence, onFailure, steps"],
        ),
    ],
)
def test_a_mistake_is_told_with_field_value_and_remedy(rollout: dict[str, Any], told: list[str]) -> None:
    assert mistakes(**rollout) == told


def test_a_rollout_that_is_no_object_is_told() -> None:
    with pytest.raises(InvalidManifestError) as caught:
        parse_routemap(manifests.routemap(rollout="slow"))
    assert [str(each) for each in caught.value.violations] == [
        'spec.rollout: "slow" is not an object; give steps, checks, evidence, onFailure, capacity'
    ]

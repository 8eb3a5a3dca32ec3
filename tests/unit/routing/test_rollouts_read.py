"""`spec.rollout`: what it says. What is refused of it is in `rollout_examples`."""

from __future__ import annotations

from datetime import UTC
from typing import Any
from zoneinfo import ZoneInfo

from routing.reading.parse import parse_routemap
from routing.stepping.rollout import Check, Enough, Measure, Rollout, Step, Window
from tests.unit.routing import manifests
from tests.unit.routing.rollout_examples import GOOD, STEPS, TOTAL


def read(strategy: str = "blue-green", **rollout: Any) -> Rollout:
    manifest = manifests.routemap(strategy=strategy, rollout={"steps": STEPS, **rollout})
    told = parse_routemap(manifest).rollout
    assert told is not None
    return told


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
        evidence={"confidence": 99, "requests": 50, "within": "1h", "together": 4},
        onFailure="hold",
        capacity="ignore",
        promotion="byOrder",
        windows=[{"from": "08:00", "to": "24:00", "days": ["Mon", "Sun"], "timeZone": "Europe/Berlin"}],
    )
    assert told == Rollout(
        steps=(Step(50, 0.0, gate=True),),
        checks=(
            Check("success", Measure.SUCCESS, least=99.5),
            Check("success-compared", Measure.SUCCESS, worse_by=0.5),
            Check("latency-300ms", Measure.LATENCY, least=99.0, under_ms=300),
            Check("carts", Measure.QUERY, worse_by=2.0, good=GOOD, total=TOTAL),
        ),
        enough=Enough(99.0, 50, 3600.0, 4),
        roll_back=False,
        capacity=False,
        by_order=True,
        windows=(Window(480, 1440, frozenset({0, 6}), ZoneInfo("Europe/Berlin")),),
    )


def test_a_window_is_of_every_day_and_of_utc_where_nothing_else_is_said() -> None:
    every = frozenset(range(7))
    assert read(windows=[{"from": "22:30", "to": "06:00"}]).windows == (Window(1350, 360, every, UTC),)


def test_somebody_promotes_by_hand_where_that_is_said_or_nothing_is() -> None:
    assert not read().by_order
    assert not read(promotion="manual").by_order


def test_a_step_that_takes_long_has_twice_its_time_for_evidence_where_nothing_is_said() -> None:
    assert read(steps=[{"share": 5, "for": "10m"}]).enough.within == 1800.0
    assert read(steps=[{"share": 5, "for": "20m"}, {"share": 6, "for": "1m"}]).enough.within == 2400.0


def test_with_canary_a_step_may_be_for_testers_alone() -> None:
    assert read("canary", steps=[{"share": 0, "for": "1m"}]).steps == (Step(0, 60.0),)

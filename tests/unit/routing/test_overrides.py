"""What is told of a WeightOverride: whether its weights count, why not, and in which Events."""

from __future__ import annotations

from typing import Any

import pytest

from routing.leftovers import ALONE_SECONDS, plan_alone
from routing.reading.override_status import OverrideStatus, read
from routing.reading.status import Condition, RoutemapStatus
from routing.telling.events import Event
from routing.telling.overrides import report_of
from tests.unit.routing.worlds import NOW

READY = Condition("Ready", holds=True, reason="Applied")
HELD = Condition("Ready", holds=False, reason="Held", message="no version is ready")
OLD = "2023-11-14T22:00:00Z"


def override(*versions: str, weight: int = 80, status: Any = None, metadata: Any = None) -> dict[str, Any]:
    about = {
        "namespace": "default",
        "name": "httpbin",
        "generation": 2,
        "creationTimestamp": OLD,
        **(metadata or {}),
    }
    weights = [{"version": version, "weight": weight} for version in versions]
    return {
        "metadata": about,
        "spec": {"weights": weights},
        **({} if status is None else {"status": status}),
    }


def routemap(**metadata: Any) -> dict[str, Any]:
    listed = [{"name": f"httpbin-{index}", "weight": 50} for index in range(2)]
    return {"metadata": {"namespace": "default", "name": "httpbin", **metadata}, "spec": {"versions": listed}}


@pytest.mark.parametrize(
    ("found", "ready", "holds", "reason", "message"),
    [
        (override("httpbin-1"), READY, True, "Applied", "its weights count for Routemap httpbin"),
        (
            override("httpbin-1", "httpbin-9"),
            READY,
            False,
            "NotListed",
            "Routemap httpbin lists no httpbin-9; it lists httpbin-0, httpbin-1. Weights of the others count",
        ),
        (
            override("httpbin-1", weight=-5),
            READY,
            False,
            "Invalid",
            "spec.weights[0].weight: -5 is out of range; use an integer from 0 to 1000000",
        ),
        (override("httpbin-1"), HELD, False, "Held", "Routemap httpbin: no version is ready"),
        (override("httpbin-1"), None, False, "NoReadyVersion", "Routemap httpbin: nothing is told of it yet"),
    ],
)
def test_applied_says_whether_all_weights_count_and_if_not_why(
    found: dict[str, Any], ready: Condition | None, *, holds: bool, reason: str, message: str
) -> None:
    status = RoutemapStatus(conditions=() if ready is None else (ready,))
    report = report_of(found, routemap(), status, NOW)
    assert report is not None
    [told] = report.status.conditions
    assert (told.holds, told.reason, told.message) == (holds, reason, message)
    assert report.status.observed_generation == 2
    kind = "Warning" if reason in ("NotListed", "Invalid") else "Normal"
    assert report.events == (Event(kind, reason, message),)


def test_what_has_been_told_is_not_told_again() -> None:
    status = RoutemapStatus(conditions=(READY,))
    first = report_of(override("httpbin-1"), routemap(), status, NOW)
    assert first is not None
    told = first.status.manifest()
    assert report_of(override("httpbin-1", status=told), routemap(), status, NOW + 60) is None
    newer = report_of(
        override("httpbin-1", status=told, metadata={"generation": 3}), routemap(), status, NOW + 60
    )
    assert newer is not None
    assert (newer.status.observed_generation, newer.events) == (3, ())


def test_a_status_that_a_hand_wrote_is_written_as_teal_does() -> None:
    assert read({"conditions": [None, {"type": "Applied"}], "observedGeneration": "x"}) == OverrideStatus()
    report = report_of(
        override("httpbin-1", status={"odd": True}),
        routemap(),
        RoutemapStatus(conditions=(READY,)),
        NOW,
    )
    assert report is not None
    assert read(report.status.manifest()).condition("Applied") == report.status.conditions[0]


@pytest.mark.parametrize("going", ["override", "routemap"])
def test_of_what_is_being_deleted_nothing_is_told(going: str) -> None:
    gone = {"deletionTimestamp": OLD}
    found = override("httpbin-1", metadata=gone if going == "override" else {})
    assert report_of(found, routemap(**(gone if going == "routemap" else {})), RoutemapStatus(), NOW) is None


def test_without_a_routemap_it_says_so_once_it_is_old_enough() -> None:
    due = plan_alone(override("httpbin-1"), NOW)
    assert due.report is not None
    assert due.report.events == (
        Event(
            "Warning",
            "NoRoutemap",
            "there is no Routemap httpbin, so nothing is overridden; give it the name of one, or delete it",
        ),
    )
    new = plan_alone(override("httpbin-1", metadata={"creationTimestamp": "2023-11-14T22:13:15Z"}), NOW)
    assert (new.report, new.again_at) == (None, NOW - 5 + ALONE_SECONDS)


def test_one_that_goes_with_its_routemap_is_not_told_that_there_is_none() -> None:
    owner = {"kind": "Routemap", "uid": "1"}
    assert plan_alone(override("httpbin-1", metadata={"ownerReferences": [owner]}), NOW).report is None

"""Events that lead from one status to the next."""

from __future__ import annotations

from dataclasses import replace

import pytest

from routing.kinds import ROUTEMAPS
from routing.model import State
from routing.reading.status import Condition, RoutemapStatus, VersionStatus
from routing.telling.events import Event, between, manifest

UNTIL = 1_767_225_615.0
OVERRIDE = "httpbin-0=20 httpbin-1=80"


def _status(split: str, *versions: VersionStatus, ready: bool = True) -> RoutemapStatus:
    condition = Condition("Ready", holds=ready, reason="Invalid", message="spec.port: no", since=1.0)
    return RoutemapStatus(1, split, versions, (condition,))


def _version(until: float | None = None, weight: int = 0) -> VersionStatus:
    return VersionStatus("httpbin-1", State.READY, weight, reason="DeletionRequested", draining_until=until)


def test_a_new_split_is_told_with_the_one_before() -> None:
    assert between(RoutemapStatus(), _status("a=100")) == [
        Event("Normal", "SplitApplied", "requests are split a=100")
    ]
    assert between(_status("a=100"), _status("a=50 b=50")) == [
        Event("Normal", "SplitApplied", "requests are split a=50 b=50, was a=100")
    ]
    assert between(_status("a=100"), _status("")) == []


def test_a_candidate_that_comes_in_by_an_override_that_was_there_before_it_is_told_of() -> None:
    primary = VersionStatus("httpbin-0", State.READY, 20)
    left = RoutemapStatus(versions=(primary, VersionStatus("httpbin-1", State.STARTING)), override=OVERRIDE)
    came = RoutemapStatus(versions=(primary, VersionStatus("httpbin-1", State.READY, 80)), override=OVERRIDE)
    assert between(left, came) == [
        Event(
            "Normal",
            "WeightOverridden",
            "httpbin-1 comes in with 80 % by the WeightOverride httpbin-0=20 httpbin-1=80, which was there "
            "before it; delete that for the Routemap's own weights",
        )
    ]
    assert between(came, came) == []
    assert between(replace(left, override=""), came) == []
    others = replace(left, override="httpbin-0=20"), replace(came, override="httpbin-0=20")
    assert between(*others) == []


def test_a_drain_is_told_when_it_begins_and_when_it_ends() -> None:
    before, during, after = (
        _status("a=100", version) for version in (_version(weight=50), _version(UNTIL), _version())
    )
    assert between(before, during) == [
        Event(
            "Normal",
            "Draining",
            "httpbin-1 gets no new requests and is held until 2026-01-01T00:00:15Z (DeletionRequested)",
        )
    ]
    assert between(during, after) == [Event("Normal", "Drained", "httpbin-1 has drained and is let go")]


def test_a_drain_that_ends_by_return_to_the_split_is_no_drained_event() -> None:
    assert between(_status("a=100", _version(UNTIL)), _status("a=100", _version(weight=50))) == []


def test_a_condition_that_turns_bad_is_a_warning_told_once() -> None:
    bad = _status("a=100", ready=False)
    assert between(_status("a=100"), bad) == [Event("Warning", "Invalid", "spec.port: no")]
    assert between(bad, bad) == []


def test_two_conditions_that_say_the_same_are_one_event() -> None:
    both = tuple(
        Condition(kind, kind == "Conflict", "Conflict", "in the way") for kind in ("Ready", "Conflict")
    )
    assert between(RoutemapStatus(), RoutemapStatus(conditions=both)) == [
        Event("Warning", "Conflict", "in the way")
    ]


def test_an_ordinary_start_is_no_warning() -> None:
    waits = Condition("Ready", holds=False, reason="NoReadyVersion", message="nothing is routed")
    assert between(RoutemapStatus(), RoutemapStatus(conditions=(waits,))) == [
        Event("Normal", "NoReadyVersion", "nothing is routed")
    ]
    assert between(RoutemapStatus(split="a=100"), RoutemapStatus(split="a=100", conditions=(waits,))) == [
        Event("Warning", "NoReadyVersion", "nothing is routed")
    ]


@pytest.mark.parametrize("reason", ["HostNotFound", "GatewayNotFound"])
def test_what_is_not_there_yet_is_a_warning_once_something_is_routed(reason: str) -> None:
    lacks = (Condition("Routable", holds=False, reason=reason, message="there is none"),)
    begun, routed = (RoutemapStatus(split=split, conditions=lacks) for split in ("", "a=100"))
    told = [
        between(RoutemapStatus(), begun),
        between(begun, begun),
        between(begun, routed)[1:],
        between(routed, routed),
        between(RoutemapStatus(), routed)[1:],
    ]
    normal, warning = (Event(kind, reason, "there is none") for kind in ("Normal", "Warning"))
    assert told == [[normal], [], [warning], [], [warning]]


def test_a_gateway_that_takes_no_host_is_a_mistake_from_the_beginning() -> None:
    lacks = Condition("Routable", holds=False, reason="HostNotAtGateway", message="it takes others")
    assert between(RoutemapStatus(), RoutemapStatus(conditions=(lacks,))) == [
        Event("Warning", "HostNotAtGateway", "it takes others")
    ]


def test_a_long_message_is_cut_to_what_the_api_server_accepts() -> None:
    about = {"metadata": {"namespace": "default", "name": "httpbin", "uid": "u"}}
    made = manifest(Event("Warning", "Invalid", "x" * 5000), ROUTEMAPS, about, "httpbin.1", 0.0)
    assert len(made["message"]) == 1024
    assert made["involvedObject"]["name"] == "httpbin"

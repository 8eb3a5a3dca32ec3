"""Events that lead from one status to the next."""

from __future__ import annotations

from typing import Any

from routing.telling.events import Event, between, manifest


def _status(split: str, *versions: dict[str, Any], ready: bool = True) -> dict[str, Any]:
    condition = {"type": "Ready", "status": str(ready), "reason": "Invalid", "message": "spec.port: no"}
    return {"split": split, "versions": list(versions), "conditions": [condition]}


def _version(until: str | None = None, weight: int = 0) -> dict[str, Any]:
    drain = {"drainingUntil": until} if until else {}
    return {"name": "httpbin-1", "state": "ready", "weight": weight, "reason": "DeletionRequested", **drain}


def test_a_new_split_is_told_with_the_one_before() -> None:
    assert between({}, _status("a=100")) == [Event("Normal", "SplitApplied", "requests are split a=100")]
    assert between(_status("a=100"), _status("a=50 b=50")) == [
        Event("Normal", "SplitApplied", "requests are split a=50 b=50, was a=100")
    ]


def test_a_drain_is_told_when_it_begins_and_when_it_ends() -> None:
    time = "2026-01-01T00:00:15Z"
    before, during, after = (
        _status("a=100", version) for version in (_version(weight=50), _version(time), _version())
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
    assert (
        between(_status("a=100", _version("2026-01-01T00:00:15Z")), _status("a=100", _version(weight=50)))
        == []
    )


def test_a_condition_that_turns_bad_is_a_warning_told_once() -> None:
    bad = _status("a=100", ready=False)
    assert between(_status("a=100"), bad) == [Event("Warning", "Invalid", "spec.port: no")]
    assert between(bad, bad) == []


def test_a_long_message_is_cut_to_what_the_api_server_accepts() -> None:
    about = {"metadata": {"namespace": "default", "name": "httpbin", "uid": "u"}}
    made = manifest(Event("Warning", "Invalid", "x" * 5000), about, "httpbin.1", 0.0)
    assert len(made["message"]) == 1024
    assert made["involvedObject"]["name"] == "httpbin"

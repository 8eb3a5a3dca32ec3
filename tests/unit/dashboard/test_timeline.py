"""Splits over time, and who changed what."""

from __future__ import annotations

from typing import Any

from dashboard import timeline
from dashboard.timeline import Split, data, shares, splits
from tests.unit.cli.told import NOW, ago, event, routemap

HALVES = (("httpbin-0", 50), ("httpbin-1", 50))
ALL = (("httpbin-0", 100),)
FIRST = event("SplitApplied", "requests are split httpbin-0=100", 300)
THEN = event(
    "SplitApplied",
    "requests are split httpbin-0=50 httpbin-1=50, was httpbin-0=100 (by the WeightOverride httpbin-0=50)",
    100,
)


def test_a_split_is_read_by_version_and_what_is_none_left_out() -> None:
    assert shares("httpbin-0=20 httpbin-1=80") == (("httpbin-0", 20), ("httpbin-1", 80))
    assert shares("a=101 b=x =5 c d=-1 e=² f=100") == (("f", 100),)
    assert shares("") == ()


def test_splits_come_from_events_and_from_what_was_seen() -> None:
    seen = [(NOW - 98.0, "httpbin-0=50 httpbin-1=50"), (NOW - 10, "httpbin-0=100")]
    assert splits([THEN, FIRST], seen) == [
        Split(NOW - 300, ALL),
        Split(NOW - 100, HALVES),
        Split(NOW - 10, ALL),
    ]


def test_an_event_that_is_written_after_two_changes_tells_none_anew() -> None:
    late = event("SplitApplied", "requests are split httpbin-0=100", 8)
    seen = [(NOW - 10.0, "httpbin-0=100"), (NOW - 9.0, "httpbin-0=50 httpbin-1=50")]
    assert splits([late], seen) == [Split(NOW - 10, ALL), Split(NOW - 9, HALVES)]


def test_of_two_splits_within_one_second_the_last_one_written_is_the_last() -> None:
    earlier = event("SplitApplied", "requests are split httpbin-0=100", 100) | {
        "metadata": {"name": "z", "resourceVersion": "998"}
    }
    later = THEN | {"metadata": {"name": "a", "resourceVersion": "1000"}}
    seen = [(NOW - 97.0, "httpbin-0=50 httpbin-1=50")]
    for told in ([earlier, later], [later, earlier]):
        assert splits(told, seen) == [Split(NOW - 100, ALL), Split(NOW - 100, HALVES)]


def test_an_event_of_the_next_whole_second_is_not_later_than_what_was_seen_to_follow_it() -> None:
    first = event("SplitApplied", "requests are split httpbin-0=100", 8)
    second = event("SplitApplied", "requests are split httpbin-0=50 httpbin-1=50, was httpbin-0=100", 8)
    told = [second | {"metadata": {"resourceVersion": "9"}}, first | {"metadata": {"resourceVersion": "7"}}]
    found = splits(told, [(NOW - 8.4, "httpbin-0=50 httpbin-1=50")])
    assert found == [Split(NOW - 8.4, ALL), Split(NOW - 8.4, HALVES)]


def test_a_split_that_comes_back_is_told_again() -> None:
    seen = [(NOW - 60.0, "a=100"), (NOW - 40.0, "b=100"), (NOW - 20.0, "a=100")]
    assert [each.at for each in splits([], seen)] == [NOW - 60, NOW - 40, NOW - 20]


def test_other_events_and_ones_without_time_or_split_are_no_splits() -> None:
    odd: list[Any] = [
        event("Draining", "requests are split a=100", 1),
        event("SplitApplied", "split in another way", 1),
        {"reason": "SplitApplied", "message": "requests are split a=100"},
    ]
    assert splits(odd, []) == []


def test_changes_say_who_did_what_newest_first_with_the_split_that_came_of_it() -> None:
    manifest = routemap()
    manifest["metadata"]["managedFields"] = [
        {"manager": "kubectl-edit", "time": ago(101), "fieldsV1": {"f:spec": {"f:versions": {}}}}
    ]
    told = data([manifest], [FIRST, THEN], [(NOW - 50.0, "httpbin-1=100")])
    assert [(NOW - each["at"], each["who"], each["shares"]) for each in told["changes"]] == [
        (50, "seen here", (("httpbin-1", 100),)),
        (100, "-", HALVES),
        (101, "kubectl-edit", ()),
        (300, "-", ALL),
    ]
    assert told["changes"][2]["what"] == "wrote Routemap httpbin: spec.versions"
    assert [each["at"] for each in told["splits"]] == [NOW - 300, NOW - 100, NOW - 50]


def test_no_more_is_told_than_somebody_reads() -> None:
    seen = [(NOW + index * 10, f"a={index % 2}") for index in range(500)]
    told = data([], [], seen)
    assert (len(told["splits"]), len(told["changes"])) == (100, 100)
    assert told["changes"][0]["at"] == NOW + 4990
    assert timeline.SAME_SECONDS < 10

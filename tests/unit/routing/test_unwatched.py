"""A Deployment that is there without the watch label: what is said of it, and what mends it."""

from __future__ import annotations

from routing.deciding.decide import decide
from routing.model import State
from routing.reading.status import RoutemapStatus, VersionStatus
from routing.telling.conditions import conditions_of
from routing.telling.events import Event
from routing.telling.unwatched import note_of_unwatched, unwatched_events
from tests.unit.routing.worlds import NOW, SERVING, facts, routemap

BARE = facts("httpbin-1", "watch label removed")
DECISION = decide(routemap(50, 50), None, (facts("httpbin-0"), BARE), NOW)
NOTE = (
    "httpbin-1 is there and not watched, so it gets no requests: "
    "kubectl label deployment httpbin-1 --namespace shop iter8.tools/watch=true"
)


def test_ready_names_the_command_by_which_a_version_is_watched() -> None:
    note = note_of_unwatched(DECISION, "shop")
    assert note == NOTE
    assert conditions_of(DECISION, None, note)[0].message == f"the split is applied; {NOTE}"


def test_where_no_version_is_ready_the_command_is_told_too() -> None:
    decision = decide(routemap(50, 50), None, (facts("httpbin-0", "watch label removed"), BARE), NOW)
    [ready, degraded, *_] = conditions_of(decision, None, note_of_unwatched(decision, "shop"))
    assert ready.message == degraded.message
    assert ready.message == (
        "no version is ready (httpbin-0: NotWatched, httpbin-1: NotWatched), "
        "so nothing is routed until one is; "
        "httpbin-0, httpbin-1 are there and not watched, so they get no requests: "
        "kubectl label deployment httpbin-0 httpbin-1 --namespace shop iter8.tools/watch=true"
    )


def test_one_event_tells_of_it_when_it_comes() -> None:
    assert unwatched_events(RoutemapStatus(), DECISION, "shop") == (Event("Normal", "NotWatched", NOTE),)
    for reason in ("NotWatched", "WatchLabelRemoved"):
        told = RoutemapStatus(versions=(VersionStatus("httpbin-1", State.ABSENT, reason=reason),))
        assert unwatched_events(told, DECISION, "shop") == ()


def test_where_all_are_watched_there_is_nothing_to_say() -> None:
    both = decide(routemap(50, 50), None, (facts("httpbin-0"), facts("httpbin-1")), NOW)
    assert (note_of_unwatched(both, "shop"), unwatched_events(RoutemapStatus(), both, "shop")) == (None, ())


def test_one_that_still_gets_requests_has_lost_its_label_and_drains() -> None:
    seen = (facts("httpbin-0"), facts("httpbin-1", "watch label removed", SERVING))
    plan = decide(routemap(50, 50), None, seen, NOW).versions[1]
    assert (plan.state, plan.reason) == (State.DRAINING, "WatchLabelRemoved")

"""Events beside the passes: in order, never waited for, never the reason for a failure."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from kube.errors import RefusedError, StaleError
from reconciler.passes.event_recorder import MOST_WAITING, EventRecorder
from routing.kinds import EVENTS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pytest

    from routing.kinds import Resource


def spawned(target: Callable[[], None], name: str) -> threading.Thread:
    thread = threading.Thread(target=target, name=name, daemon=True)
    thread.start()
    return thread


def _event(reason: str) -> dict[str, Any]:
    return {"metadata": {"namespace": "default"}, "reason": reason}


class Events:
    """Takes Events once it may; refuses those of one reason."""

    def __init__(self, refused: str = "", known: str = "") -> None:
        self._known = known
        self.taken: list[str] = []
        self.may = threading.Event()
        self.first = threading.Event()
        self._refused = refused

    def create(self, resource: Resource, manifest: Mapping[str, Any]) -> dict[str, Any]:
        assert resource == EVENTS
        self.first.set()
        assert self.may.wait(60)
        if manifest["reason"] == self._refused:
            raise RefusedError("no Events here", 403)
        if manifest["reason"] == self._known:
            raise StaleError("there is one", 409)
        self.taken.append(manifest["reason"])
        return dict(manifest)


def test_events_are_written_in_their_order_and_nobody_waits_for_one() -> None:
    events = Events()
    recorder = EventRecorder(events, spawned)
    for reason in ("SplitApplied", "Draining", "Drained"):
        recorder.tell(_event(reason))
    assert events.taken == []
    events.may.set()
    recorder.stop(60)
    assert events.taken == ["SplitApplied", "Draining", "Drained"]


def test_an_event_that_is_refused_does_not_keep_the_next_one() -> None:
    events = Events(refused="Draining")
    events.may.set()
    recorder = EventRecorder(events, spawned)
    for reason in ("SplitApplied", "Draining", "Drained"):
        recorder.tell(_event(reason))
    recorder.stop(60)
    assert events.taken == ["SplitApplied", "Drained"]


def test_of_too_many_the_oldest_are_dropped_and_counted(caplog: pytest.LogCaptureFixture) -> None:
    events = Events()
    recorder = EventRecorder(events, spawned)
    recorder.tell(_event("in hand"))
    assert events.first.wait(60)
    for number in range(MOST_WAITING + 2):
        recorder.tell(_event(str(number)))
    events.may.set()
    recorder.stop(60)
    assert events.taken == ["in hand", *map(str, range(2, MOST_WAITING + 2))]
    assert caplog.messages == ["event dropped", "events dropped"]
    assert [vars(record).get("number") for record in caplog.records] == [None, 2]


def test_who_tells_nothing_needs_no_thread() -> None:
    started: list[str] = []

    def noted(target: Callable[[], None], name: str) -> threading.Thread:
        started.append(name)
        return spawned(target, name)

    recorder = EventRecorder(Events(), noted)
    assert started == []
    recorder.stop(60)


def test_an_event_that_is_there_already_is_no_failure(caplog: pytest.LogCaptureFixture) -> None:
    events = Events(known="NotListed")
    events.may.set()
    recorder = EventRecorder(events, spawned)
    for reason in ("NotListed", "Drained"):
        recorder.tell(_event(reason))
    recorder.stop(60)
    assert events.taken == ["Drained"]
    assert "event not written" not in caplog.messages

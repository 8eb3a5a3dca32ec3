"""Notices beside the passes: what is news, in order, bounded, tried again, never waited for."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from reconciler.notifying import notifier as module
from reconciler.notifying.bodies import Form, body
from reconciler.notifying.notifier import AGAIN_SECONDS, MOST_A_MINUTE, MOST_WAITING, Notifier
from reconciler.serving.metrics import Metrics
from routing.telling.notices import Kind, Notice
from tests.unit.reconciler.memory_taker import MemoryTaker

if TYPE_CHECKING:
    from collections.abc import Callable

NOW = 1_800_000_000.0
NOTICE = Notice(
    id="12ab-1-1-started",
    kind=Kind.STARTED,
    uid="12ab",
    namespace="shop",
    routemap="web",
    candidate="web-1",
    revision="r1",
    step=1,
    share=5,
    reason="Stepping",
    message="step 1 of 2: 5 % are on their way",
    by="",
    since=NOW - 1.0,
)


def spawned(target: Callable[[], None], name: str) -> threading.Thread:
    thread = threading.Thread(target=target, name=name, daemon=True)
    thread.start()
    return thread


class Told:
    """A notifier, who takes its notices, and its figures; `passed`: seconds that its clock is ahead."""

    def __init__(self) -> None:
        self.taker, self.metrics, self.passed = MemoryTaker(), Metrics(), 0.0
        self.notifier = Notifier(
            self.taker, self.metrics, spawned, lambda: 0.0, lambda: time.monotonic() + self.passed
        )

    def see(self, number: int = 1, **more: Any) -> None:
        given = {"id": f"id-{number}", "step": number, **more}
        self.notifier.see(replace(NOTICE, **given), NOW)

    def ids(self) -> list[str]:
        self.notifier.stop(60.0)
        return [event for event, _ in self.taker.taken]

    def count(self, result: str) -> float:
        found = self.metrics.registry.get_sample_value("teal_notifications_total", {"result": result})
        return found or 0.0


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Told:
    monkeypatch.setattr(module, "FIRST_PAUSE", 0.01)
    return Told()


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 60.0
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_what_is_news_is_sent_once_and_in_order(told: Told) -> None:
    for number in (1, 1, 2, 2, 3):
        told.see(number)
    assert told.ids() == ["id-1", "id-2", "id-3"]
    assert told.count("sent") == 3


def test_a_message_that_changes_is_no_news(told: Told) -> None:
    told.see()
    told.see(message="99.9 % of 1,000 good")
    assert told.ids() == ["id-1"]


def test_nobody_waits_for_one_that_takes_its_time(told: Told) -> None:
    told.taker.may.clear()
    for number in (1, 2):
        told.see(number)
    assert told.taker.taken == []
    told.taker.may.set()
    assert told.ids() == ["id-1", "id-2"]


def test_a_new_leader_tells_anew_only_what_has_just_come_to_be_so(told: Told) -> None:
    told.see(1, uid="old", since=NOW - AGAIN_SECONDS - 1.0)
    told.see(2, uid="new", since=NOW - AGAIN_SECONDS + 1.0)
    told.see(3, uid="gate", since=None)
    told.see(4, uid="old", since=NOW - 500.0)
    assert told.ids() == ["id-2", "id-3", "id-4"]


def test_what_is_not_taken_is_tried_again_and_keeps_its_order(told: Told) -> None:
    told.taker.status = 503
    told.see(1)
    told.see(2)
    until(lambda: told.taker.tries >= 3)
    told.taker.status = 200
    until(lambda: len(told.taker.taken) == 2)
    assert told.ids() == ["id-1", "id-2"]
    assert told.count("failed") >= 3
    assert told.count("dropped") == 0


def test_what_is_refused_for_good_is_dropped_at_once_and_told(
    told: Told, caplog: pytest.LogCaptureFixture
) -> None:
    told.taker.status = 410
    told.see(1)
    until(lambda: told.count("dropped") == 1.0)
    told.taker.status = 200
    told.see(2)
    assert told.ids() == ["id-2"]
    assert "notice dropped" in caplog.messages


def test_what_is_not_taken_for_a_quarter_of_an_hour_is_given_up(told: Told) -> None:
    told.taker.status = 0
    told.see(1)
    until(lambda: told.taker.tries >= 2)
    told.passed = module.GIVEN_UP_SECONDS + 1.0
    until(lambda: told.count("dropped") == 1.0)
    told.taker.status = 200
    told.see(2)
    assert told.ids() == ["id-2"]


def test_a_process_that_ends_tries_each_once_more(told: Told) -> None:
    told.taker.may.clear()
    told.taker.status = 503
    for number in (1, 2):
        told.see(number)
    assert told.taker.tried.wait(60)
    begin = threading.Thread(target=told.notifier.stop, args=[60.0])
    begin.start()
    told.taker.may.set()
    begin.join(60)
    assert not begin.is_alive()
    assert told.taker.tries in (2, 3)
    assert told.count("dropped") == 2.0


def test_of_too_many_the_oldest_are_dropped_and_counted(told: Told) -> None:
    told.taker.may.clear()
    told.see(1, namespace="first")
    assert told.taker.tried.wait(60)
    for number in range(2, MOST_WAITING + 4):
        told.see(number, namespace=f"shop-{number // 50}", uid=f"uid-{number}")
    assert told.count("dropped") == 2.0
    told.taker.may.set()
    assert len(told.ids()) == 1 + MOST_WAITING


def test_who_floods_is_bounded_and_others_are_not(told: Told) -> None:
    for number in range(1, MOST_A_MINUTE + 5):
        told.see(number)
    told.see(1, namespace="other", uid="other", id="other")
    assert len(told.ids()) == MOST_A_MINUTE + 1
    assert told.taker.taken[-1][0] in ("other", f"id-{MOST_A_MINUTE}")
    assert told.count("dropped") == 4.0


def test_the_next_minute_is_another(told: Told) -> None:
    for number in range(1, MOST_A_MINUTE + 2):
        told.see(number)
    told.passed = 61.0
    told.see(1)
    assert told.ids()[-1] == "id-1"
    assert told.count("sent") == MOST_A_MINUTE + 1


def test_a_bug_in_sending_ends_no_thread(told: Told) -> None:
    told.taker.breaks = True
    told.see(1)
    until(lambda: told.count("dropped") == 1.0)
    told.taker.breaks = False
    told.see(2)
    assert told.ids() == ["id-2"]


def test_what_is_known_is_bounded(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_KNOWN", 1)
    told.see(1, uid="a")
    told.see(2, uid="b")
    told.see(1, uid="a", since=NOW - AGAIN_SECONDS - 1.0)  # forgotten, and too old to be told again
    assert told.ids() == ["id-1", "id-2"]


def test_an_event_is_a_cloud_event_in_structured_mode() -> None:
    assert json.loads(body(Form.CLOUD_EVENTS, NOTICE, NOW)) == {
        "specversion": "1.0",
        "id": "12ab-1-1-started",
        "source": "/apis/iter8.tools/v1alpha1/namespaces/shop/routemaps/web",
        "type": "tools.iter8.teal.rollout.started",
        "subject": "web-1",
        "time": "2027-01-15T07:59:59Z",
        "datacontenttype": "application/json",
        "data": {
            "namespace": "shop",
            "routemap": "web",
            "routemapUid": "12ab",
            "candidate": "web-1",
            "revision": "r1",
            "step": 1,
            "share": 5,
            "reason": "Stepping",
            "message": "step 1 of 2: 5 % are on their way",
        },
    }
    named = json.loads(body(Form.CLOUD_EVENTS, replace(NOTICE, by="ann", since=None), NOW))
    assert (named["data"]["by"], named["time"]) == ("ann", "2027-01-15T08:00:00Z")


def test_text_for_slack_rings_nobody() -> None:
    hostile = replace(NOTICE, kind=Kind.ROLLED_BACK, message="<!channel> 1 < 2 & 3", by="<@ann>")
    assert json.loads(body(Form.SLACK, hostile, NOW)) == {
        "text": ":x: *shop/web: web-1 rolled back*\n&lt;!channel&gt; 1 &lt; 2 &amp; 3 (by &lt;@ann&gt;)"
    }


@pytest.mark.parametrize("form", Form)
@pytest.mark.parametrize("kind", Kind)
def test_what_no_unicode_can_say_is_sent_all_the_same(form: Form, kind: Kind) -> None:
    assert json.loads(body(form, replace(NOTICE, kind=kind, message="\ud800"), NOW))

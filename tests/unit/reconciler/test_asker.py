"""What passes are told of their questions, when they are woken, what happens while Prometheus fails."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from reconciler.asking import asker, book
from reconciler.asking.asker import Asker, Sources, counts
from reconciler.asking.presets import ISTIO, Version, preset
from reconciler.asking.prometheus import UnreachableError
from reconciler.asking.readings import NoAnswerError
from reconciler.asking.tallies import Grid
from reconciler.serving.metrics import Metrics
from routing.stepping.rollout import Answer, Check, Counts, Measure, Question, Unknown
from tests.unit.reconciler.memory_prometheus import MemoryPrometheus

BEGIN = 1_800_000_000
SUCCESS = Question(Check("success", Measure.SUCCESS, least=99.0), "shop", "a-1", float(BEGIN))
PRIMARY = replace(SUCCESS, version="a-0")
LATENCY = Question(Check("slow", Measure.LATENCY, least=99.0, under_ms=250), "shop", "a-1", float(BEGIN))
CUSTOM = Question(
    Check("carts", Measure.QUERY, least=98.0, good='good{v="$version"}[$window]', total="total"),
    "shop",
    "a-1",
    float(BEGIN),
)
A, PRIMARY_VERSION = Version("shop", "a-1"), Version("shop", "a-0")


class Bench:
    """An asker whose Prometheus, clock and passes are the test's."""

    def __init__(self, *, custom: bool = True, interval: int = 15) -> None:
        self.now = float(BEGIN)
        self.prometheus = MemoryPrometheus()
        self.metrics = Metrics()
        self.woken: list[str] = []
        sources = Sources(self.prometheus, preset(ISTIO), self.prometheus if custom else None)
        self.asker: Asker[str] = Asker(
            sources, Grid(interval), self.metrics, lambda: 0.0, clock=lambda: self.now
        )

    def ask(self, *questions: Question, key: str = "key") -> list[Answer]:
        told = self.asker.answers(key, questions)
        return [told[question] for question in questions]

    def after(self, seconds: float) -> float:
        """Have the asker ask so long after the step began; return the seconds until it asks again."""
        self.now = BEGIN + seconds
        return self.asker.once(self.woken.append)

    def count(self, version: Version = A, ok: float = 0, bad: float = 0, at: int = 45) -> None:
        self.prometheus.count(version, "200", BEGIN + at, ok)
        self.prometheus.count(version, "503", BEGIN + at, bad)


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_at_first_nothing_is_known_and_why_is_told(bench: Bench) -> None:
    assert bench.ask(SUCCESS, CUSTOM) == [
        Unknown("counting begins up to 30 s after the step"),
        Unknown("Prometheus has not been asked yet"),
    ]


def test_requests_are_counted_since_the_step_began_and_the_pass_is_woken(bench: Bench) -> None:
    bench.ask(SUCCESS, PRIMARY)
    bench.count(ok=99, bad=1)
    bench.count(PRIMARY_VERSION, ok=50)
    assert bench.after(55) == pytest.approx(15, abs=1)
    assert bench.woken == ["key"]
    assert bench.ask(SUCCESS, PRIMARY) == [Counts(99, 100), Counts(50, 50)]
    bench.count(ok=10, at=60)
    bench.after(70)
    assert bench.ask(SUCCESS, PRIMARY) == [Counts(109, 110), Counts(50, 50)]


def test_calls_of_grpc_have_no_counts_until_a_status_of_theirs_is_told(bench: Bench) -> None:
    calls = replace(SUCCESS, grpc=True)
    bench.ask(SUCCESS, calls)
    bench.count(bad=5)
    bench.after(55)
    assert bench.ask(SUCCESS, calls) == [Counts(0, 5), Counts(0, 5)]
    bench.count(ok=10, at=60)
    bench.after(70)
    assert bench.ask(SUCCESS, calls) == [Counts(10, 15), Unknown(book.NO_STATUS)]
    slow = replace(LATENCY, grpc=True)
    for limit, number in (("250", 2), ("+Inf", 3)):
        bench.prometheus.count(A, limit, BEGIN + 75, number)
    bench.ask(slow)
    bench.after(85)
    assert bench.ask(slow) == [Counts(2, 3)], "how long a call takes is no matter of its status"


def test_requests_of_before_the_first_whole_interval_are_left_out(bench: Bench) -> None:
    bench.ask(SUCCESS)
    for at in (0, 15):
        bench.count(ok=1000, at=at)
    bench.count(ok=7, at=30)
    bench.after(55)
    assert bench.ask(SUCCESS) == [Counts(7, 7)]


def test_a_new_leader_comes_to_the_same_counts(bench: Bench) -> None:
    for at in range(0, 500, 15):
        bench.count(ok=at, bad=1, at=at)
    bench.ask(SUCCESS)
    for seconds in range(25, 500, 15):
        bench.after(seconds)
    successor = Bench()
    successor.prometheus = bench.prometheus
    successor.asker = Asker(
        Sources(bench.prometheus, preset(ISTIO)),
        Grid(15),
        Metrics(),
        lambda: 0.0,
        clock=lambda: bench.now,
    )
    told = successor.ask(SUCCESS)
    assert isinstance(told[0], Unknown)
    successor.asker.once(successor.woken.append)
    assert successor.ask(SUCCESS) == bench.ask(SUCCESS)
    assert successor.woken == ["key"]


def test_answers_within_a_limit_are_counted(bench: Bench) -> None:
    bench.ask(LATENCY)
    bench.prometheus.count(A, "250", BEGIN + 45, 8)
    bench.prometheus.count(A, "+Inf", BEGIN + 45, 10)
    bench.after(55)
    assert bench.ask(LATENCY) == [Counts(8, 10)]


def test_a_limit_that_is_no_buckets_is_told_for_the_whole_step(bench: Bench) -> None:
    bench.ask(LATENCY)
    bench.prometheus.count(A, "+Inf", BEGIN + 45, 10)
    for seconds in (55, 70):
        bench.after(seconds)
        (told,) = bench.ask(LATENCY)
        assert isinstance(told, Unknown)
        assert told.reason.startswith("Prometheus has no bucket of 250 ms")


def test_an_answer_to_what_nobody_asks_any_more_is_dropped(bench: Bench) -> None:
    bench.ask(CUSTOM)
    bench.prometheus.numbers = {'good{v="a-1"}[60s]': 1.0, "total": 1.0}
    asked = bench.prometheus.number

    def forgetting(query: str, moment: float, namespace: str) -> float:
        bench.ask()
        bench.asker._book.due()  # noqa: SLF001 - as the next round does
        return asked(query, moment, namespace)

    bench.prometheus.number = forgetting  # type: ignore[method-assign]
    bench.after(60)
    assert bench.woken == []
    assert bench.ask(CUSTOM) == [Unknown("Prometheus has not been asked yet")]


def test_a_version_that_nobody_called_has_no_requests(bench: Bench) -> None:
    bench.ask(SUCCESS)
    bench.after(55)
    assert bench.ask(SUCCESS) == [Counts(0, 0)]


def test_a_pass_whose_answers_have_not_changed_sleeps_on(bench: Bench) -> None:
    bench.ask(SUCCESS)
    bench.after(55)
    bench.ask(SUCCESS)
    bench.woken.clear()
    bench.after(70)
    assert bench.woken == []


def test_all_rollouts_are_asked_for_by_one_query_a_measure(bench: Bench) -> None:
    for number in range(20):
        for question in (SUCCESS, LATENCY):
            bench.ask(
                replace(question, namespace=f"n{number}", since=BEGIN - number), key=f"{number}{question}"
            )
    bench.after(55)
    bench.prometheus.asked.clear()
    bench.after(70)
    assert len(bench.prometheus.asked) == 2


def test_while_prometheus_is_away_nothing_is_known_and_nothing_is_lost(bench: Bench) -> None:
    bench.ask(SUCCESS)
    bench.count(ok=10)
    bench.after(55)
    bench.prometheus.broken = UnreachableError("Prometheus is out of reach: refused")
    for seconds in (70, 85, 100, 115, 130):
        bench.count(ok=1, at=seconds - 10)
        bench.after(seconds)
    assert bench.ask(SUCCESS) == [Unknown("Prometheus is out of reach: refused")]
    bench.prometheus.broken = None
    bench.after(145)
    assert bench.ask(SUCCESS) == [Counts(15, 15)]


def test_who_waits_for_prometheus_is_woken_when_it_goes_and_when_it_comes(bench: Bench) -> None:
    bench.ask(SUCCESS)
    bench.after(55)
    bench.ask(SUCCESS)
    bench.woken.clear()
    bench.prometheus.broken = UnreachableError("away")
    bench.after(70)
    assert bench.woken == [], "what was counted a moment ago is true still"
    bench.after(130)
    assert bench.woken == ["key"]
    bench.ask(SUCCESS)
    bench.prometheus.broken = None
    bench.after(145)
    assert bench.woken == ["key", "key"]


def test_failures_in_a_row_are_followed_by_longer_pauses_and_success_ends_them(bench: Bench) -> None:
    bench.ask(SUCCESS)
    bench.prometheus.broken = UnreachableError("away")
    pauses = [bench.after(55) for _ in range(6)]
    assert pauses == pytest.approx([15, 30, 60, 120, 120, 120], abs=1)
    bench.prometheus.broken = None
    assert bench.after(55) == pytest.approx(15, abs=1)


def test_prometheus_is_left_alone_for_as_long_as_it_asks(bench: Bench) -> None:
    bench.ask(SUCCESS)
    bench.prometheus.broken = UnreachableError("too often", 90.0)
    assert bench.after(55) == pytest.approx(90, abs=1)


def test_an_answer_that_says_nothing_hinders_nobody_else(bench: Bench) -> None:
    bench.ask(SUCCESS, CUSTOM)
    bench.prometheus.numbers = {'good{v="a-1"}[55s]': 5.0, "total": 6.0}
    bench.prometheus.no_growth = NoAnswerError("no matrix")
    assert bench.after(55) == pytest.approx(15, abs=1)
    assert bench.ask(SUCCESS, CUSTOM) == [Unknown("no matrix"), Counts(5, 6)]


def test_whatever_comes_back_the_thread_goes_on(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    bench.ask(SUCCESS)
    bench.prometheus.no_growth = ZeroDivisionError()
    assert bench.after(55) == pytest.approx(15, abs=1)
    assert bench.ask(SUCCESS) == [
        Unknown("Teal could not read what Prometheus answered; the reconciler's log says more")
    ]
    assert "asking Prometheus crashed" in caplog.text


def test_users_own_queries_are_asked_for_their_namespace(bench: Bench) -> None:
    bench.ask(CUSTOM)
    bench.prometheus.numbers = {'good{v="a-1"}[60s]': 98.0, "total": 100.0}
    bench.after(60)
    assert bench.ask(CUSTOM) == [Counts(98, 100)]
    assert bench.prometheus.namespaces == ["shop", "shop"]
    assert bench.woken == ["key"]


def test_users_own_queries_that_say_nothing_are_told_apart(bench: Bench) -> None:
    bench.ask(CUSTOM)
    bench.prometheus.numbers = {'good{v="a-1"}[60s]': 98.0, "total": "the query has no result"}
    bench.after(60)
    assert bench.ask(CUSTOM) == [Unknown("the query has no result")]
    bench.now = float(BEGIN)
    assert bench.after(0) > 0
    assert bench.ask(CUSTOM) == [Unknown("the step has just begun")]


def test_a_users_query_that_takes_too_long_is_no_trouble_of_others(bench: Bench) -> None:
    bench.ask(SUCCESS, CUSTOM)
    bench.count(ok=1)
    bench.prometheus.no_number = UnreachableError("Prometheus did not answer within 10 s")
    bench.after(55)
    assert bench.ask(SUCCESS, CUSTOM) == [Counts(1, 1), Unknown("Prometheus did not answer within 10 s")]


def test_users_own_queries_are_off_unless_they_are_switched_on() -> None:
    bench = Bench(custom=False)
    bench.ask(CUSTOM)
    bench.after(55)
    assert bench.ask(CUSTOM) == [
        Unknown("checks with queries are switched off: set prometheus.customQueries of Teal's chart")
    ]


def test_an_old_answer_to_a_users_query_is_none(bench: Bench) -> None:
    bench.ask(CUSTOM)
    bench.prometheus.numbers = {'good{v="a-1"}[60s]': 98.0, "total": 100.0}
    bench.after(60)
    bench.now += 91
    assert bench.ask(CUSTOM) == [Unknown("Prometheus has not been asked lately")]


def test_no_more_users_queries_are_asked_than_a_few_hundred(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(book, "MOST_CUSTOM", 1)
    bench.ask(CUSTOM)
    other = replace(CUSTOM, version="b")
    assert bench.ask(other, key="other") == [
        Unknown("Teal asks for no more than 1 checks with queries at a time")
    ]


def test_who_asks_nothing_any_more_is_forgotten(bench: Bench) -> None:
    bench.ask(SUCCESS, CUSTOM)
    assert bench.ask() == []
    bench.after(55)
    assert bench.prometheus.asked == []
    assert bench.metrics.registry.get_sample_value("teal_prometheus_questions") == 0


def test_who_does_not_come_back_when_it_is_woken_is_forgotten(bench: Bench) -> None:
    bench.ask(SUCCESS)
    bench.after(book.FORGOTTEN_SECONDS / 2 + 1)
    assert bench.woken == ["key"]
    bench.prometheus.asked.clear()
    bench.after(book.FORGOTTEN_SECONDS + 1)
    assert bench.prometheus.asked == []


def test_there_is_an_end_to_who_may_ask(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(book, "MOST_KEYS", 1)
    bench.ask(SUCCESS)
    full = Unknown("Teal asks Prometheus for no more than 1 Routemaps at a time")
    assert bench.ask(SUCCESS, key="other") == [full]
    assert bench.ask(PRIMARY) != [full]


def test_a_clock_that_was_ahead_has_it_counted_anew(bench: Bench) -> None:
    bench.ask(SUCCESS)
    bench.count(ok=10)
    bench.after(book.FORGOTTEN_SECONDS - 1)
    bench.after(70)
    assert bench.ask(SUCCESS) == [Counts(10, 10)]


def test_a_long_step_is_not_known_before_all_of_it_is_counted(bench: Bench) -> None:
    bench.ask(SUCCESS)
    bench.count(ok=1)
    bench.after(2 * 3600)
    assert bench.ask(SUCCESS) == [Unknown("it is being counted")]
    bench.after(2 * 3600 + 15)
    bench.after(2 * 3600 + 30)
    assert bench.ask(SUCCESS) == [Counts(1, 1)]


def test_queries_are_counted_by_how_they_ended(bench: Bench) -> None:
    bench.ask(SUCCESS)
    bench.after(55)
    bench.prometheus.broken = NoAnswerError("x")
    bench.after(70)
    for result in ("done", "failed"):
        labels = {"result": result}
        assert bench.metrics.registry.get_sample_value("teal_prometheus_queries_total", labels) == 1
    assert bench.metrics.registry.get_sample_value("teal_prometheus_query_seconds_count") == 2
    assert bench.metrics.registry.get_sample_value("teal_prometheus_questions") == 1


def test_many_are_woken_in_parts_and_none_after_a_stop(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asker, "WAKE_PAUSE", 0.0)
    for number in range(35):
        bench.ask(SUCCESS, key=f"{number:02}")
    bench.after(55)
    assert sorted(bench.woken) == [f"{number:02}" for number in range(35)]
    bench.woken.clear()
    for number in range(35):
        bench.ask(SUCCESS, key=f"{number:02}")
    bench.asker.stop()
    bench.now += book.FORGOTTEN_SECONDS / 2 + 1
    bench.asker.once(bench.woken.append)
    assert len(bench.woken) == asker.LEAST_PART


def test_after_a_stop_nobody_is_asked(bench: Bench) -> None:
    bench.ask(SUCCESS, CUSTOM)
    bench.asker.stop()
    bench.after(55)
    assert bench.prometheus.asked == []
    assert bench.prometheus.namespaces == []


def test_it_asks_until_it_is_stopped() -> None:
    bench, woken = Bench(), threading.Event()
    bench.now = BEGIN + 55.0
    bench.ask(SUCCESS)
    thread = threading.Thread(target=bench.asker.run, args=[lambda _: woken.set()])
    thread.start()
    assert woken.wait(30)
    bench.asker.stop()
    thread.join(30)
    assert not thread.is_alive()


@pytest.mark.parametrize(
    ("good", "total", "expected"),
    [
        (0, 0, Counts(0, 0)),
        (5, 10, Counts(5, 10)),
        (10 + 1e-7, 10, Counts(10, 10)),
        (11, 10, Unknown("of 10 requests 11 are good, say the queries; good is a part of total")),
        (-1, 10, Unknown("of 10 requests -1 are good, say the queries; good is a part of total")),
        (0, -1, Unknown("of -1 requests 0 are good, say the queries; good is a part of total")),
    ],
)
def test_good_ones_are_a_part_of_all(good: float, total: float, expected: Answer) -> None:
    assert counts(good, total) == expected

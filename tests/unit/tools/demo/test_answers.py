from __future__ import annotations

import pytest

from tools.demo.answers import Answer, Tally, deviation, off, parse, percentages


def answer(sent: float, version: str = "httpbin-0", status: int = 200, seconds: float = 0.01) -> Answer:
    return Answer(sent, seconds, status, version, "")


def tally(*answers: Answer) -> Tally:
    made = Tally()
    for each in answers:
        made.add(each)
    return made


def test_a_line_tells_of_a_request_by_this_machines_clock() -> None:
    line = "1763918473.177 0.0000 0.2500 200 httpbin-1 \n"
    assert parse(line, 100.0) == Answer(99.75, 0.25, 200, "httpbin-1", "")


def test_a_request_that_was_sent_late_was_sent_when_it_was() -> None:
    found = parse("1763918473.177 3.0000 3.2500 200 httpbin-1 \n", 100.0)
    assert found == Answer(99.75, 3.25, 200, "httpbin-1", "", 3.0)
    assert found.ended == 100.0


def test_a_line_without_an_error_may_end_early() -> None:
    found = parse("1763918473.177 0.0001 0.0061 200 httpbin-1", 100.0)
    assert found is not None
    assert (found.version, found.error, found.failed) == ("httpbin-1", "", False)


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("1.0 0.0 0.5 503 httpbin-1 connection refused", "status 503, httpbin-1, connection refused"),
        ("1.0 0.0 0.5 404 - ", "status 404"),
        ("1.0 0.0 10.0 0 - TimeoutError('timed out')", "no answer, TimeoutError('timed out')"),
        ("1.0 0.0 10.0 0 -", "no answer"),
    ],
)
def test_a_failure_says_what_came(line: str, what: str) -> None:
    found = parse(line, 100.0)
    assert found is not None
    assert found.failed
    assert found.what == what


@pytest.mark.parametrize(
    "line",
    [
        "",
        "\n",
        "error: unable to upgrade connection: container not found",
        'Defaulted container "sleep" out of: sleep, istio-proxy (init)',
        "1.0 0.0 0.5",
        "1.0 0.0 soon 200 httpbin-0",
        "1.0 0.0 0.5 OK httpbin-0",
    ],
)
def test_what_else_is_said_is_no_request(line: str) -> None:
    assert parse(line, 100.0) is None


def test_failures_are_counted_apart_from_the_versions_answers() -> None:
    made = tally(answer(1), answer(2, "httpbin-1"), answer(3, "httpbin-1", 503))
    assert len(made) == 3
    assert made.versions() == {"httpbin-0": 1, "httpbin-1": 1}
    assert [each.sent for each in made.failures] == [3]


def test_what_a_bad_version_fails_itself_is_counted_apart_and_nothing_else() -> None:
    made = tally(answer(1, "httpbin-1", 500))
    made.bad = "httpbin-1"
    for each in (
        answer(2, "httpbin-1", 500),
        answer(3, "httpbin-1", 503),
        answer(4, "httpbin-0", 500),
        answer(5, "-", 0),
    ):
        made.add(each)
    assert [each.sent for each in made.failures] == [1, 3, 4, 5]
    assert made.own == 1
    assert made.versions() == {"httpbin-1": 1}
    made.bad = ""
    made.add(answer(6, "httpbin-1", 500))
    assert made.own == 1


def test_versions_are_counted_from_a_time_until_before_another() -> None:
    made = tally(*(answer(at) for at in range(10)))
    assert made.versions(2, 5) == {"httpbin-0": 3}


def test_recent_answers_are_those_that_ended_since() -> None:
    made = tally(answer(1), answer(5, "httpbin-1", seconds=4.0), answer(9), answer(9.5, status=503))
    assert made.recent(8.5) == {"httpbin-0": 1, "httpbin-1": 1}
    assert made.recent(10) == {}


def test_half_and_nearly_all_of_the_answers_came_within() -> None:
    made = tally(*(answer(at, seconds=(100 - at) / 100) for at in range(100)))
    assert made.seconds(0.5) == pytest.approx(0.51)
    assert made.seconds(0.99) == pytest.approx(1.0)
    assert tally().seconds(0.99) == 0


def test_percentages_of_no_answers_are_none() -> None:
    assert percentages({}) == {}
    assert percentages({"a": 1, "b": 3}) == {"a": 25, "b": 75}


@pytest.mark.parametrize(
    ("percent", "count", "points"), [(50, 400, 2.5), (20, 400, 2.0), (0, 400, 0), (100, 400, 0), (50, 0, 0)]
)
def test_the_deviation_is_the_binomials(percent: float, count: int, points: float) -> None:
    assert deviation(percent, count) == pytest.approx(points)


def test_five_deviations_are_still_chance_and_more_are_not() -> None:
    split = {"httpbin-0": 50, "httpbin-1": 50}
    assert off(split, {"httpbin-0": 250, "httpbin-1": 150}) == []
    assert off(split, {"httpbin-0": 251, "httpbin-1": 149}) == ["httpbin-0", "httpbin-1"]


def test_one_answer_of_a_version_without_weight_is_one_too_many() -> None:
    assert off({"httpbin-0": 100}, {"httpbin-0": 999, "httpbin-1": 1}) == ["httpbin-0", "httpbin-1"]


def test_no_answers_prove_nothing() -> None:
    assert off({"httpbin-0": 100}, {}) == []

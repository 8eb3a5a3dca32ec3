"""What Prometheus' answers mean: every shape of them, and what is none."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from reconciler.asking.readings import NoAnswerError, Series, complaint, matrix, number


def body(kind: str, result: Any, **more: Any) -> bytes:
    return json.dumps({"status": "success", "data": {"resultType": kind, "result": result}, **more}).encode()


def sample(value: Any) -> dict[str, Any]:
    return {"metric": {}, "value": [1.5, value]}


def test_a_matrix_is_series_with_their_labels_and_values_by_time() -> None:
    told = [{"metric": {"a": "b"}, "values": [[15, "1"], [30.0, "2.5"]]}, {"metric": {}, "values": []}]
    assert matrix(body("matrix", told)) == [Series({"a": "b"}, {15.0: 1.0, 30.0: 2.5}), Series({}, {})]


def test_an_empty_matrix_is_no_series() -> None:
    assert matrix(body("matrix", [])) == []


def test_values_that_are_no_numbers_of_requests_are_for_whoever_counts() -> None:
    (series,) = matrix(body("matrix", [{"metric": {}, "values": [[1, "NaN"], [2, "+Inf"], [3, "-Inf"]]}]))
    nan, *infinite = series.values.values()
    assert math.isnan(nan)
    assert infinite == [math.inf, -math.inf]


@pytest.mark.parametrize("value", ["12", "12.0", 12])
def test_the_only_series_of_a_vector_is_a_number(value: Any) -> None:
    assert number(body("vector", [sample(value)])) == 12.0


def test_a_scalar_is_a_number() -> None:
    assert number(body("scalar", [1.5, "3"])) == 3.0


@pytest.mark.parametrize(
    ("kind", "result", "reason"),
    [
        ("vector", [], "the query has no result: its metric or its labels match nothing"),
        (
            "vector",
            [sample("1"), sample("2")],
            "the query has 2 results where one is wanted: put sum( ) around it",
        ),
        ("vector", [sample("NaN")], "the query results in nan, which is no count"),
        ("vector", [sample("+Inf")], "the query results in inf, which is no count"),
        ("scalar", [1, "-Inf"], "the query results in -inf, which is no count"),
        ("string", [1, "a"], "the query results in a string; a number is wanted, or one series"),
        ("matrix", [], "the query results in a matrix; a number is wanted, or one series"),
        ("vector", {"a": 1}, "Prometheus answered without a list of results"),
        ("vector", ["x"], "Prometheus answered with what is no value: None"),
        ("vector", [sample("x")], "Prometheus answered with what is no value: [1.5, 'x']"),
        ("vector", [{"metric": {}, "histogram": [1, {}]}], "Prometheus answered with what is no value: None"),
        ("scalar", [1], "Prometheus answered with what is no value: [1]"),
        ("scalar", None, "Prometheus answered with what is no value: None"),
    ],
)
def test_what_is_no_number_is_told(kind: str, result: Any, reason: str) -> None:
    with pytest.raises(NoAnswerError) as raised:
        number(body(kind, result))
    assert str(raised.value) == reason


@pytest.mark.parametrize(
    ("kind", "result", "reason"),
    [
        ("vector", [], "Prometheus answered with a vector, not with a matrix"),
        ("matrix", {}, "Prometheus answered without a list of results"),
        ("matrix", ["x"], "Prometheus answered with what is no series"),
        ("matrix", [{"metric": {}}], "Prometheus answered with what is no series"),
        ("matrix", [{"metric": [], "values": []}], "Prometheus answered with what is no series"),
        ("matrix", [{"metric": {}, "values": [1]}], "Prometheus answered with what is no value: 1"),
        (
            "matrix",
            [{"metric": {}, "values": [["x", "1"]]}],
            "Prometheus answered with what is no value: ['x', '1']",
        ),
    ],
)
def test_what_is_no_matrix_is_told(kind: str, result: Any, reason: str) -> None:
    with pytest.raises(NoAnswerError) as raised:
        matrix(body(kind, result))
    assert str(raised.value) == reason


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"<html>\n Log in", "no Prometheus answered at that address: '<html> Log in'"),
        (b"[]", "no Prometheus answered at that address: '[]'"),
        (b'{"kind": "Status"}', 'no Prometheus answered at that address: \'{"kind": "Status"}\''),
        (b"\xff", "no Prometheus answered at that address: '\N{REPLACEMENT CHARACTER}'"),
        (
            b'{"status": "error", "errorType": "timeout", "error": "query timed out"}',
            "Prometheus says: query timed out",
        ),
        (b'{"status": "success"}', "Prometheus answered without data"),
        (b'{"status": "success", "data": []}', "Prometheus answered without data"),
    ],
)
def test_what_is_no_answer_is_told_in_its_own_words(answer: bytes, reason: str) -> None:
    for read in (matrix, number):
        with pytest.raises(NoAnswerError) as raised:
            read(answer)
        assert str(raised.value) == reason


def test_an_answer_of_which_a_part_is_missing_is_none() -> None:
    for warnings in (["store a: no such host"], "store a: no such host"):
        with pytest.raises(NoAnswerError, match=r"^the answer is partial: store a: no such host$"):
            matrix(body("matrix", [], warnings=warnings))


def test_remarks_about_the_query_do_no_harm() -> None:
    more = {"infos": ["PromQL info: x"], "warnings": ["PromQL info: metric might not be a counter"]}
    assert matrix(body("matrix", [], **more)) == []
    assert matrix(body("matrix", [], warnings=None)) == []


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (b'{"status": "error", "error": "bad_data: 1:2"}', "bad_data: 1:2"),
        (b'{"message": "x"}', '{"message": "x"}'),
        (b"Unauthorized\n", "Unauthorized"),
        (b"a\x1b[31m\n\tb", "a?[31m b"),
        (b"", ""),
        (b"x" * 500, "x" * 159 + "\N{HORIZONTAL ELLIPSIS}"),
    ],
)
def test_a_complaint_is_one_line_of_bounded_length(answer: bytes, expected: str) -> None:
    assert complaint(answer) == expected

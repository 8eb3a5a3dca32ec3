"""Counting interval by interval: what is counted, from when on, and what can't be."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.asking.presets import ISTIO, Version, preset
from reconciler.asking.queries import MOST_WANTED, NEAR, queries, span
from reconciler.asking.readings import Series
from reconciler.asking.tallies import MOST_AT_ONCE, Grid, Growth, Tally, Wanted, by_version, wanted
from routing.stepping.rollout import Check, Measure, Question

GRID = Grid(15)
PRESET = preset(ISTIO)
A = Version("shop", "a-1")
SUCCESS = Wanted(Measure.SUCCESS, 0, A, 0)
LATENCY = Wanted(Measure.LATENCY, 250, A, 0)


def series(key: str, values: dict[float, float], version: Version = A) -> Series:
    labels = {
        "destination_service_namespace": version.namespace,
        "destination_service_name": version.name,
        "response_code": key,
        "le": key,
    }
    return Series(labels, values)


def counted(want: Wanted, found: list[Series], end: int = 4, tally: Tally | None = None) -> Tally:
    return Growth(PRESET, GRID, found).counted(want, tally or Tally(0), end)


@given(st.floats(0, 4e9), st.integers(1, 300))
def test_what_is_counted_first_begins_one_to_two_intervals_after_the_step(since: float, seconds: int) -> None:
    grid = Grid(seconds)
    begins = grid.first(since) * seconds
    assert since + seconds <= begins + 1e-6
    assert begins < since + 2 * seconds + 1e-6


@given(st.floats(1e9, 4e9), st.integers(1, 300))
def test_an_interval_is_over_once_its_last_readings_are_there(now: float, seconds: int) -> None:
    grid = Grid(seconds, lag=10.0)
    last = grid.end(now) - 1
    assert grid.asked_at(last) <= now - 10 < grid.asked_at(last + 1)
    assert grid.interval(grid.asked_at(last)) == last


def test_checks_of_the_same_requests_are_counted_once() -> None:
    checks = (Check("a", Measure.SUCCESS, least=99.0), Check("b", Measure.SUCCESS, worse_by=0.5))
    assert {wanted(Question(check, "shop", "a-1", 100.0), GRID) for check in checks} == {
        Wanted(Measure.SUCCESS, 0, A, 8)
    }


def test_series_are_given_to_the_version_that_they_tell_of() -> None:
    mine, other = series("200", {}), series("200", {}, Version("lab", "b"))
    assert by_version(PRESET, [mine, other, Series({}, {})]) == {A: [mine], Version("lab", "b"): [other]}


def test_intervals_add_up_and_failures_count_among_all() -> None:
    found = [series("200", {15.0: 10, 30.0: 5}), series("404", {15.0: 1}), series("503", {30.0: 2})]
    assert counted(SUCCESS, found) == Tally(4, 16, 18)


def test_what_is_counted_already_is_not_counted_again() -> None:
    found = [series("200", {15.0: 10, 30.0: 5, 45.0: 3, 60.0: 1, 75.0: 100})]
    assert counted(SUCCESS, found, 4, Tally(2, 15, 15)) == Tally(4, 19, 19)


def test_no_series_are_no_requests() -> None:
    for want in (SUCCESS, LATENCY):
        assert counted(want, []) == Tally(4)


def test_answers_within_a_limit_are_those_of_its_bucket() -> None:
    found = [series("250.0", {15.0: 8}), series("500", {15.0: 9}), series("+Inf", {15.0: 10})]
    assert counted(LATENCY, found) == Tally(4, 8, 10)


def test_never_are_more_good_than_there_are() -> None:
    """Buckets are read together, but what is left of one after a reset may not fit the others."""
    assert counted(LATENCY, [series("250", {15.0: 11}), series("+Inf", {15.0: 10})]) == Tally(4, 10, 10)


def test_a_limit_between_two_buckets_is_refused_by_name() -> None:
    want = Wanted(Measure.LATENCY, 300, A, 0)
    told = counted(want, [series("+Inf", {15.0: 10})])
    assert told == Tally(4, wrong=told.wrong)
    assert told.wrong == (
        "Prometheus has no bucket of 300 ms, and can't tell between: set the check's `under` to one; Envoy's "
        "own are 0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000, 30000, 60000, 300000, "
        "600000, 1800000, 3600000 ms"
    )


def test_without_requests_nothing_is_said_about_buckets() -> None:
    assert counted(LATENCY, [series("+Inf", {15.0: 0})]) == Tally(4)


@pytest.mark.parametrize(("odd", "shown"), [(math.nan, "nan"), (math.inf, "inf"), (-3.0, "-3")])
def test_what_is_no_number_of_requests_is_wrong_for_the_whole_step(odd: float, shown: str) -> None:
    told = counted(SUCCESS, [series("200", {15.0: odd}), series("503", {15.0: 1})])
    assert told == Tally(4, wrong=f"Prometheus counted {shown} requests")


COUNTS = st.dictionaries(
    st.tuples(st.sampled_from(["200", "404", "503"]), st.integers(0, 19)), st.integers(0, 1000), max_size=30
)


@given(COUNTS, st.lists(st.integers(1, 20), unique=True))
def test_however_it_is_cut_it_is_the_same_sum(counts: dict[tuple[str, int], int], cuts: list[int]) -> None:
    found = [
        series(
            status, {GRID.asked_at(each): count for (code, each), count in counts.items() if code == status}
        )
        for status in ("200", "404", "503")
    ]
    tally = Tally(0)
    for end in [*sorted(cuts), 20]:
        tally = counted(SUCCESS, found, end, tally)
    total = sum(counts.values())
    bad = sum(count for (code, _), count in counts.items() if code == "503")
    assert tally == Tally(20, total - bad, total)


def wants(number: int, measure: Measure = Measure.SUCCESS) -> list[Wanted]:
    return [Wanted(measure, 0, Version(f"n{each}", "a"), each) for each in range(number)]


def test_the_number_of_queries_follows_what_is_measured() -> None:
    tallies = {want: Tally(99) for measure in Measure for want in wants(MOST_WANTED, measure)}
    assert [(each.measure, each.begin, each.end) for each in queries(tallies, 100)] == [
        (measure, 99, 100) for measure in sorted(Measure)
    ]


def test_a_thousand_rollouts_with_two_checks_of_two_versions_are_eight_queries_a_round() -> None:
    """docs/prometheus.md says so."""
    measures = (Measure.SUCCESS, Measure.LATENCY)
    assert (
        len(list(queries({want: Tally(9999) for each in measures for want in wants(2000, each)}, 10_000)))
        == 8
    )
    assert (
        len(list(queries({want: Tally(9999) for each in measures for want in wants(200, each)}, 10_000))) == 2
    )


def test_nothing_is_asked_of_what_is_counted_already_or_can_not_be() -> None:
    one, two = wants(2)
    assert list(queries({one: Tally(100), two: Tally(3, wrong="x")}, 100)) == []


def test_who_is_far_behind_is_asked_for_apart_an_hour_at_a_time() -> None:
    near, far = wants(2)
    asked = list(queries({far: Tally(1000), near: Tally(2000 - NEAR)}, 2000))
    assert [(each.wanted, each.begin, each.end) for each in asked] == [
        ((near,), 2000 - NEAR, 2000),
        ((far,), 1000, 1000 + MOST_AT_ONCE),
    ]


def test_who_is_further_than_an_hour_waits_for_who_is_behind_it() -> None:
    early, late = wants(2)
    asked = list(queries({late: Tally(600), early: Tally(0)}, 1000))
    assert [(each.wanted, each.begin, each.end) for each in asked] == [((early,), 0, MOST_AT_ONCE)]


@given(st.lists(st.integers(0, 1000), max_size=60), st.integers(0, 1000))
def test_each_is_asked_for_at_most_once_and_some_of_what_is_behind_is(uptos: list[int], end: int) -> None:
    tallies = {want: Tally(upto) for want, upto in zip(wants(len(uptos)), uptos, strict=True)}
    asked = list(queries(tallies, end))
    taken = [want for each in asked for want in each.wanted]
    assert len(taken) == len(set(taken))
    assert bool(taken) == any(upto < end for upto in uptos)
    for each in asked:
        assert each.end - each.begin <= MOST_AT_ONCE
        assert all(each.begin <= tallies[want].upto < each.end <= end for want in each.wanted)
        begin, until = span(each, GRID)
        assert (begin, until) == ((each.begin + 1) * 15, each.end * 15)


def test_a_thousand_rollouts_after_a_change_of_the_leader_stay_within_an_answers_size() -> None:
    tallies = {want: Tally(0) for want in wants(2000)}
    asked = list(queries(tallies, 40))
    assert len(asked) == 11
    assert sum(len(each.wanted) for each in asked) == 2000


def test_a_querys_text_names_the_versions_and_the_limits_of_all() -> None:
    (query,) = queries({LATENCY: Tally(0), Wanted(Measure.LATENCY, 500, A, 0): Tally(0)}, 1)
    text = query.text(PRESET, 15)
    assert r'le=~"250(\\.0)?|500(\\.0)?|\\+Inf"' in text
    assert 'destination_service_name=~"a-1"' in text

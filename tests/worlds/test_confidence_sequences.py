"""Confidence sequences and e-values beside exact arithmetic, and beside every path that requests can take."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from math import comb, exp, factorial, inf, isfinite, isnan, lgamma, log, sqrt
from typing import TYPE_CHECKING

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from routing.stepping.rollout import Counts
from routing.stepping.sequences import Evidence, against_limit, against_other, interval

if TYPE_CHECKING:
    from collections.abc import Callable

ALPHAS = st.floats(1e-6, 0.5)
LIMITS = st.one_of(st.floats(1e-6, 1 - 1e-6), st.floats(0, 1, exclude_min=True, exclude_max=True))
NOTHING = Counts(0, 0)


@st.composite
def counts(draw: st.DrawFn) -> Counts:
    total = draw(st.one_of(st.integers(0, 1000), st.floats(0, 1e9)))
    part = draw(st.one_of(st.sampled_from((0.0, 1.0)), st.floats(0, 1)))
    return Counts(min(part * total, total), total)


def bad(one: Counts) -> float:
    return one.total - one.good


def exact(good: int, total: int, share: Fraction) -> Fraction:
    """Return the e-value of Jeffreys' mixture against a share, by factorials."""
    failed = total - good
    mixture = Fraction(factorial(2 * good) * factorial(2 * failed), 4**total * factorial(total))
    return mixture / (factorial(good) * factorial(failed) * share**good * (1 - share) ** failed)


@pytest.mark.parametrize("total", range(11))
@pytest.mark.parametrize("alpha", [Fraction(1, 20), Fraction(1, 100), Fraction(1, 3)])
def test_the_interval_has_the_shares_that_exact_arithmetic_does_not_rule_out(
    total: int, alpha: Fraction
) -> None:
    for good in range(total + 1):
        low, high = interval(Counts(good, total), float(alpha))
        shares = [Fraction(step, 401) for step in range(1, 401)]
        kept = [share for share in shares if exact(good, total, share) * alpha < 1]
        assert kept == [share for share in shares if low < share < high]


@given(counts(), ALPHAS)
def test_the_interval_holds_the_share_counted_and_is_within_none_and_all(one: Counts, alpha: float) -> None:
    low, high = interval(one, alpha)
    assert 0 <= low <= high <= 1
    if one.total:
        assert low <= one.good / one.total
        assert high >= one.good / one.total - 1e-15


@given(counts(), ALPHAS, ALPHAS)
def test_who_wants_to_be_surer_gets_a_wider_interval(one: Counts, alpha: float, other: float) -> None:
    (low, high), (lower, higher) = interval(one, max(alpha, other)), interval(one, min(alpha, other))
    assert lower <= low
    assert high <= higher


@given(st.integers(0, 10_000), st.integers(0, 10_000), ALPHAS)
def test_the_interval_of_bad_requests_mirrors_that_of_good_ones(good: int, failed: int, alpha: float) -> None:
    low, high = interval(Counts(good, good + failed), alpha)
    mirrored = interval(Counts(failed, good + failed), alpha)
    assert (1 - high, 1 - low) == pytest.approx(mirrored, abs=1e-15)


@given(counts(), st.floats(1.01, 1000), st.floats(1e-6, 0.1))
def test_more_requests_of_the_same_share_make_the_interval_narrower(
    one: Counts, times: float, alpha: float
) -> None:
    assume(one.total >= 1)
    low, high = interval(one, alpha)
    lower, higher = interval(Counts(one.good * times, one.total * times), alpha)
    assert higher - lower <= high - low + 1e-9


@given(counts(), st.floats(0, 1), ALPHAS)
def test_more_good_ones_of_as_many_never_lower_the_interval(one: Counts, part: float, alpha: float) -> None:
    better = Counts(min(one.good + part * bad(one), one.total), one.total)
    (low, high), (later_low, later_high) = interval(one, alpha), interval(better, alpha)
    assert later_low >= low - 1e-9
    assert later_high >= high - 1e-9


def test_nothing_counted_rules_nothing_out() -> None:
    assert interval(NOTHING, 0.05) == (0, 1)
    assert against_limit(NOTHING, 0.99) == Evidence(-inf, -inf)
    assert against_other(NOTHING, NOTHING, 0.01) == Evidence(-inf, -inf)


@given(counts(), LIMITS)
def test_evidence_is_a_number_and_on_one_side_at_most(one: Counts, limit: float) -> None:
    evidence = against_limit(one, limit)
    assert not isnan(evidence.over)
    assert not isnan(evidence.under)
    assert -inf in {evidence.over, evidence.under}
    assert evidence.over < inf
    assert evidence.under < inf


@given(counts(), counts(), LIMITS)
def test_evidence_of_two_is_a_number_and_on_one_side_at_most(
    one: Counts, other: Counts, margin: float
) -> None:
    assume(one.total and other.total)
    evidence = against_other(one, other, margin)
    assert -inf in {evidence.over, evidence.under}
    assert all(side == -inf or isfinite(side) for side in (evidence.over, evidence.under))


@given(counts(), LIMITS, st.floats(1e-6, 0.2))
def test_a_limit_outside_of_the_interval_is_evidence_at_its_level(
    one: Counts, limit: float, alpha: float
) -> None:
    """A side's mixture is sharper than the whole one's. Its bound for the rest takes a hair from it."""
    low, high = interval(one, alpha)
    evidence = against_limit(one, limit)
    if limit < low:
        assert evidence.over >= -log(alpha) - 0.2
    if limit > high:
        assert evidence.under >= -log(alpha) - 0.2


@given(counts(), st.floats(0, 1), LIMITS)
def test_more_good_ones_never_speak_against(one: Counts, part: float, limit: float) -> None:
    better = Counts(min(one.good + part * bad(one), one.total), one.total)
    assert against_limit(better, limit).under <= against_limit(one, limit).under + 1e-4


@pytest.mark.parametrize("limit", [0.5, 0.9, 0.99])
def test_at_every_time_the_expected_e_value_against_a_true_limit_is_at_most_one(limit: float) -> None:
    for total in range(1, 400, 40):
        found = [
            (chance(good, total, limit), against_limit(Counts(good, total), limit))
            for good in range(total + 1)
        ]
        assert expected(found)[0] <= 1
        assert expected(found)[1] <= 1


@pytest.mark.parametrize(
    ("share", "margin"), [(0.9, 0.3), (0.95, 0.05), (0.999, 0.1), (0.6, 0.5), (0.9, 0.85)]
)
def test_at_every_time_the_expected_e_value_against_a_true_margin_is_at_most_one(
    share: float, margin: float
) -> None:
    for total in (1, 2, 5, 20):
        found = [
            (
                chance(good, total, share - margin) + chance(other, total, share),
                against_other(Counts(good, total), Counts(other, total), margin),
            )
            for good in range(total + 1)
            for other in range(total + 1)
        ]
        over, under = expected(found)
        assert over <= 1
        assert under <= 1


def expected(found: list[tuple[float, Evidence]]) -> tuple[float, float]:
    """Return the expectations of both sides' e-values, from the logarithms of chances and e-values."""
    over = sum(exp(one + each.over) for one, each in found)
    return over, sum(exp(one + each.under) for one, each in found)


def chance(good: int, total: int, share: float) -> float:
    """Return the logarithm of a binomial's probability."""
    return log(comb(total, good)) + good * log(share) + (total - good) * log(1 - share)


@pytest.mark.parametrize("share", [0.9, 0.99, 0.999])
@pytest.mark.parametrize("alpha", [0.1])
def test_looked_at_after_each_of_200_requests_it_is_wrong_with_no_more_than_alpha(
    share: float, alpha: float
) -> None:
    """All paths are counted, none is simulated."""

    def interval_errs(one: Counts) -> bool:
        low, high = interval(one, alpha)
        return not low <= share <= high

    def over_errs(one: Counts) -> bool:
        return against_limit(one, share).over >= -log(alpha)

    def under_errs(one: Counts) -> bool:
        return against_limit(one, share).under >= -log(alpha)

    for errs in (interval_errs, over_errs, under_errs):
        assert ever(errs, share, 200) <= alpha


def test_a_fixed_samples_test_looked_at_as_often_is_wrong_far_more_often() -> None:
    """The yardstick can tell: two standard deviations are exceeded in a quarter of the paths."""

    def errs(one: Counts) -> bool:
        return abs(one.good - 0.9 * one.total) > 1.96 * sqrt(0.09 * one.total)

    assert ever(errs, 0.9, 300) > 0.25


def ever(errs: Callable[[Counts], bool], share: float, most: int) -> float:
    """Return the probability that something is so after any of up to so many requests."""
    alive, gone = {0: 1.0}, 0.0
    for total in range(1, most + 1):
        after: dict[int, float] = {}
        for good, part in alive.items():
            after[good + 1] = after.get(good + 1, 0.0) + part * share
            after[good] = after.get(good, 0.0) + part * (1 - share)
        likely = {good: part for good, part in after.items() if part > 1e-9}
        gone_now = {good for good in likely if errs(Counts(good, total))}
        gone += sum(likely[good] for good in gone_now)
        alive = {good: part for good, part in likely.items() if good not in gone_now}
    return gone


@pytest.mark.parametrize(("margin", "part"), [(0.005, 1.0), (0.005, 19.0)])
def test_equal_shares_are_told_from_a_margin_with_half_of_what_two_intervals_need(
    margin: float, part: float
) -> None:
    one, other = Counts(9900, 10_000), Counts(9900 * part, 10_000 * part)
    times = next(step for step in range(1, 2000) if told(one, other, margin, step / 200)) / 200
    low, high = interval(scaled(one, 2 * times), 0.025)[0], interval(scaled(other, 2 * times), 0.025)[1]
    assert low < high - margin


def told(one: Counts, other: Counts, margin: float, times: float) -> bool:
    return against_other(scaled(one, times), scaled(other, times), margin).over >= log(20)


def scaled(one: Counts, times: float) -> Counts:
    return Counts(one.good * times, one.total * times)


@pytest.mark.parametrize(
    ("one", "other", "margin"),
    [((20, 30), (50, 60), 0.3), ((20, 30), (50, 60), 0.1), ((3, 9), (30, 41), 0.2)],
)
def test_evidence_of_two_is_what_a_search_of_all_shares_finds(
    one: tuple[int, int], other: tuple[int, int], margin: float
) -> None:
    evidence = against_other(Counts(*one), Counts(*other), margin)
    worse = one[0] / one[1] < other[0] / other[1] - margin
    assert (evidence.under if worse else evidence.over) == pytest.approx(
        searched(one, other, margin, (2, 8, 32) if worse else (0,)), abs=1e-2
    )


def searched(one: tuple[int, int], other: tuple[int, int], margin: float, worse: tuple[int, ...]) -> float:
    """Return the mean of both e-values by trying 2,000 pairs for each largest or nearest one."""
    null = [(1 - margin) * (step + 0.5) / 2000 for step in range(2000)]
    density = lgamma(20) + lgamma(0.5) - lgamma(20.5)
    apart = sum(
        lgamma(good + 20) + lgamma(total - good + 0.5) - lgamma(total + 20.5) - density
        for good, total in (one, other)
    ) - max(likelihood(one, bad + margin) + likelihood(other, bad) for bad in null)
    least, most = min(margin, 1 - margin) / 10, (1 - margin) / 2
    near = []
    for step, times in product(range(8), worse):
        common = least * (most / least) ** (step / 7)
        bad = min(common + times * margin, (1 + common + margin) / 2)
        at = min(null, key=lambda at: one[1] * apart_by(bad, at + margin) + other[1] * apart_by(common, at))
        near.append(
            likelihood(one, bad)
            + likelihood(other, common)
            - likelihood(one, at + margin)
            - likelihood(other, at)
        )
    return log(exp(apart) / 2 + sum(exp(each) for each in near) / len(near) / 2)


def likelihood(counted: tuple[int, int], bad: float) -> float:
    good, total = counted
    return good * log(1 - bad) + (total - good) * log(bad)


def apart_by(one: float, other: float) -> float:
    """Return Kullback and Leibler's divergence."""
    return one * log(one / other) + (1 - one) * log((1 - one) / (1 - other))


@pytest.mark.parametrize(("good", "side"), [(0.985_1, "over"), (0.984_9, "under")])
def test_any_true_difference_beside_the_margin_is_found_at_last(good: float, side: str) -> None:
    evidence = against_other(Counts(good * 1e9, 1e9), Counts(0.99e9, 1e9), 0.005)
    assert getattr(evidence, side) > 100

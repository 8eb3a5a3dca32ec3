"""What is said of a step's checks: the verdicts, and each sentence as users read it."""

from __future__ import annotations

from dataclasses import replace
from math import inf, nan

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from routing.stepping.judging import judge
from routing.stepping.rollout import Answer, Check, Counts, Enough, Measure, Unknown, Verdict
from routing.stepping.sequences import against_limit, against_other

LEAST = Check("success", Measure.SUCCESS, least=99.5)
COMPARED = Check("success", Measure.SUCCESS, worse_by=0.5)
FAST = Check("latency", Measure.LATENCY, least=99, under_ms=1300)
AWAY = Unknown("Prometheus did not answer within 10 s")
FINE, MUCH = Counts(12_403, 12_408), Counts(228_931, 229_000)
GOOD, BAD, OPEN = Verdict.GOOD, Verdict.BAD, Verdict.OPEN

SAID: dict[str, tuple[Check, Answer, Answer, Verdict, str]] = {
    "at least the limit": (LEAST, FINE, AWAY, GOOD, "99.95 % of 12,408 good: at least 99.5 % with 95 %"),
    "less than the limit": (
        *(LEAST, Counts(1216, 1240), AWAY, BAD),
        "98.06 % of 1,240 good: less than 99.5 % with 95 %",
    ),
    "about the limit": (
        *(LEAST, Counts(538, 540), AWAY, OPEN),
        "99.62 % of 540 good, 97.8 to 99.99 % with 95 %: open yet whether at least 99.5 %",
    ),
    "all good, and still not enough to tell": (
        *(LEAST, Counts(300, 300), AWAY, OPEN),
        "100 % of 300 good, 97.88 to 100 % with 95 %: open yet whether at least 99.5 %",
    ),
    "too few": (
        *(LEAST, Counts(120, 120), AWAY, OPEN),
        "100 % of 120 good: too few to judge, 200 requests are needed",
    ),
    "too few, and bad already": (
        *(LEAST, Counts(20, 24), AWAY, BAD),
        "83.33 % of 24 good: less than 99.5 % with 95 %",
    ),
    "three requests, all bad": (
        *(LEAST, Counts(0, 3), AWAY, OPEN),
        "0 % of 3 good: too few to judge, 200 requests are needed",
    ),
    "no traffic": (LEAST, Counts(0, 0), AWAY, OPEN, "no request of the candidate was counted"),
    "the part of a request that Prometheus extrapolates": (
        *(LEAST, Counts(0.4, 0.4), AWAY, OPEN),
        "no request of the candidate was counted",
    ),
    "Prometheus away": (LEAST, AWAY, FINE, OPEN, "not known: Prometheus did not answer within 10 s"),
    "not a number": (LEAST, Counts(nan, 10), FINE, OPEN, "not known: nan good of 10 requests were counted"),
    "without end": (LEAST, Counts(10, inf), FINE, OPEN, "not known: 10 good of inf requests were counted"),
    "more good than there were": (
        *(LEAST, Counts(11, 10), FINE, OPEN),
        "not known: 11 good of 10 requests were counted",
    ),
    "fewer than none": (LEAST, Counts(-1, 10), FINE, OPEN, "not known: -1 good of 10 requests were counted"),
    "fast enough": (
        *(FAST, Counts(12_350.5, 12_408.25), AWAY, GOOD),
        "99.53 % of 12,408 within 1,300 ms: at least 99 % with 95 %",
    ),
    "too slow": (
        *(FAST, Counts(100, 12_408), AWAY, BAD),
        "0.8 % of 12,408 within 1,300 ms: less than 99 % with 95 %",
    ),
    "no worse than the primary": (
        *(COMPARED, FINE, MUCH, GOOD),
        "99.95 % of 12,408 good, primary 99.97 %: no worse by more than 0.5 points with 95 %",
    ),
    "worse than the primary": (
        *(COMPARED, Counts(12_100, 12_408), MUCH, BAD),
        "97.51 % of 12,408 good, primary 99.97 %: worse by more than 0.5 points with 95 %",
    ),
    "1 % errors on both, few": (
        *(COMPARED, Counts(396, 400), Counts(7524, 7600), OPEN),
        "99 % of 400 good, primary 99 %: open yet whether no worse by more than 0.5 points",
    ),
    "1 % errors on both, many": (
        *(COMPARED, Counts(9900, 10_000), Counts(188_100, 190_000), GOOD),
        "99 % of 10,000 good, primary 99 %: no worse by more than 0.5 points with 95 %",
    ),
    "better than the primary": (
        *(COMPARED, Counts(995, 1000), Counts(17_100, 19_000), GOOD),
        "99.5 % of 1,000 good, primary 90 %: no worse by more than 0.5 points with 95 %",
    ),
    "far worse than a bad primary": (
        *(COMPARED, Counts(500, 1000), Counts(17_100, 19_000), BAD),
        "50 % of 1,000 good, primary 90 %: worse by more than 0.5 points with 95 %",
    ),
    "worse by exactly the margin": (
        *(COMPARED, Counts(9850, 10_000), Counts(9900, 10_000), OPEN),
        "98.5 % of 10,000 good, primary 99 %: open yet whether no worse by more than 0.5 points",
    ),
    "a primary without requests": (
        *(COMPARED, FINE, Counts(0, 0), OPEN),
        "99.95 % of 12,408 good, no request of the primary to compare with",
    ),
    "a primary that is not known": (
        *(COMPARED, FINE, AWAY, OPEN),
        "99.95 % of 12,408 good, primary not known: Prometheus did not answer within 10 s",
    ),
    "nonsense of the primary": (
        *(COMPARED, FINE, Counts(3, 2), OPEN),
        "99.95 % of 12,408 good, primary not known: 3 good of 2 requests were counted",
    ),
}


@pytest.mark.parametrize("name", SAID)
def test_a_check_is_judged_and_said(name: str) -> None:
    check, candidate, primary, verdict, sentence = SAID[name]
    (found,) = judge([check], Enough(), {check.name: candidate}, {check.name: primary})
    assert (found.verdict, found.sentence) == (verdict, sentence)
    assert (found.check, repr(found.candidate)) == (check.name, repr(candidate))
    assert found.primary == (None if check.worse_by is None else primary)


def test_what_was_not_asked_for_is_open() -> None:
    found = judge([LEAST, COMPARED], Enough(), {}, {})
    assert [each.verdict for each in found] == [OPEN, OPEN]
    assert found[0].sentence == "not known: it was not asked for yet"


def test_of_no_checks_nothing_is_said() -> None:
    assert judge([], Enough(), {"success": FINE}, {}) == ()


def test_the_confidence_that_is_asked_for_is_the_one_that_is_kept_and_told() -> None:
    counts = Counts(880, 880)
    sure, surer = Enough(), Enough(confidence=99.9)
    assert verdicts([LEAST], sure, counts) == [GOOD]
    (found,) = judge([LEAST], surer, {"success": counts}, {})
    assert found.verdict is OPEN
    assert "with 99.9 %" in found.sentence


def test_one_of_several_checks_needs_more_to_be_called_bad_and_no_more_to_be_called_good() -> None:
    """Each of them could send a good candidate back; a bad one passes only if it fools all."""
    doubtful, fine = Counts(984, 1000), Counts(800, 800)
    assert 3.0 < against_limit(doubtful, 0.995).under < 9.0
    many = [replace(LEAST, name=f"check-{index}") for index in range(300)]
    assert verdicts([LEAST], Enough(), doubtful) == [BAD]
    assert set(verdicts(many, Enough(), doubtful)) == {OPEN}
    assert verdicts([LEAST], Enough(), fine) == [GOOD]
    assert set(verdicts(many, Enough(), fine)) == {GOOD}


def test_requests_that_share_one_fate_are_worth_one() -> None:
    burst = Counts(980, 1000)
    assert verdicts([LEAST], Enough(), burst) == [BAD]
    assert verdicts([LEAST], Enough(together=20), burst) == [OPEN]
    assert verdicts([LEAST], Enough(together=20), Counts(980 * 20, 1000 * 20)) == [BAD]


def test_the_primarys_requests_share_their_fate_as_well() -> None:
    many, few = {"success": Counts(198_000, 200_000)}, {"success": Counts(19_800, 20_000)}
    assert judge([COMPARED], Enough(), many, few)[0].verdict is GOOD
    assert judge([COMPARED], Enough(together=20), many, few)[0].verdict is OPEN


def test_nothing_is_called_bad_by_its_first_requests() -> None:
    assert verdicts([LEAST], Enough(), Counts(0, 9)) == [OPEN]
    assert verdicts([LEAST], Enough(), Counts(0, 10)) == [BAD]
    assert verdicts([LEAST], Enough(requests=4), Counts(0, 4)) == [BAD]


def test_nothing_is_called_good_by_fewer_requests_than_are_asked_for() -> None:
    lax = replace(LEAST, least=50)
    assert verdicts([lax], Enough(), Counts(199.9, 199.9)) == [OPEN]
    assert verdicts([lax], Enough(), Counts(200, 200)) == [GOOD]


def test_a_margin_of_everything_is_always_kept() -> None:
    found = against_other(Counts(2, 3), Counts(0, 1e9), 1.0)
    assert found.over > 0
    assert found.under == -inf


def verdicts(checks: list[Check], enough: Enough, counts: Counts) -> list[Verdict]:
    return [found.verdict for found in judge(checks, enough, {check.name: counts for check in checks}, {})]


@given(
    st.floats(1, 1e9),
    st.floats(0, 1),
    st.sampled_from([50.0, 90.0, 99.0, 99.5, 99.9, 99.95, 99.999, 99.99999]),
)
@example(1e9, 1 - 1e-9, 99.5)
@example(99_500.0, 0.995 - 1e-9, 99.5)
@example(1e9, 0.999_999_99, 99.99999)
def test_rounding_never_makes_a_bad_one_look_good(total: float, part: float, least: float) -> None:
    counts = Counts(min(part * total, total), total)
    (found,) = judge([replace(LEAST, least=least)], Enough(), {"success": counts}, {})
    shown = found.sentence.partition(" %")[0]
    assert (shown == "100") == (counts.good == counts.total)
    assert float(shown) / 100 <= counts.good / counts.total + 1e-12
    if found.verdict is GOOD:
        assert float(shown) >= least
    if found.verdict is BAD:
        assert float(shown) < least


@given(st.floats(1, 1e9), st.floats(0, 1), st.floats(1, 1e9), st.floats(0, 1))
def test_a_worse_one_looks_worse_by_more_than_it_may_be(
    total: float, part: float, others: float, other_part: float
) -> None:
    one, other = Counts(min(part * total, total), total), Counts(min(other_part * others, others), others)
    (found,) = judge([COMPARED], Enough(), {"success": one}, {"success": other})
    shown, _, rest = found.sentence.partition(" %")
    primary = rest.partition("primary ")[2].partition(" %")[0]
    assert (primary == "100") == (other.good == other.total)
    if found.verdict is BAD:
        assert float(primary) - float(shown) > 0.5 or primary == "99.99"

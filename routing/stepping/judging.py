"""What the counts of a step say of its checks: good, bad, or open yet, and in a sentence why."""

from __future__ import annotations

from fractions import Fraction
from math import inf, log
from typing import TYPE_CHECKING

from routing.stepping.rollout import Counts, Measure, Unknown, Verdict
from routing.stepping.sequences import Evidence, against_limit, against_other, interval
from routing.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from routing.stepping.rollout import Answer, Check, Enough

FEWEST = 10
"""Requests below which nothing is called bad: the first to fail may have met a pod that was just starting."""
_NOT_ASKED = Unknown("it was not asked for yet")


@dataclass(frozen=True, slots=True)
class Finding:
    """What is found of a check, by its name; `primary` is None where the check does not compare."""

    check: str
    verdict: Verdict
    sentence: str
    candidate: Answer
    primary: Answer | None = None


def judge(
    checks: Sequence[Check], enough: Enough, candidate: Mapping[str, Answer], primary: Mapping[str, Answer]
) -> tuple[Finding, ...]:
    """Return a finding for each check, in order; answers are by the checks' names, a missing one is unknown.

    A step is passed when all checks are good, and has failed when one is bad. So a bad candidate passes with
    a probability of at most alpha (1 - confidence) if each check is called good at alpha, and a good one is
    sent back with no more if each of n is called bad at alpha/n (Bonferroni). Looks cost nothing.
    """
    return tuple(
        _finding(
            check,
            enough,
            len(checks),
            candidate.get(check.name, _NOT_ASKED),
            None if check.worse_by is None else primary.get(check.name, _NOT_ASKED),
        )
        for check in checks
    )


def verdict(check: Check, enough: Enough, checks: int, candidate: Counts, primary: Counts | None) -> Verdict:
    """Return what sound counts say of one of so many checks; `primary` is None where it does not compare.

    Bad may be said before there are enough requests: it rests on an e-value, sound at any count.
    """
    evidence = _evidence(check, enough, candidate, primary)
    if evidence.under >= -log(_alpha(enough) / checks) and candidate.total >= min(FEWEST, enough.requests):
        return Verdict.BAD
    if evidence.over >= -log(_alpha(enough)) and candidate.total >= enough.requests:
        return Verdict.GOOD
    return Verdict.OPEN


def _alpha(enough: Enough) -> float:
    """Return how often it may be wrong, 0 to 1."""
    return 1.0 - enough.confidence / 100.0


def _finding(check: Check, enough: Enough, checks: int, candidate: Answer, primary: Answer | None) -> Finding:
    """Return what is found of one of so many checks; what is missing is open, whatever else was counted."""
    missing = _missing(check, candidate, primary)
    if missing or isinstance(candidate, Unknown) or isinstance(primary, Unknown):
        return Finding(check.name, Verdict.OPEN, missing, candidate, primary)
    found = verdict(check, enough, checks, candidate, primary)
    sentence = _seen(check, candidate, primary) + _said(check, enough, checks, found, candidate)
    return Finding(check.name, found, sentence, candidate, primary)


def _missing(check: Check, candidate: Answer, primary: Answer | None) -> str:
    """Return why there is nothing to judge by, "" if there is."""
    unknown = _unknown(candidate)
    if unknown or isinstance(candidate, Unknown):
        return unknown
    if candidate.total < 1:
        return "no request of the candidate was counted"
    if primary is None:
        return ""
    seen, unknown = _seen(check, candidate, None), _unknown(primary)
    if unknown or isinstance(primary, Unknown):
        return f"{seen}, primary {unknown}"
    return "" if primary.total >= 1 else f"{seen}, no request of the primary to compare with"


def _unknown(answer: Answer) -> str:
    """Return why an answer is no counts that can be, "" if it is.

    Whoever asks refuses nonsense, too; here it would become a verdict, so nothing rests on that.
    """
    if isinstance(answer, Unknown):
        return f"not known: {answer.reason}"
    if 0 <= answer.good <= answer.total < inf:
        return ""
    return f"not known: {answer.good:g} good of {answer.total:g} requests were counted"


def _evidence(check: Check, enough: Enough, candidate: Counts, primary: Counts | None) -> Evidence:
    """Return what counts say of a check's limit, or of its margin below the primary.

    A check has percentages, the tests have parts of 1.
    """
    candidate = _less(candidate, enough.together)
    if primary is None or check.worse_by is None:
        return against_limit(candidate, (check.least or 0.0) / 100.0)
    return against_other(candidate, _less(primary, enough.together), check.worse_by / 100.0)


def _less(counts: Counts, together: float) -> Counts:
    """Return what counts are worth when so many requests at most share one fate."""
    return Counts(counts.good / together, counts.total / together)


def _seen(check: Check, candidate: Counts, primary: Counts | None) -> str:
    """Return "99.96 % of 12,408 good, primary 99.97 %": the candidate rounded down, the primary up."""
    digits = _digits(check)
    good = f"within {check.under_ms:,} ms" if check.measure is Measure.LATENCY else "good"
    seen = f"{_percent(_share(candidate), digits)} % of {int(candidate.total):,} {good}"
    return seen if primary is None else f"{seen}, primary {_percent(_share(primary), digits, up=True)} %"


def _said(check: Check, enough: Enough, checks: int, found: Verdict, candidate: Counts) -> str:
    """Return what follows; what is open yet has the bounds at the level of bad, which hold the limit."""
    sure = f"with {enough.confidence:.10g} %"
    if check.worse_by is None:
        limit = f"{check.least:.10g} %"
        good, bad = f"at least {limit}", f"less than {limit}"
    else:
        bad = f"worse by more than {check.worse_by:.10g} points"
        good = f"no {bad}"
    if found is not Verdict.OPEN:
        return f": {good if found is Verdict.GOOD else bad} {sure}"
    if candidate.total < enough.requests:
        return f": too few to judge, {enough.requests:,} requests are needed"
    if check.worse_by is not None:
        return f": open yet whether {good}"
    low, high = interval(_less(candidate, enough.together), _alpha(enough) / checks)
    shown = (
        f"{_percent(Fraction(low), _digits(check))} to {_percent(Fraction(high), _digits(check), up=True)}"
    )
    return f", {shown} % {sure}: open yet whether {good}"


def _share(counts: Counts) -> Fraction:
    """Return the share of good ones, exactly: in floating point 99.9 % of 10,000 may be 99.89 %."""
    return Fraction(counts.good) / Fraction(counts.total)


def _digits(check: Check) -> int:
    """Return how many decimals to show: one more than the limit has, and two at least."""
    limit = check.worse_by if check.least is None else check.least
    return max(2, 1 + len(f"{limit or 0.0:.8f}".rstrip("0").partition(".")[2]))


def _percent(share: Fraction, digits: int, *, up: bool = False) -> str:
    """Return a share in percent, rounded down, or up; "100" is said of all, and of nothing less."""
    unit = 100 * 10**digits
    shown = -int(-share * unit // 1) if up else int(share * unit // 1)
    shown = shown if share == 1 else min(shown, unit - 1)
    text = f"{shown // 10**digits}.{shown % 10**digits:0{digits}}"
    return text.rstrip("0").rstrip(".")

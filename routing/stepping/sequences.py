"""Evidence about shares of good requests that may be looked at as often as one likes.

An e-value compares what was counted with how likely the null hypothesis makes it. Its expectation under the
null is at most 1 at every time, so it reaches 1/alpha at *any* time with a probability of at most alpha
(Ville 1939). A p-value of a fixed sample lacks that: looked at every ten seconds it finds something at last.

The numerators here are likelihoods averaged over what may be true (a mixture; Robbins 1970, Howard et al.
2021), the denominators the largest likelihood that the null allows (Wasserman et al. 2020), or that of what
is nearest in the null (Turner, Ly, Gruenwald 2024).

Counts may be fractions. A request that counts for less than one, or that is partly good, makes the e-value
smaller on average (convexity, then Jensen). One that counts for c > 1, as when Prometheus extrapolates, makes
an alpha of alpha^(1/c).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from math import acos, asin, exp, expm1, inf, lgamma, log, log1p, pi, sqrt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from routing.stepping.rollout import Counts

_HALVINGS = 100
_COMMON = 12
"""How many shares of bad requests the other may have, from a tenth of the margin on."""
_NOT_WORSE, _WORSE = (0,), (2, 6, 18, 54)
"""By how many margins the one may be worse than the other, where a test looks for that."""
_EVEN = (0.5, 0.5)
"""Jeffreys' density: of all shares alike, it loses the same little to the best guess."""
_FEW_BAD = (20.0, 0.5)
"""Expects a few bad ones in a hundred. It makes no test wrong, only quicker where that is so."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Logarithms of the e-values against "not over the limit" and against "not under it"; -inf is none.

    One that is `log(1/alpha)` at any look was so by chance with a probability of at most alpha.
    """

    over: float
    under: float


def interval(counts: Counts, alpha: float) -> tuple[float, float]:
    """Return between which shares (0 to 1) the true one is, at all looks together, but for a chance of alpha.

    Nothing counted: 0 to 1. The share counted is always within.
    """
    bad = counts.total - counts.good
    return _lowest(counts.good, bad, alpha), 1.0 - _lowest(bad, counts.good, alpha)


def against_limit(counts: Counts, limit: float) -> Evidence:
    """Return what counts say of a share over or under a limit, 0 < limit < 1.

    Each side's mixture has shares of that side only, so it also holds while the share changes with time,
    as long as its average is on the other side.
    """
    bad = counts.total - counts.good
    return Evidence(
        over=_one_sided(counts.good, bad, limit, 2 / pi * acos(sqrt(limit))),
        under=_one_sided(bad, counts.good, 1.0 - limit, 2 / pi * asin(sqrt(limit))),
    )


def against_other(counts: Counts, other: Counts, margin: float) -> Evidence:
    """Return what counts say of a share over or under the other's less a margin, 0 < margin < 1.

    Half of the evidence is exact as long as neither share changes. The other half needs fewer requests, and
    holds while both shares change alike; it is exact where each request has the same chance to be of the one
    or of the other, which is taken from the counts in whole percents, as Teal splits.
    """
    ahead = counts.good * other.total - other.good * counts.total + margin * counts.total * other.total
    if ahead == 0.0:
        return Evidence(-inf, -inf)
    apart = (
        _mixture(counts.good, counts.total - counts.good, _FEW_BAD)
        + _mixture(other.good, other.total - other.good, _FEW_BAD)
        - _most_likely(counts, other, margin)
    )
    if ahead > 0.0:
        return Evidence(_mean((apart, _near(counts, other, margin, _NOT_WORSE))), -inf)
    return Evidence(-inf, _mean((apart, _near(counts, other, margin, _WORSE))))


def _lowest(good: float, bad: float, alpha: float) -> float:
    """Return the least share that the mixture is not 1/alpha times as likely as: by halving, from outside."""
    low, high = 0.0, good / (good + bad) if good else 0.0
    bound = _mixture(good, bad, _EVEN) + log(alpha)
    for _ in range(_HALVINGS if good else 0):
        middle = (low + high) / 2
        if _likelihood(good, bad, middle) < bound:
            low = middle
        else:
            high = middle
    return low


def _one_sided(good: float, bad: float, limit: float, mass: float) -> float:
    """Return the e-value's logarithm for a share over the limit; `mass` is how much of Jeffreys' density is.

    The mixture of that side is the whole one times the part of the posterior density there, over the mass.
    That part is at least 1 - exp(-(n + 1) KL(mean, limit)), Chernoff's bound for the Beta distribution.
    """
    share = (good + 0.5) / (good + bad + 1.0)
    if share <= limit or good <= limit * (good + bad):
        return -inf
    below = _likelihood(good + 0.5, bad + 0.5, limit) - _likelihood(good + 0.5, bad + 0.5, share)
    if below >= 0.0:
        return -inf
    whole = _mixture(good, bad, _EVEN) - _likelihood(good, bad, limit)
    return whole + log(-expm1(below)) - log(mass)


def _near(counts: Counts, other: Counts, margin: float, worse: tuple[int, ...]) -> float:
    """Return the e-value's logarithm for the one being worse by so many margins, averaged over the pairs."""
    part = counts.total / (counts.total + other.total)
    rounded = min(round(part, 2) or round(part, 4) or 0.0001, 0.99)
    bad, other_bad = counts.total - counts.good, other.total - other.good
    return _mean(
        tuple(
            counts.good * gain[0] + bad * gain[1] + other.good * gain[2] + other_bad * gain[3]
            for gain in _gains(rounded, margin, worse)
        )
    )


@lru_cache(maxsize=256)
def _gains(
    part: float, margin: float, worse: tuple[int, ...]
) -> tuple[tuple[float, float, float, float], ...]:
    """Return what a good or bad request, of the one or the other, adds to the e-value's logarithm.

    A row for each pair of shares of bad requests that may be true. Against it stands that pair, `margin`
    apart, which is nearest to it (in Kullback and Leibler's sense, where a request is of the one with
    probability `part`). The null is convex, so the ratio's expectation is at most 1 under all of it.
    """
    least, most = min(margin, 1.0 - margin) / 10.0, (1.0 - margin) / 2.0
    commons = [least * (most / least) ** (step / (_COMMON - 1)) for step in range(_COMMON)]
    rows = []
    for other, times in product(commons, worse):
        bad = min(other + times * margin, (1.0 + other + margin) / 2.0)
        near = _nearest(bad, other, part, margin)
        good = log1p(-bad) - log1p(-near - margin)
        rows.append((good, log(bad / (near + margin)), log1p(-other) - log1p(-near), log(other / near)))
    return tuple(rows)


def _nearest(bad: float, other: float, part: float, margin: float) -> float:
    """Return the other's share of bad requests in the nearest pair, by halving.

    It is between the other's own, and the one's less the margin, where both pull alike.
    """
    low, high = sorted((other, bad - margin))
    low, high = max(low, 0.0), min(high, 1.0 - margin)
    for _ in range(_HALVINGS):
        near = (low + high) / 2
        far = near + margin
        slope = part * (far - bad) / (far * (1.0 - far))
        if slope + (1.0 - part) * (near - other) / (near * (1.0 - near)) < 0.0:
            low = near
        else:
            high = near
    return (low + high) / 2


def _most_likely(counts: Counts, other: Counts, margin: float) -> float:
    """Return the largest log likelihood of both counts, where one share is the other less the margin.

    It is concave in the other's share of bad requests, so its slope is halved on. Where what was counted is
    beyond the margin, this is the largest of the whole null hypothesis.
    """
    bad, other_bad = counts.total - counts.good, other.total - other.good
    low, high = 0.0, 1.0 - margin
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        rising = bad / (middle + margin) + other_bad / middle
        falling = counts.good / (1.0 - middle - margin) if middle + margin < 1.0 else inf
        if rising > falling + other.good / (1.0 - middle):
            low = middle
        else:
            high = middle
    return max(
        _likelihood(bad, counts.good, at + margin) + _likelihood(other_bad, other.good, at)
        for at in (low, high)
    )


def _mixture(good: float, bad: float, density: tuple[float, float]) -> float:
    """Return the logarithm of the likelihood averaged by a Beta density of the share of good ones."""
    more_good, more_bad = density
    return _log_beta(good + more_good, bad + more_bad) - _log_beta(more_good, more_bad)


def _log_beta(one: float, other: float) -> float:
    return lgamma(one) + lgamma(other) - lgamma(one + other)


def _likelihood(good: float, bad: float, share: float) -> float:
    """Return the log likelihood of a share; -inf where what was counted could not be."""
    if (good and share <= 0.0) or (bad and share >= 1.0):
        return -inf
    return (good * log(share) if good else 0.0) + (bad * log1p(-share) if bad else 0.0)


def _mean(logarithms: tuple[float, ...]) -> float:
    """Return the logarithm of the mean of what these are the logarithms of."""
    most = max(logarithms)
    return most + log(sum(exp(one - most) for one in logarithms) / len(logarithms))

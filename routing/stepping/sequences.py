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

from functools import lru_cache
from itertools import product
from math import asin, exp, expm1, inf, lgamma, log, log1p, pi, sqrt
from typing import TYPE_CHECKING

from routing.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Sequence

    from routing.stepping.rollout import Counts

_HALVINGS = 60
_CLOSE = 1e-8
_LEAST_MARGIN = 1e-9
"""Far below what any number of requests shows, far above where floating point ends."""
_TINY = 1e-300
_COMMON = 8
"""How many shares of bad requests the other may have, from a tenth of the margin on."""
_NOT_WORSE, _WORSE = (0,), (2, 8, 32)
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
        over=_one_sided(counts.good, bad, limit, 2 / pi * asin(sqrt(1.0 - limit))),
        under=_one_sided(bad, counts.good, 1.0 - limit, 2 / pi * asin(sqrt(limit))),
    )


def against_other(counts: Counts, other: Counts, margin: float) -> Evidence:
    """Return what counts say of a share over or under the other's less a margin, 0 < margin < 1.

    Half of the evidence is exact as long as neither share changes. The other half needs fewer requests, and
    holds while both shares change alike, as long as the split of requests does not change.
    """
    margin = min(max(margin, _LEAST_MARGIN), 1.0 - _LEAST_MARGIN)
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
    whole = _mixture(good, bad, _EVEN) - _likelihood(good, bad, limit)
    return whole + log(-expm1(min(below, -_TINY))) - log(mass)


def _near(counts: Counts, other: Counts, margin: float, worse: tuple[int, ...]) -> float:
    """Return the e-value's logarithm for the one being worse by so many margins, on average.

    Each is a pair of shares of bad requests. Against it stands that pair, `margin` apart, which is nearest to
    it (in Kullback and Leibler's sense, weighted by how many requests each has). The null is convex, so the
    ratio's expectation is at most 1 under all of it.
    """
    part = counts.total / (counts.total + other.total)
    bad, other_bad = counts.total - counts.good, other.total - other.good
    found = []
    for one, two in _pairs(margin, worse):
        near = _nearest(one, two, part, margin)
        far = near + margin
        ours = bad * log(one / far) + counts.good * log1p((far - one) / (1.0 - far))
        found.append(ours + other_bad * log(two / near) + other.good * log1p((near - two) / (1.0 - near)))
    return _mean(found)


@lru_cache(maxsize=256)
def _pairs(margin: float, worse: tuple[int, ...]) -> tuple[tuple[float, float], ...]:
    """Return shares of bad requests of the one and the other, the one worse by so many margins."""
    least, most = min(margin, 1.0 - margin) / 10.0, (1.0 - margin) / 2.0
    commons = [least * (most / least) ** (step / (_COMMON - 1)) for step in range(_COMMON)]
    return tuple(
        (min(other + times * margin, (1.0 + other + margin) / 2.0), other)
        for other, times in product(commons, worse)
    )


def _nearest(bad: float, other: float, part: float, margin: float) -> float:
    """Return the other's share of bad requests in the nearest pair, by Newton's steps, else by halving.

    It is between the other's own, and the one's less the margin, where both pull alike.
    """
    low, high = max(0.0, min(other, bad - margin)), min(1.0 - margin, max(other, bad - margin))
    near = min(max(part * (bad - margin) + (1.0 - part) * other, low), high) or high / 2
    left, step = _HALVINGS, near
    while left and step > _CLOSE * near:
        left -= 1
        far = near + margin
        ours, others = far * (1.0 - far), near * (1.0 - near)
        pull = part * (far - bad) / ours + (1.0 - part) * (near - other) / others
        if pull < 0.0:
            low = near
        else:
            high = near
        bend = part * (ours - (far - bad) * (1.0 - 2.0 * far)) / ours**2
        bend += (1.0 - part) * (others - (near - other) * (1.0 - 2.0 * near)) / others**2
        after = near - pull / bend
        if not low < after < high:
            after = (low + high) / 2
        near, step = after, abs(after - near)
    return near


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
    """Return the logarithm of Euler's Beta function; of 1e9 requests its error is below 1e-4."""
    return lgamma(one) + lgamma(other) - lgamma(one + other)


def _likelihood(good: float, bad: float, share: float) -> float:
    """Return the log likelihood of a share; -inf where what was counted could not be."""
    if (good and share <= 0.0) or (bad and share >= 1.0):
        return -inf
    return (good * log(share) if good else 0.0) + (bad * log1p(-share) if bad else 0.0)


def _mean(logarithms: Sequence[float]) -> float:
    """Return the logarithm of the mean of what these are the logarithms of."""
    most = max(logarithms)
    return most + log(sum(exp(one - most) for one in logarithms) / len(logarithms))

"""Counts drawn by chance, quickly and without other packages."""

from __future__ import annotations

from math import exp, log1p, sqrt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

EXACT = 30.0
"""Expected counts up to which draws are exact. Above, they are the normal distribution's, rounded."""


def poisson(random: Random, expected: float) -> int:
    """Return how many come when so many are expected."""
    if expected > EXACT:
        return max(0, round(random.gauss(expected, sqrt(expected))))
    left, count, chance = random.random(), 0, exp(-expected)
    while left > chance > 0.0:
        left -= chance
        count += 1
        chance *= expected / count
    return count


def binomial(random: Random, total: int, share: float) -> int:
    """Return how many of `total` it is that happens to each with a probability of `share`, at most a half."""
    expected = total * share
    if expected > EXACT:
        return min(total, max(0, round(random.gauss(expected, sqrt(expected * (1.0 - share))))))
    left, count, odds = random.random(), 0, share / (1.0 - share)
    chance = exp(total * log1p(-share))
    while left > chance and count < total:
        left -= chance
        count += 1
        chance *= odds * (total - count + 1) / count
    return count

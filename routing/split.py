"""Weights to percentages."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

WHOLE = 100


def percentages(weights: Sequence[int]) -> tuple[int, ...]:
    """Scale weights (none negative, not all 0) to integers that sum to 100, by largest remainder.

    0 stays 0: what is left after rounding down is less than the number of weights with a remainder.
    Of equal remainders the earlier weight wins.
    """
    total = sum(weights)
    shares = [weight * WHOLE // total for weight in weights]
    remainders = [weight * WHOLE % total for weight in weights]
    left = WHOLE - sum(shares)
    largest = sorted(range(len(weights)), key=lambda index: -remainders[index])[:left]
    return tuple(share + (index in largest) for index, share in enumerate(shares))

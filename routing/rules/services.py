"""Rules for the Services of versions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from routing.facts import is_marked
from routing.reading.raw import section

if TYPE_CHECKING:
    from collections.abc import Iterable

    from routing.rules.review import Review


def selector(review: Review) -> Iterable[str]:
    """The selector of a Service that may be getting requests stays."""
    old, new = review.old, review.manifest
    if old and new and is_marked(old):
        before, after = section(old, "spec", "selector"), section(new, "spec", "selector")
        if before != after:
            yield "the selector changes: its share of the requests goes to the pods that it selects now"

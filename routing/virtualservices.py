"""Rules for the VirtualServices that Teal owns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from routing import names

if TYPE_CHECKING:
    from collections.abc import Iterable

    from routing.rulebook import Review


def edited_by_hand(review: Review) -> Iterable[str]:
    """A VirtualService that Teal owns is neither edited nor deleted by hand."""
    labels = ((review.old or {}).get("metadata") or {}).get("labels") or {}
    routemap = labels.get(names.ROUTEMAP)
    if routemap is not None:
        yield f"Routemap {routemap} owns this and Teal puts it back; change the Routemap or a WeightOverride"

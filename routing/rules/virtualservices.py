"""Rules for the routers' objects that Teal owns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from routing import names
from routing.reading.raw import section
from routing.reading.violation import cut, shown

if TYPE_CHECKING:
    from collections.abc import Iterable

    from routing.rules.review import Review


def edited_by_hand(review: Review) -> Iterable[str]:
    """A router's object that Teal owns is neither edited nor deleted by hand."""
    routemap = section(review.old, "metadata", "labels").get(names.ROUTEMAP)
    if routemap is not None:
        name = cut(routemap) if isinstance(routemap, str) else shown(routemap)
        yield f"Teal puts this back; change Routemap {name} or its weights"

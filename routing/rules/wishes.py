"""Wishes of a rollout as an annotation: which there are, and who has asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from routing import names
from routing.reading.raw import section
from routing.reading.rollout_status import MOST_WORD
from routing.reading.violation import Violation, joined, shown
from routing.stepping.wishes import WISHES, word_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from routing.rules.review import Review

_PATH = f"metadata.annotations[{names.WISH}]"


def known_wish(manifest: Mapping[str, Any]) -> Iterable[Violation]:
    """What is wished of a rollout is one of the wishes that there are."""
    wish = _annotations(manifest).get(names.WISH)
    if wish is None:
        return
    if word_of(str(wish)) not in WISHES:
        words = joined([*WISHES])
        detail = f"{shown(wish)} begins with no wish; there are {words}. What follows makes it another one"
        yield Violation(_PATH, "UnknownWish", detail)
    elif len(wish) > MOST_WORD:
        detail = f"{len(wish)} characters are too many; use {MOST_WORD} at most"
        yield Violation(_PATH, "TooLong", detail)


def signed(review: Review, manifest: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a Routemap with who has asked for what is wished: the user of this change, if it is a new wish.

    Whatever a user writes there is not taken, so that the history names nobody who has not asked.
    """
    before, after = _annotations(review.old), _annotations(manifest)
    wish = after.get(names.WISH)
    if wish is None:
        signature = None
    elif wish == before.get(names.WISH):
        signature = before.get(names.WISHED_BY)
    else:
        signature = review.username[:MOST_WORD] or None
    if after.get(names.WISHED_BY) == signature:
        return manifest
    others = {key: value for key, value in after.items() if key != names.WISHED_BY}
    told = others if signature is None else {**others, names.WISHED_BY: signature}
    return {**manifest, "metadata": {**section(manifest, "metadata"), "annotations": told}}


def _annotations(manifest: Mapping[str, Any] | None) -> Mapping[str, Any]:
    return section(manifest, "metadata", "annotations")

"""Words that a user may have meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

_ENOUGH = 0.6
_AS_NEAR = 0.05
MOST = 3


def near(word: str, known: Collection[str]) -> list[str]:
    """Return the known words that are nearest to a word, whatever their case, the nearest first."""
    from difflib import SequenceMatcher  # noqa: PLC0415 - only mistakes need it

    scores = {each: SequenceMatcher(None, word.lower(), each.lower()).ratio() for each in known}
    least = max(max(scores.values(), default=0.0) - _AS_NEAR, _ENOUGH)
    return sorted((each for each in known if scores[each] >= least), key=lambda each: -scores[each])[:MOST]


def meant(word: str, known: Collection[str]) -> str:
    """Return a question after the word that was meant, or else which there are; for the end of a sentence."""
    found = near(word, known)
    return f"did you mean {' or '.join(found)}?" if found else f"there are {', '.join(known) or 'none'}"

"""Own writes call for no other pass: the answer to a write, or the watch if that is sooner, tells no news.

The invariant: a change is `own` only while a write of that very object is on its way, and only if what is
kept after it equals what the write was to bring; anything else is news. So nothing that somebody else did
is missed, and what is taken for news by mistake costs one more pass, which writes nothing. What it saves
was measured (docs/performance.md).
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    Manifest = Mapping[str, Any]

_GIVEN = ("uid", "creationTimestamp")
"""Metadata that the API server gives an object, which what is applied does not name."""


class OwnWrites:
    """What writes on their way are to bring, by place. For several threads."""

    def __init__(self) -> None:
        self._expected: dict[str, Manifest] = {}

    @contextmanager
    def writing(self, where: str, expected: Manifest | None) -> Iterator[None]:
        """Hold while a write is on its way that is to bring `expected`; None: whatever it brings is news.

        The request is made, and its answer taken over, within; afterwards the same state brought by anybody
        is news.
        """
        if expected is None:
            yield
            return
        self._expected[where] = expected
        try:
            yield
        finally:
            self._expected.pop(where, None)  # another pass may write the same object

    def brought(self, where: str, kept: Manifest) -> bool:
        """Tell whether an object is as a write of our own was to make it."""
        expected = self._expected.get(where)
        return expected is not None and _same(kept, expected)


def _same(kept: Manifest, expected: Manifest) -> bool:
    """Compare two trimmed objects, of which only the first has been stored."""
    # The API server leaves out what is empty, and gives an object that is made what is its own.
    is_, wanted = _told(kept["metadata"]), _told(expected["metadata"])
    for given in _GIVEN:
        if given not in wanted:
            is_.pop(given, None)
    return is_ == wanted and {**kept, "metadata": None} == {**expected, "metadata": None}


def _told(metadata: Manifest) -> dict[str, Any]:
    return {key: value for key, value in metadata.items() if value}

"""Names, and what is found under them, in little memory: of each application there are some twenty.

A tuple of namespace and name takes 72 bytes wherever it is kept, a set of one 216 (docs/performance.md).
"""

from __future__ import annotations

from sys import intern
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Hashable

W = TypeVar("W", bound="Hashable")
M = TypeVar("M", bound="Hashable")


def place(namespace: str, name: str) -> str:
    """Return one text for a namespace and a name in it: the same object wherever it is kept."""
    return intern(f"{namespace}/{name}")


class Groups(Generic[W, M]):
    """Words to what stands under each, in the order in which it came; a word under which nothing is is none.

    Members are no dictionaries. Not for several threads.
    """

    def __init__(self) -> None:
        self._found: dict[W, M | dict[M, None]] = {}

    def __contains__(self, word: W) -> bool:
        """Tell whether anything stands under a word."""
        return word in self._found

    def of(self, word: W) -> tuple[M, ...]:
        """Return what stands under a word."""
        found = self._found.get(word)
        if found is None:
            return ()
        return tuple(found) if isinstance(found, dict) else (found,)

    def add(self, word: W, member: M) -> None:
        """Put something under a word, unless it is there already."""
        found = self._found.setdefault(word, member)
        if isinstance(found, dict):
            found[member] = None
        elif found != member:
            self._found[word] = {found: None, member: None}

    def discard(self, word: W, member: M) -> None:
        """Take something from under a word, if it is there."""
        found = self._found.get(word)
        if not isinstance(found, dict):
            if found == member:
                del self._found[word]
            return
        found.pop(member, None)
        if len(found) == 1:
            self._found[word] = next(iter(found))

"""Reading the fields of a manifest, noting every mistake on the way instead of stopping at the first."""

from __future__ import annotations

import difflib
from collections import Counter
from dataclasses import field
from typing import TYPE_CHECKING, Any

from routing.reading.violation import InvalidManifestError, Violation, cut, shown
from routing.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

MOST_TOLD = 20
"""Unknown fields or keys of one object that are told one by one, each with what was meant."""
MOST_KEY = 80
"""Characters shown of a key: `iter8.tools/` and the longest name that Kubernetes takes (63) fit in."""


@dataclass(frozen=True, slots=True)
class Want:
    """What a field has to be ("a list") and the imperative that gets there ("list 1 to 8")."""

    what: str
    remedy: str


@dataclass
class Fields:
    """A reader that collects violations. Each method returns a usable value, or None after noting why not."""

    violations: list[Violation] = field(default_factory=list)

    def note(self, path: str, reason: str, detail: str) -> None:
        """Note a mistake."""
        self.violations.append(Violation(path, reason, detail))

    def error(self) -> InvalidManifestError:
        """Return what to raise when there are violations."""
        return InvalidManifestError(tuple(self.violations))

    def mapping(
        self, value: Any, path: str, known: Collection[str], why_not: Mapping[str, str] | None = None
    ) -> Mapping[str, Any] | None:
        """Return an object's fields; those not in `known` are noted with the nearest known one.

        `why_not`: of fields that users look for, what is said instead.

        More than MOST_TOLD of them are noted as such: each would cost a search for what was meant.
        """
        if not isinstance(value, dict):
            self._note_other(path, "NotAnObject", value, Want("an object", f"give {', '.join(known)}"))
            return None
        unknown = [key for key in value if key not in known]
        if len(unknown) > MOST_TOLD:
            detail = f"more than {MOST_TOLD} unknown fields; known are {', '.join(sorted(known))}"
            self.note(path, "UnknownField", detail)
            return value
        for key in sorted(unknown):
            said = (why_not or {}).get(key) or nearest(key, known)
            self.note(f"{path}.{cut(key, MOST_KEY)}", "UnknownField", f"no such field; {said}")
        return value

    def items(self, value: Any, path: str, most: int) -> list[Any]:
        """Return a list of 1 to `most` items; of one that is longer none, refused by its count alone.

        So nobody has items judged that can't be used in any case, and the caller's work is bounded by `most`.
        """
        if not isinstance(value, list):
            self._note_other(path, "NotAList", value, Want("a list", f"list 1 to {most}"))
            return []
        if not value:
            self.note(path, "Empty", f"nothing is listed; list 1 to {most}")
        if len(value) > most:
            self.note(path, "TooMany", f"{len(value)} are listed; list at most {most}")
            return []
        return value

    def entries(self, value: Any, path: str, most: int, empty: str) -> Mapping[str, Any]:
        """Return an object of 1 to `most` entries by name; of another none, after noting why, as of `items`.

        `empty`: the sentence on one that names nothing.
        """
        if not isinstance(value, dict) or not value:
            self.note(path, "NotAnObject", f"{shown(value)} {empty}")
            return {}
        if len(value) > most:
            self.note(path, "TooMany", f"{len(value)} are listed; list at most {most}")
            return {}
        return value

    def integer(self, value: Any, path: str, low: int, high: int) -> int | None:
        """Return a whole number of `low`..`high`. True and 1.0 are none: they hide a mistake."""
        remedy = f"use an integer from {low} to {high}"
        if not isinstance(value, int) or isinstance(value, bool):
            self._note_other(path, "NotAnInteger", value, Want("an integer", remedy))
        elif not low <= value <= high:
            self.note(path, "OutOfRange", f"{shown(value)} is out of range; {remedy}")
        else:
            return value
        return None

    def text(self, value: Any, path: str, valid: Callable[[str], bool], want: Want) -> str | None:
        """Return a string that `valid` accepts; `want` tells the user what that is."""
        if isinstance(value, str) and valid(value):
            return value
        self._note_other(path, "InvalidName", value, want)
        return None

    def unique(self, values: list[str], path: str, what: str) -> None:
        """Note values that stand in a list twice, each once, in order. Looks at each value once."""
        if len(values) == len(set(values)):
            return
        for value in sorted(value for value, times in Counter(values).items() if times > 1):
            self.note(path, "Duplicate", f"{shown(value)} is listed twice; list each {what} once")

    def _note_other(self, path: str, reason: str, value: Any, want: Want) -> None:
        if value is None:
            self.note(path, "Missing", f"missing; {want.remedy}")
        else:
            self.note(path, reason, f"{shown(value)} is not {want.what}; {want.remedy}")


def nearest(word: str, known: Collection[str], prefix: str = "") -> str:
    """Return a phrase that names the known word nearest to a mistyped one, or all of them.

    A prefix that all have in common makes no word nearer to another. A word of more than MOST_KEY characters
    is near to none: the search takes the product of the lengths.
    """
    rests = [item.removeprefix(prefix) for item in known]
    close = difflib.get_close_matches(word.removeprefix(prefix), rests, n=1) if len(word) <= MOST_KEY else ()
    return f"did you mean {prefix}{close[0]}?" if close else f"known are {', '.join(sorted(known))}"

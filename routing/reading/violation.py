"""What is wrong with a manifest, in a form that serves kubectl, conditions and Events alike."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from routing.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Sequence

_SHOWN_LIMIT = 60
_ENCODER = json.JSONEncoder(ensure_ascii=False, default=str)


@dataclass(frozen=True)
class Violation:
    """One mistake.

    `path` is the field (`spec.versions[1].weight`), `reason` a short stable CamelCase word for programs,
    `detail` a sentence that names the value and the remedy.
    """

    path: str
    reason: str
    detail: str

    def __str__(self) -> str:
        """Return the line that a user reads."""
        return f"{self.path}: {self.detail}"


class InvalidManifestError(ValueError):
    """A manifest can't be parsed; `violations` holds every mistake found, never none."""

    def __init__(self, violations: tuple[Violation, ...]) -> None:
        super().__init__("; ".join(str(violation) for violation in violations))
        self.violations = violations


def cut(text: str, most: int = _SHOWN_LIMIT) -> str:
    """Return a text of at most so many characters, the last of them an ellipsis where it was longer."""
    return text if len(text) <= most else text[: most - 1] + "…"


def shown(value: Any) -> str:
    """Return a value as it stands in JSON, cut to a length that fits a sentence.

    Of a large or deep value no more is looked at than is shown: it comes from whoever may write the object.
    """
    if isinstance(value, str):
        value = value[: _SHOWN_LIMIT + 1]  # enough for it to be cut below
    text = ""
    for piece in _ENCODER.iterencode(value):
        text += piece[: _SHOWN_LIMIT + 1]
        if len(text) > _SHOWN_LIMIT:
            break
    return cut(text)


def joined(words: Sequence[Any]) -> str:
    """Return words as a sentence lists them: "a, b and c"."""
    return " and ".join(filter(None, (", ".join(map(str, words[:-1])), str(words[-1]))))

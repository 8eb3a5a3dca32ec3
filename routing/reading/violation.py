"""What is wrong with a manifest, in a form that serves kubectl, conditions and Events alike."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

_SHOWN_LIMIT = 60


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


def shown(value: Any) -> str:
    """Return a value as it stands in JSON, cut to a length that fits a sentence."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _SHOWN_LIMIT else text[: _SHOWN_LIMIT - 1] + "…"

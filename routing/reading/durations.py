"""Durations as Istio and Gateway API write them (GEP-2257), such as "1m30s" or "500ms"."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from routing.reading.fields import Want

if TYPE_CHECKING:
    from routing.reading.fields import Fields

_PART = re.compile(r"([0-9]{1,5})(ms|h|m|s)")
_DURATION = re.compile(rf"({_PART.pattern}){{1,4}}")
_WANT = Want("a duration", 'use hours, minutes, seconds and milliseconds, such as "1m30s" or "500ms"')
_MILLISECONDS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000}


def read(fields: Fields, value: Any, path: str) -> str:
    """Return a duration of 1 ms or more as it is written, "" after noting that it is none."""
    return fields.text(value, path, lambda text: milliseconds(text) > 0, _WANT) or ""


def milliseconds(text: str) -> int:
    """Return how long a duration is, 0 for what is none."""
    if _DURATION.fullmatch(text) is None:
        return 0
    return sum(int(number) * _MILLISECONDS[unit] for number, unit in _PART.findall(text))

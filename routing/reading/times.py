"""Times as Kubernetes writes them: RFC 3339, in UTC."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

EARLIEST = 946_684_800.0
LATEST = 4_102_444_800.0
"""2000-01-01 and 2100-01-01. Another time in an object is a hand's: threads can't wait for the year 9998."""
_MOST_KEPT = 1024
"""A status has some ten times, most of them alike, and each pass reads and writes it several times."""
_LONGEST = 40
"""Characters of a time that has a fraction and an offset."""


def timestamp(seconds: float) -> str:
    """Return a time (seconds since the epoch) in RFC 3339, rounded up to a whole second."""
    return _written(math.ceil(seconds))


def seconds(value: Any) -> float | None:
    """Return an RFC 3339 time as seconds since the epoch; None where it is none, or not of this century."""
    return _read(value) if isinstance(value, str) and len(value) <= _LONGEST else None


@lru_cache(_MOST_KEPT)
def _written(whole: int) -> str:
    return datetime.fromtimestamp(whole, UTC).isoformat().removesuffix("+00:00") + "Z"


@lru_cache(_MOST_KEPT)
def _read(text: str) -> float | None:
    try:
        told = datetime.fromisoformat(text)
    except ValueError:
        return None
    # Without an offset it would be local time, which two machines read differently.
    if told.tzinfo is None:
        return None
    since = told.timestamp()
    return since if EARLIEST <= since < LATEST else None

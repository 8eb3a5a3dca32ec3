"""Times as Kubernetes writes them: RFC 3339, in UTC."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

EARLIEST = 946_684_800.0
LATEST = 4_102_444_800.0
"""2000-01-01 and 2100-01-01. Another time in an object is a hand's: threads can't wait for the year 9998."""


def timestamp(seconds: float) -> str:
    """Return a time (seconds since the epoch) in RFC 3339, rounded up to a whole second."""
    return datetime.fromtimestamp(math.ceil(seconds), UTC).isoformat().removesuffix("+00:00") + "Z"


def seconds(value: Any) -> float | None:
    """Return an RFC 3339 time as seconds since the epoch; None where it is none, or not of this century."""
    if not isinstance(value, str):
        return None
    try:
        told = datetime.fromisoformat(value)
    except ValueError:
        return None
    # Without an offset it would be local time, which two machines read differently.
    if told.tzinfo is None:
        return None
    since = told.timestamp()
    return since if EARLIEST <= since < LATEST else None

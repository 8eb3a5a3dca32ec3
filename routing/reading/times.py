"""Times as Kubernetes writes them: RFC 3339, in UTC."""

from __future__ import annotations

import math
from datetime import UTC, datetime


def timestamp(seconds: float) -> str:
    """Return a time (seconds since the epoch) in RFC 3339, rounded up to a whole second."""
    return datetime.fromtimestamp(math.ceil(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def seconds(timestamp: str) -> float:
    """Return an RFC 3339 time as seconds since the epoch."""
    return datetime.fromisoformat(timestamp).timestamp()

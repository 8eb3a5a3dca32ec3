"""When a rollout may advance: the windows of its spec, by the wall clock of their time zones.

What a clock shows at a time is asked of the zone, never reckoned: where it is put forward, a window begins
late or not at all that day; where it is put back, an hour may come twice.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import tzinfo

    from routing.stepping.rollout import Window

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
"""The words for days, in the order of ISO 8601."""
DAY_MINUTES = 1440
_DAY_SECONDS = 86_400.0
_LOOKED = 15
"""Days in which the next opening is looked for: one that falls into a skipped hour comes a week later."""


def closed_until(windows: Sequence[Window], now: float) -> float | None:
    """Return when the next window opens, None while one is open, or none is asked for.

    Times are seconds since the epoch.
    """
    if not windows or any(is_open(window, now) for window in windows):
        return None
    openings = (when for window in windows for when in _openings(window, now))
    return min(openings, default=now + _LOOKED * _DAY_SECONDS)


def is_open(window: Window, when: float) -> bool:
    """Tell whether a window is open at a time. One that passes midnight is of the day on which it begins."""
    local = datetime.fromtimestamp(when, window.zone)
    minute, today = local.hour * 60 + local.minute, local.weekday()
    if window.begins < window.ends:
        return today in window.days and window.begins <= minute < window.ends
    began = today in window.days and minute >= window.begins
    return began or ((today - 1) % len(DAYS) in window.days and minute < window.ends)


def _openings(window: Window, now: float) -> Iterator[float]:
    """Yield times after now, while it is closed, of which the first is when it opens."""
    yield from (when for when in _candidates(window, now) if when > now and is_open(window, when))


def _candidates(window: Window, now: float) -> Iterator[float]:
    """Yield every time at which a window may open: it begins by the clock, or the clock is set."""
    today = datetime.fromtimestamp(now, window.zone).date()
    begins = time(window.begins // 60, window.begins % 60)
    for days in range(_LOOKED):
        local = datetime.combine(today + timedelta(days), begins, window.zone)
        yield local.timestamp()
        yield local.replace(fold=1).timestamp()
        yield from _set_between(window.zone, now + days * _DAY_SECONDS)


def _set_between(zone: tzinfo, since: float) -> Iterator[float]:
    """Yield when a zone's clock is set within a day, to the second: by halving."""
    low, high = since, since + _DAY_SECONDS
    before = _offset(zone, low)
    if _offset(zone, high) == before:
        return
    while high - low > 1.0:
        middle = (low + high) // 2
        if _offset(zone, middle) == before:
            low = middle
        else:
            high = middle
    yield float(int(high))


def _offset(zone: tzinfo, when: float) -> timedelta | None:
    return datetime.fromtimestamp(when, UTC).astimezone(zone).utcoffset()

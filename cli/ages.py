"""How long, as kubectl says it."""

from __future__ import annotations

_MINUTE, _HOUR, _DAY = 60, 3600, 86400


# Shorter than so many seconds: told in units of so many, and with a rest in units of so many (0: without).
_STEPS = (
    (2 * _MINUTE, 1, 0),
    (10 * _MINUTE, _MINUTE, 1),
    (3 * _HOUR, _MINUTE, 0),
    (8 * _HOUR, _HOUR, _MINUTE),
    (2 * _DAY, _HOUR, 0),
    (8 * _DAY, _DAY, _HOUR),
)
_NAMES = {1: "s", _MINUTE: "m", _HOUR: "h", _DAY: "d"}


def length(seconds: float) -> str:
    """Return a time span in one unit or two, as kubectl's AGE (k8s.io/apimachinery, HumanDuration)."""
    whole = max(int(seconds), 0)
    found = ((large, small) for most, large, small in _STEPS if whole < most)
    large, small = next(found, (_DAY, 0))
    rest = whole % large // small if small else 0
    return f"{whole // large}{_NAMES[large]}" + (f"{rest}{_NAMES[small]}" if rest else "")


def since(time: float | None, now: float) -> str:
    """Return for how long something has been so; both are seconds since the epoch. "" where nobody knows."""
    return "" if time is None else length(now - time)

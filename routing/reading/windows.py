"""Reading `spec.rollout.windows`: when a rollout may advance."""

from __future__ import annotations

import re
from datetime import UTC
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from routing.reading.fields import Want
from routing.reading.violation import joined, shown
from routing.stepping.rollout import Window
from routing.stepping.windows import DAY_MINUTES, DAYS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import tzinfo

    from routing.reading.fields import Fields

MOST_WINDOWS = 8
WINDOW = ("from", "to", "days", "timeZone")
_PATH = "spec.rollout.windows"
_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
_END = "24:00"
_ZONE = re.compile(r"[A-Za-z][A-Za-z0-9_+-]{0,31}(/[A-Za-z0-9_+-]{1,31}){0,2}")
# Without quotes YAML 1.1 takes 18:00 for the number 1080.
_BEGIN = Want("a time of day", 'write hours and minutes in quotes, such as "08:00"')
_ENDING = Want("a time of day", f'write hours and minutes in quotes, such as "18:00", or "{_END}"')
_NAME = Want(
    "a time zone", 'use a name of the IANA database, such as "Europe/Berlin", or leave it out for UTC'
)


def read(fields: Fields, value: Any) -> tuple[Window, ...]:
    """Return the windows, after noting what is wrong with each."""
    items = fields.items(value, _PATH, MOST_WINDOWS)
    found = [_window(fields, item, f"{_PATH}[{index}]") for index, item in enumerate(items)]
    return tuple(window for window in found if window is not None)


def _window(fields: Fields, item: Any, path: str) -> Window | None:
    """Return a window, None after noting what is wrong with it."""
    entry = fields.mapping(item, path, WINDOW)
    if entry is None:
        return None
    begins = fields.text(entry.get("from"), f"{path}.from", _is_time, _BEGIN)
    ends = fields.text(entry.get("to"), f"{path}.to", _is_end, _ENDING)
    days = _days(fields, entry, f"{path}.days")
    zone = _zone(fields, entry, f"{path}.timeZone")
    if begins is None or ends is None or zone is None:
        return None
    return Window(_minute(begins), _minute(ends), days, zone)


def _days(fields: Fields, entry: Mapping[str, Any], path: str) -> frozenset[int]:
    """Return the days on which a window begins, 0 for Monday; all where nothing is said."""
    if "days" not in entry:
        return frozenset(range(len(DAYS)))
    told = fields.items(entry["days"], path, len(DAYS))
    for index, day in enumerate(told):
        if day not in DAYS:
            fields.note(f"{path}[{index}]", "UnknownDay", f"{shown(day)} is no day; use {joined(DAYS)}")
    known = [day for day in told if day in DAYS]
    fields.unique(known, path, "day")
    return frozenset(map(DAYS.index, known))


def _zone(fields: Fields, entry: Mapping[str, Any], path: str) -> tzinfo | None:
    if "timeZone" not in entry:
        return UTC
    name = fields.text(entry["timeZone"], path, lambda text: zone_of(text) is not None, _NAME)
    return zone_of(name) if name else None


@lru_cache(maxsize=1024)
def zone_of(name: str) -> tzinfo | None:
    """Return a time zone by its name, None where there is none of it.

    The tables of zones come with Python or the package tzdata, as its code does: the same name is the same
    zone for as long as a process runs.
    """
    if _ZONE.fullmatch(name) is None:
        return None
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None


def _is_time(text: str) -> bool:
    return _TIME.fullmatch(text) is not None


def _is_end(text: str) -> bool:
    return text == _END or _is_time(text)


def _minute(text: str) -> int:
    """Return a time of day as minutes since midnight; the end of a day is its last, and none of the next."""
    hours, minutes = text.split(":")
    return min(int(hours) * 60 + int(minutes), DAY_MINUTES)

"""What happened to an application, as the page shows it: splits over time, and who changed what. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from cli.past import history, in_order, told_at
from routing.split import WHOLE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    Manifest = Mapping[str, Any]

SAME_SECONDS = 5.0
"""An Event and a watch tell of one change; Events have whole seconds, and are written after it."""
_TOLD = re.compile(r"requests are split (?P<now>[^,(]+?)(?:, was (?P<was>[^,(]+?))?(?: \(.*)?")
_MOST = 100
"""Of splits, and of changes."""


@dataclass(frozen=True, slots=True)
class Split:
    """Who got how many percent of the requests from `at` on, in seconds since the epoch."""

    at: float
    shares: tuple[tuple[str, int], ...]


def shares(split: str) -> tuple[tuple[str, int], ...]:
    """Return a split such as "httpbin-0=20 httpbin-1=80" by version; what is none of it is left out."""
    pairs = (part.partition("=") for part in split.split())
    return tuple(
        (name, int(share))
        for name, _, share in pairs
        if name and share.isascii() and share.isdecimal() and int(share) <= WHOLE
    )


def splits(events: Sequence[Manifest], seen: Sequence[tuple[float, str]]) -> list[Split]:
    """Return the splits that are known of, oldest first.

    From the Events of an application, and from what was `seen` since the page is served: a time and a split
    each. One that follows itself is one.
    """
    return _known(*_timed(events, seen))


def _known(told: Sequence[Split], untold: Sequence[Split]) -> list[Split]:
    found = sorted([*told, *untold], key=lambda each: each.at)
    return [each for index, each in enumerate(found) if _is_new(each, found[:index])][-_MOST:]


def data(
    objects: Sequence[Manifest], events: Sequence[Manifest], seen: Sequence[tuple[float, str]]
) -> dict[str, Any]:
    """Return splits, oldest first, and changes, newest first, as plain data. Times: seconds since the epoch.

    A change that brought a split has its `shares`.
    """
    told, untold = _timed(events, seen)
    known = _known(told, untold)
    changes = [_entry(each.at, each.who, each.what) for each in history(objects, events)]
    changes += [
        {"at": each.at, "who": "seen here", "what": "requests are split", "shares": each.shares}
        for each in untold
        if each in known
    ]
    changes.sort(key=lambda each: each["at"] or 0.0, reverse=True)
    return {
        "splits": [{"at": each.at, "shares": each.shares} for each in known],
        "changes": changes[:_MOST],
    }


def _entry(at: float | None, who: str, what: str) -> dict[str, Any]:
    """Return a change as plain data, with the split that it tells of, if it does."""
    found = _TOLD.fullmatch(what.removeprefix("SplitApplied: ")) if what.startswith("SplitApplied") else None
    return {"at": at, "who": who, "what": what, "shares": shares(found["now"]) if found else ()}


def _told(events: Sequence[Manifest]) -> Iterator[Split]:
    """Yield the splits that Events tell of; one without a time says nothing."""
    for event in in_order(events):
        at, found = told_at(event), _TOLD.fullmatch(str(event.get("message")))
        if event.get("reason") == "SplitApplied" and at is not None and found:
            yield Split(at, shares(found["now"]))


def _timed(events: Sequence[Manifest], seen: Sequence[tuple[float, str]]) -> tuple[list[Split], list[Split]]:
    """Return the splits of Events, by the time at which each was seen if it was, and those of no Event.

    An Event is written after its change, and its time is a whole second, perhaps the next one. So none is
    later than the one that was told after it.
    """
    timed: list[Split] = []
    left = [Split(at, shares(split)) for at, split in seen]
    for each in _told(events):
        same = [one for one in left if one.shares == each.shares and abs(one.at - each.at) < SAME_SECONDS]
        if same:
            left.remove(same[0])
        timed.append(replace(each, at=min([each.at, *(one.at for one in same[:1])])))
    latest = [*accumulate((each.at for each in reversed(timed)), min)]
    return [replace(each, at=at) for each, at in zip(timed, reversed(latest), strict=True)], left


def _is_new(split: Split, before: Sequence[Split]) -> bool:
    """Tell whether a split is one, and not the one before it, told again."""
    return bool(split.shares) and (not before or before[-1].shares != split.shares)

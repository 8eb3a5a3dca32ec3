"""Who may be getting requests.

The word for traffic that strategies write and routers render and read back.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from routing.split import WHOLE
from routing.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MOST_DESTINATIONS = 72
"""As many as a status tells of. Teal writes eight; what a hand adds beyond is put right, and not drained."""
MOST_PLACES = 2 * MOST_DESTINATIONS
"""Where they may stand: in nine routes by seven matches and eight cookies each, and by eight shares."""

Match = str
"""What a request has to be like, as its router writes it.

Alternatives, of which one has to hold, as a list in JSON. The core does not look into it.
"""


@dataclass(frozen=True, slots=True)
class Exposure:
    """How a version is reached. A router's object that names it at all gives it one, be it of nothing.

    `share`: its percentage of the requests that match nothing else; `matches`: requests that go to it alone;
    `copies`: the percentage of requests of which it gets a copy, whose answer nobody sees; `by_cookie`:
    clients with the cookie of affinity come back to it, or where it is alone, forget the cookie.
    """

    version: str
    share: int = 0
    matches: tuple[Match, ...] = ()
    copies: int = 0
    by_cookie: bool = False

    @property
    def exposed(self) -> bool:
        """Whether it may be getting requests: then its pods must not go unnoticed."""
        return bool(self.share or self.matches or self.copies or self.by_cookie)

    @property
    def matched(self) -> bool:
        """Whether requests go to it that its share does not tell of."""
        return bool(self.matches) or (self.by_cookie and not self.share)

    def kept_by_cookie(self, *, wanted: bool) -> Exposure:
        """Return this with or without clients that come back."""
        return self if self.by_cookie is wanted else replace(self, by_cookie=wanted)


@dataclass(frozen=True, slots=True)
class Place:
    """What a version gets by one place in a router's object: a share of the requests, by a match, or copies.

    `share`: a percentage, of those that match where there is a `match`; with `copies` it is 0. `by_cookie`:
    the match is the cookie's of affinity.
    """

    version: str
    share: int = 0
    match: Match | None = None
    copies: int = 0
    by_cookie: bool = False


def exposed_at(places: Iterable[Place]) -> tuple[Exposure, ...]:
    """Return the exposures of versions that stand at these places, each version once, bounded."""
    found: dict[str, Exposure] = {}
    for place in islice(places, MOST_PLACES):
        if place.version not in found and len(found) == MOST_DESTINATIONS:
            continue
        found[place.version] = _joined(found.get(place.version) or Exposure(place.version), place)
    return tuple(found.values())


def _joined(before: Exposure, place: Place) -> Exposure:
    """Add a place to what is known of its version: to its copies, its share or its matches.

    A match counts once, and not at all where its weight sends it nothing.
    """
    if place.copies:
        return replace(before, copies=min(before.copies + place.copies, WHOLE))
    if place.match is None:
        share = before.share + place.share  # `replace` takes its time, and this is what mostly stands there
        return Exposure(before.version, share, before.matches, before.copies, before.by_cookie)
    if not place.share or place.match in before.matches:
        return before
    if place.by_cookie:
        return replace(before, by_cookie=True)
    return replace(before, matches=(*before.matches, place.match))


def by_version(exposures: Iterable[Exposure]) -> Mapping[str, Exposure]:
    """Return exposures by version."""
    return {exposure.version: exposure for exposure in exposures}


def split_of(exposures: Iterable[Exposure]) -> str:
    """Return the split as users read it, such as "httpbin-0=20 httpbin-1=80".

    What a version gets beside its share follows it: "httpbin-1=0+match", "httpbin-1=0+30%copies".
    """
    return " ".join(f"{exposure.version}={exposure.share}{_beside(exposure)}" for exposure in exposures)


def _beside(exposure: Exposure) -> str:
    copies = f"+{exposure.copies}%copies" if exposure.copies else ""
    return ("+match" if exposure.matched else "") + copies

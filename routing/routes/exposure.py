"""Who may be getting requests.

The word for traffic that strategies write and routers render and read back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Match = str
"""What a request has to be like, as its router writes it.

Alternatives, of which one has to hold, as a list in JSON. The core does not look into it.
"""


@dataclass(frozen=True, slots=True)
class Exposure:
    """How a version is reached. A router's object that names it at all gives it one, be it of nothing.

    `share`: its percentage of the requests that match nothing else; `matches`: requests that go to it alone;
    `copies`: the percentage of requests of which it gets a copy, whose answer nobody sees.
    """

    version: str
    share: int = 0
    matches: tuple[Match, ...] = ()
    copies: int = 0

    @property
    def exposed(self) -> bool:
        """Whether it may be getting requests: then its pods must not go unnoticed."""
        return bool(self.share or self.matches or self.copies)


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
    return ("+match" if exposure.matches else "") + copies

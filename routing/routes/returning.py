"""Clients that come back by the cookie of affinity: what both routers' objects say of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from routing import cookies
from routing.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from routing.model import Routemap
    from routing.routes.exposure import Exposure

NO_ANSWERS: Mapping[str, str] = {}
"""Of requests whose answers set no cookie."""


@dataclass(frozen=True, slots=True)
class Returning:
    """Requests that go to a version by their cookie.

    `expression`: what the Cookie header has to be like; `answer`: the Set-Cookie of what is answered, "" for
    none.
    """

    exposure: Exposure
    expression: str
    answer: str = ""


def returning(routemap: Routemap, exposures: Sequence[Exposure]) -> list[Returning]:
    """Return whose clients come back, in the versions' order.

    Of several each has its own. To one that is alone all come back, and forget: else they would not be dealt
    anew in the next split.
    """
    affinity, kept = routemap.affinity, _kept(exposures)
    if affinity is None:
        return []
    if len(kept) == 1:
        return [Returning(kept[0], cookies.is_any(affinity.cookie), cookies.taken_back(affinity))]
    return [Returning(exposure, cookies.is_back(affinity.cookie, exposure.version)) for exposure in kept]


def dealt(routemap: Routemap, exposures: Sequence[Exposure]) -> Mapping[str, str]:
    """Return the Set-Cookie by version of what is answered to those who are shared out.

    While a version is alone there is none: it would keep all clients from before the split.
    """
    affinity, kept = routemap.affinity, _kept(exposures)
    if affinity is None or len(kept) == 1:
        return {}
    return {exposure.version: cookies.given(affinity, exposure.version) for exposure in kept}


def _kept(exposures: Sequence[Exposure]) -> list[Exposure]:
    return [exposure for exposure in exposures if exposure.by_cookie]

"""Affinity: which versions' clients come back to them, whatever the strategy."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from routing.model import Routemap
    from routing.routes.exposure import Exposure


def keeping(
    routemap: Routemap, exposures: Sequence[Exposure], staying: Collection[str]
) -> tuple[Exposure, ...]:
    """Return exposures with those by cookie that the Routemap asks for, and no others.

    Of several versions that share the requests each keeps its clients; one without a share has none to keep.
    One that is alone has all, whatever they bear; there the cookie has had its time, if no other version is
    `staying` (those that are neither absent nor on their way out). If one is, be it not ready or of weight 0,
    clients are left with it: they would have moved twice for a version that was away for a moment.
    """
    sharing = {exposure.version for exposure in exposures if exposure.share}
    over = len(sharing) == 1 and sharing.issuperset(staying)
    kept = sharing if routemap.affinity is not None and (over or len(sharing) > 1) else ()
    return tuple(exposure.kept_by_cookie(wanted=exposure.version in kept) for exposure in exposures)

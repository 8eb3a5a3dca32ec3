"""Strategies: from the versions that are ready to whom requests go."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from routing.routes.exposure import Exposure
from routing.split import WHOLE, percentages

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from routing.model import Version

    Strategy = Callable[[Sequence[Version], Collection[str]], tuple[Exposure, ...]]
    """The versions listed, the primary first, with the weights that count; and which of them are ready, at
    least one. Shares sum to 100; who gets nothing for now may be named with nothing."""


def blue_green(versions: Sequence[Version], ready: Collection[str]) -> tuple[Exposure, ...]:
    """Share all requests among the ready versions by weight.

    Where their weights are all 0 the primary gets everything; if it is not ready, the others share equally.
    """
    sharing = [version for version in versions if version.name in ready]
    weights = [version.weight for version in sharing]
    if not any(weights):
        primary = versions[0].name
        weights = [int(version.name == primary or primary not in ready) for version in sharing]
    shares = percentages(weights)
    return tuple(Exposure(version.name, share) for version, share in zip(sharing, shares, strict=True))


def canary(versions: Sequence[Version], ready: Collection[str]) -> tuple[Exposure, ...]:
    """Give each ready candidate the requests that its match takes, and share the others by weight."""
    matches = {version.name: (version.match,) for version in versions if version.match}
    return tuple(
        replace(exposure, matches=matches.get(exposure.version, ()))
        for exposure in blue_green(versions, ready)
    )


def mirror(versions: Sequence[Version], ready: Collection[str]) -> tuple[Exposure, ...]:
    """Have the primary answer all requests, and the other ready versions get copies by their percentages.

    If the primary is not ready, the first that is answers.
    """
    answering, *copied = [version for version in versions if version.name in ready]
    copies = [Exposure(version.name, copies=min(version.weight, WHOLE)) for version in copied]
    return (Exposure(answering.name, WHOLE), *copies)


def held(exposures: Sequence[Exposure], answering: Collection[str]) -> tuple[Exposure, ...]:
    """Leave requests where they are while no version is ready, but for those that go to nobody.

    `answering`: of the exposed versions those with a ready endpoint. Where there is none, nothing is better
    than what is; where a hand has left nothing to any of them, nobody is named: one that is named alone gets
    everything. Shares sum to 100 as ever: whatever went to somebody else's host is shared, too.
    """
    kept = [exposure for exposure in exposures if exposure.version in answering]
    if not any(exposure.share for exposure in kept):
        kept = [*exposures]
    if not any(exposure.share for exposure in kept):
        return tuple(kept) if any(exposure.exposed for exposure in kept) else ()
    shares = percentages([exposure.share for exposure in kept])
    return tuple(
        Exposure(exposure.version, share, exposure.matches, exposure.copies)
        for exposure, share in zip(kept, shares, strict=True)
    )


STRATEGIES: Mapping[str, Strategy] = {"blue-green": blue_green, "canary": canary, "mirror": mirror}

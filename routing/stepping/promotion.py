"""What follows the last step: who has taken it becomes the primary, by Teal's hand or by somebody's.

Teal's is told first, as each step is: were it cut off between, the next leader would go on with it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from routing.reading.rollout_status import Phase, RolloutStatus
from routing.reading.times import timestamp
from routing.reading.violation import cut, joined
from routing.split import WHOLE
from routing.stepping.windows import closed_until
from routing.stepping.wishes import entered, failed, resting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from routing.stepping.rollout import Rollout
    from routing.stepping.scene import Scene

_MOST_WHY = 200
SHUT = "WindowClosed"
PROMOTING = "Promoting"
"""The reason with which the candidate is about to become the primary: the next pass lists it first."""


def through(rollout: Rollout, state: RolloutStatus, scene: Scene, now: float) -> tuple[str, str]:
    """Return why a candidate that has taken every step stands as it does: a reason, and a sentence.

    By order it becomes the primary once nothing is in the way. It gets all requests then, so its pods have to
    carry those; and what else is there would come in after it, although it was listed before it.
    """
    done = f"{state.version} has taken every step and stays at {state.share} %"
    if not rollout.by_order:
        return "Succeeded", f"{done}: promote it"
    way = shut(rollout, f"{done}; it becomes the primary", now) or (
        PROMOTING,
        f"{done}: it becomes the primary",
    )
    return next(_in_the_way(rollout, scene, done), way)


def _in_the_way(rollout: Rollout, scene: Scene, done: str) -> Iterator[tuple[str, str]]:
    """Yield what keeps a candidate from becoming the primary, as reason and sentence."""
    if scene.override:
        say = f"the WeightOverride has the say ({scene.override})"
        yield "Overridden", f"{done}; {say}, so it is not promoted; delete it to go on"
    if not scene.ready:
        yield "CandidateNotReady", f"{done}; it is not ready, and is promoted when it is"
    if lost := astray(scene):
        yield lost[0], f"{done}; {lost[1]}"
    if few := too_few(rollout, scene, WHOLE):
        yield few[0], f"{done}; as the primary {few[1]}"
    if scene.beside:
        others = joined(scene.beside)
        why = f"{others} would be rolled out after it; take {others} off spec.versions, or out of the cluster"
        yield "NotPromoted", f"{done}, and is not promoted by itself: {why}"
    if scene.hindrance:
        yield "NotPromoted", f"{done}, and is not promoted by itself: {scene.hindrance}"


def astray(scene: Scene) -> tuple[str, str] | None:
    """Return that requests don't come to the route, or fail at it, as reason and sentence."""
    if not scene.unroutable:
        return None
    return "NotRoutable", f"nothing follows while requests don't arrive as they should: {scene.unroutable}"


def too_few(rollout: Rollout, scene: Scene, share: int) -> tuple[str, str] | None:
    """Return that the candidate's pods can't carry a share, as reason and sentence."""
    if scene.carried(rollout, share):
        return None
    message = (
        f"{share} % take {scene.needed(share)} ready pods of {scene.candidate}, which has {scene.pods} "
        f"({scene.primary} has {scene.primary_pods}); scale it, or set spec.rollout.capacity to ignore"
    )
    return "NotEnoughPods", message


def shut(rollout: Rollout, what: str, now: float) -> tuple[str, str] | None:
    """Return that no window is open in which something may follow, as reason and sentence."""
    opens = closed_until(rollout.windows, now)
    return None if opens is None else (SHUT, f"{what} at {timestamp(opens)}, when a window opens")


def promoted(state: RolloutStatus, now: float) -> RolloutStatus:
    """Return the state of a candidate that has come to be the primary, whoever has listed it first.

    It rests until another candidate is there.
    """
    itself = state.phase is Phase.SUCCEEDED and state.reason == PROMOTING
    how = "it was promoted by itself after its last step" if itself else "somebody has promoted it"
    message = f"{state.version} is the primary: {how}"
    return entered(resting(state, Phase.PROMOTED, "Promoted", message), message, now)


def taken_back(state: RolloutStatus, primary: str, now: float) -> RolloutStatus:
    """Return the state of a primary that is a candidate again, as it was: it is not promoted once more."""
    again = f"{state.version} gets no requests until its template changes, or retry"
    message = f"its promotion was taken back, {primary} is the primary; {again}"
    return entered(failed(state, "Aborted", message), message, now)


def refused(state: RolloutStatus, why: str, now: float) -> RolloutStatus:
    """Return the state after the API server has refused the promotion, in its own words: it is held.

    Asked again at once it would say the same.
    """
    said = cut(why, _MOST_WHY)
    message = (
        f"{state.version} has taken every step, and the API server refuses its promotion ({said}); it stays "
        f"at {state.share} %: skip tries again, retry takes the last step anew"
    )
    held = replace(state, phase=Phase.HELD, reason="PromotionRefused", message=message)
    return entered(held, message, now)


def became_primary(state: RolloutStatus, scene: Scene) -> bool:
    """Tell whether the candidate of a state is the primary now."""
    return bool(state.version) and state.version == scene.primary

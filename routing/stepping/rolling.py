"""A rollout in a pass: from what is seen to how it stands, and whether that is to be told first."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from routing import names
from routing.deciding.routable import faults
from routing.promoting import by_itself
from routing.reading.parse import parse_routemap
from routing.reading.raw import section
from routing.reading.rollout_status import Phase, RolloutStatus
from routing.reading.violation import InvalidManifestError
from routing.stepping.casting import cast
from routing.stepping.evidence import findings, questions
from routing.stepping.progress import progress
from routing.stepping.promotion import PROMOTING
from routing.telling.conditions import weights_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from routing.model import Routemap, WeightOverride
    from routing.passes import Seen
    from routing.routes.exposure import Exposure
    from routing.stepping.rollout import Question, Rollout
    from routing.stepping.scene import Advance, Scene
    from routing.writes import Patch

    Exposures = Mapping[str, Exposure]
    Manifest = Mapping[str, Any]


def advanced(
    seen: Seen,
    routemap: Routemap,
    override: WeightOverride | None,
    now: float,
    exposures: Exposures | None = None,
) -> Advance | None:
    """Return how a Routemap's rollout stands, None where it asks for none.

    `exposures`: who is reached how, once those who send requests have heard of it; None before.
    """
    rollout = routemap.rollout
    if rollout is None:
        return None
    before = seen.status.rollout
    annotations = section(seen.routemap["metadata"], "annotations")
    scene = cast(routemap, seen.facts, now)
    scene = replace(
        scene,
        override=weights_of(override),
        findings=findings(questions(before, routemap, seen.facts), before, routemap, seen.answers),
        wish=str(annotations.get(names.WISH) or ""),
        by=str(annotations.get(names.WISHED_BY) or ""),
        applied=before is not None and exposures is not None and _given(before, exposures),
        made=by_itself.made(seen.routemap),
        hindrance=_hindrance(seen.routemap, rollout, before, scene),
        clock_set=seen.clock_set,
        unroutable=_unroutable(seen, routemap) if scene.candidate else "",
    )
    return progress(rollout, before, scene, now)


def asked(seen: Seen) -> tuple[Question, ...]:
    """Return what is to be asked for a Routemap, nothing for one that can't be read, or leaves."""
    state = seen.status.rollout
    if state is None or "deletionTimestamp" in seen.routemap["metadata"]:
        return ()
    try:
        return questions(state, parse_routemap(seen.routemap, seen.domain), seen.facts)
    except InvalidManifestError:
        return ()


def moved(seen: Seen, advance: Advance) -> bool:
    """Tell whether requests are to follow another course than the one that was told, or a promotion follows.

    It is told before they do: were the pass cut off in between, the next one would decide anew, by other
    evidence.
    """
    told = seen.status.rollout or RolloutStatus()
    return _promoting_now(seen, advance) or advance.state.course != told.course


def cleared(seen: Seen, advance: Advance) -> tuple[Patch, ...]:
    """Return what is written before a promotion is told: nothing is left that looks like its own note."""
    return by_itself.forgotten(seen.routemap) if _promoting_now(seen, advance) else ()


def promotion(seen: Seen, advance: Advance) -> tuple[Patch, ...]:
    """Return the write by which a candidate that has taken every step becomes the primary, if it is due."""
    due = advance.state.reason == PROMOTING
    return (by_itself.promotion(seen.routemap, advance.state.version),) if due else ()


def hindered(routemap: Routemap, advance: Advance) -> bool:
    """Tell whether a candidate waits to be promoted, for something that may be told of only now."""
    by_order = routemap.rollout is not None and routemap.rollout.by_order
    return by_order and advance.state.phase is Phase.SUCCEEDED


def _promoting_now(seen: Seen, advance: Advance) -> bool:
    told = seen.status.rollout or RolloutStatus()
    return advance.state.reason == PROMOTING and told.reason != PROMOTING


def _hindrance(routemap: Manifest, rollout: Rollout, state: RolloutStatus | None, scene: Scene) -> str:
    """Return why a candidate can't be promoted by order, "" while it is not in its last step or after it."""
    last = state is not None and state.step >= len(rollout.steps)
    due = rollout.by_order and last and scene.candidate
    return by_itself.hindrance(routemap, scene.candidate) if due else ""


def _unroutable(seen: Seen, routemap: Routemap) -> str:
    """Return what Routable is to tell first, "" for nothing; what is not taken yet is merely waited for."""
    word = seen.router.word(seen.route) if seen.route is not None else None
    found = faults(routemap, seen.around) + (word.faults if word and word.taken else ())
    return str(found[0]) if found else ""


def _given(state: RolloutStatus, exposures: Exposures) -> bool:
    """Tell whether the candidate has the share, or the copies, that its step gives."""
    found = exposures.get(state.version)
    return found is not None and state.share in (found.share, found.copies)

"""Abort: all requests go back to the primary, and candidates are kept for a look."""

from __future__ import annotations

from typing import TYPE_CHECKING

from routing import names, patches
from routing.deciding.life import NOT_THERE
from routing.model import State
from routing.promoting import weights
from routing.promoting.candidates import names_listed
from routing.promoting.record import UnreadableError, record_of
from routing.promoting.steps import Do, Done, Scene, Step, Stop, Wait
from routing.reading.raw import section
from routing.reading.violation import joined
from routing.writes import Patch

if TYPE_CHECKING:
    from collections.abc import Sequence


def next_step(scene: Scene) -> Step:
    """Return the next step until no candidate gets a request or a copy any more."""
    primary, *candidates = names_listed(scene) or [""]
    problem = _problem(scene, primary, candidates)
    if problem:
        return Stop((problem,))
    step = _taken_away(scene, primary, candidates)
    if step is not None:
        return step
    waiting = [name for name in candidates if not scene.free(name)]
    if waiting:
        return Wait(f"{joined(waiting)} may have requests until Teal has moved them and it has drained")
    kept = [name for name in candidates if _there(scene, name)]
    which = f"{joined(kept)} kept" if kept else "no candidate is there"
    return Done(f"all requests go to {primary}; {which}. {_back(scene, candidates)}")


def _there(scene: Scene, name: str) -> bool:
    told = scene.told(name)
    return told is not None and told.reason not in NOT_THERE


def _problem(scene: Scene, primary: str, candidates: Sequence[str]) -> str:
    """Return why requests can't go back, "" where they can."""
    try:
        noted = record_of(scene.routemap)
    except UnreadableError as error:
        return str(error)
    if noted is not None and noted.under_way:
        return (
            f"a promotion of {noted.candidate} is under way; take it back: teal promote {scene.name} --undo"
        )
    if not candidates:
        return f"spec.versions: {primary} is the only version of {scene.name}, and has all requests already"
    told = scene.told(primary)
    if told is None or told.state is not State.READY:
        reason = f"{told.state}: {told.message or told.reason}" if told else "Teal has not looked at it"
        return f"{primary} is not ready ({reason}), so requests can't go back to it; mend it first"
    return ""


def _taken_away(scene: Scene, primary: str, candidates: Sequence[str]) -> Step | None:
    """Return the write that takes requests from the candidates, None where there is nothing to write.

    Weights take no match away, so with strategy canary a candidate is not watched any more.
    """
    if section(scene.routemap, "spec").get("strategy") == "canary":
        for name in candidates:
            manifest = scene.deployments.get(name)
            told = scene.told(name)
            operations = patches.entry(manifest, "labels", names.WATCH, "false") if manifest else []
            if manifest is not None and operations and told is not None and told.exposed:
                written = Patch(scene.resource(name), manifest, tuple(operations))
                return Do(written, f"{name} is not watched any more, so it gets no requests")
        return None
    wanted = {primary: weights.WHOLE} | dict.fromkeys(candidates, 0)
    before = weights.split(weights.in_force(scene))
    told_of = f"all requests go to {primary}, {before} before: WeightOverride {scene.name}"
    return weights.given(scene, wanted, told_of)


def _back(scene: Scene, candidates: Sequence[str]) -> str:
    if section(scene.routemap, "spec").get("strategy") == "canary":
        told = [found.workload if (found := scene.told(name)) else "" for name in candidates]
        objects = [called or f"deployment/{name}" for called, name in zip(told, candidates, strict=True)]
        which = " ".join(objects if any(told) else ("deployment", *candidates))
        return f"To go on: kubectl label {which} {names.WATCH}=true --overwrite"
    return f"To go on: teal weights {scene.name} --reset"

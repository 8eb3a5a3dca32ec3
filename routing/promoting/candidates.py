"""Whom a promotion is about, and what keeps it from beginning."""

from __future__ import annotations

from typing import TYPE_CHECKING

from routing.model import State
from routing.promoting.record import BY_ORDER, UnreadableError, record_of
from routing.reading.raw import listing, section
from routing.reading.violation import joined

if TYPE_CHECKING:
    from routing.promoting.steps import Scene, Wish


def names_listed(scene: Scene) -> list[str]:
    """Return the versions that the Routemap lists, the primary first."""
    found = (section(entry).get("name") for entry in listing(scene.routemap, "spec", "versions"))
    return [name for name in found if isinstance(name, str)]


def ready_candidates(scene: Scene) -> list[str]:
    """Return the candidates that are ready.

    The primary before, of a promotion by order that is over, is kept for a way back, and is none.
    """
    _, *others = names_listed(scene) or [""]
    return [name for name in others if _state(scene, name) is State.READY and name != _former(scene)]


def chosen(scene: Scene, wish: Wish) -> tuple[str, str]:
    """Return the name of the candidate that is meant, and why there is none; one of them is empty."""
    primary, *others = names_listed(scene) or [""]
    ready = ready_candidates(scene)
    if wish.candidate:
        if wish.candidate not in others:
            return "", _no_candidate(scene, wish.candidate, primary, others)
        ready = [wish.candidate] if _state(scene, wish.candidate) is State.READY else []
    if len(ready) == 1:
        return ready[0], ""
    if ready:
        return "", f"{joined(ready)} are ready; say which with --candidate={ready[0]}"
    wanted = [wish.candidate] if wish.candidate else [name for name in others if name != _former(scene)]
    if not wanted:
        return "", f"spec.versions: {scene.name} has no candidate beside {primary}; list one"
    states = ", ".join(f"{name} is {_told(scene, name)}" for name in wanted)
    return "", f"no candidate of {scene.name} is ready ({states}); make one ready first"


def unready(scene: Scene) -> str:
    """Return why the application as a whole is in no state to be changed, "" where it is in one."""
    name = scene.name
    if "deletionTimestamp" in scene.routemap["metadata"]:
        return f"Routemap {name} is being deleted; wait, and make it anew"
    ready = scene.status.condition("Ready")
    if ready is None or not scene.observed:
        return f"Teal has not looked at Routemap {name} as it is now; is it running? See teal status {name}"
    if not ready.holds:
        return f"Routemap {name} is not Ready ({ready.reason}: {ready.message}); mend that first"
    return ""


def called_by(scene: Scene, version: str) -> str:
    """Return the host by which clients call a version's own Service, "" for none: it must not go."""
    hosts = listing(scene.routemap, "spec", "hosts")
    own = f"{version}.{scene.namespace}"
    return next(
        (host for host in map(str, hosts) if host in (version, own) or host.startswith(f"{own}.")), ""
    )


def _no_candidate(scene: Scene, name: str, primary: str, others: list[str]) -> str:
    if name == primary:
        return f"--candidate={name}: it is the primary of {scene.name} already"
    known = joined(others) if others else "none"
    return f"--candidate={name}: Routemap {scene.name} does not list it; its candidates are {known}"


def _former(scene: Scene) -> str:
    try:
        noted = record_of(scene.routemap)
    except UnreadableError:
        return ""
    return noted.primary if noted and noted.way == BY_ORDER and not noted.under_way else ""


def _state(scene: Scene, name: str) -> State | None:
    told = scene.told(name)
    return told.state if told else None


def _told(scene: Scene, name: str) -> str:
    told = scene.told(name)
    return f"{told.state}: {told.message or told.reason}" if told else "unknown"

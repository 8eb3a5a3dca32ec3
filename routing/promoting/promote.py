"""`next_step`: a promotion and its undoing, whichever way, however far it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from routing import names
from routing.promoting import by_order, in_place, record
from routing.promoting.candidates import chosen, names_listed, ready_candidates, unready
from routing.promoting.record import BY_ORDER, IN_PLACE, Record, UnreadableError, record_of
from routing.promoting.steps import Done, Scene, Step, Stop, Wish
from routing.reading.raw import section

if TYPE_CHECKING:
    from collections.abc import Mapping

    from routing.writes import Patch

    Manifest = Mapping[str, Any]

_STORED = ("uid", "resourceVersion", "generation", "creationTimestamp", "managedFields", "finalizers")
"""Metadata that an object has once it is stored."""
_MADE = (
    "kubectl.kubernetes.io/last-applied-configuration",
    "deployment.kubernetes.io/revision",
    names.ARGOCD,
    "kustomize.toolkit.fluxcd.io/name",
    "kustomize.toolkit.fluxcd.io/namespace",
    names.PROTECTED,
    names.PROMOTION,
)
"""Annotations and labels that programs put on."""


def next_step(scene: Scene, wish: Wish) -> Step:
    """Return the next step from what is seen. Each one carried out leads to another, and the last ends it."""
    try:
        noted = record_of(scene.routemap)
    except UnreadableError as error:
        return Stop((str(error),))
    if wish.undo:
        return _undo(scene, noted)
    if noted is None or not noted.under_way:
        return _begin(scene, noted, wish)
    problem = _other(scene, noted, wish)
    if problem:
        return Stop((problem,))
    if noted.way == BY_ORDER:
        return by_order.go_on(scene, noted, wish)
    return in_place.go_on(scene, noted)


def proposal(scene: Scene, wish: Wish) -> Patch | None:
    """Return the change that is to be tried by a dry run before `next_step`, None where there is none."""
    try:
        noted = record_of(scene.routemap)
    except UnreadableError:
        return None
    if noted is not None and noted.way == IN_PLACE and noted.stage in (record.BEGUN, record.UNDOING):
        return in_place.proposal(scene, noted, wish)
    fresh = noted is None or not noted.under_way
    return in_place.proposal(scene, None, wish) if fresh and not (wish.by_order or wish.undo) else None


def involved(routemap: Manifest) -> tuple[str, ...]:
    """Return the versions that a scene of this Routemap is to show: those listed, then those noted."""
    listed = names_listed(Scene(routemap))
    try:
        noted = record_of(routemap)
    except UnreadableError:
        noted = None
    words = (noted.primary, noted.candidate) if noted else ()
    return tuple(dict.fromkeys((*listed, *words)))


def primary_of(routemap: Manifest) -> str:
    """Return the version whose rollout and ReplicaSets a scene of this Routemap is to show."""
    try:
        noted = record_of(routemap)
    except UnreadableError:
        noted = None
    listed = names_listed(Scene(routemap))
    return noted.primary if noted else next(iter(listed), "")


def to_commit(scene: Scene, wish: Wish) -> Manifest | Stop:
    """Return the object to be put into Git instead of promoting here, or why there is none."""
    candidate, problem = chosen(scene, wish)
    told = [text for text in (unready(scene), problem, scene.refused) if text]
    if told:
        return Stop(tuple(told))
    if wish.by_order:
        spec = {**scene.routemap["spec"], "versions": by_order.ordered(scene, candidate)}
        return bare({**scene.routemap, "spec": spec})
    if scene.proposed is None:
        return Stop((f"Deployment {primary_of(scene.routemap)} is not there; use --by-order",))
    return bare(scene.proposed)


def preview(scene: Scene, wish: Wish) -> tuple[str, ...]:
    """Return in sentences what a promotion that can begin, or go on, has still to do."""
    noted = record_of(scene.routemap)
    if noted is not None and noted.under_way:
        return (f"what is left of the promotion of {noted.candidate}: {noted.stage}",)
    candidate, _ = chosen(scene, wish)
    if wish.by_order:
        return by_order.preview(scene, candidate, wish)
    return in_place.preview(scene, candidate, wish)


def bare(manifest: Manifest) -> dict[str, Any]:
    """Return an object without what only a cluster gives it."""
    metadata = {key: value for key, value in manifest["metadata"].items() if key not in _STORED}
    for marks in ("labels", "annotations"):
        kept = {key: value for key, value in section(metadata, marks).items() if key not in _MADE}
        metadata = {key: value for key, value in metadata.items() if key != marks}
        metadata |= {marks: kept} if kept else {}
    return {
        **{key: manifest[key] for key in ("apiVersion", "kind")},
        "metadata": metadata,
        "spec": manifest["spec"],
    }


def _begin(scene: Scene, noted: Record | None, wish: Wish) -> Step:
    if noted is not None and wish.candidate in ("", noted.candidate) and not ready_candidates(scene):
        new = f"{noted.primary} is what {noted.candidate} was"
        told = new if noted.way == IN_PLACE else f"{noted.candidate} is the primary"
        return Done(f"nothing to do: {told} since the last promotion, and no other candidate is ready")
    return by_order.begin(scene, wish) if wish.by_order else in_place.begin(scene, wish)


def _undo(scene: Scene, noted: Record | None) -> Step:
    if noted is None:
        return Done(f"nothing to take back: Routemap {scene.name} has no note of a promotion")
    if noted.way == BY_ORDER:
        return by_order.undo(scene, noted)
    return in_place.undo(scene, noted)


def _other(scene: Scene, noted: Record, wish: Wish) -> str:
    """Return why a promotion that is under way is not the one that is asked for, "" where it is."""
    back = f"teal promote {scene.name} --undo"
    if noted.stage == record.UNDOING:
        return f"a promotion of {noted.candidate} is being taken back; end that first: {back}"
    if wish.candidate not in ("", noted.candidate) or (wish.by_order and noted.way != BY_ORDER):
        how = "by order" if noted.way == BY_ORDER else "in place"
        on = f"teal promote {scene.name}"
        return f"a promotion of {noted.candidate} {how} is under way; end it ({on}), or take it back ({back})"
    return ""

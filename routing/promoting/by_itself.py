"""A promotion that Teal makes by itself, by order, once a candidate has taken every step of its rollout.

It is what `teal promote --by-order` writes, in one write: the note is that of a promotion which is over, so
that `teal promote --undo` takes it back, and all that is left is the old primary's drain. In place Teal
promotes nothing: it would write a Deployment's template, and what is deployed belongs to whoever deploys it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from routing.promoting import owners, record
from routing.promoting.by_order import ordered, relisted
from routing.promoting.candidates import chosen, unready
from routing.promoting.record import DONE, UnreadableError, record_of
from routing.promoting.steps import Scene, Wish
from routing.reading.raw import section

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from routing.writes import Patch

    Manifest = Mapping[str, Any]


def hindrance(routemap: Manifest, candidate: str) -> str:
    """Return why a candidate of a Routemap, as it was told of last, is not promoted; "" where it can be."""
    scene = Scene(routemap)
    _, problem = chosen(scene, Wish(candidate, by_order=True))
    return unready(scene) or problem or _under_way(scene) or _kept(scene, candidate)


def promotion(routemap: Manifest, candidate: str) -> Patch:
    """Return the write that makes a candidate the primary, while that is asked for and the list is as it was.

    No webhook is asked about Teal's own writes, so what they rest on is tested by the API server.
    """
    write = relisted(Scene(routemap), candidate, DONE)
    asked = {"op": "test", "path": "/spec/rollout/promotion", "value": "byOrder"}
    return replace(write, operations=(asked, *write.operations))


def made(routemap: Manifest) -> bool:
    """Tell whether the note of a promotion that is over is there.

    It is taken off before a promotion is told. So while one is told, it is the note of that one.
    """
    try:
        noted = record_of(routemap)
    except UnreadableError:
        return False
    return noted is not None and not noted.under_way


def forgotten(routemap: Manifest) -> tuple[Patch, ...]:
    """Return the write that takes the note of an earlier promotion off, none where there is none."""
    return (record.noted(routemap, None),) if made(routemap) else ()


def promotes(patch: Patch) -> bool:
    """Tell whether a write is one that makes a candidate the primary."""
    return any(operation["path"] == "/spec/versions" for operation in patch.operations)


def _under_way(scene: Scene) -> str:
    """Return that somebody promotes by hand, "" where nobody does."""
    try:
        noted = record_of(scene.routemap)
    except UnreadableError as error:
        return str(error)
    if noted is None or not noted.under_way:
        return ""
    command = f"teal promote {scene.name}"
    return f"a promotion of {noted.candidate} is under way; end it ({command}), or take it back (--undo)"


def _kept(scene: Scene, candidate: str) -> str:
    """Return who keeps the list elsewhere, and what to commit there; "" for nobody."""
    who = owners.owner(scene.routemap, "spec", "versions")
    if not who:
        return ""
    after = [section(entry) for entry in ordered(scene, candidate)]
    told = [f"{entry.get('name')}{' with weight 0' if entry.get('weight') == 0 else ''}" for entry in after]
    return (
        f"{who} owns spec.versions of Routemap {scene.name} and would bring back what it has; commit there "
        f"the order {', '.join(told)} (teal promote {scene.name} --by-order -o yaml prints it)"
    )

"""All that is told of one application, read when somebody opens it: with less rights less is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cli.status.application import application
from cli.status.data import data
from cli.status.gather import stored
from dashboard import rows, timeline

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cli.status.application import Stored
    from dashboard.board import Board
    from kube.client import Cluster


def details(cluster: Cluster, namespace: str, name: str, board: Board, now: float) -> dict[str, Any] | None:
    """Return what `teal status -o json` tells (docs/cli.md), and more; None where there is none of the name.

    `board` has the splits seen of it since the page is served. Raises ClusterErrors; only the Routemap has to
    be readable.
    """
    found = stored(cluster, namespace, name)
    return None if found is None else told(found, board.splits(f"{namespace}/{name}"), now)


def told(found: Stored, seen: Sequence[tuple[float, str]], now: float) -> dict[str, Any]:
    """Return what is told of stored objects: the application, its verdict, its steps, what happened to it.

    Times of the application are RFC 3339, as the command line tells them; those of splits and changes are in
    seconds since the epoch.
    """
    app = application(found, now)
    progress = rows.rollout(found.routemap)
    state, level, sentence = rows.verdict(app, progress)
    objects = [each for each in (found.routemap, found.override) if each is not None]
    return {
        **data(app),
        "state": state,
        "level": level,
        "sentence": sentence,
        "rollout": progress,
        **timeline.data(objects, found.events or (), seen),
    }

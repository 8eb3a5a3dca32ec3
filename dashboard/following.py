"""Keeping the board true: what a watch of Routemaps tells, on its way to the rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dashboard.rows import key
from kube.errors import ClusterError, NotInstalledError, RefusedError
from routing.kinds import ROUTEMAPS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from dashboard.board import Board

    Manifest = Mapping[str, Any]

FIRST_PAUSE = 0.5
"""Seconds before the first attempt after a failure."""


class Rows:
    """Has a board show what is heard of the Routemaps, and say why nothing is."""

    resource = ROUTEMAPS
    selector = ""

    def __init__(self, board: Board) -> None:
        self._board = board

    def reset(self, pages: Iterable[tuple[Sequence[Manifest], str]]) -> str:
        """Put all that there are on the board, and nothing else; return the version to watch from."""
        found, version = set(), ""
        for page, version in pages:  # noqa: B007 - the last one counts
            for routemap in page:
                self._board.put(routemap)
                found.add(key(routemap))
        self._board.only(found)
        return version

    def handle(self, event: str, manifest: Manifest) -> None:
        """Take over an event of the watch. A bookmark has a version only."""
        if event == "DELETED":
            self._board.drop(key(manifest))
        elif event != "BOOKMARK":
            self._board.put(manifest)

    def watching(self) -> None:
        """Say that the rows are what is so."""
        self._board.watching(live=True)

    def failed(self, error: ClusterError) -> float:
        """Say why the rows may be old."""
        self._board.watching(why(error), live=False)
        return 0.0


def why(error: ClusterError) -> str:
    """Return in a sentence why nothing is heard of the Routemaps, and what to do."""
    if isinstance(error, NotInstalledError):
        return "the API server knows no Routemaps: install Teal's chart, with crds.enabled=true"
    if isinstance(error, RefusedError):
        remedy = "name a namespace in which it may (-n), or get the right"
        return f"this account may not list and watch Routemaps here; {remedy}: {error}"
    return f"the API server is out of reach: {error}"

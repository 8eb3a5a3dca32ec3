"""Keeping the board true: one list and one watch of Routemaps, for ever."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from dashboard.rows import key
from kube.errors import ClusterError, GoneError, NotInstalledError, RefusedError
from routing.kinds import ROUTEMAPS

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterator, Mapping

    from dashboard.board import Board
    from routing.kinds import Resource

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 10.0
"""Seconds between attempts while the API server fails; doubled each time."""


class Source(Protocol):
    """Where objects come from: what of `kube.client.Cluster` is asked."""

    def pages(self, resource: Resource, selector: str) -> Iterator[tuple[list[dict[str, Any]], str]]:
        """Yield the objects, some at a time, and the resource version to watch from."""

    def watch(self, resource: Resource, selector: str, version: str) -> Iterator[Mapping[str, Any]]:
        """Yield what changes after that version."""


class Follower:
    """Follows the Routemaps until `stopped` is set. One thread runs it.

    The reconciler's reflector keeps stores, with hooks and trims by kind; here one kind is read, and kept as
    rows.
    """

    def __init__(self, source: Source, board: Board, stopped: threading.Event) -> None:
        self._source = source
        self._board = board
        self._stopped = stopped
        self._version: str | None = None
        self._pause = FIRST_PAUSE

    def run(self) -> None:
        """List and watch until stopped. No error of the API server ends this; the board tells of it."""
        while not self._stopped.is_set():
            try:
                self._follow()
            except GoneError:
                self._version = None
            except ClusterError as error:
                self._board.watching(why(error), live=False)
                self._stopped.wait(max(self._pause, error.retry_after))
                self._pause = min(self._pause * 2, LONGEST_PAUSE)

    def _follow(self) -> None:
        """List if there is no version to go on from, then watch until the stream ends."""
        if self._version is None:
            self._version = self._list()
        self._board.watching(live=True)
        for event in self._source.watch(ROUTEMAPS, "", self._version):
            if self._stopped.is_set():
                return
            self._take(event["type"], event["object"])
            self._version = event["object"]["metadata"]["resourceVersion"]
            self._pause = FIRST_PAUSE

    def _list(self) -> str:
        """Put all that there are on the board, and nothing else; return the version to watch from."""
        found, version = set(), ""
        for page, at in self._source.pages(ROUTEMAPS, ""):
            for routemap in page:
                self._board.put(routemap)
                found.add(key(routemap))
            version = at
        self._board.only(found)
        return version

    def _take(self, kind: str, routemap: Mapping[str, Any]) -> None:
        """Take over an event of the watch. A bookmark has a version only."""
        if kind == "DELETED":
            self._board.drop(key(routemap))
        elif kind != "BOOKMARK":
            self._board.put(routemap)


def why(error: ClusterError) -> str:
    """Return in a sentence why nothing is heard of the Routemaps, and what to do."""
    if isinstance(error, NotInstalledError):
        return "the API server knows no Routemaps: install Teal's chart, with crds.enabled=true"
    if isinstance(error, RefusedError):
        remedy = "name a namespace in which it may (-n), or get the right"
        return f"this account may not list and watch Routemaps here; {remedy}: {error}"
    return f"the API server is out of reach: {error}"

"""Following a kind: list, then watch, for ever. For the reconciler's stores, and for the page's rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from kube.errors import ClusterError, GoneError, NotFoundError

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from routing.kinds import Resource

    Manifest = Mapping[str, Any]

LONGEST_PAUSE = 10.0
"""Seconds between attempts while the API server fails; doubled each time, up to here."""


class Source(Protocol):
    """Where objects come from: what of `kube.client.Cluster` is asked."""

    def pages(self, resource: Resource, selector: str) -> Iterator[tuple[list[dict[str, Any]], str]]:
        """Yield the objects, some at a time, and the resource version to watch from."""

    def watch(self, resource: Resource, selector: str, version: str) -> Iterator[Manifest]:
        """Yield what changes after that version."""


class Sink(Protocol):
    """Who is told of the objects, by one thread."""

    resource: Resource
    selector: str

    def reset(self, pages: Iterable[tuple[Sequence[Manifest], str]]) -> str:
        """Take over a list: what was told of and is not in it has gone. Return its version."""

    def handle(self, event: str, manifest: Manifest) -> None:
        """Take over an event: ADDED, MODIFIED, DELETED, or BOOKMARK, which has a version only."""

    def watching(self) -> None:
        """Take notice that a watch begins: what is known is what there is."""

    def failed(self, error: ClusterError) -> float:
        """Take notice that nothing is heard; return the seconds that the next attempt waits at least."""


@dataclass(frozen=True, slots=True)
class Pauses:
    """Seconds before the `first` attempt after a failure; `jitter` gives the part that each is longer by."""

    first: float
    jitter: Callable[[], float] = lambda: 0.0


class Reflector:
    """Follows one kind until `stopped` is set. One thread runs it.

    A watch that ends, or breaks, is taken up again from the last version seen, bookmarks included; only
    when that is too old (410 Gone), or the kind was not there, are all objects listed anew.
    """

    def __init__(self, source: Source, sink: Sink, stopped: threading.Event, pauses: Pauses) -> None:
        self._source = source
        self._sink = sink
        self._stopped = stopped
        self._pauses = pauses
        self._version: str | None = None
        self._pause = pauses.first

    def run(self) -> None:
        """List and watch until stopped. No error of the API server ends this."""
        while not self._stopped.is_set():
            try:
                self._follow()
                self._pause = self._pauses.first
            except GoneError:
                self._version = None
            except ClusterError as error:
                self._failed(error)

    def _follow(self) -> None:
        """List if there is no version to go on from, then watch until the stream ends.

        The version moves only when the sink has the object, so one that breaks in between is told again.
        Raises ClusterErrors; GoneError says that the version is too old.
        """
        sink = self._sink
        if self._version is None:
            self._version = sink.reset(self._source.pages(sink.resource, sink.selector))
        sink.watching()
        for event in self._source.watch(sink.resource, sink.selector, self._version):
            if self._stopped.is_set():
                return
            sink.handle(event["type"], event["object"])
            self._version = event["object"]["metadata"]["resourceVersion"]
            self._pause = self._pauses.first

    def _failed(self, error: ClusterError) -> None:
        """Wait before the next attempt, longer each time, and as long as API server and sink ask for.

        Of a kind that is not there no version is known (a list of none of its objects is found).
        """
        if isinstance(error, NotFoundError):
            self._version = None
        least = self._sink.failed(error)
        self._stopped.wait(max(self._pause, least, error.retry_after) * (1 + self._pauses.jitter()))
        self._pause = min(self._pause * 2, LONGEST_PAUSE)

"""Keeping a store true: list, then watch, for ever."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Protocol

from kube.errors import ClusterError, GoneError, NotFoundError

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterator, Mapping

    from reconciler.watching.store import Store
    from routing.kinds import Resource

log = logging.getLogger(__name__)

FIRST_PAUSE = 0.1
LONGEST_PAUSE = 10.0
"""Seconds between attempts while the API server fails; doubled each time, with jitter against a herd."""

MISSING_PAUSE = 10.0
"""Seconds until a kind that is not installed is looked for again."""


class Source(Protocol):
    """Where objects come from."""

    def pages(self, resource: Resource, selector: str) -> Iterator[tuple[list[dict[str, Any]], str]]:
        """Yield the objects, some at a time, and the resource version to watch from."""

    def watch(self, resource: Resource, selector: str, version: str) -> Iterator[Mapping[str, Any]]:
        """Yield what changes after that version."""


class Reflector:
    """Follows one kind until `stopped` is set.

    A watch that ends, or breaks, is taken up again from the last version seen, bookmarks included; only
    when that is too old (410 Gone) are all objects listed anew. A kind that may be missing is looked for
    now and then.

    One thread runs it. `jitter` gives the part by which a pause is lengthened.
    """

    def __init__(
        self, source: Source, store: Store, stopped: threading.Event, jitter: Callable[[], float]
    ) -> None:
        self._source = source
        self._store = store
        self._stopped = stopped
        self._jitter = jitter
        self._version: str | None = None
        self._pause = FIRST_PAUSE

    def run(self) -> None:
        """List and watch until stopped. No error of the API server ends this."""
        while not self._stopped.is_set():
            try:
                self._follow()
                self._pause = FIRST_PAUSE
            except GoneError:
                self._version = None
            except NotFoundError as error:
                self._not_found(error)
            except ClusterError as error:
                self._failed(error)

    def _follow(self) -> None:
        """List if there is no version to go on from, then watch until the stream ends.

        The version moves only when the store has the object, so one that breaks in between is told again.
        Raises ClusterErrors; GoneError says that the version is too old.
        """
        kind = self._store.kind
        if self._version is None:
            self._version = self._store.reset(self._source.pages(kind.resource, kind.selector))
        for event in self._source.watch(kind.resource, kind.selector, self._version):
            if self._stopped.is_set():
                return
            self._store.handle(event["type"], event["object"])
            self._version = event["object"]["metadata"]["resourceVersion"]
            self._pause = FIRST_PAUSE

    def _not_found(self, error: ClusterError) -> None:
        """Take notice that there is no such kind (a list of none of its objects is found)."""
        if not self._store.kind.optional:
            self._failed(error)
            return
        if self._store.installed:
            log.warning("kind not installed", extra={"kind": self._store.kind.resource.kind})
        self._version = None
        self._store.missing()
        self._stopped.wait(MISSING_PAUSE)

    def _failed(self, error: ClusterError) -> None:
        """Wait before the next attempt, longer each time.

        It is no less than the API server asks for (Retry-After), and jitter comes on top.
        """
        log.warning("watch failed", extra={"kind": self._store.kind.resource.kind, "error": str(error)})
        self._stopped.wait(max(self._pause, error.retry_after) * (1 + self._jitter()))
        self._pause = min(self._pause * 2, LONGEST_PAUSE)

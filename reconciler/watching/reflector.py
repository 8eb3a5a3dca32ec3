"""Keeping a cache true: list, then watch, for ever."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Protocol

from kube.errors import ClusterError, GoneError

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterator, Mapping

    from reconciler.watching.store import Cache
    from routing.kinds import Resource

log = logging.getLogger(__name__)

FIRST_PAUSE = 0.1
LONGEST_PAUSE = 10.0
"""Seconds between attempts while the API server fails; doubled each time, with jitter against a herd."""


class Source(Protocol):
    """Where objects come from."""

    def pages(self, resource: Resource, selector: str) -> Iterator[tuple[list[dict[str, Any]], str]]:
        """Yield the objects, some at a time, and the resource version to watch from."""

    def watch(self, resource: Resource, selector: str, version: str) -> Iterator[Mapping[str, Any]]:
        """Yield what changes after that version."""


class Watcher:
    """Follows one kind until `stopped` is set.

    A watch that ends, or breaks, is taken up again from the last version seen, bookmarks included; only when
    that is too old (410 Gone) are all objects listed anew.
    """

    def __init__(
        self, source: Source, cache: Cache, stopped: threading.Event, jitter: Callable[[], float]
    ) -> None:
        self._source = source
        self._cache = cache
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
            except ClusterError as error:
                log.warning(
                    "watch failed",
                    extra={"kind": self._cache.watched.resource.kind, "error": str(error)},
                )
                self._stopped.wait(max(self._pause, error.retry_after) * (1 + self._jitter()))
                self._pause = min(self._pause * 2, LONGEST_PAUSE)

    def _follow(self) -> None:
        watched = self._cache.watched
        if self._version is None:
            self._version = self._cache.reset(self._source.pages(watched.resource, watched.selector))
        for event in self._source.watch(watched.resource, watched.selector, self._version):
            if self._stopped.is_set():
                return
            self._cache.handle(event["type"], event["object"])
            self._version = event["object"]["metadata"]["resourceVersion"]
            self._pause = FIRST_PAUSE

"""What a watch tells, on its way into a store."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from kube.errors import ClusterError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from reconciler.watching.store import Store

    Manifest = Mapping[str, Any]

log = logging.getLogger(__name__)

FIRST_PAUSE = 0.1
"""Seconds before the first attempt after a failure."""
MISSING_PAUSE = 10.0
"""Seconds until a kind that is not installed is looked for again."""


class Kept:
    """Has a store hold what is heard of its kind: nothing, where that is not installed and need not be."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.resource = store.kind.resource
        self.selector = store.kind.selector

    def reset(self, pages: Iterable[tuple[Sequence[Manifest], str]]) -> str:
        """Have the store take over a list; return its version."""
        return self._store.reset(pages)

    def handle(self, event: str, manifest: Manifest) -> None:
        """Have the store take over an event."""
        self._store.handle(event, manifest)

    def watching(self) -> None:
        """Say nothing: `Store.synced` tells when there is a whole list."""

    def failed(self, error: ClusterError) -> float:
        """Log it, and have the store take notice where the kind is not there and need not be."""
        kind = self._store.kind
        if not (kind.optional and isinstance(error, NotFoundError)):
            log.warning("watch failed", extra={"kind": kind.resource.kind, "error": str(error)})
            return 0.0
        if self._store.installed:
            log.warning("kind not installed", extra={"kind": kind.resource.kind})
        self._store.missing()
        return MISSING_PAUSE

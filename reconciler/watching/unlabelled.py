"""Deployments without the watch label, heard of where a Routemap lists them."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from routing import names
from routing.kinds import DEPLOYMENT_NAMES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from kube.errors import ClusterError
    from reconciler.watching.mentions import Key, Mentions

    Manifest = Mapping[str, Any]

log = logging.getLogger(__name__)


class Unlabelled:
    """Has those Routemaps looked at that mention a Deployment which comes, or goes, without the label.

    That one is there without the label no other watch tells, so its user would hear of it in the next pass
    only. Of each no more than its metadata is sent, and nothing is kept: a pass reads what it needs by name.
    What becomes of one meanwhile (a rollout's progress) changes nothing here. Nobody waits for this watch.
    """

    def __init__(self, mentions: Mentions, add: Callable[[Key], None]) -> None:
        """`add` is called with each key to be looked at, in the watch's thread."""
        self._mentions = mentions
        self._add = add
        self.resource = DEPLOYMENT_NAMES
        self.selector = f"{names.WATCH}!=true"

    def reset(self, pages: Iterable[tuple[Sequence[Manifest], str]]) -> str:
        """Take notice of all that there are: any of them may have come unheard of."""
        version = ""
        for manifests, version in pages:  # noqa: B007 - the last is the one to watch from
            for manifest in manifests:
                self._tell(manifest)
        return version

    def handle(self, event: str, manifest: Manifest) -> None:
        """Take notice of one that comes or goes: made, deleted, its label taken off or put on."""
        if event in ("ADDED", "DELETED"):
            self._tell(manifest)

    def watching(self) -> None:
        """Nothing is known that could be old."""

    def failed(self, error: ClusterError) -> float:
        """Log it: until the next list these are heard of in the next pass."""
        log.warning("watch failed", extra={"kind": "Deployment, unlabelled", "error": str(error)})
        return 0.0

    def _tell(self, manifest: Manifest) -> None:
        metadata = manifest["metadata"]
        for key in self._mentions.of(metadata["namespace"], metadata["name"]):
            self._add(key)

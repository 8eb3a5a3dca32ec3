"""What one replica does: keep its certificate, and while it leads, publish the authority and reconcile."""

from __future__ import annotations

import logging
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from certs.keeper import ContendedError
from reconciler.authority import publish
from reconciler.errors import ClusterError

if TYPE_CHECKING:
    from certs.keeper import Keeper
    from reconciler.cluster import Cluster
    from reconciler.controller import Controller
    from reconciler.metrics import Metrics

log = logging.getLogger(__name__)

FAILED_PAUSE = 1.0
"""Seconds until a failed step of the certificates is tried again."""
PUBLISH_SECONDS = 10.0
"""A webhook configuration whose caBundle was spoilt is put right this soon."""


class Replica:
    """One process of the reconciler."""

    def __init__(
        self, cluster: Cluster, release: str, keeper: Keeper, controller: Controller, metrics: Metrics
    ) -> None:
        self._cluster = cluster
        self._release = release
        self._keeper = keeper
        self._controller = controller
        self._metrics = metrics
        self._stopped = threading.Event()
        self._bundle: bytes | None = None
        self._bundle_known = threading.Event()
        self._published = threading.Event()
        self._leading = False

    def not_ready(self) -> str | None:
        """Tell what this replica still lacks, None when it is ready."""
        if not self._bundle_known.is_set():
            return "no serving certificate yet"
        if self._leading and not self._published.is_set():
            return "the certificate authority is not published yet"
        if self._leading and not self._controller.synced.is_set():
            return "the caches are not filled yet"
        return None

    def keep_certificate(self) -> None:
        """Keep this pod's serving certificate until stopped. A failed step leaves the one in place."""
        pause = 0.0
        while not self._stopped.wait(pause):
            try:
                kept = self._keeper.keep(datetime.now(UTC))
            except (ClusterError, ContendedError, OSError) as error:
                log.warning("certificate step failed", extra={"error": str(error)})
                pause = FAILED_PAUSE
                continue
            self._bundle, pause = kept.bundle, kept.again.total_seconds()
            self._metrics.renewal.set(datetime.now(UTC).timestamp() + pause)
            self._bundle_known.set()

    def lead(self) -> None:
        """Work as the leader until stopped."""
        log.info("leading")
        self._leading = True
        self._metrics.leading.set(1)
        threading.Thread(target=self._publish, name="publish", daemon=True).start()
        self._controller.run()

    def stop(self, seconds: float) -> None:
        """Stop, waiting up to `seconds` for the passes in hand."""
        self._stopped.set()
        self._controller.stop(seconds)

    def _publish(self) -> None:
        self._bundle_known.wait()
        pause = 0.0
        while not self._stopped.wait(pause):
            pause = PUBLISH_SECONDS
            try:
                publish(self._cluster, self._release, self._bundle or b"")
            except ClusterError as error:
                log.warning("authority not published", extra={"error": str(error)})
                pause = FAILED_PAUSE
            else:
                self._published.set()

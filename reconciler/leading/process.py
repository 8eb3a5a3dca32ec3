"""What one process does: keep its certificate, and while it leads, keep the authorities and reconcile."""

from __future__ import annotations

import logging
import threading
import time
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from certs.keeper import ContendedError, NoAuthorityError
from kube.errors import ClusterError
from routing.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from certs.keeper import Keeper
    from certs.rotation import Rotator
    from reconciler.asking.asker import Asker
    from reconciler.passes.controller import Controller
    from reconciler.serving.metrics import Metrics
    from reconciler.threads import Threads
    from reconciler.watching.mentions import RoutemapKey

log = logging.getLogger(__name__)

FAILED_SECONDS = 1.0
"""Until a failed step of the certificates is tried again."""
ROTATION_SECONDS = 5.0
"""A Secret that was deleted or spoilt is noticed this soon, for three reads by the leader."""
REST_SECONDS = 1.0
"""Between two steps, whatever changes: nobody who spoils the caBundle again and again gets a race."""


@dataclass(frozen=True, slots=True)
class Certificates:
    """Who keeps a pod's serving certificate, and who, while leading, the authorities that sign them.

    Each of `changes` yields something whenever a step of the rotator may be due; it may end or raise.
    """

    keeper: Keeper
    rotator: Rotator
    changes: Sequence[Callable[[], Iterator[object]]]


class Process:
    """One process of the reconciler. `certificates` is None where somebody else (cert-manager) keeps them.

    `asker`: who asks Prometheus while this process leads, None where there is no Prometheus.

    `start` and `stop` are the main thread's, `lead` is the election's, `not_ready` and `not_alive` are asked
    by the thread that serves health and never wait.
    """

    def __init__(
        self,
        certificates: Certificates | None,
        controller: Controller,
        metrics: Metrics,
        threads: Threads,
        asker: Asker[RoutemapKey] | None = None,
    ) -> None:
        self._certificates = certificates
        self._threads = threads
        self._asker = asker
        self._controller = controller
        self._metrics = metrics
        self._stopped = threading.Event()
        self._kept = threading.Event()
        self._published = threading.Event()
        self._changed = threading.Event()
        self._leading = False
        if certificates is None:
            self._kept.set()
            self._published.set()

    def not_ready(self) -> str | None:
        """Tell what this replica still lacks, None when it is ready."""
        if not self._kept.is_set():
            return "no serving certificate yet"
        if self._leading and not self._published.is_set():
            return "the certificate authority is not published yet"
        if self._leading and not self._controller.synced.is_set():
            return "the caches are not filled yet"
        return None

    def not_alive(self) -> str | None:
        """Tell why this process is to be ended, None while it does what it is for.

        That depends neither on load nor on the API server.
        """
        dead = self._threads.dead()
        return f"thread {dead} has ended" if dead else self._controller.stuck()

    def start(self) -> None:
        """Keep this pod's serving certificate, in a thread, until stopped."""
        if self._certificates is not None:
            self._threads.spawn(partial(self._keep, self._certificates.keeper), "certificate")

    def lead(self) -> None:
        """Begin to work as the leader, in threads, until stopped."""
        log.info("leading")
        self._leading = True
        self._metrics.leading.set(1)
        if self._certificates is not None:
            for begin in self._certificates.changes:
                self._threads.spawn(partial(self._listen, begin), "change")
            rotator = self._certificates.rotator
            self._threads.spawn(partial(self._rotate, rotator), "authority")
        if self._asker is not None:
            self._threads.spawn(partial(self._asker.run, self._controller.wake), "prometheus")
        self._threads.spawn(self._controller.run, "leader")

    def stop(self, seconds: float) -> None:
        """Stop, waiting up to `seconds` for the passes in hand."""
        self._threads.stopping()
        self._stopped.set()
        self._changed.set()
        if self._asker is not None:
            self._asker.stop()
        self._controller.stop(seconds)

    def _keep(self, keeper: Keeper) -> None:
        """Keep the serving certificate. A failed step leaves the one in place."""
        pause = 0.0
        while not self._stopped.wait(pause):
            try:
                kept = keeper.keep(datetime.now(UTC))
            except NoAuthorityError:
                log.info("the leader has not made a certificate authority yet")
                pause = FAILED_SECONDS
                continue
            except (ClusterError, OSError) as error:
                log.warning("certificate step failed", extra={"error": str(error)})
                pause = FAILED_SECONDS
                continue
            pause = kept.again.total_seconds()
            self._metrics.expiry.labels("serving").set(kept.leaf_ends.timestamp())
            if kept.authority_ends is not None:  # else the leader is about to heal it
                self._metrics.expiry.labels("authority").set(kept.authority_ends.timestamp())
            self._kept.set()

    def _rotate(self, rotator: Rotator) -> None:
        """Take a step of the authorities at each change, and every ROTATION_SECONDS whatever was heard.

        What changes during a step calls for another, since the event is cleared before. Only the leader runs
        this; a step that finds another's write (ContendedError) is taken again.
        """
        while not self._stopped.is_set():
            self._changed.clear()
            try:
                rotator.step(datetime.now(UTC), time.monotonic())
            except (ClusterError, ContendedError) as error:
                log.warning("authority step failed", extra={"error": str(error)})
                self._stopped.wait(FAILED_SECONDS)
                continue
            self._published.set()
            self._stopped.wait(REST_SECONDS)
            self._changed.wait(ROTATION_SECONDS - REST_SECONDS)

    def _listen(self, begin: Callable[[], Iterator[object]]) -> None:
        """Have a step of the authority taken whenever something changes. What is missed is seen in time."""
        while not self._stopped.wait(REST_SECONDS):
            try:
                for _ in begin():
                    self._changed.set()
            except ClusterError as error:
                # The rotator's own step tells loudly enough when the API server is away.
                log.debug("watch failed", extra={"error": str(error)})

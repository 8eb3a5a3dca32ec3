"""Events are written beside the passes, each namespace's in their order and in turn.

No request waits for one, and no user for a pass.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING, Any, Protocol

from kube.errors import ClusterError, StaleError
from reconciler.passes.turns import Turns
from routing.kinds import EVENTS, Resource

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Manifest = Mapping[str, Any]

log = logging.getLogger(__name__)

MOST_WAITING = 1000
"""Events that wait, 1 KiB each. Of more the oldest of whose namespace has most are dropped.

The first is logged, and, when no more wait, how many there were: a start with thousands of applications drops
hundreds.
"""


class Creator(Protocol):
    """Writes what is new to the API server."""

    def create(self, resource: Resource, manifest: Manifest) -> dict[str, Any]:
        """Create an object."""


class EventRecorder:
    """Writes Events in a thread of its own, from the first one on, until `stop`.

    `tell` is for several threads, `stop` for the one that ends the process, after the last pass. No request
    is made with the condition held.
    """

    def __init__(
        self, objects: Creator, spawn: Callable[[Callable[[], None], str], threading.Thread]
    ) -> None:
        self._objects = objects
        self._spawn = spawn
        self._waiting: Turns[Manifest] = Turns()
        self._dropped = 0  # since nothing waited
        self._condition = threading.Condition()
        self._thread: threading.Thread | None = None
        self._stopped = False

    def tell(self, manifest: Manifest) -> None:
        """Have an Event written soon. Never waits."""
        with self._condition:
            if len(self._waiting) == MOST_WAITING:
                self._drop()
            self._waiting.append(manifest["metadata"]["namespace"], manifest)
            if self._thread is None:
                self._thread = self._spawn(self._work, "events")
            self._condition.notify()

    def stop(self, seconds: float) -> None:
        """Write what waits, for up to so many seconds."""
        end = time.monotonic() + seconds
        with self._condition:
            self._stopped = True
            self._condition.notify()
        if self._thread is not None:
            self._thread.join(max(end - time.monotonic(), 0.0))

    def _drop(self) -> None:
        """Drop what has waited longest; the condition is held."""
        reason = self._waiting.drop()["reason"]
        if not self._dropped:
            log.warning("event dropped", extra={"reason": reason, "most_waiting": MOST_WAITING})
        self._dropped += 1

    def _next(self) -> Manifest | None:
        """Wait for an Event, None when stopped and nothing is left; the condition is held."""
        if not self._waiting and self._dropped:
            log.warning("events dropped", extra={"number": self._dropped})
            self._dropped = 0
        self._condition.wait_for(lambda: self._waiting or self._stopped)
        return self._waiting.next()

    def _work(self) -> None:
        """Write what waits until stopped and nothing is left; a failed one is not tried again."""
        while True:
            with self._condition:
                manifest = self._next()
            if manifest is None:
                return
            try:
                self._objects.create(EVENTS, manifest)
            except StaleError:
                log.debug("event told before", extra={"reason": manifest["reason"]})  # by its name
            except ClusterError as error:
                # An Event is a courtesy; in a namespace that is being deleted none can be made.
                log.warning("event not written", extra={"reason": manifest["reason"], "error": str(error)})

"""Threads that end the process when they end: a process that does half of its work looks as if it did all.

A thread that dies alone left a leader that led and did nothing, for eleven minutes, its Lease renewed.
Whoever stands in for it is another replica, or this one's successor: everything begins anew, from what the
cluster has.
"""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger(__name__)


class Threads:
    """The root threads of a process. `ended` is called once when one ends before `stopping`."""

    def __init__(self, ended: Callable[[], None]) -> None:
        self._ended = ended
        self._lock = threading.Lock()
        self._stopping = False
        self._dead: str | None = None

    def spawn(self, target: Callable[[], None], name: str) -> threading.Thread:
        """Start a root thread.

        It is a daemon: no thread that waits keeps a process from ending. `name` stands in the log and in
        `/healthz`.
        """
        thread = threading.Thread(target=self._run, args=[target, name], name=name, daemon=True)
        thread.start()
        return thread

    def stopping(self) -> None:
        """Take notice that threads may end from now on."""
        with self._lock:
            self._stopping = True

    def dead(self) -> str | None:
        """Return the name of the root thread that ended first, None while all live."""
        return self._dead

    def _run(self, target: Callable[[], None], name: str) -> None:
        """Run a root thread to its end, whichever it is; of several the first is told."""
        try:
            target()
        except BaseException:
            log.exception("thread crashed", extra={"root": name})
        with self._lock:
            if self._stopping or self._dead is not None:
                return
            self._dead = name
        log.error("thread ended, so the process ends", extra={"root": name})
        self._ended()

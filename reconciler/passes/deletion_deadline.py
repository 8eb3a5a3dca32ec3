"""Never stuck: since when the passes over each Routemap have been failing."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reconciler.watching.mentions import RoutemapKey


class DeletionDeadline:
    """Counts how long passes have been failing, crashes included, so that deletions don't wait for ever.

    The count is this process's own: a new leader begins anew, since it may well succeed. For several threads.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._failing_since: dict[RoutemapKey, float] = {}

    def failing_since(self, key: RoutemapKey) -> float | None:
        """Return since when passes over a Routemap have failed.

        Seconds since the epoch, None if they do not.
        """
        with self._lock:
            return self._failing_since.get(key)

    def failed(self, key: RoutemapKey, now: float) -> float:
        """Take notice of a pass that failed, or found what it can't serve; return since when that is so."""
        with self._lock:
            return self._failing_since.setdefault(key, now)

    def succeeded(self, key: RoutemapKey) -> None:
        """Take notice of a pass that did all it had to, or of a Routemap that is not there."""
        with self._lock:
            self._failing_since.pop(key, None)

"""The time that passes go by: the API server's, and between its answers that of a clock that nobody sets."""

from __future__ import annotations

import logging
import threading
import time
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger(__name__)

NEAR_SECONDS = 5.0
"""So far apart clocks may be and count as the same: an answer takes its time, and has whole seconds."""
LASTING_SECONDS = 60.0
"""For which every answer has to say otherwise before it is believed that the API server's clock was set."""
STEERED = 0.001
"""By so much of the time that has gone it is moved towards the API server's: clocks that nobody sets run
apart, by seconds a day."""
_HALF = 0.5
"""A Date is cut off to whole seconds: it is half a second older on average."""


class SteadyClock:
    """Returns seconds since the epoch, which go on by the monotonic clock. For several threads.

    A node's clock that is set moves nothing. The first answer of the API server says which time it is
    (`heard`), and so each leader goes by the same clock, whatever its node's says; until then the node's own
    counts. `set_at`: when the API server's clock was found to have been set, in the time since then; 0 for
    never.
    """

    def __init__(
        self, wall: Callable[[], float] = time.time, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._monotonic = monotonic
        self._began = wall() - monotonic()
        self._asked = False
        self._heard = monotonic()
        self._apart_since: float | None = None
        self._lock = threading.Lock()
        self.set_at = 0.0

    def __call__(self) -> float:
        """Return the time."""
        return self._began + self._monotonic()

    def heard(self, date: str) -> None:
        """Take notice of an answer's Date (RFC 9110, 6.6.1); one that is none says nothing.

        Several API servers may have clocks that differ: while any says as before, nothing changes.
        """
        told = _seconds(date)
        if told is None:
            return
        with self._lock:
            ticks = self._monotonic()
            ahead = told + _HALF - (self._began + ticks)
            most, self._heard = (ticks - self._heard) * STEERED, ticks
            if abs(ahead) <= NEAR_SECONDS:
                self._asked, self._apart_since = True, None
                self._began += min(max(ahead, -most), most)
            elif not self._asked:
                self._asked, self._began = True, self._began + ahead
                log.warning("this node's clock is not the API server's", extra={"ahead_seconds": -ahead})
            elif self._apart_since is None:
                self._apart_since = ticks
            elif ticks - self._apart_since >= LASTING_SECONDS:
                self._apart_since, self._began = None, self._began + ahead
                self.set_at = self._began + ticks
                log.warning("the API server's clock was set", extra={"by_seconds": ahead})


@lru_cache(1)  # it has whole seconds, so that many answers have the same
def _seconds(date: str) -> float | None:
    """Return a Date in seconds since the epoch, None for what is none."""
    try:
        return parsedate_to_datetime(date).timestamp()
    except (ValueError, OverflowError):
        return None

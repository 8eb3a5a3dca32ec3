"""Notices are sent beside the passes, each namespace's in their order and in turn; no pass waits for one."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter, OrderedDict
from typing import TYPE_CHECKING, Protocol

from reconciler.notifying.bodies import body
from reconciler.notifying.receiver import UntakenError
from reconciler.passes.turns import Turns
from routing.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.notifying.bodies import Form
    from reconciler.serving.metrics import Metrics
    from routing.telling.notices import Notice

    Spawn = Callable[[Callable[[], None], str], threading.Thread]

log = logging.getLogger(__name__)

MOST_WAITING = 1000
"""Notices that wait, 2 KiB each. Of more the oldest of whose namespace has most are dropped."""
MOST_A_MINUTE = 60
"""Of one namespace: whoever starts rollouts in a loop rings nobody's telephone for long."""
MOST_KNOWN = 20_000
"""Routemaps of which is known what was told last."""
AGAIN_SECONDS = 300.0
"""What came to be so within this time before a process began to lead, the one before may not have sent."""
GIVEN_UP_SECONDS = 900.0
FIRST_PAUSE, LONGEST_PAUSE, MOST_DOUBLINGS = 1.0, 60.0, 6
_MINUTE = 60.0


class Taker(Protocol):
    """Who takes what is sent: an address, or what stands for it in tests."""

    @property
    def form(self) -> Form:
        """What it takes."""

    def send(self, event: str, content: bytes) -> None:
        """Send an event, by its id. Raises UntakenError."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    event: str
    routemap: str
    content: bytes
    since: float


class Notifier:
    """Sends what is new of all rollouts, in a thread of its own, from the first notice on, until `stop`.

    `see` is for several threads, `stop` for the one that ends the process. At least once: a new process sends
    anew, by the same id, what came to be so just before, and a gate that is closed. `clock` is monotonic,
    `jitter` returns 0 to 1. Nothing is sent with the condition held.
    """

    def __init__(
        self,
        taker: Taker,
        metrics: Metrics,
        spawn: Spawn,
        jitter: Callable[[], float],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._taker, self._metrics = taker, metrics
        self._spawn, self._jitter, self._clock = spawn, jitter, clock
        self._waiting: Turns[_Waiting] = Turns()
        self._known: OrderedDict[str, object] = OrderedDict()
        self._lately: Counter[str] = Counter()
        self._minute = 0.0
        self._condition = threading.Condition()
        self._thread: threading.Thread | None = None
        self._stopped = threading.Event()
        self._failures = 0

    def see(self, notice: Notice, now: float) -> None:
        """Have a notice sent soon, if it is news. Never waits. `now`: seconds since the epoch."""
        with self._condition:
            before = self._known.pop(notice.uid, None)
            self._known[notice.uid] = notice.turn
            if len(self._known) > MOST_KNOWN:
                self._known.popitem(last=False)
            old = before is None and notice.since is not None and now - notice.since > AGAIN_SECONDS
            if before == notice.turn or old:
                return
            if self._floods(notice.namespace):
                self._drop(notice.routemap, f"{notice.namespace} has had {MOST_A_MINUTE} in this minute")
                return
            if len(self._waiting) == MOST_WAITING:
                self._drop(self._waiting.drop().routemap, "too many wait")
            content = body(self._taker.form, notice, now)
            waiting = _Waiting(notice.id, f"{notice.namespace}/{notice.routemap}", content, self._clock())
            self._waiting.append(notice.namespace, waiting)
            if self._thread is None:
                self._thread = self._spawn(self._work, "notices")
            self._condition.notify()

    def stop(self, seconds: float) -> None:
        """Send what waits, for up to so many seconds, each once."""
        end = time.monotonic() + seconds
        self._stopped.set()
        with self._condition:
            self._condition.notify()
        if self._thread is not None:
            self._thread.join(max(end - time.monotonic(), 0.0))

    def _floods(self, namespace: str) -> bool:
        """Count a namespace's notice; tell whether it is one too many in this minute."""
        if self._clock() - self._minute >= _MINUTE:
            self._minute = self._clock()
            self._lately.clear()
        self._lately[namespace] += 1
        return self._lately[namespace] > MOST_A_MINUTE

    def _work(self) -> None:
        """Send what waits until stopped and nothing is left."""
        while (waiting := self._next()) is not None:
            while self._again(waiting):
                pass

    def _next(self) -> _Waiting | None:
        """Wait for the next one; None when stopped and nothing is left."""
        with self._condition:
            self._condition.wait_for(lambda: self._waiting or self._stopped.is_set())
            return self._waiting.next()

    def _again(self, waiting: _Waiting) -> bool:
        """Send once, and rest where that is due; tell whether it is to be tried again."""
        try:
            self._taker.send(waiting.event, waiting.content)
        except UntakenError as error:
            self._metrics.notifications.labels("failed").inc()
            lost = error.for_good or self._stopped.is_set() or self._old(waiting)
            if lost:
                self._drop(waiting.routemap, str(error))
            else:
                log.warning("notice not taken", extra={"routemap": waiting.routemap, "error": str(error)})
            if not error.for_good:
                self._rest(error.rest)
            return not lost
        except Exception:
            log.exception("sending a notice crashed")
            self._drop(waiting.routemap, "Teal could not send it")
            return False
        self._failures = 0
        self._metrics.notifications.labels("sent").inc()
        return False

    def _old(self, waiting: _Waiting) -> bool:
        return self._clock() - waiting.since > GIVEN_UP_SECONDS

    def _rest(self, wanted: float) -> None:
        """Leave the receiver alone, after each failure in a row for twice as long, until stopped."""
        pause = min(max(FIRST_PAUSE * 2.0**self._failures, wanted), LONGEST_PAUSE)
        self._failures = min(self._failures + 1, MOST_DOUBLINGS)
        self._stopped.wait(pause * (1 + self._jitter() / 2))

    def _drop(self, routemap: str, why: str) -> None:
        self._metrics.notifications.labels("dropped").inc()
        log.warning("notice dropped", extra={"routemap": routemap, "error": why})

"""The work queue: which keys are to be looked at, each once at a time, now or later, each tenant in turn."""

from __future__ import annotations

import heapq
import threading
import time
from collections import OrderedDict
from contextlib import contextmanager
from typing import TYPE_CHECKING, Generic, TypeVar

from reconciler.passes.turns import Turns
from routing.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Hashable, Iterator

FIRST_RETRY = 0.01
LONGEST_RETRY = 30.0
"""Seconds until a failed key is tried again; doubled with each failure in a row; jitter comes on top."""

MOST_DOUBLINGS = 20
LONGEST_WAIT = 3600.0
"""Seconds; a key that is due later is looked at then, too, and waits on. A thread can't wait for ever: beyond
292 years Python raises, and a time that an object holds must not end a worker."""
LONGEST_REST = 60.0
"""However long an API server wants to be left alone: what is told of it comes from a header."""
COMPANY_SECONDS = 5.0
"""For how long a tenant counts as having work after a key of it was handed out."""
BUSY_SECONDS = 1.0
"""A key that is out for longer waits for somebody, and takes nobody's time: in company it counts no more."""
THINKING_SECONDS = 0.05
"""A worker that has had no rest for longer waits for somebody, too: others are handed out keys beside it."""

K = TypeVar("K", bound="Hashable")


@dataclass(frozen=True, slots=True)
class Most:
    """How many keys of one tenant may be out at a time, and, while others have work, how many busy ones.

    `thinking`: while so many workers think, whosever keys they have, none is handed out.
    """

    alone: int = 1 << 30
    in_company: int = 1 << 30
    thinking: int = 1 << 30


ANY = Most()
"""As many as there are."""


class WorkQueue(Generic[K]):
    """A queue without duplicates, in the manner of client-go's `workqueue`.

    A key that is added while a worker has it is handed out again after `done`, to one worker only. `jitter`
    lengthens each back-off by a part of it. Keys of each tenant (`tenant` tells whose a key is) are handed
    out in turn, and no more than `most.alone` of one are out at a time, `most.in_company` that are busy
    while others have work: whoever floods the queue, or has passes hang, does not keep the others waiting,
    and a key that hangs does not keep those of its own tenant. One that is paused has none handed out for
    some time.

    A worker that has a key *thinks*, unless it is `aside`. Python runs one thread at a time in any case, and
    with many that could run it changes between them all the time (docs/performance.md).

    A key is *ready* when it waits for a worker, *held* while one has it, *dirty* from when it is added until
    it is handed out; dirty and held, it is ready again at `done`. `_later` is a heap of times, of which a
    key's only one that counts is in `_due`. One condition guards all of it. Methods may be called from any
    thread; only `get` waits.
    """

    def __init__(
        self,
        jitter: Callable[[], float],
        tenant: Callable[[K], str] = lambda _: "",
        most: Most = ANY,
    ) -> None:
        self._jitter = jitter
        self._tenant = tenant
        self._most = most
        self._out: dict[str, dict[K, float]] = {}  # of each tenant, since when
        self._company: OrderedDict[str, float] = OrderedDict()  # when each was handed out a key last
        self._paused: dict[str, float] = {}
        self._resting = 0.0
        self._condition = threading.Condition()
        self._ready: Turns[K] = Turns()
        self._dirty: set[K] = set()
        self._held: set[K] = set()
        self._later: list[tuple[float, int, K]] = []
        self._due: dict[K, float] = {}
        self._failures: dict[K, int] = {}
        self._thinking: dict[int, float] = {}  # by thread, since when
        self._serial = 0
        self._handed_out = time.monotonic()  # or, before that, since when there is nothing to hand out
        self._closed = False

    def __len__(self) -> int:
        """Return how many keys wait to be looked at now."""
        return len(self._ready)

    def idle_seconds(self) -> float:
        """Return for how long keys have waited without one being handed out; 0 while none may be."""
        with self._condition:
            self._release_due()
            now = time.monotonic()
            waits = self._ready.waits(self._passed_over(now)) and not self._closed and now >= self._resting
            return now - max(self._handed_out, self._resting) if waits else 0.0

    def add(self, key: K) -> None:
        """Have a key looked at as soon as a worker is free."""
        with self._condition:
            self._add(key)

    def add_after(self, key: K, seconds: float) -> None:
        """Have a key looked at after some time, or sooner if it is added or due sooner.

        Within an hour at most.
        """
        due = time.monotonic() + min(max(seconds, 0.0), LONGEST_WAIT)
        with self._condition:
            if self._due.get(key, due) >= due:
                self._due[key] = due
                self._serial += 1
                heapq.heappush(self._later, (due, self._serial, key))
                self._condition.notify()

    def retry(self, key: K) -> float:
        """Have a failed key looked at again after a back-off; return the seconds until then."""
        with self._condition:
            failures = self._failures.get(key, 0)
            self._failures[key] = failures + 1
        # A float's exponent ends at 1,023: some eight hours of failures.
        pause = min(FIRST_RETRY * 2.0 ** min(failures, MOST_DOUBLINGS), LONGEST_RETRY) * (1 + self._jitter())
        self.add_after(key, pause)
        return pause

    def rest(self, seconds: float) -> None:
        """Hand out nothing for some time: the API server has asked to be left alone."""
        with self._condition:
            self._resting = max(self._resting, time.monotonic() + min(seconds, LONGEST_REST))

    def pause(self, tenant: str, seconds: float) -> None:
        """Hand out none of a tenant's keys for some time; they keep their places."""
        until = time.monotonic() + min(seconds, LONGEST_REST)
        with self._condition:
            self._paused[tenant] = max(self._paused.get(tenant, until), until)

    def forget(self, key: K) -> None:
        """End a key's back-off: it succeeded."""
        with self._condition:
            self._failures.pop(key, None)

    def get(self, back: K | None = None) -> K | None:
        """Wait for a key and take it; `done` must follow. None means that the queue is closed.

        `back` is given back first, as by `done`; nobody is woken for what this worker may take itself.
        A tenant that has as many keys out as it may is passed over until one comes back, one that is paused
        until that is over. While the API server wants rest nobody gets any.
        """
        with self._condition:
            if back is not None:
                self._take_back(back)
            while not self._closed:
                wait, now = self._release_due(), time.monotonic()
                if self._resting > now:
                    self._condition.wait(self._resting - now)
                elif self._ready and (thought := self._thought_over(now)) > 0:
                    self._condition.wait(thought)
                elif (key := self._ready.next(self._passed_over(now))) is not None:
                    self._hand_out(key)
                    return key
                else:
                    ends = self._changes(now)
                    self._condition.wait(min(ends if wait is None else [wait, *ends], default=None))
            return None

    def done(self, key: K) -> None:
        """Give a key back.

        If it was added meanwhile it waits again, and another of its tenant may be due.
        """
        with self._condition:
            self._take_back(key)
            self._wake()

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Let others be handed out keys while the worker that calls this waits for somebody.

        Afterwards it goes on at once, however many think meanwhile.
        """
        me = threading.get_ident()
        with self._condition:
            thought = self._thinking.pop(me, None) is not None
            if thought:
                self._wake()
        try:
            yield
        finally:
            if thought:
                with self._condition:
                    self._thinking[me] = time.monotonic()

    def close(self) -> None:
        """Hand out no more keys; those handed out may still be given back."""
        with self._condition:
            self._closed = True
            self._condition.notify_all()

    def _take_back(self, key: K) -> None:
        """Take back a key from the worker that calls; the lock is held."""
        tenant = self._tenant(key)
        self._thinking.pop(threading.get_ident(), None)
        self._held.discard(key)
        out = self._out.get(tenant, {})
        out.pop(key, None)
        if not out:
            self._out.pop(tenant, None)
        if key in self._dirty:
            self._make_ready(key)

    def _wake(self) -> None:
        """Have a worker look again if something waits; the lock is held."""
        if self._ready:
            self._condition.notify()

    def _thought_over(self, now: float) -> float:
        """Return after how many seconds no more workers think than may; the lock is held."""
        if len(self._thinking) < self._most.thinking:
            return 0.0
        ends = sorted(since + THINKING_SECONDS - now for since in self._thinking.values())
        return max(ends[-self._most.thinking], 0.0)

    def _passed_over(self, now: float) -> Container[str]:
        """Return the tenants that get none, those whose pause is over left out; the lock is held."""
        while self._company and next(iter(self._company.values())) + COMPANY_SECONDS <= now:
            self._company.popitem(last=False)
        if self._paused:
            self._paused = {tenant: until for tenant, until in self._paused.items() if until > now}
        return {tenant for tenant in self._out if self._has_enough(tenant, now)} | self._paused.keys()

    def _has_enough(self, tenant: str, now: float) -> bool:
        """Tell whether a tenant has as many keys out as it may; the lock is held."""
        out = self._out[tenant]
        if len(out) >= self._most.alone:
            return True
        in_company = len(self._company) > (tenant in self._company)
        busy = sum(since + BUSY_SECONDS > now for since in out.values())
        return in_company and busy >= self._most.in_company

    def _changes(self, now: float) -> list[float]:
        """Return after how many seconds who is passed over may change by itself; the lock is held."""
        ends = [until - now for until in self._paused.values()]
        if self._ready and self._company:
            ends.append(next(iter(self._company.values())) + COMPANY_SECONDS - now)
            busy = [since + BUSY_SECONDS - now for out in self._out.values() for since in out.values()]
            ends += [end for end in busy if end > 0]
        return ends

    def _add(self, key: K) -> None:
        """Have a key wait now, or, if a worker has it, as soon as that gives it back; the lock is held."""
        if key not in self._dirty:
            self._dirty.add(key)
            if key not in self._held:
                self._make_ready(key)

    def _hand_out(self, key: K) -> None:
        """Note that a worker has a key; the lock is held."""
        tenant = self._tenant(key)
        self._handed_out = time.monotonic()
        self._dirty.discard(key)
        self._held.add(key)
        self._out.setdefault(tenant, {})[key] = self._handed_out
        self._thinking[threading.get_ident()] = self._handed_out
        self._company[tenant] = self._handed_out
        self._company.move_to_end(tenant)

    def _make_ready(self, key: K) -> None:
        """Put a key into its tenant's line; the lock is held.

        In an empty queue it begins the time for which keys have waited (`idle_seconds`).
        """
        if not self._ready:
            self._handed_out = max(self._handed_out, time.monotonic())
        self._ready.append(self._tenant(key), key)
        self._condition.notify()

    def _release_due(self) -> float | None:
        """Move what is due to the ready ones; return the seconds until the next is.

        The lock is held. An entry of the heap that an earlier time has replaced is dropped on the way.
        """
        now = time.monotonic()
        while self._later and self._later[0][0] <= now:
            due, _, key = heapq.heappop(self._later)
            if self._due.get(key) == due:  # else an earlier time has been set since
                del self._due[key]
                self._add(key)
        return self._later[0][0] - now if self._later else None

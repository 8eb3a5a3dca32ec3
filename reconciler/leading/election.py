"""Leader election on a Lease (coordination.k8s.io/v1): who holds it may write, and knows until when.

By the protocol of client-go's `leaderelection`: a lease that has not been renewed for its own duration, by
the clock of who looks at it, may be taken. All times here are monotonic: a clock that is set moves no leader.
"""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

from kube.errors import ClusterError, NotFoundError
from routing.kinds import LEASES
from routing.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from routing.kinds import Resource

    Manifest = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Timings:
    """Seconds. A leader begins no write later than `deadline` after its last renewal began.

    What it has under way by then has until `duration` to end; only then may another lead. A killed leader is
    followed after `duration` and two `retry` at most; one that stops gives the lease up, and is after one.
    """

    duration: int = 10
    deadline: float = 6.0
    renewal: float = 2.0
    retry: float = 1.0


MOST_SECONDS = 60
"""No Lease is waited for any longer, whatever a hand has written into it."""


class Leases(Protocol):
    """Reads and writes the Lease. The methods raise ClusterErrors."""

    def get(self, resource: Resource, namespace: str, name: str) -> dict[str, Any]:
        """Return an object. Raises NotFoundError."""

    def create(self, resource: Resource, manifest: Manifest) -> dict[str, Any]:
        """Create an object. Raises StaleError if there is one."""

    def replace(self, resource: Resource, manifest: Manifest) -> dict[str, Any]:
        """Replace an object. Raises StaleError if it has changed since."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """Who stands for which Lease."""

    namespace: str
    lease: str
    identity: str


class Election:
    """One candidate's view of the Lease, for several threads; `clock` gives monotonic seconds.

    `run` is for one thread. `holding` is asked by any, right before it writes. The lock keeps `attempt` and
    `give_up` apart, so that no renewal comes after the Lease was given up.
    """

    def __init__(
        self, leases: Leases, candidate: Candidate, timings: Timings, clock: Callable[[], float]
    ) -> None:
        self._leases = leases
        self._candidate = candidate
        self._timings = timings
        self._clock = clock
        self._lock = threading.Lock()
        self._own: dict[str, Any] | None = None  # the Lease as this candidate wrote it last
        self._renewed = float("-inf")
        self._seen: tuple[str, float] = ("", 0.0)  # the Lease's version, and since when it is that
        self._held_until = float("-inf")  # another may be renewing it until then
        self._given_up = threading.Event()

    def holding(self) -> bool:
        """Tell whether this candidate leads and may begin a write now.

        It counts from when the last renewal *began*: others count from when they see what came of it, which
        is never sooner. It takes no lock, since a renewal that hangs must not hold up who asks.
        """
        return self._clock() < self._renewed + self._timings.deadline

    def attempt(self) -> bool:
        """Take or renew the Lease; tell whether that was done. False when another has it, or on any error.

        After an error the Lease is read before it is written again: the write may have arrived, its answer
        not.
        """
        with self._lock:
            if self._given_up.is_set():
                return False
            began = self._clock()
            try:
                taken = self._renew() if self._own else self._take(began)
            except ClusterError:
                self._own = None  # read it next time: somebody else may have it
                return False
            if taken:
                self._renewed = began
            return taken

    def give_up(self) -> None:
        """Give the Lease up, so that another need not wait for its end; this candidate stands no more.

        Written as client-go's `release` does, with a duration of a second. Raises ClusterErrors; others then
        wait until its end.
        """
        with self._lock:
            self._given_up.set()
            self._renewed = float("-inf")
            if self._own is not None:
                spec = {**self._own["spec"], "holderIdentity": "", "leaseDurationSeconds": 1}
                self._leases.replace(LEASES, {**self._own, "spec": spec})

    def run(self, led: Callable[[], None]) -> None:
        """Stand for election, call `led` (it must not wait) once elected, and return when that is over.

        It returns when no renewal came in time, when another leads, or after `give_up`. Nobody leads twice:
        the process ends, and its successor begins with nothing stale.
        """
        while not self.attempt():
            if self._given_up.wait(self._timings.retry):
                return
        led()
        while self.holding():
            self._given_up.wait(self._timings.renewal)
            while not self.attempt() and self.holding():
                self._given_up.wait(self._timings.retry)

    def _renew(self) -> bool:
        """Write the own Lease with a new time. Raises StaleError where somebody else has written since."""
        own = self._own or {}
        self._own = self._leases.replace(LEASES, {**own, "spec": {**own["spec"], "renewTime": _now()}})
        return True

    def _take(self, now: float) -> bool:
        """Take the Lease where nobody holds it, and tell whether that was done; the lock is held.

        Of two who try at once the API server lets one: a second create, and a replace of an older version,
        are refused.
        """
        candidate = self._candidate
        try:
            lease = self._leases.get(LEASES, candidate.namespace, candidate.lease)
        except NotFoundError:
            if now < self._held_until:
                return False  # somebody has deleted it, not its holder, who makes it anew
            self._own = self._leases.create(LEASES, self._new())
            return True
        if self._taken(lease, now):
            self._renewed = float("-inf")  # deposed: another leads already
            return False
        self._held_until = float("-inf")
        self._own = self._leases.replace(LEASES, {**lease, "spec": self._succeeding(lease.get("spec") or {})})
        return True

    def _taken(self, lease: Manifest, now: float) -> bool:
        """Tell whether another holds the Lease and may still be renewing it.

        The times in it are by the holder's clock and are not looked at. What counts is for how long, by this
        clock, its resource version has been the same (client-go: `observedTime`).
        """
        version = lease["metadata"]["resourceVersion"]
        if version != self._seen[0]:
            self._seen = (version, now)
        spec = lease.get("spec") or {}
        holder = spec.get("holderIdentity") or ""
        duration = min(spec.get("leaseDurationSeconds") or self._timings.duration, MOST_SECONDS)
        self._held_until = self._seen[1] + duration
        return holder not in ("", self._candidate.identity) and now < self._held_until

    def _new(self) -> dict[str, Any]:
        metadata = {"namespace": self._candidate.namespace, "name": self._candidate.lease}
        return {
            "apiVersion": LEASES.api_version,
            "kind": LEASES.kind,
            "metadata": metadata,
            "spec": self._spec(0),
        }

    def _succeeding(self, spec: Manifest) -> dict[str, Any]:
        """Return the spec by which to take the Lease; a transition is counted when the holder changes."""
        if spec.get("holderIdentity") == self._candidate.identity:  # before an error, or before a restart
            return {**spec, "leaseDurationSeconds": self._timings.duration, "renewTime": _now()}
        return self._spec((spec.get("leaseTransitions") or 0) + 1)

    def _spec(self, transitions: int) -> dict[str, Any]:
        now = _now()
        return {
            "holderIdentity": self._candidate.identity,
            "leaseDurationSeconds": self._timings.duration,
            "acquireTime": now,
            "renewTime": now,
            "leaseTransitions": transitions,
        }


def _now() -> str:
    """Return the time for people to read (metav1.MicroTime); nothing is decided by it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")

"""One pass: observe, plan, carry out. Level-based: it looks at the state, never at the event."""

from __future__ import annotations

import logging
import time
from dataclasses import field, replace
from typing import TYPE_CHECKING, Protocol

from kube.errors import ClusterError, RefusedError, StaleError
from reconciler.passes.evidence import NoEvidence
from reconciler.watching.mentions import Key, OrphanKey, RoutemapKey
from routing import names
from routing.leftovers import plan_alone, plan_left, plan_orphan
from routing.plan import plan, plan_failed
from routing.reading.defaults import DEADLINE_SECONDS
from routing.stepping.rolling import asked
from routing.values import dataclass

if TYPE_CHECKING:
    from reconciler.notifying.notifier import Notifier
    from reconciler.passes.carry_out import Writer
    from reconciler.passes.deletion_deadline import DeletionDeadline
    from reconciler.passes.evidence import Evidence
    from reconciler.passes.locks import VersionLocks
    from reconciler.passes.look import Look
    from reconciler.passes.observe import Observer
    from routing.passes import Pass, Seen

log = logging.getLogger(__name__)

MOST_LOOKS = 5
"""Plans carried out one after the other where each says to look again at once: hold, tell, mark, route. A
rollout's step may be told twice: where the candidate is another, and that its first step begins. A promotion
is told, written, and told of once more."""


LASTING_SECONDS = 10.0
"""For which passes fail before users are told of what may pass by itself."""
_ANSWERED = (404, 500, 502)
"""Of a write, beside refusals: what webhooks of others answer, or the API server where they do not answer."""


class Clock(Protocol):
    """Tells the time."""

    def __call__(self) -> float:
        """Return seconds since the epoch."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What passes are told at their start.

    `patience`: the seconds for which a deletion waits while it can't be drained; `domain`: the cluster's;
    `evidence`: who tells what rollouts ask; `clock`: who tells the time; `notifier`: who is told how rollouts
    go, None for nobody; `clock_set`: when that clock was set last (seconds since the epoch, 0: never).
    """

    patience: float = DEADLINE_SECONDS
    domain: str = names.DOMAIN
    evidence: Evidence = field(default_factory=NoEvidence)
    clock: Clock = time.time
    notifier: Notifier | None = None
    clock_set: Clock = float


DEFAULT = Policy()


class Reconciler:
    """Runs passes. Safe to call from several threads for different keys."""

    def __init__(
        self,
        observer: Observer,
        writer: Writer,
        deadline: DeletionDeadline,
        policy: Policy,
        locks: VersionLocks,
    ) -> None:
        self._observer = observer
        self._writer = writer
        self._deadline = deadline
        self._policy = policy
        self._clock = policy.clock
        self._locks = locks

    def reconcile(self, key: Key) -> float | None:
        """Bring the cluster to what is planned; return the seconds until time alone calls for another pass.

        A mistake of the user's becomes a condition. Raises ClusterError: try again later.

        A worker calls it, for a key that no other worker has. The locks of all versions concerned are held
        from the look to the last write, so that what is decided on a version is still so when it is written.
        """
        if isinstance(key, OrphanKey):
            with self._locks.held(key.namespace, [key.name]):
                return self._orphan(key)
        look = self._observer.look(key)
        if look is None:
            self._deadline.succeeded(key)
            self._policy.evidence.answers(key, ())
            return self._gone(key)
        with self._locks.held(key.namespace, look.versions):
            return self._routemap(key, look)

    def _routemap(self, key: RoutemapKey, locked: Look) -> float | None:
        """Observe, plan and carry out; up to MOST_LOOKS times where the plan says to look at once.

        `locked`: the look at the versions whose locks are held. Where others have come to be concerned,
        nothing is written, and the pass begins anew (0 seconds) to lock those, too. A failure counts towards
        the deletion deadline and is raised again.
        """
        seen = None
        try:
            for look in range(1, MOST_LOOKS + 1):
                seen = self._observe(key, locked)
                if seen is None:
                    return None
                if any(fact.name not in locked.versions for fact in seen.facts):
                    return 0.0  # it has come to concern another version meanwhile
                now = self._clock()
                due = plan(seen, now)
                due = self._writer.carry_out(due, seen, now)
                if _ended(due, now, look):
                    break
        except Exception as error:
            # Whatever it is, our own crash included: a deletion must not wait for ever.
            since = self._deadline.failed(key, self._clock())
            if seen is not None:
                self._give_up(replace(seen, failing_since=since), error)
            raise
        if due.unfit:
            self._deadline.failed(key, self._clock())
        else:
            self._deadline.succeeded(key)
        return self._in(due)

    def _observe(self, key: RoutemapKey, before: Look) -> Seen | None:
        """Return what is seen, and since when passes have failed, and how long a deletion waits for them.

        What a rollout asks follows from what is told of it.
        """
        seen = self._observer.observe(key, self._clock(), before)
        if seen is None:
            return None
        since = self._deadline.failing_since(key)
        asking = replace(
            seen,
            failing_since=since,
            patience=self._policy.patience,
            domain=self._policy.domain,
            clock_set=self._policy.clock_set(),
        )
        answers = self._policy.evidence.answers(key, asked(asking))
        return replace(asking, answers=answers) if answers else asking

    def _give_up(self, seen: Seen, error: Exception) -> None:
        """Let go what has waited for too long, and say why, if that can be done."""
        now = self._clock()
        refused = _words(error, now - (seen.failing_since or now))
        try:
            self._writer.carry_out(plan_failed(seen, refused, str(error), now), seen, now)
        except ClusterError as another:
            log.warning("nothing given up", extra={"error": str(another)})

    def _orphan(self, key: OrphanKey) -> float | None:
        """Take what is Teal's off a version that no Routemap mentions; its lock is held."""
        version = self._observer.orphan(key)
        if version is None:
            return None
        now = self._clock()
        unlisted = self._observer.unlisted(key, now)
        due = plan_orphan(version, now, routed=self._observer.routed(key), unlisted=unlisted)
        self._writer.carry_out(due, None, now)
        if due.notice is not None:
            self._observer.told(key)
        return self._in(due)

    def _gone(self, key: RoutemapKey) -> float | None:
        """Look at what a Routemap that has gone may have left, and at its WeightOverride.

        No version concerns either. One pass for each, of which the sooner time counts.
        """
        now = self._clock()
        override = self._observer.override(key)
        passes = [plan_left(router, route, now) for router, route in self._observer.left(key)]
        passes += [plan_alone(override, now)] if override is not None else []
        for due in passes:
            self._writer.carry_out(due, None, now)
        waits = [due.again_at - now for due in passes if due.again_at is not None]
        return min(waits, default=None)

    def _in(self, due: Pass) -> float | None:
        return None if due.again_at is None else due.again_at - self._clock()


def _words(error: Exception, seconds: float) -> str | None:
    """Return what users are told of a pass that failed, `seconds` after the first that did; None: nothing.

    A refusal is told at once. What may pass by itself is told when it has not: somebody's webhook that is
    away (500) or answers 409, or somebody who puts back what is written. An API server that is away or has
    too much to do is not asked for one more write.
    """
    if isinstance(error, RefusedError):
        return str(error)
    if seconds < LASTING_SECONDS or not isinstance(error, ClusterError):
        return None
    return str(error) if isinstance(error, StaleError) or error.status in _ANSWERED else None


def _ended(due: Pass, now: float, look: int) -> bool:
    """Tell whether nothing calls for another look at once. Raises StaleError where the last look does.

    So somebody who takes off what is put on makes passes fail, with pauses, and not run without end.
    """
    if due.again_at is None or due.again_at > now:
        return True
    if look == MOST_LOOKS:
        raise StaleError(f"what was written is not there after {MOST_LOOKS} looks")
    return False

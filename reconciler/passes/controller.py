"""The leader's work: stores that follow the cluster, a queue of keys, and workers that run passes."""

from __future__ import annotations

import logging
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

from kube.errors import ClusterError
from kube.reflector import Pauses, Reflector
from reconciler.passes.carry_out import Writer
from reconciler.passes.deletion_deadline import DeletionDeadline
from reconciler.passes.event_recorder import EventRecorder
from reconciler.passes.live_reads import LimitedReader
from reconciler.passes.locks import VersionLocks
from reconciler.passes.observe import Observer
from reconciler.passes.parallel import Parallel
from reconciler.passes.queue import Most, WorkQueue
from reconciler.passes.reconcile import DEFAULT, Policy, Reconciler
from reconciler.watching.kept import FIRST_PAUSE, Kept
from reconciler.watching.kinds import KINDS, Change, Kind, workloads_of
from reconciler.watching.mentions import Key, Mentions
from reconciler.watching.store import Store
from reconciler.watching.stores import Stores
from reconciler.watching.unlabelled import Unlabelled
from routing.kinds import ROUTEMAPS, WEIGHT_OVERRIDES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from kube.client import Cluster
    from reconciler.serving.metrics import Metrics
    from routing.kinds import WorkloadKind

    Spawn = Callable[[Callable[[], None], str], threading.Thread]

log = logging.getLogger(__name__)

WORKERS = 9
"""Passes at the same time; each mostly waits for the API server."""
MOST = Most(alone=8, in_company=1, thinking=1)
"""Passes at the same time over one namespace: however slow they are, the others' go on. Beside others it has
one after the other, since passes cost the API server's time, too, of which the others need theirs. While a
pass thinks, and waits for nobody, no other begins."""
PARALLEL_WRITES = 16
STUCK_SECONDS = 180.0
"""Keys wait for a worker, and none takes one: longer than any pass with its requests' deadlines takes."""


class Controller:
    """Follows the cluster and keeps every Routemap true, from `run` until `stop`.

    `policy`: what passes are told of this cluster and installation. `spawn` starts a thread
    whose end is the process's; by default nobody is told of it. `workloads`: kinds that may be versions
    beside the built-in ones; their CRDs may come later.

    Each watch has a thread, passes have WORKERS of them, and the writes of all their steps share
    PARALLEL_WRITES. What these threads have in common (queue, stores, mentions, version locks) has locks of
    its own; decisions are made of values and need none.
    """

    def __init__(
        self,
        cluster: Cluster,
        metrics: Metrics,
        policy: Policy = DEFAULT,
        spawn: Spawn | None = None,
        workloads: Sequence[WorkloadKind] = (),
    ) -> None:
        self._metrics = metrics
        self._spawn = spawn or _unsupervised
        self._queue: WorkQueue[Key] = WorkQueue(random.random, lambda key: key.namespace, MOST)
        self._mentions = Mentions()
        self._stopped = threading.Event()
        self.synced = threading.Event()
        named = [workloads_of(kind, optional=True) for kind in workloads]
        self._stores = Stores(
            *(Store(kind, partial(self._changed, kind)) for kind in KINDS),
            named=tuple(Store(kind, partial(self._changed, kind)) for kind in named),
        )
        metrics.applications.read = self._stores.routemaps.get
        self._reflectors = [
            Reflector(cluster, Kept(store), self._stopped, Pauses(FIRST_PAUSE, random.random))
            for store in self._stores.every()
        ]
        unlabelled = Unlabelled(self._mentions, self._queue.add)
        self._reflectors.append(
            Reflector(cluster, unlabelled, self._stopped, Pauses(FIRST_PAUSE, random.random))
        )
        self._pool = ThreadPoolExecutor(PARALLEL_WRITES, "write")
        self._recorder = EventRecorder(cluster, self._spawn)
        reader = LimitedReader(cluster, self._queue.pause, aside=self._queue.aside)
        self._observer = Observer(self._stores, self._mentions, reader, cluster.namespace)
        self._notifier = policy.notifier
        parallel = Parallel(self._pool, self._queue.aside)
        writer = Writer(cluster, self._stores, parallel, self._recorder, policy.notifier)
        locks = VersionLocks(self._queue.aside)
        self._reconciler = Reconciler(self._observer, writer, DeletionDeadline(), policy, locks)
        self._workers: list[threading.Thread] = []

    def run(self) -> None:
        """Work until stopped. No pass runs before every kind has been listed: half a truth is none.

        Routemaps come first: they tell which versions are orphans.
        """
        for reflectors, stores in (
            (self._reflectors[:1], self._stores.every()[:1]),
            (self._reflectors[1:], self._stores.every()),
        ):
            for reflector in reflectors:
                self._spawn(reflector.run, "watch")
            while not all(store.synced.wait(1.0) for store in stores):
                if self._stopped.is_set():
                    return
        self.synced.set()
        log.info("caches synced")
        self._workers = [self._spawn(self._work, f"pass-{number}") for number in range(WORKERS)]
        self._stopped.wait()

    def stop(self, seconds: float) -> None:
        """Hand out no more keys and wait up to `seconds` for the passes in hand."""
        self._stopped.set()
        self._queue.close()
        end = time.monotonic() + seconds
        for worker in self._workers:
            worker.join(max(end - time.monotonic(), 0.0))
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._recorder.stop(end - time.monotonic())
        if self._notifier is not None:
            self._notifier.stop(end - time.monotonic())

    def stuck(self) -> str | None:
        """Tell that keys wait and no pass takes one, None while all is well. Load alone is no reason."""
        idle = self._queue.idle_seconds() if self._workers else 0.0
        return f"keys have waited for {idle:.0f} s and no pass has begun" if idle > STUCK_SECONDS else None

    def wake(self, key: Key) -> None:
        """Have a pass look at a key: something that no watch tells of has changed."""
        self._queue.add(key)

    def _changed(self, kind: Kind, change: Change) -> None:
        """Queue the passes that a change calls for.

        It runs in the thread that has put the object into its store (a watch's, or a pass's that wrote),
        without the store's lock, and must not wait.
        """
        self._observer.heard(kind, change)
        if kind.resource == ROUTEMAPS:
            now = None if change.gone else change.manifest
            self._metrics.applications.seen(change.name, now, change.before)
        elif kind.resource == WEIGHT_OVERRIDES:
            self._metrics.applications.overridden(change.name, None if change.gone else change.manifest)
        for key in kind.keys(self._mentions, change):
            self._queue.add(key)

    def _work(self) -> None:
        """Run passes, one key after the other, until the queue is closed."""
        key = None
        while (key := self._queue.get(key)) is not None:
            self._metrics.queue.set(len(self._queue))
            with self._metrics.seconds.time():
                result = self._pass(key)
            self._metrics.passes.labels(result).inc()

    def _pass(self, key: Key) -> str:
        """Run one pass; whatever goes wrong with it must not stop the others.

        Return how it ended, for the metric: `done`, `cluster-error` or `crash`. A key that failed comes back
        after its back-off; where the API server named a time (Retry-After), no key is handed out before it is
        over.
        """
        try:
            again = self._reconciler.reconcile(key)
        except ClusterError as error:
            if error.retry_after:
                self._queue.rest(error.retry_after)
            pause = self._queue.retry(key)
            log.warning("pass failed", extra={"key": str(key), "error": str(error), "retry_seconds": pause})
            return "cluster-error"
        except Exception:
            pause = self._queue.retry(key)
            log.exception("pass crashed", extra={"key": str(key), "retry_seconds": pause})
            return "crash"
        self._queue.forget(key)
        if again is not None:
            self._queue.add_after(key, again)
        return "done"


def _unsupervised(target: Callable[[], None], name: str) -> threading.Thread:
    thread = threading.Thread(target=target, name=name, daemon=True)
    thread.start()
    return thread

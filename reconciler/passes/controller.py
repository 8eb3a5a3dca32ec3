"""The leader's work: caches that follow the cluster, a queue of keys, and workers that run passes."""

from __future__ import annotations

import logging
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from kube.errors import ClusterError
from reconciler.passes.carry_out import Writer
from reconciler.passes.deletion_deadline import DEADLINE_SECONDS, Overdue
from reconciler.passes.event_recorder import Teller
from reconciler.passes.observe import Caches, Observer
from reconciler.passes.queue import WorkQueue
from reconciler.passes.reconcile import Reconciler
from reconciler.watching.kinds import SERVICE_OF_SLICE, WATCHED
from reconciler.watching.mentions import Index, Key, OrphanKey, RoutemapKey
from reconciler.watching.reflector import Watcher
from reconciler.watching.store import Cache
from routing import facts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kube.client import Cluster
    from reconciler.serving.metrics import Metrics

    Manifest = Mapping[str, Any]

log = logging.getLogger(__name__)

WORKERS = 8
"""Passes at the same time; each mostly waits for the API server."""
PARALLEL_WRITES = 16


class Controller:
    """Follows the cluster and keeps every Routemap true, from `run` until `stop`.

    `deletion_deadline`: the seconds after which a deletion is let go that can't be drained.
    """

    def __init__(
        self, cluster: Cluster, metrics: Metrics, deletion_deadline: float = DEADLINE_SECONDS
    ) -> None:
        self._metrics = metrics
        self._queue: WorkQueue[Key] = WorkQueue(random.random)
        self._index = Index()
        self._stopped = threading.Event()
        self.synced = threading.Event()
        changed = (
            self._routemap_changed,
            self._named_like_a_routemap_changed,
            self._version_changed,
            self._version_changed,
            self._slice_changed,
            self._named_like_a_routemap_changed,
        )
        caches = [Cache(watched, hook) for watched, hook in zip(WATCHED, changed, strict=True)]
        self._caches = Caches(*caches)
        self._watchers = [Watcher(cluster, cache, self._stopped, random.random) for cache in caches]
        self._parallel = ThreadPoolExecutor(PARALLEL_WRITES, "write")
        observer = Observer(self._caches, cluster)
        self._teller = Teller(cluster)
        writer = Writer(cluster, self._caches, self._parallel, self._teller)
        self._reconciler = Reconciler(
            self._index, observer, writer, Overdue(observer, writer, deletion_deadline), time.time
        )
        self._workers = [
            threading.Thread(target=self._work, name=f"pass-{number}") for number in range(WORKERS)
        ]

    def run(self) -> None:
        """Work until stopped. No pass runs before every kind has been listed: half a truth is none.

        Routemaps come first: they tell which versions are orphans.
        """
        for watchers, caches in (
            (self._watchers[:1], [self._caches.routemaps]),
            (self._watchers[1:], self._caches.every()),
        ):
            for watcher in watchers:
                threading.Thread(target=watcher.run, name="watch", daemon=True).start()
            while not all(cache.synced.wait(1.0) for cache in caches):
                if self._stopped.is_set():
                    return
        self.synced.set()
        log.info("caches synced")
        for worker in self._workers:
            worker.start()
        self._stopped.wait()

    def stop(self, seconds: float) -> None:
        """Hand out no more keys and wait up to `seconds` for the passes in hand."""
        self._stopped.set()
        self._queue.close()
        end = time.monotonic() + seconds
        for worker in self._workers:
            if worker.ident is not None:
                worker.join(max(end - time.monotonic(), 0.0))
        self._parallel.shutdown(wait=False, cancel_futures=True)
        self._teller.stop(end - time.monotonic())

    def _work(self) -> None:
        while (key := self._queue.get()) is not None:
            self._metrics.queue.set(len(self._queue))
            with self._metrics.seconds.time():
                result = self._pass(key)
            self._metrics.passes.labels(result).inc()
            self._queue.done(key)

    def _pass(self, key: Key) -> str:
        """Run one pass; whatever goes wrong with it must not stop the others."""
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

    # What a pass has written itself (`own`) calls for no other pass over the same Routemap.

    def _routemap_changed(self, manifest: Manifest, *, own: bool) -> None:
        key = RoutemapKey(manifest["metadata"]["namespace"], manifest["metadata"]["name"])
        affected = self._index.update(key, self._caches.routemaps.get(key.namespace, key.name))
        for each in affected - {key} if own else affected:
            self._queue.add(each)

    def _named_like_a_routemap_changed(self, manifest: Manifest, *, own: bool) -> None:
        if not own:
            self._queue.add(RoutemapKey(manifest["metadata"]["namespace"], manifest["metadata"]["name"]))

    def _version_changed(self, manifest: Manifest, *, own: bool) -> None:
        namespace, name = manifest["metadata"]["namespace"], manifest["metadata"]["name"]
        mentions = self._index.mentions(namespace, name)
        for key in () if own else mentions:
            self._queue.add(key)
        if not mentions and (facts.is_marked(manifest) or facts.is_protected(manifest)):
            self._queue.add(OrphanKey(namespace, name))

    def _slice_changed(self, manifest: Manifest, *, own: bool) -> None:  # noqa: ARG002 - slices are not ours
        service = manifest["metadata"]["labels"][SERVICE_OF_SLICE]
        for key in self._index.mentions(manifest["metadata"]["namespace"], service):
            self._queue.add(key)

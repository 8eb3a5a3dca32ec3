"""What comes and goes leaves nothing behind: memory follows what there is, not what there has been."""

from __future__ import annotations

import gc
import sys
from typing import TYPE_CHECKING, Any

from kube.errors import NotFoundError
from reconciler.passes.observe import Observer
from reconciler.passes.queue import WorkQueue
from reconciler.serving.metrics import Metrics
from reconciler.watching.kinds import KINDS, Change
from reconciler.watching.mentions import Mentions, OrphanKey, RoutemapKey
from reconciler.watching.store import Store
from reconciler.watching.stores import Stores
from reconciler.watching.trims import SERVICE_OF_SLICE
from routing import names

if TYPE_CHECKING:
    from collections.abc import Callable

    from routing.kinds import Resource

ROUNDS = 500
LEFT_OVER = 50
"""Blocks of memory that may stay: less than one for each tenth round."""


def _left(work: Callable[[int], None]) -> int:
    """Return how many more blocks of memory are in use after many rounds than after a few."""
    for number in range(100):
        work(number)
    gc.collect()
    before = sys.getallocatedblocks()
    for number in range(100, 100 + ROUNDS):
        work(number)
    gc.collect()
    return sys.getallocatedblocks() - before


def _object(name: str, version: int, **other: Any) -> dict[str, Any]:
    metadata = {"namespace": "default", "name": name, "resourceVersion": str(version), "uid": name}
    return {"metadata": metadata | other.pop("metadata", {}), **other}


def _ignored(change: Change) -> None:
    assert change.manifest


def _lives(store: Store, number: int) -> None:
    """Have an object of any kind come, change and go."""
    route = {"destination": {"host": f"v{number}.x"}}
    spec = {"versions": [{"name": f"v{number}"}], "http": [{"route": [route]}]}
    labels = {SERVICE_OF_SLICE: f"v{number}", names.ROUTEMAP: f"v{number}"}
    for version, kind in enumerate(("ADDED", "MODIFIED", "DELETED"), 3 * number + 1):
        about = {"labels": labels, "finalizers": [kind]}
        store.handle(kind, _object(f"v{number}", version, spec=spec, metadata=about))


def test_objects_that_come_and_go_leave_nothing_in_the_caches() -> None:
    stores = [Store(kind, _ignored) for kind in KINDS]

    def work(number: int) -> None:
        for store in stores:
            _lives(store, number)

    assert _left(work) < LEFT_OVER
    assert [len(store) for store in stores] == [0] * len(KINDS)


def test_events_that_change_what_is_kept_take_no_more_memory() -> None:
    store = next(Store(kind, _ignored) for kind in KINDS if kind.resource.plural == "deployments")

    def work(number: int) -> None:
        store.handle("MODIFIED", _object("a", number + 1, spec={"replicas": number}))

    assert _left(work) < LEFT_OVER


def test_routemaps_that_come_and_go_leave_nothing_in_the_mentions() -> None:
    mentions = Mentions()

    def work(number: int) -> None:
        key = RoutemapKey("default", f"app{number}")
        mentions.update(key, _object(key.name, 1, spec={"versions": [{"name": f"v{number}"}]}))
        mentions.update(key, None)

    assert _left(work) < LEFT_OVER


def test_keys_that_failed_and_then_succeeded_leave_nothing_in_the_queue() -> None:
    queue: WorkQueue[str] = WorkQueue(lambda: -1.0)  # no pause

    def work(number: int) -> None:
        key = f"key{number}"
        queue.add(key)
        assert queue.get() == key
        queue.retry(key)
        queue.done(key)
        assert queue.get() == key
        queue.forget(key)
        queue.done(key)

    assert _left(work) < LEFT_OVER


class _Nothing:
    """A cluster in which nothing is found."""

    def get(self, resource: Resource, namespace: str, name: str) -> dict[str, Any]:
        raise NotFoundError(f"{resource.kind} {namespace}/{name}")


def test_a_version_that_no_routemap_mentions_any_more_is_forgotten() -> None:
    stores = [Store(kind, _ignored) for kind in KINDS]
    observer = Observer(Stores(*stores), Mentions(), _Nothing())
    routemaps, slices = stores[0], stores[4]

    def work(number: int) -> None:
        name = f"v{number}"
        ready = [{"addresses": ["10.0.0.1"], "conditions": {"ready": True}}]
        about = {"labels": {SERVICE_OF_SLICE: name}}
        slices.handle("ADDED", _object(name, number + 1, endpoints=ready, metadata=about))
        routemaps.handle("ADDED", _object("app", number + 1, spec={"versions": [{"name": name}]}))
        seen = observer.observe(RoutemapKey("default", "app"), 5.0)
        assert seen is not None
        assert seen.facts[0].ready_since == 5.0
        slices.handle("DELETED", _object(name, number + 1, metadata=about))
        observer.orphan(OrphanKey("default", name))

    assert _left(work) < LEFT_OVER


def test_what_is_measured_names_no_object() -> None:
    registry = Metrics().registry
    labels = {label for metric in registry.collect() for sample in metric.samples for label in sample.labels}
    assert labels <= {"result", "le"}

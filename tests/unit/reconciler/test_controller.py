"""The leader's work: watches, a queue, workers, and what comes of a pass that fails."""

from __future__ import annotations

import queue
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

import pytest

from kube.errors import UnavailableError
from reconciler.passes import live_reads
from reconciler.passes import queue as passes_queue
from reconciler.passes.controller import STUCK_SECONDS, Controller
from reconciler.passes.queue import WorkQueue
from reconciler.passes.reconcile import Reconciler
from reconciler.serving.metrics import Metrics
from reconciler.watching.mentions import OrphanKey, RoutemapKey
from routing import names
from routing.kinds import DEPLOYMENTS, ENDPOINT_SLICES, ROUTEMAPS, SERVICES, VIRTUAL_SERVICES, Resource
from routing.routes import shares
from tests.unit.reconciler.memory_objects import MemoryObjects

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from kube.client import Cluster
    from reconciler.watching.mentions import Key

WAIT_SECONDS = 30.0
WATCHED = {names.WATCH: "true"}


class MemoryCluster(MemoryObjects):
    """Objects that can be listed; a watch brings nothing, and ends with the test."""

    namespace = None

    def __init__(self) -> None:
        super().__init__()
        self.ended = threading.Event()
        self.may_list = threading.Event()
        self.may_list.set()

    def pages(self, resource: Resource, _selector: str) -> Iterator[tuple[list[dict[str, Any]], str]]:
        assert self.may_list.wait(WAIT_SECONDS)
        yield self.listed(resource), self.version

    def watch(self, _resource: Resource, _selector: str, _version: str) -> Iterator[Mapping[str, Any]]:
        self.ended.wait(WAIT_SECONDS)
        yield from ()


@contextmanager
def running(cluster: MemoryCluster, metrics: Metrics | None = None) -> Iterator[Controller]:
    made = Controller(cast("Cluster", cluster), metrics or Metrics())
    thread = threading.Thread(target=made.run)
    thread.start()
    try:
        yield made
    finally:
        cluster.may_list.set()
        cluster.ended.set()
        made.stop(WAIT_SECONDS)
        thread.join(WAIT_SECONDS)
        assert not thread.is_alive()


def an_application(cluster: MemoryCluster) -> None:
    about = {"namespace": "default", "name": "a-0", "labels": WATCHED}
    status = {"conditions": [{"type": "Available", "status": "True"}]}
    cluster.create(DEPLOYMENTS, {"metadata": about, "spec": {}, "status": status})
    cluster.create(SERVICES, {"metadata": about})
    of = {**about, "labels": {"kubernetes.io/service-name": "a-0", names.WATCH: "true"}}
    cluster.create(ENDPOINT_SLICES, {"metadata": of, "endpoints": [{"addresses": ["10.0.0.1"]}]})
    routemap = {"namespace": "default", "name": "a", "finalizers": [names.RELEASE], "generation": 1}
    spec = {"versions": [{"name": "a-0"}, {"name": "a-1"}], "settleSeconds": 0}
    cluster.create(ROUTEMAPS, {"metadata": routemap, "spec": spec})


def test_what_is_there_is_listed_and_reconciled() -> None:
    cluster, metrics = MemoryCluster(), Metrics()
    an_application(cluster)
    told = threading.Event()
    cluster.before = lambda asked: told.set() if asked.startswith("create Event") else None
    with running(cluster, metrics) as controller:
        assert told.wait(WAIT_SECONDS)
        assert controller.synced.is_set()
        assert controller.stuck() is None
    [route] = cluster.listed(VIRTUAL_SERVICES)
    assert shares(route) == {"a-0": 100}
    assert metrics.registry.get_sample_value("teal_reconcile_total", {"result": "done"}) == 1.0


def test_what_a_routemap_tells_has_figures() -> None:
    cluster, metrics = MemoryCluster(), Metrics()
    an_application(cluster)
    of, changes = {"namespace": "default", "routemap": "a"}, "teal_split_changes_total"
    told = threading.Event()  # by an Event, which comes after the status
    cluster.before = lambda asked: told.set() if asked.startswith("create Event") else None
    with running(cluster, metrics):
        assert told.wait(WAIT_SECONDS)
        found = metrics.registry.get_sample_value("teal_version_weight", {**of, "version": "a-0"})
        changed = metrics.registry.get_sample_value(changes, of)
    assert (found, changed) == (100.0, 1.0)


def test_no_pass_runs_before_everything_has_been_listed() -> None:
    cluster = MemoryCluster()
    an_application(cluster)
    cluster.may_list.clear()
    with running(cluster) as controller:
        assert not controller.synced.is_set()
        assert controller.stuck() is None
    assert [asked for asked in cluster.written if asked.startswith("patch")] == []


@contextmanager
def passes(
    monkeypatch: pytest.MonkeyPatch, *results: Any
) -> Iterator[tuple[Controller, queue.Queue[Key], Metrics]]:
    """Provide a controller whose passes end like this: raise an error, or return."""
    run, done, coming = queue.Queue[Any](), iter(results), threading.Lock()

    def reconcile(_: Reconciler, key: Key) -> float | None:
        with coming:
            run.put(key)
            result = next(done, None)
        if isinstance(result, Exception):
            raise result
        return cast("float | None", result)

    monkeypatch.setattr(Reconciler, "reconcile", reconcile)
    cluster, metrics = MemoryCluster(), Metrics()
    cluster.create(ROUTEMAPS, {"metadata": {"namespace": "default", "name": "a"}, "spec": {}})
    with running(cluster, metrics) as controller:
        yield controller, run, metrics


@pytest.mark.parametrize(
    ("error", "result"),
    [(UnavailableError("no answer"), "cluster-error"), (KeyError("our own"), "crash")],
    ids=["of the cluster", "our own"],
)
def test_after_an_error_the_same_key_comes_again(
    error: Exception, result: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with passes(monkeypatch, error, None) as (_, run, metrics):
        assert run.get(timeout=WAIT_SECONDS) == run.get(timeout=WAIT_SECONDS)
    assert metrics.registry.get_sample_value("teal_reconcile_total", {"result": result}) == 1.0
    assert metrics.registry.get_sample_value("teal_reconcile_total", {"result": "done"}) == 1.0
    assert {"pass failed", "pass crashed"} & {*caplog.messages}


def test_a_pass_that_time_calls_for_comes_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    with passes(monkeypatch, 0.01, 0.01, None) as (_, run, __):
        assert len({run.get(timeout=WAIT_SECONDS) for _ in range(3)}) == 1


def test_an_api_server_that_asks_to_be_left_alone_is(monkeypatch: pytest.MonkeyPatch) -> None:
    rests: list[float] = []

    def rest(_: object, seconds: float) -> None:
        rests.append(seconds)

    monkeypatch.setattr(WorkQueue, "rest", rest)
    busy = UnavailableError("too many requests", 429, retry_after=7.0)
    with passes(monkeypatch, busy, UnavailableError("no answer"), None) as (_, run, __):
        for _ in range(3):
            run.get(timeout=WAIT_SECONDS)
    assert rests == [7.0]


def test_keys_that_wait_while_no_pass_begins_are_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    with running(MemoryCluster()) as controller:
        monkeypatch.setattr(WorkQueue, "idle_seconds", lambda _: STUCK_SECONDS + 1)
        end = time.monotonic() + WAIT_SECONDS
        while controller.stuck() is None and time.monotonic() < end:
            time.sleep(0.001)
        assert controller.stuck() == "keys have waited for 181 s and no pass has begun"
        monkeypatch.setattr(WorkQueue, "idle_seconds", lambda _: STUCK_SECONDS)
        assert controller.stuck() is None


def test_a_namespace_for_which_too_much_is_read_has_no_pass_for_a_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(live_reads, "AT_ONCE", -1000.0)
    cluster = MemoryCluster()
    spec = {"versions": [{"name": "not-there"}]}
    cluster.create(ROUTEMAPS, {"metadata": {"namespace": "default", "name": "a"}, "spec": spec})
    paused: queue.Queue[tuple[str, float]] = queue.Queue()
    monkeypatch.setattr(WorkQueue, "pause", lambda _, *what: paused.put(what))
    with running(cluster):
        tenant, seconds = paused.get(timeout=WAIT_SECONDS)
    assert (tenant, seconds > 1) == ("default", True)


def test_while_a_pass_thinks_no_other_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: queue.SimpleQueue[Key] = queue.SimpleQueue()
    beside: queue.SimpleQueue[bool] = queue.SimpleQueue()
    another, first = threading.Event(), threading.Lock()

    def reconcile(_: Reconciler, key: Key) -> float | None:
        begun.put(key)
        if first.acquire(blocking=False):
            beside.put(another.wait(0.2))  # for as long it thinks
        else:
            another.set()
        return None

    monkeypatch.setattr(passes_queue, "THINKING_SECONDS", 100 * WAIT_SECONDS)
    monkeypatch.setattr(Reconciler, "reconcile", reconcile)
    cluster = MemoryCluster()
    for number in range(40):
        cluster.create(ROUTEMAPS, {"metadata": {"namespace": "default", "name": f"a-{number}"}, "spec": {}})
    with running(cluster):
        assert beside.get(timeout=WAIT_SECONDS) is False
        assert len({begun.get(timeout=WAIT_SECONDS) for _ in range(40)}) == 40


class Hanging(MemoryCluster):
    """An API server that answers one request when it is told to."""

    def __init__(self, asked: str) -> None:
        super().__init__()
        self.asked, self.answer = threading.Event(), threading.Event()
        self._which = asked
        self.before = self._hang

    def get(self, resource: Resource, namespace: str, name: str) -> dict[str, Any]:
        self._hang(f"get {resource.kind} {name}")
        return super().get(resource, namespace, name)

    def _hang(self, asked: str) -> None:
        if asked == self._which:
            self.asked.set()
            assert self.answer.wait(WAIT_SECONDS)


@pytest.mark.parametrize(
    "asked", ["get Deployment a-1", "patch Deployment a-0", "apply VirtualService a", "status Routemap a"]
)
def test_a_pass_that_waits_keeps_no_other(asked: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither one that waits for the API server, nor another that waits for its versions."""
    waits, other = OrphanKey("default", "a-0"), RoutemapKey("other", "b")
    begun = {waits: threading.Event(), other: threading.Event()}
    reconciled = Reconciler.reconcile

    def reconcile(self: Reconciler, key: Key) -> float | None:
        if key in begun:
            begun[key].set()
        return reconciled(self, key)

    monkeypatch.setattr(passes_queue, "THINKING_SECONDS", 100 * WAIT_SECONDS)
    monkeypatch.setattr(Reconciler, "reconcile", reconcile)
    cluster = Hanging(asked)
    an_application(cluster)
    cluster.create(SERVICES, {"metadata": {"namespace": "default", "name": "a-1", "labels": WATCHED}})
    with running(cluster) as controller:
        assert cluster.asked.wait(WAIT_SECONDS)
        found = []
        for key in (waits, other):
            controller.wake(key)
            found.append(begun[key].wait(WAIT_SECONDS))
        cluster.answer.set()
    assert found == [True, True]

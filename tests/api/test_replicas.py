"""Whole replicas as processes: one leads, another takes over, and nothing is written without a reason."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from kube.client import Cluster
from kube.errors import DeposedError
from reconciler.passes.controller import Controller
from reconciler.serving.metrics import Metrics
from reconciler.watching.skimming import skimming
from routing import names
from routing.kinds import DEPLOYMENTS, LEASES, ROUTEMAPS
from tests.api.conftest import running
from tests.api.fenced import Fenced, fenced
from tools.local.controlplane import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.api.audit import Audit, Write
    from tests.api.stage import Stage

BOTH = {"httpbin-0": 50, "httpbin-1": 50}
TAKEOVER_SECONDS = 90.0


class Replicas:
    """Reconciler processes that stand for one Lease, each with the token of a pod of its name."""

    def __init__(self, release: Fenced, stack: ExitStack) -> None:
        self._release = release
        self._stack = stack

    def start(self, identity: str) -> subprocess.Popen[bytes]:
        release = self._release
        folder = release.folder / identity
        folder.mkdir()
        command = [sys.executable, "-m", "reconciler", f"--namespace={release.name}"]
        command += [f"--release={release.name}", f"--watch-namespace={release.name}"]
        command += [f"--identity={identity}", f"--certificates={folder}", f"--port={free_port()}"]
        command += [f"--kubeconfig={release.pod(identity)}", "--log-level=warning"]
        process = subprocess.Popen(command)
        self._stack.callback(process.wait)
        self._stack.callback(process.kill)
        return process

    def leader(self) -> str | None:
        lease = self._release.stage.get(LEASES, self._release.name)
        return None if lease is None else lease["spec"].get("holderIdentity") or None


@pytest.fixture
def replicas(stage: Stage, kubeconfig: str, tmp_path: Path) -> Iterator[Replicas]:
    with ExitStack() as stack:
        yield Replicas(stack.enter_context(fenced(stage, kubeconfig, tmp_path)), stack)


def test_a_leader_that_stops_lets_the_next_one_go_on(stage: Stage, replicas: Replicas) -> None:
    first = replicas.start("first")
    stage.until("first", replicas.leader)
    replicas.start("second")
    stage.version("httpbin-0")
    stage.routemap()
    stage.until({"httpbin-0": 100}, stage.split)
    first.terminate()
    assert first.wait(timeout=60) == 0
    stage.until("second", replicas.leader)
    stage.version("httpbin-1")
    stage.until(BOTH, stage.split)


def test_a_leader_killed_in_mid_drain_is_followed_by_one_that_ends_the_drain(
    stage: Stage, replicas: Replicas
) -> None:
    first = replicas.start("first")
    stage.until("first", replicas.leader)
    stage.version("httpbin-0")
    stage.version("httpbin-1")
    stage.routemap(drainSeconds=10)
    stage.until(BOTH, stage.split)
    stage.delete(DEPLOYMENTS, "httpbin-1")
    stage.until(True, lambda: any("drainingUntil" in item for item in stage.status().get("versions", ())))
    first.kill()
    assert stage.finalizers(DEPLOYMENTS, "httpbin-1") == [names.MARK]
    replicas.start("second")
    stage.until("second", replicas.leader, TAKEOVER_SECONDS)
    stage.until(None, lambda: stage.get(DEPLOYMENTS, "httpbin-1"))
    assert stage.split() == {"httpbin-0": 100}


def test_a_leader_that_was_paused_writes_nothing_once_another_leads(
    stage: Stage, replicas: Replicas, audit: Audit
) -> None:
    first = replicas.start("first")
    stage.until("first", replicas.leader)
    for name in ("httpbin-0", "httpbin-1"):
        stage.version(name)
    stage.routemap()
    stage.until(BOTH, stage.split)
    replicas.start("second")
    with changing(stage):  # both always have something to write
        stage.until(True, lambda: len(_by(audit, stage, "first")) > 20)
        first.send_signal(signal.SIGSTOP)
        stage.until("second", replicas.leader, TAKEOVER_SECONDS)
        stage.until(True, lambda: len(_by(audit, stage, "second")) > 20)
        first.send_signal(signal.SIGCONT)
        assert first.wait(timeout=60) == 1
    begin = _by(audit, stage, "second")[0].received
    assert [write for write in _by(audit, stage, "first") if write.received >= begin] == []


def test_who_does_not_lead_reads_and_sends_no_write(stage: Stage, kubeconfig: str) -> None:
    deposed = Cluster(kubeconfig, may_write=lambda: False)
    stage.routemap()
    assert deposed.get(ROUTEMAPS, stage.namespace, "httpbin")["metadata"]["name"] == "httpbin"
    with pytest.raises(DeposedError, match="this replica does not lead any more"):
        deposed.request("DELETE", ROUTEMAPS.path(stage.namespace, "httpbin"))
    assert "deletionTimestamp" not in deposed.get(ROUTEMAPS, stage.namespace, "httpbin")["metadata"]


def _by(audit: Audit, stage: Stage, identity: str) -> list[Write]:
    """Return the writes of a replica that the API server took; Events only tell of them."""
    own = [write for write in audit.writes(stage.namespace) if write.agent == f"teal/{identity}"]
    return [write for write in own if write.taken and not write.path.partition("?")[0].endswith("/events")]


@contextmanager
def changing(stage: Stage) -> Iterator[None]:
    """Change the weights again and again."""
    over = threading.Event()

    def work() -> None:
        weight = 0
        while not over.wait(0.05):
            weight = (weight + 1) % 100
            stage.override(weight, 100 - weight)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


class CountingCluster(Cluster):
    """A cluster that remembers what was written to it."""

    def __init__(self, kubeconfig: str) -> None:
        super().__init__(kubeconfig)
        self.reading = skimming
        self.writes: list[tuple[str, str]] = []
        self._lock = threading.Lock()

    def request(self, method: str, path: str, *args: Any, **kwargs: Any) -> dict[str, Any]:
        if method != "GET":
            with self._lock:
                self.writes.append((method, path))
        return super().request(method, path, *args, **kwargs)

    def writes_in(self, namespace: str) -> list[str]:
        """Return method and object of each write in a namespace."""
        inside = f"/namespaces/{namespace}/"
        return [f"{method} {path.partition(inside)[2]}" for method, path in self.writes if inside in path]


def test_a_restart_with_nothing_to_change_writes_nothing(stage: Stage, kubeconfig: str) -> None:
    stage.version("httpbin-0")
    stage.version("httpbin-1")
    stage.routemap()
    with running(Controller(stage.cluster, Metrics())):
        stage.until("httpbin-0=50 httpbin-1=50", lambda: stage.status().get("split"))
    counting, metrics = CountingCluster(kubeconfig), Metrics()
    with running(Controller(counting, metrics)):
        stage.until(
            True, lambda: (metrics.registry.get_sample_value("teal_reconcile_seconds_count") or 0) > 0
        )
        stage.endpoints("httpbin-1", 2)
        stage.until(2, lambda: stage.status()["versions"][1]["readyEndpoints"])
    assert counting.writes_in(stage.namespace) == ["PATCH routemaps/httpbin/status"]


def test_a_change_of_weights_writes_the_virtual_service_both_statuses_and_an_event(
    stage: Stage, kubeconfig: str
) -> None:
    stage.version("httpbin-0")
    stage.version("httpbin-1")
    stage.routemap()
    stage.override(50, 50)
    with running(Controller(stage.cluster, Metrics())):
        stage.until("httpbin-0=50 httpbin-1=50", lambda: stage.status().get("split"))
    counting = CountingCluster(kubeconfig)
    with running(Controller(counting, Metrics())):
        stage.override(20, 80)
        stage.until("httpbin-0=20 httpbin-1=80", lambda: stage.status().get("split"))
    *writes, event = sorted(counting.writes_in(stage.namespace), key=lambda write: write == "POST events")
    assert event == "POST events"  # by a thread of its own: whenever it comes
    assert writes == [
        "PATCH virtualservices/httpbin",
        "PATCH routemaps/httpbin/status",
        "PATCH weightoverrides/httpbin/status",
    ]

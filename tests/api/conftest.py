"""A real API server with Teal's and Istio's kinds, and Teal on it."""

from __future__ import annotations

import threading
import uuid
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from kube.client import Cluster
from reconciler.passes.controller import Controller
from reconciler.serving.metrics import Metrics
from reconciler.watching.skimming import skimming
from tests.api.audit import Audit
from tests.api.command_line import Bench
from tests.api.stage import Stage
from tests.charts.kubectl import Kubectl
from tools.local.controlplane import ControlPlane, control_plane
from tools.local.kinds import install_kinds
from tools.local.light import teal
from tools.local.programs import programs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

STOP_SECONDS = 60.0


@pytest.fixture(scope="session")
def audit(tmp_path_factory: pytest.TempPathFactory) -> Audit:
    """What the API server records of writes."""
    return Audit(tmp_path_factory.mktemp("audit"))


@pytest.fixture(scope="session")
def plane(tmp_path_factory: pytest.TempPathFactory, audit: Audit) -> Iterator[ControlPlane]:
    """An API server that knows Routemaps, WeightOverrides and VirtualServices."""
    with control_plane(tmp_path_factory.mktemp("plane"), audit.flags()) as running_plane:
        install_kinds(running_plane.kubeconfig)
        yield running_plane


@pytest.fixture(scope="session")
def kubeconfig(plane: ControlPlane) -> str:
    return str(plane.kubeconfig)


@pytest.fixture(scope="session")
def cluster(kubeconfig: str) -> Cluster:
    found = Cluster(kubeconfig)
    found.reading = skimming
    return found


@pytest.fixture
def stage(cluster: Cluster) -> Stage:
    return Stage(cluster, f"test-{uuid.uuid4().hex[:8]}")


@contextmanager
def running(controller: Controller) -> Iterator[None]:
    """Run a controller in this process, as the leader does."""
    thread = threading.Thread(target=controller.run, name="controller")
    thread.start()
    try:
        yield
    finally:
        controller.stop(STOP_SECONDS)
        thread.join(STOP_SECONDS)
        assert not thread.is_alive(), "the controller runs on"


@pytest.fixture(scope="module")
def controller(cluster: Cluster) -> Iterator[None]:
    with running(Controller(cluster, Metrics())):
        yield


@pytest.fixture
def bench(plane: ControlPlane, stage: Stage, tmp_path: Path) -> Bench:
    """Somebody at a terminal, before an application whose split is as asked."""
    stage.version("httpbin-0")
    stage.version("httpbin-1")
    stage.routemap()
    stage.until({"httpbin-0": 50, "httpbin-1": 50}, stage.split)
    stage.until("True", lambda: stage.condition("Complete").get("status"))
    return Bench(stage, Kubectl(programs() / "kubectl", plane.kubeconfig), tmp_path)


@pytest.fixture
def rollout(stage: Stage) -> Stage:
    """A candidate in the split, brought there by a leader that has gone."""
    stage.version("httpbin-0")
    stage.version("httpbin-1")
    stage.routemap()
    with running(Controller(stage.cluster, Metrics())):
        stage.until("httpbin-0=50 httpbin-1=50", lambda: stage.status().get("split"))
    return stage


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A control plane of its own: Teal runs on it, and refuses."""
    folder = tmp_path_factory.mktemp("admission")
    with control_plane(folder) as plane:
        install_kinds(plane.kubeconfig)
        with teal(plane.kubeconfig, folder):
            yield plane.kubeconfig

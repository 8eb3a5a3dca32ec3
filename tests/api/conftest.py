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
from tests.api.audit import Audit
from tests.api.stage import Stage
from tools.local.controlplane import ControlPlane, control_plane
from tools.local.kinds import install_kinds

if TYPE_CHECKING:
    from collections.abc import Iterator

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
    return Cluster(kubeconfig)


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

"""Killed by SIGKILL between any two writes, the reconciler that comes after ends at the same state."""

from __future__ import annotations

import signal
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from reconciler.passes.controller import Controller
from reconciler.serving.metrics import Metrics
from routing import names
from routing.kinds import DEPLOYMENTS, SERVICES
from tests.api.conftest import running

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.api.stage import Stage

BOTH = {"httpbin-0": 50, "httpbin-1": 50}


@contextmanager
def _cut(kubeconfig: str, writes: int) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "tests.api.killed", kubeconfig, str(writes)]
    with subprocess.Popen(command) as process:
        try:
            yield process
        finally:
            process.kill()


def _let_be_killed(kubeconfig: str, writes: int, stage: Stage, end: dict[str, int]) -> None:
    """Run a controller that may write so often, until it has been killed or all is done."""
    with _cut(kubeconfig, writes) as process:
        stage.until(True, lambda: process.poll() is not None or _done(stage, end))
        assert process.poll() in (None, -signal.SIGKILL)


def _done(stage: Stage, end: dict[str, int]) -> bool:
    versions = stage.status().get("versions") or ()
    drained = not any("drainingUntil" in version for version in versions)
    return stage.split() == end and stage.condition("Ready").get("status") == "True" and drained


def _unmarked_with_traffic(stage: Stage) -> list[str]:
    split = stage.split() or {}
    return [
        f"{resource.kind} {name}"
        for name, weight in split.items()
        for resource in (DEPLOYMENTS, SERVICES)
        if weight and stage.finalizers(resource, name) not in ([names.MARK], None)
    ]


@pytest.mark.parametrize("writes", range(10))
def test_killed_while_a_candidate_comes(stage: Stage, kubeconfig: str, writes: int) -> None:
    stage.version("httpbin-0")
    stage.version("httpbin-1")
    stage.routemap()
    _let_be_killed(kubeconfig, writes, stage, BOTH)
    assert _unmarked_with_traffic(stage) == []
    with running(Controller(stage.cluster, Metrics())):
        stage.until(BOTH, stage.split)
        stage.until("httpbin-0=50 httpbin-1=50", lambda: stage.status().get("split"))
        assert _unmarked_with_traffic(stage) == []


@pytest.mark.parametrize("writes", range(8))
def test_killed_while_a_candidate_goes(stage: Stage, kubeconfig: str, writes: int) -> None:
    stage.version("httpbin-0")
    stage.version("httpbin-1")
    stage.routemap(drainSeconds=1)
    with running(Controller(stage.cluster, Metrics())):
        stage.until("httpbin-0=50 httpbin-1=50", lambda: stage.status().get("split"))
    stage.delete(DEPLOYMENTS, "httpbin-1")
    stage.delete(SERVICES, "httpbin-1")
    _let_be_killed(kubeconfig, writes, stage, {"httpbin-0": 100})
    if stage.get(DEPLOYMENTS, "httpbin-1") is None:
        assert stage.split() == {"httpbin-0": 100}
    with running(Controller(stage.cluster, Metrics())):
        stage.until({"httpbin-0": 100}, stage.split)
        stage.until(None, lambda: stage.get(DEPLOYMENTS, "httpbin-1"))
        stage.until(None, lambda: stage.get(SERVICES, "httpbin-1"))
        stage.until("httpbin-0=100", lambda: stage.status().get("split"))

"""A rollout by way of an API server that cuts, refuses, delays and forgets: late at worst, never wrong."""

from __future__ import annotations

import itertools
import threading
from typing import TYPE_CHECKING

import pytest

from kube.client import Cluster
from reconciler.passes.controller import Controller
from reconciler.serving.metrics import Metrics
from routing import names
from routing.kinds import DEPLOYMENTS, SERVICES
from tests.api.conftest import running
from tests.api.faulty import LOST, Faulty

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.api.stage import Stage
    from tools.local.controlplane import ControlPlane

ONE, BOTH = {"httpbin-0": 100}, {"httpbin-0": 50, "httpbin-1": 50}
FAULT_SECONDS = 3.0
PATIENCE = 120.0


@pytest.fixture
def faulty(plane: ControlPlane, tmp_path: Path, stage: Stage) -> Iterator[Faulty]:
    """A primary, and Teal that reaches the API server through the proxy only."""
    proxy = Faulty(plane)
    with proxy.kubeconfig(tmp_path) as kubeconfig, running(Controller(Cluster(kubeconfig), Metrics())):
        stage.version("httpbin-0")
        stage.routemap()
        stage.until(ONE, stage.split, PATIENCE)
        yield proxy


def roll_out_and_back(stage: Stage) -> None:
    """Bring a candidate in and take it away again, and see that each is done to the end."""
    stage.version("httpbin-1")
    stage.until(BOTH, stage.split, PATIENCE)
    assert stage.finalizers(DEPLOYMENTS, "httpbin-1") == [names.MARK]
    assert stage.finalizers(SERVICES, "httpbin-1") == [names.MARK]
    stage.delete(DEPLOYMENTS, "httpbin-1")
    stage.delete(SERVICES, "httpbin-1")
    stage.until(None, lambda: stage.get(DEPLOYMENTS, "httpbin-1"), PATIENCE)
    assert stage.split() == ONE
    stage.until("httpbin-0=100", lambda: stage.status().get("split"), PATIENCE)


def test_watches_that_are_cut_lose_no_change(faulty: Faulty, stage: Stage) -> None:
    over = threading.Event()

    def cut() -> None:
        while not over.wait(0.3):
            faulty.cut_watches()

    thread = threading.Thread(target=cut)
    thread.start()
    try:
        roll_out_and_back(stage)
        stage.until(True, lambda: faulty.counts["watches"] > 6)  # one for each kind, until it was cut
    finally:
        over.set()
        thread.join()
    print(faulty.counts)


def test_a_version_that_is_too_old_to_watch_from_has_all_listed_anew(faulty: Faulty, stage: Stage) -> None:
    faulty.fault = lambda _, path: (410, {}) if "watch=true" in path else None
    faulty.cut_watches()
    stage.version("httpbin-1")  # nobody tells of it
    stage.until(True, lambda: faulty.counts["refused"] > 6)
    stage.until(BOTH, stage.split, PATIENCE)
    faulty.fault = lambda _method, _path: None
    stage.until("httpbin-0=50 httpbin-1=50", lambda: stage.status().get("split"), PATIENCE)


@pytest.mark.parametrize(
    ("status", "headers"), [(429, {"Retry-After": "1"}), (500, {}), (503, {})], ids=["429", "500", "503"]
)
def test_writes_that_are_refused_for_a_while_are_done_later_and_without_a_storm(
    faulty: Faulty, stage: Stage, status: int, headers: dict[str, str]
) -> None:
    over = threading.Event()
    faulty.fault = lambda method, _: None if method == "GET" or over.is_set() else (status, headers)
    stage.version("httpbin-1")
    stage.until(True, lambda: faulty.counts["refused"] >= 2)
    over.wait(FAULT_SECONDS)
    assert stage.split() == ONE
    print(faulty.counts)
    # Both marks are tried, then after 10, 20, 40 … ms: about nine times within 3 s.
    assert faulty.counts["refused"] <= 40
    over.set()
    stage.until(BOTH, stage.split, PATIENCE)


def test_answers_that_are_lost_after_the_write_change_nothing_in_the_end(
    faulty: Faulty, stage: Stage
) -> None:
    turn = itertools.count()
    faulty.fault = lambda method, _: LOST if method != "GET" and next(turn) % 2 == 0 else None
    roll_out_and_back(stage)
    print(faulty.counts)
    assert faulty.counts["lost"] > 2


def test_an_api_server_that_takes_its_time_is_waited_for(faulty: Faulty, stage: Stage) -> None:
    faulty.delay = 0.3
    roll_out_and_back(stage)

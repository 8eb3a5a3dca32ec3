"""Who does not lead any more writes nothing: the API server refuses what was on its way.

No Lease holds back a request whose sender was paused after it had asked whether it leads.
"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import pytest

from kube.client import Cluster
from kube.errors import RefusedError
from routing.kinds import DEPLOYMENTS, ROUTEMAPS, SERVICES, VIRTUAL_SERVICES, WEIGHT_OVERRIDES, Resource
from tests.api.fenced import REFUSAL, Fenced, fenced
from tests.api.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Future
    from pathlib import Path

    Write = Callable[[Cluster, str, str], object]

WAIT_SECONDS = 60.0
NOTE = "example.org/by"


def annotated(resource: Resource, name: str) -> Write:
    """Return what writes who it was into an object's annotations."""
    return lambda cluster, namespace, who: cluster.patch(
        resource,
        namespace,
        name,
        [{"op": "add", "path": "/metadata/annotations", "value": {NOTE: who}}],
    )


def reported(cluster: Cluster, namespace: str, who: str) -> None:
    cluster.merge(ROUTEMAPS, namespace, "httpbin", {"status": {"split": who}}, "status")


def override_reported(cluster: Cluster, namespace: str, who: str) -> None:
    condition = {
        "type": "Applied",
        "status": "True",
        "reason": who,
        "lastTransitionTime": "2026-01-01T00:00:00Z",
    }
    cluster.merge(WEIGHT_OVERRIDES, namespace, "httpbin", {"status": {"conditions": [condition]}}, "status")


def routed(name: str) -> Write:
    return lambda cluster, namespace, who: cluster.apply(
        VIRTUAL_SERVICES,
        {
            "apiVersion": VIRTUAL_SERVICES.api_version,
            "kind": VIRTUAL_SERVICES.kind,
            "metadata": {"name": name, "namespace": namespace, "annotations": {NOTE: who}},
        },
    )


WRITES: dict[str, tuple[Resource, str, Write]] = {
    "VirtualService": (VIRTUAL_SERVICES, "httpbin", routed("httpbin")),
    "Routemap's status": (ROUTEMAPS, "httpbin", reported),
    "Routemap": (ROUTEMAPS, "httpbin", annotated(ROUTEMAPS, "httpbin")),
    "WeightOverride's status": (WEIGHT_OVERRIDES, "httpbin", override_reported),
    "WeightOverride": (WEIGHT_OVERRIDES, "httpbin", annotated(WEIGHT_OVERRIDES, "httpbin")),
    "Deployment": (DEPLOYMENTS, "httpbin-0", annotated(DEPLOYMENTS, "httpbin-0")),
    "Service": (SERVICES, "httpbin-0", annotated(SERVICES, "httpbin-0")),
}


class Pausing(Cluster):
    """A cluster that may write, and is paused once between that question and sending."""

    def __init__(self, kubeconfig: Path) -> None:
        self.asked, self.resumed = threading.Event(), threading.Event()
        super().__init__(str(kubeconfig), may_write=self._answer)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.resumed.set()

    def _answer(self) -> bool:
        self.asked.set()
        assert self.resumed.wait(WAIT_SECONDS)
        return True


@dataclass(frozen=True)
class Pods:
    """Two pods of a release; who leads is up to the test."""

    release: Fenced
    first: Path
    second: Cluster

    @contextmanager
    def paused(self, write: Write) -> Iterator[Future[object]]:
        """Have the first pod, which leads, send a write in this context's end; it was allowed before."""
        self.leads("first")
        with ThreadPoolExecutor(1) as thread, Pausing(self.first) as cluster:
            sent = thread.submit(write, cluster, self.release.name, "first")
            assert cluster.asked.wait(WAIT_SECONDS)
            yield sent

    def leads(self, pod: str) -> None:
        """Have a pod lead; return once the API server has heard of it."""
        self.release.lead(pod)
        cluster = self.second if pod == "second" else Cluster(str(self.first))
        self.release.stage.until(True, lambda: self.release.taken(cluster))


@pytest.fixture(scope="module")
def pods(cluster: Cluster, kubeconfig: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pods]:
    stage = Stage(cluster, "one-writer")
    with fenced(stage, kubeconfig, tmp_path_factory.mktemp("pods"), more=()) as release:
        stage.version("httpbin-0")
        stage.routemap()
        stage.override(50, 50)
        yield Pods(release, release.pod("first"), Cluster(str(release.pod("second"))))


@pytest.mark.parametrize("what", WRITES)
def test_a_write_on_its_way_is_refused_once_another_leads(pods: Pods, what: str) -> None:
    resource, name, write = WRITES[what]
    stage = pods.release.stage
    with pods.paused(write) as late:
        pods.leads("second")
        write(pods.second, stage.namespace, "second")
        written = stage.get(resource, name)
    with pytest.raises(RefusedError, match=f"first {REFUSAL}"):
        late.result()
    assert stage.get(resource, name) == written


@pytest.mark.parametrize("what", WRITES)
def test_it_is_taken_while_nobody_else_leads(pods: Pods, what: str) -> None:
    resource, name, write = WRITES[what]
    with pods.paused(write) as late:
        pass
    late.result()
    assert "first" in str(pods.release.stage.get(resource, name))


def test_nothing_is_made_by_who_does_not_lead(pods: Pods) -> None:
    stage = pods.release.stage
    with pods.paused(routed("fresh")) as late:
        pods.leads("second")
    with pytest.raises(RefusedError, match=f"first {REFUSAL}"):
        late.result()
    assert stage.get(VIRTUAL_SERVICES, "fresh") is None

"""What Teal asks of the API server: so many requests for a change, and none where nothing has changed."""

from __future__ import annotations

import re
import threading
import time
import uuid
from collections import Counter, defaultdict
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from kube.client import Cluster
from reconciler.passes.controller import Controller
from reconciler.serving.metrics import Metrics
from reconciler.watching.skimming import skimming
from routing.kinds import DEPLOYMENTS, WEIGHT_OVERRIDES
from routing.plan import LOOK_AGAIN_SECONDS
from tests.api.conftest import running

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from reconciler.watching.mentions import Key
    from routing.kinds import Resource
    from tests.api.stage import Stage

BOTH = {"httpbin-0": 50, "httpbin-1": 50}
ONE = {"httpbin-0": 100}


class CountingCluster(Cluster):
    """A cluster that counts, in one namespace, requests by application, and events of watches by kind."""

    def __init__(self, kubeconfig: str, namespace: str) -> None:
        super().__init__(kubeconfig)
        self.reading = skimming
        self.requests: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.events: Counter[str] = Counter()
        self._counted = namespace
        self._lock = threading.Lock()

    def request(self, method: str, path: str, body: Any = None, *args: Any, **kwargs: Any) -> dict[str, Any]:
        _, _, rest = path.partition(f"/namespaces/{self._counted}/")
        if rest:
            plural, *parts = rest.split("/")
            name = parts.pop(0) if parts else body["metadata"]["name"]
            with self._lock:
                self.requests[re.split(r"[-.]", name)[0]]["/".join([f"{method} {plural}", *parts])] += 1
        return super().request(method, path, body, *args, **kwargs)

    def watch(self, resource: Resource, selector: str, version: str) -> Iterator[dict[str, Any]]:
        for event in super().watch(resource, selector, version):
            if event["object"]["metadata"].get("namespace") == self._counted:
                with self._lock:
                    self.events["names alone" if resource.metadata_only else resource.plural] += 1
            yield event


class CountedController(Controller):
    """A controller that counts its passes in a namespace by their name."""

    def __init__(self, cluster: Cluster, namespace: str) -> None:
        super().__init__(cluster, Metrics())
        self.passes: Counter[str] = Counter()
        self._namespace = namespace

    def _pass(self, key: Key) -> str:
        if key.namespace == self._namespace:
            self.passes[key.name] += 1  # as it begins: what is handed out has been counted
        return super()._pass(key)


@pytest.fixture
def rollout(stage: Stage) -> Stage:
    """An application that has been split already."""
    stage.version("httpbin-0")
    stage.version("httpbin-1")
    stage.routemap()
    with running(Controller(stage.cluster, Metrics())):
        _applied(stage, BOTH)
    return stage


def _applied(stage: Stage, split: Mapping[str, int], name: str = "httpbin") -> None:
    told = " ".join(f"{version}={weight}" for version, weight in split.items())
    stage.until(told, lambda: stage.status(name).get("split"))
    stage.until(dict(split), lambda: stage.split(name))


def _handed_out(stage: Stage) -> None:
    """Wait until what was queued before has been handed out: a Routemap made now has got its status."""
    name = f"last{uuid.uuid4().hex[:8]}"
    stage.routemap(name)
    stage.until("NoReadyVersion", lambda: stage.condition("Ready", name).get("reason"))


@contextmanager
def _counted(stage: Stage, kubeconfig: str) -> Iterator[tuple[CountingCluster, CountedController]]:
    """Run a controller, and give what it asks for once it has been through everything."""
    cluster = CountingCluster(kubeconfig, stage.namespace)
    controller = CountedController(cluster, stage.namespace)
    with running(controller):
        _handed_out(stage)
        yield cluster, controller


def test_a_restart_with_nothing_to_do_asks_for_nothing_in_one_pass(rollout: Stage, kubeconfig: str) -> None:
    cluster = CountingCluster(kubeconfig, rollout.namespace)
    controller = CountedController(cluster, rollout.namespace)
    with running(controller):
        rollout.until(True, lambda: controller.passes["httpbin"] >= 1)
    assert cluster.requests == {}
    assert controller.passes == {"httpbin": 1}


def test_a_version_that_leaves_and_enters_takes_two_marks_a_protection_a_split_and_a_status(
    rollout: Stage, kubeconfig: str
) -> None:
    wanted = {
        "PATCH deployments": 2,  # the mark, and the other's protection
        "PATCH services": 2,
        "PATCH virtualservices": 1,
        "PATCH routemaps/status": 1,
        "POST events": 1,
    }
    # Where a version has left, what it is depends on what it gets; where one is to come in, it may have gone
    # before its marks were on. Both are looked at once more.
    for ready, split in ((0, ONE), (1, BOTH)):
        with _counted(rollout, kubeconfig) as (cluster, controller):
            controller.passes.clear()
            rollout.endpoints("httpbin-1", ready)
            _applied(rollout, split)
            _handed_out(rollout)
        assert cluster.requests["httpbin"] == wanted
        assert controller.passes["httpbin"] <= 2


def test_a_version_that_fails_takes_one_status_and_is_looked_at_no_more(
    rollout: Stage, kubeconfig: str
) -> None:
    with _counted(rollout, kubeconfig) as (cluster, controller):
        controller.passes.clear()
        rollout.available("httpbin-1", available=False)
        rollout.until(True, lambda: controller.passes["httpbin"] >= 1)
        rollout.endpoints("httpbin-1", 0)
        _applied(rollout, ONE)
        _handed_out(rollout)
        controller.passes.clear()
        time.sleep(1.5 * LOOK_AGAIN_SECONDS)  # its Service is there: nothing is to be looked for
        assert controller.passes["httpbin"] == 0
    assert cluster.requests["httpbin"]["PATCH routemaps/status"] == 1


def test_other_weights_take_a_split_and_a_status_each_of_routemap_and_override(
    rollout: Stage, kubeconfig: str
) -> None:
    with _counted(rollout, kubeconfig) as (cluster, _):
        rollout.override(40, 60)
        _applied(rollout, {"httpbin-0": 40, "httpbin-1": 60})
        rollout.until(True, lambda: "ownerReferences" in str(rollout.get(WEIGHT_OVERRIDES, "httpbin")))
        _handed_out(rollout)
        cluster.requests.clear()
        rollout.override(20, 80)
        _applied(rollout, {"httpbin-0": 20, "httpbin-1": 80})
        _handed_out(rollout)
    assert cluster.requests["httpbin"] == {
        "PATCH virtualservices": 1,
        "PATCH routemaps/status": 1,
        "PATCH weightoverrides/status": 1,  # the generation that counts, to be waited for
        "POST events": 1,
    }


def test_what_is_not_watched_calls_for_no_pass_and_of_deployments_the_names_alone_are_heard_of(
    rollout: Stage, kubeconfig: str
) -> None:
    with _counted(rollout, kubeconfig) as (cluster, controller):
        cluster.events.clear()
        controller.passes.clear()
        for number in range(20):
            rollout.deployment(f"other-{number}", labels={})
            rollout.service(f"other-{number}", labels={})
            rollout.available(f"other-{number}", available=False)
        rollout.until(True, lambda: cluster.events["names alone"] > 0)  # that watch rests now and then
        _handed_out(rollout)
        assert {name for name in controller.passes if not name.startswith("last")} == set()
    assert DEPLOYMENTS.plural not in cluster.events


def test_events_that_change_nothing_that_counts_call_for_no_pass(rollout: Stage, kubeconfig: str) -> None:
    with _counted(rollout, kubeconfig) as (_, controller):
        controller.passes.clear()
        for number in range(20):
            status = {"observedGeneration": number, "conditions": [{"type": "Progressing", "status": "True"}]}
            status["conditions"] += [{"type": "Available", "status": "True"}]  # type: ignore[operator]
            rollout.cluster.merge(DEPLOYMENTS, rollout.namespace, "httpbin-0", {"status": status}, "status")
        _handed_out(rollout)
        assert {name for name in controller.passes if not name.startswith("last")} == set()

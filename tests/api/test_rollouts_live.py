"""Rollouts on a real API server, by the real reconciler: to their end, whoever leads meanwhile."""

from __future__ import annotations

import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from kube.client import Cluster
from reconciler.clock import SteadyClock
from reconciler.passes.controller import Controller
from reconciler.passes.reconcile import Policy
from reconciler.serving.metrics import Metrics
from reconciler.watching.mentions import RoutemapKey
from routing import names
from routing.kinds import DEPLOYMENTS, ROUTEMAPS
from tests.api.bringing_about import FIRST, change
from tests.api.conftest import running
from tests.api.faulty import Faulty
from tests.api.test_httproute_live import say
from tests.unit.reconciler.memory_evidence import MemoryEvidence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.api.stage import Stage
    from tools.local.controlplane import ControlPlane

STEPS = [{"share": share, "for": "1s"} for share in (10, 50, 100)]
ROLLOUT: dict[str, Any] = {"steps": STEPS, "checks": [{"metric": "success", "min": 99}]}
GOOD, BAD = 50_000, 25_000
"""Of so many requests: all, and half of them."""


BY_ORDER = {**ROLLOUT, "promotion": "byOrder"}
PROMOTED = [{"name": "httpbin-1", "weight": 50}, {"name": "httpbin-0", "weight": 0}]


@contextmanager
def leading(cluster: Cluster, evidence: MemoryEvidence, ahead: float = 0.0) -> Iterator[Controller]:
    """Have one lead, on a node whose clock is `ahead` seconds of this machine's."""
    clock = SteadyClock(lambda: time.time() + ahead)
    cluster.heard = clock.heard
    cluster.request("GET", "/version")  # as an election asks before
    controller = Controller(cluster, Metrics(), Policy(evidence=evidence, clock=clock))
    with running(controller):
        yield controller


def begun(stage: Stage, rollout: dict[str, Any] = ROLLOUT) -> None:
    stage.version("httpbin-0")
    stage.routemap(rollout=rollout)
    stage.until(FIRST, stage.split)
    stage.version("httpbin-1")


def told(stage: Stage, field: str) -> Any:
    return (stage.status().get("rollout") or {}).get(field)


def judged(evidence: MemoryEvidence, good: int) -> None:
    evidence.counts("httpbin-1", good, GOOD)


def test_a_good_candidate_goes_through_every_step_and_stays(stage: Stage, cluster: Cluster) -> None:
    evidence = MemoryEvidence()
    judged(evidence, GOOD)
    with leading(cluster, evidence):
        begun(stage)
        stage.until("Succeeded", lambda: told(stage, "phase"))
        assert (stage.split() or {})["httpbin-1"] == 100
        entries = [entry["what"] for entry in told(stage, "history")]
        assert entries == [
            "httpbin-1 has come, or its pod template has changed",
            "step 1 of 3, 10 %",
            "step 2 of 3, 50 %",
            "step 3 of 3, 100 %",
            "succeeded",
        ]
        stage.until("True", lambda: stage.condition("RolledOut").get("status"))


def test_a_bad_one_is_rolled_back_and_its_next_template_begins_anew(stage: Stage, cluster: Cluster) -> None:
    evidence = MemoryEvidence()
    judged(evidence, BAD)
    with leading(cluster, evidence):
        begun(stage)
        stage.until("Failed", lambda: told(stage, "phase"))
        stage.until("httpbin-0=100 httpbin-1=0", lambda: stage.status().get("split"))
        assert "50 % of 50,000 good" in told(stage, "message")
        judged(evidence, GOOD)
        template = {"template": {"metadata": {"annotations": {"example.org/build": "2"}}}}
        change(stage, DEPLOYMENTS, "httpbin-1", spec=template)
        stage.until("Succeeded", lambda: told(stage, "phase"))


TESTERS = [{"headers": {"traffic": {"exact": "test"}}}]
SPLITS = {
    "blue-green": ("httpbin-0=90 httpbin-1=10", "httpbin-0=50 httpbin-1=50"),
    "canary": ("httpbin-0=100 httpbin-1=0+match", "httpbin-0=50 httpbin-1=50+match"),
    "mirror": ("httpbin-0=100 httpbin-1=0+10%copies", "httpbin-0=100 httpbin-1=0+50%copies"),
}


def split_is(stage: Stage, split: str, router: str) -> None:
    """Wait for a split to be told, and have those who follow an HTTPRoute take it."""
    stage.until({*split.split()}, lambda: {*str(stage.status().get("split")).split()})
    if router == names.HTTP_ROUTE:
        say(stage)


@pytest.mark.parametrize("router", [names.VIRTUAL_SERVICE, names.HTTP_ROUTE])
@pytest.mark.parametrize("strategy", SPLITS)
def test_each_step_gives_what_it_says_with_each_strategy_by_either_router(
    stage: Stage, cluster: Cluster, strategy: str, router: str
) -> None:
    """A first step may be for testers only, or copies only; its clock runs, and it asks, once it is taken."""
    match = {"match": TESTERS} if strategy == "canary" else {}
    shares = (0 if strategy == "canary" else 10, 50)
    steps = [{"share": share, "gate": "manual"} for share in shares]
    versions = [{"name": "httpbin-0"}, {"name": "httpbin-1", **match}]
    evidence = MemoryEvidence()
    judged(evidence, GOOD)
    with leading(cluster, evidence):
        stage.version("httpbin-0")
        rollout = {**ROLLOUT, "steps": steps}
        stage.routemap(strategy=strategy, router=router, port=80, versions=versions, rollout=rollout)
        split_is(stage, "httpbin-0=100", router)
        stage.version("httpbin-1")
        for step, split in enumerate(SPLITS[strategy], 1):
            split_is(stage, split, router)
            stage.until(("GateClosed", step), lambda: (told(stage, "reason"), told(stage, "step")))
            (question,) = evidence.asked[RoutemapKey(stage.namespace, "httpbin")]
            assert (question.version, question.check.name) == ("httpbin-1", "success")
            wish = {"annotations": {names.WISH: f"resume {step}" if step == 1 else "abort"}}
            change(stage, ROUTEMAPS, "httpbin", metadata=wish)
        stage.until("Failed", lambda: told(stage, "phase"))
        split_is(stage, "httpbin-0=100 httpbin-1=0", router)


def events(stage: Stage, *reasons: str) -> list[int]:
    """Return how many Events there are for each reason."""
    found = [reason for reason, _ in stage.events()]
    return [found.count(reason) for reason in reasons]


def test_a_good_candidate_is_promoted_by_itself_and_the_next_one_too(stage: Stage, cluster: Cluster) -> None:
    evidence = MemoryEvidence()
    judged(evidence, GOOD)
    evidence.counts("httpbin-2", GOOD, GOOD)
    with leading(cluster, evidence):
        begun(stage, BY_ORDER)
        stage.until("Promoted", lambda: told(stage, "phase"))
        found = stage.get(ROUTEMAPS, "httpbin") or {}
        assert found["spec"]["versions"] == PROMOTED
        assert found["metadata"]["annotations"].keys() == {names.PROMOTION}
        stage.until([], lambda: stage.finalizers(DEPLOYMENTS, "httpbin-0"))
        assert (stage.split() or {})["httpbin-1"] == 100
        stage.until([1, 1], lambda: events(stage, "Promoting", "Promoted"))
        change(
            stage, ROUTEMAPS, "httpbin", spec={"versions": [*PROMOTED, {"name": "httpbin-2", "weight": 50}]}
        )
        stage.version("httpbin-2")
        stage.until("httpbin-2", lambda: told(stage, "version"))
        stage.until("Promoted", lambda: told(stage, "phase"))
        last = [version["name"] for version in (stage.get(ROUTEMAPS, "httpbin") or {})["spec"]["versions"]]
        assert last == ["httpbin-2", "httpbin-0", "httpbin-1"]


@dataclass
class Troubled:
    """A controller behind a proxy, on a node whose clock can be set; of evidence nothing is known."""

    proxy: Faulty
    evidence: MemoryEvidence = field(default_factory=MemoryEvidence)
    ahead: float = 0.0
    controller: Controller | None = None
    clock: SteadyClock = field(init=False)

    def __post_init__(self) -> None:
        self.clock = SteadyClock(lambda: time.time() + self.ahead)

    def wake(self, stage: Stage) -> None:
        """Have it look again, as new evidence does."""
        assert self.controller is not None
        self.controller.wake(RoutemapKey(stage.namespace, "httpbin"))


def the_api_server_is_away(troubled: Troubled, stage: Stage) -> None:
    """Have it refuse everything, watches too, until that has been felt."""
    before = troubled.proxy.counts["refused"]
    troubled.proxy.fault = lambda _method, _path: (503, {})
    troubled.proxy.cut_watches()
    stage.until(True, lambda: troubled.proxy.counts["refused"] >= before + 10)
    troubled.proxy.fault = lambda _method, _path: None


def the_clock_is_set_back(troubled: Troubled, _: Stage) -> None:
    troubled.ahead -= 3600


def the_clock_is_put_forward(troubled: Troubled, _: Stage) -> None:
    """By more than the time that evidence has."""
    troubled.ahead += 3600


def reach(stage: Stage, step: int) -> None:
    stage.until(True, lambda: (told(stage, "step") or 0) >= step)


@pytest.fixture
def troubled(plane: ControlPlane, tmp_path: Path) -> Iterator[Troubled]:
    found = Troubled(Faulty(plane))
    with found.proxy.kubeconfig(tmp_path) as kubeconfig:
        policy = Policy(evidence=found.evidence, clock=found.clock, clock_set=lambda: found.clock.set_at)
        cluster = Cluster(kubeconfig)
        cluster.heard = found.clock.heard
        found.controller = Controller(cluster, Metrics(), policy)
        with running(found.controller):
            yield found


@pytest.mark.parametrize("trouble", [the_api_server_is_away, the_clock_is_set_back, the_clock_is_put_forward])
def test_trouble_in_every_step_comes_to_the_same_end(
    troubled: Troubled, stage: Stage, trouble: Callable[[Troubled, Stage], None]
) -> None:
    begun(stage)
    for step in (1, 2, 3):
        reach(stage, step)
        trouble(troubled, stage)
        judged(troubled.evidence, GOOD)
        troubled.wake(stage)
        if step < 3:
            reach(stage, step + 1)
            troubled.evidence.known.clear()
    stage.until("Succeeded", lambda: told(stage, "phase"))
    assert (stage.split() or {})["httpbin-1"] == 100


@pytest.mark.parametrize(("good", "end"), [(GOOD, "Succeeded"), (BAD, "Failed")])
def test_another_leader_in_every_step_comes_to_the_same_end(
    stage: Stage, cluster: Cluster, good: int, end: str
) -> None:
    """Each new leader knows nothing but what the API server has, and has asked nobody yet.

    Their nodes' clocks are an hour apart.
    """
    last = 3 if end == "Succeeded" else 2
    with leading(cluster, MemoryEvidence()):
        begun(stage)
        stage.until(1, lambda: told(stage, "step"))
    for step in range(1, last + 1):
        with ExitStack() as leader:
            evidence = MemoryEvidence()
            controller = leader.enter_context(leading(cluster, evidence, 3600 * (step % 2) - 1800))
            assert told(stage, "step") == step, "what is not known promotes nobody"
            judged(evidence, GOOD if step < last else good)
            controller.wake(RoutemapKey(stage.namespace, "httpbin"))
            wanted = step + 1 if step < last else step
            stage.until(wanted, lambda: told(stage, "step"))
            if step == last:
                stage.until(end, lambda: told(stage, "phase"))
            evidence.known.clear()
    if end == "Failed":
        with leading(cluster, MemoryEvidence()):
            stage.until("httpbin-0=100 httpbin-1=0", lambda: stage.status().get("split"))

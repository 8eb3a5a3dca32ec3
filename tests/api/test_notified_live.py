"""Notices of a rollout on a real API server, by HTTP to a real receiver, whoever leads meanwhile."""

from __future__ import annotations

import json
import random
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from reconciler.notifying.bodies import Form
from reconciler.notifying.notifier import Notifier
from reconciler.notifying.receiver import Place, Receiver, sign
from reconciler.passes.controller import Controller
from reconciler.passes.reconcile import Policy
from reconciler.serving.metrics import Metrics
from reconciler.watching.mentions import RoutemapKey
from tests.api.bringing_about import FIRST
from tests.api.conftest import running
from tests.unit.kube.api_server import ApiServer, Asked, serving
from tests.unit.reconciler.memory_evidence import MemoryEvidence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from kube.client import Cluster
    from tests.api.stage import Stage

ROLLOUT: dict[str, Any] = {
    "steps": [{"share": 10, "for": "1s"}, {"share": 50, "for": "1s"}],
    "checks": [{"metric": "success", "min": 99}],
}
KINDS = ["started", "step", "succeeded"]


def spawned(target: Callable[[], None], name: str) -> threading.Thread:
    thread = threading.Thread(target=target, name=name, daemon=True)
    thread.start()
    return thread


@contextmanager
def leading(cluster: Cluster, place: Place, evidence: MemoryEvidence) -> Iterator[Controller]:
    metrics = Metrics()
    receiver = Receiver(place, Form.CLOUD_EVENTS, time.time)
    notifier = Notifier(receiver, metrics, spawned, random.random)
    controller = Controller(cluster, metrics, Policy(evidence=evidence, notifier=notifier))
    with running(controller):
        yield controller


def sent_of(server: ApiServer, stage: Stage) -> list[tuple[Asked, dict[str, Any]]]:
    """Return what was sent of a namespace, with the events: rollouts of others' tests may be there, too."""
    found = [(asked, json.loads(asked.body)) for asked in [*server.asked]]
    return [(asked, event) for asked, event in found if event["data"]["namespace"] == stage.namespace]


def kinds(server: ApiServer, stage: Stage) -> dict[str, set[str]]:
    """Return the ids by kind of event, in the order in which the kinds came first."""
    found: dict[str, set[str]] = {}
    for _, event in sent_of(server, stage):
        found.setdefault(event["type"].rpartition(".")[2], set()).add(event["id"])
    return found


def test_each_way_is_told_by_one_id_whoever_leads_and_signed(
    stage: Stage, cluster: Cluster, tmp_path: Path
) -> None:
    key = tmp_path / "key"
    key.write_text("secret")
    with serving() as server:
        place = Place(server.url, key=key)
        with leading(cluster, place, MemoryEvidence()):
            stage.version("httpbin-0")
            stage.routemap(rollout=ROLLOUT)
            stage.until(FIRST, stage.split)
            stage.version("httpbin-1")
            stage.until(["started"], lambda: [*kinds(server, stage)])
        for _ in range(2):
            evidence = MemoryEvidence()
            with leading(cluster, place, evidence) as controller:
                evidence.counts("httpbin-1", 50_000, 50_000)
                controller.wake(RoutemapKey(stage.namespace, "httpbin"))
                stage.until(KINDS, lambda: [*kinds(server, stage)])
        assert {kind: len(ids) for kind, ids in kinds(server, stage).items()} == dict.fromkeys(KINDS, 1)
        for asked, event in sent_of(server, stage):
            sent = asked.headers
            assert event["source"].endswith(f"/namespaces/{stage.namespace}/routemaps/httpbin")
            assert sent["webhook-id"] == event["id"]
            made = sign(b"secret", event["id"], sent["webhook-timestamp"], asked.body)
            assert sent["webhook-signature"] == made

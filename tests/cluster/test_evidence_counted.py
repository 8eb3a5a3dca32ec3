"""On the local cluster: requests by version, counted by a real Prometheus that reads the sidecars' Envoys."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from kube.client import Cluster
from reconciler.asking import readings
from reconciler.asking.asker import Asker, Sources
from reconciler.asking.presets import ENVOY, preset
from reconciler.asking.tallies import Grid
from reconciler.serving.metrics import Metrics
from routing.stepping.rollout import Answer, Check, Counts, Measure, Question
from tools.local import cluster

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.asking.readings import Series
    from tests.cluster.conftest import Shell

NAMESPACE = "evidence"
PROXY = "/api/v1/namespaces/monitoring/services/prometheus:9090/proxy/api/v1"
VERSION = """
apiVersion: v1
kind: Service
metadata: {{name: {name}}}
spec: {{ports: [{{name: http, port: 80}}], selector: {{app: {name}}}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}}}
spec:
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec:
      terminationGracePeriodSeconds: 0
      containers:
        - name: web
          image: docker.io/kennethreitz/httpbin:latest
          readinessProbe: {{httpGet: {{path: /status/200, port: 80}}, periodSeconds: 1}}
---
"""
CLIENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: client}
spec:
  selector: {matchLabels: {app: client}}
  template:
    metadata: {labels: {app: client}}
    spec:
      terminationGracePeriodSeconds: 0
      containers: [{name: client, image: docker.io/curlimages/curl, command: [/bin/sleep, infinity]}]
"""


class Through:
    """Prometheus through the API server, which a test can reach from outside of the cluster."""

    def __init__(self, shell: Shell) -> None:
        self._cluster = Cluster(str(shell.kubeconfig))

    def growth(self, query: str, start: int, end: int, step: int) -> list[Series]:
        """Return a range query's series."""
        asked = f"{PROXY}/query_range?query={quote(query)}&start={start}&end={end}&step={step}"
        return readings.matrix(self._cluster.text(asked).encode())

    def number(self, query: str, moment: float, namespace: str) -> float:
        """Return an instant query's number."""
        asked = f"{PROXY}/query?query={quote(query)}&time={moment:.3f}&namespace={namespace}"
        return readings.number(self._cluster.text(asked).encode())


@pytest.fixture(scope="module")
def client(shell: Shell) -> Iterator[str]:
    """Two versions and a client whose sidecars show what Prometheus reads; the client's pod."""
    cluster.prometheus()
    namespace = {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": NAMESPACE, "labels": {"istio-injection": "enabled"}},
    }
    shell.run("kubectl apply -f -", json.dumps(namespace))
    manifests = "".join(VERSION.format(name=name) for name in ("web-0", "web-1"))
    shell.run(f"kubectl -n {NAMESPACE} apply -f -", manifests + CLIENT)
    try:
        for name in ("web-0", "web-1", "client"):
            shell.run(f"kubectl -n {NAMESPACE} rollout status deployment/{name} --timeout=120s")
        yield shell.run(f"kubectl -n {NAMESPACE} get pod -l app=client -o name").strip()
    finally:
        shell.attempt(f"kubectl delete namespace {NAMESPACE} --wait=false")


def test_requests_come_to_be_counted_by_version_status_and_time(shell: Shell, client: str) -> None:
    def send(version: str, path: str, times: int) -> None:
        command = f"for i in $(seq {times}); do curl -s -o /dev/null http://{version}{path}; done"
        shell.run(f"kubectl -n {NAMESPACE} exec {client} -c client -- sh -c '{command}'")

    for version in (
        "web-0",
        "web-1",
    ):  # so that the sidecar has a cluster for each, and Prometheus has read it
        send(version, "/status/200", 1)
    source = Through(shell)

    def read() -> float | None:
        """Return of how many versions Prometheus has read latencies; Envoy shows them 5 s later."""
        asked = (
            f'count(envoy_cluster_upstream_rq_time_bucket{{le="+Inf",cluster_name=~".*{NAMESPACE}.*"}} > 0)'
        )
        try:
            return source.number(asked, time.time(), NAMESPACE)
        except readings.NoAnswerError:
            return None

    shell.until(2.0, read)
    asker: Asker[str] = Asker(Sources(source, preset(ENVOY)), Grid(5, 5.0), Metrics(), lambda: 0.0)
    success = Check("success", Measure.SUCCESS, 99.0)
    slow = Check("slow", Measure.LATENCY, 99.0, under_ms=500)
    since = time.time()
    questions = [
        Question(check, NAMESPACE, version, since)
        for check in (success, slow)
        for version in ("web-0", "web-1")
    ]

    def known() -> list[Answer]:
        asker.answers("key", questions)
        asker.once(lambda _: None)
        told = asker.answers("key", questions)
        return [told[question] for question in questions]

    shell.until([Counts(0, 0)] * 4, known)
    send("web-0", "/status/200", 40)
    send("web-1", "/status/200", 20)
    send("web-1", "/status/503", 5)
    send("web-1", "/status/404", 3)
    send("web-1", "/delay/1", 2)
    shell.until([Counts(40, 40), Counts(25, 30), Counts(40, 40), Counts(28, 30)], known)

"""On the local cluster: requests by version, counted by a real Prometheus that reads the sidecars' Envoys."""

from __future__ import annotations

import json
import shlex
import time
from typing import TYPE_CHECKING, Any
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
from tools.local.cluster_images import streams_image

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


SERVER = """
import grpc
from concurrent.futures import ThreadPoolExecutor

def answer(request, context):
    code = next(code for code in grpc.StatusCode if code.value[0] == int(request))
    if int(request):
        context.abort(code, "as asked")
    return b""

def watch(request, context):
    while context.is_active():
        yield b""

handlers = {
    "Answer": grpc.unary_unary_rpc_method_handler(answer),
    "Watch": grpc.unary_stream_rpc_method_handler(watch),
}
server = grpc.server(ThreadPoolExecutor(8))
server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler("teal.Calls", handlers)])
server.add_insecure_port("0.0.0.0:50051")
server.start()
server.wait_for_termination()
"""
CALLS = """
import contextlib, grpc, sys
channel = grpc.insecure_channel("calls:50051")
for status in sys.argv[1].split(","):
    if status == "watch":
        stream = channel.unary_stream("/teal.Calls/Watch")(b"")
        next(stream)
        stream.cancel()
    else:
        with contextlib.suppress(grpc.RpcError):
            channel.unary_unary("/teal.Calls/Answer")(status.encode(), wait_for_ready=True)
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


def called(name: str, command: list[str], ready: dict[str, Any]) -> list[dict[str, Any]]:
    """Return Deployment and Service of pods that speak gRPC."""
    labels = {"app": name}
    container = {"name": "main", "image": "docker.io/teal/streams:local", "command": command, **ready}
    pods = {"terminationGracePeriodSeconds": 0, "containers": [container]}
    template = {"metadata": {"labels": labels}, "spec": pods}
    port = {"name": "grpc", "port": 50051}
    specs = {
        ("apps/v1", "Deployment"): {"selector": {"matchLabels": labels}, "template": template},
        ("v1", "Service"): {"ports": [port], "selector": labels},
    }
    return [
        {"apiVersion": version, "kind": kind, "metadata": {"name": name}, "spec": spec}
        for (version, kind), spec in specs.items()
    ]


@pytest.fixture(scope="module")
def caller(shell: Shell, client: str) -> str:
    """A version that is called by gRPC, and the pod that calls it."""
    assert client, "the namespace is there, and proxies show their figures"
    cluster.bring(streams_image())
    probe = {"readinessProbe": {"tcpSocket": {"port": 50051}, "periodSeconds": 1, "timeoutSeconds": 10}}
    items = [
        *called("calls", ["python3", "-c", SERVER], probe),
        *called("caller", ["sleep", "infinity"], {}),
    ]
    shell.run(
        f"kubectl -n {NAMESPACE} apply -f -", json.dumps({"apiVersion": "v1", "kind": "List", "items": items})
    )
    for name in ("calls", "caller"):
        shell.run(f"kubectl -n {NAMESPACE} rollout status deployment/{name} --timeout=180s")
    return shell.run(f"kubectl -n {NAMESPACE} get pod -l app=caller -o name").strip()


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


def test_calls_of_grpc_come_to_be_counted_by_their_own_status(shell: Shell, caller: str) -> None:
    """Envoy counts a request with 200, and by status beside; a stream that its client ends has none."""

    def send(*asked: str) -> None:
        words = ["python3", "-c", CALLS, ",".join(asked)]
        shell.run(f"kubectl -n {NAMESPACE} exec {caller} -c main -- {shlex.join(words)}")

    send("0", "14", "13", "5")  # so that there is a series of each
    source = Through(shell)
    asker: Asker[str] = Asker(Sources(source, preset(ENVOY)), Grid(5, 5.0), Metrics(), lambda: 0.0)
    success = Check("success", Measure.SUCCESS, 99.0)
    question = Question(success, NAMESPACE, "calls", time.time(), grpc=True)

    def known() -> Answer:
        asker.answers("key", [question])
        asker.once(lambda _: None)
        return asker.answers("key", [question])[question]

    shell.until(Counts(0, 0), known)
    send(*["0"] * 20, *["14"] * 5, "13", *["5"] * 3, *["watch"] * 2)
    shell.until(Counts(25, 31), known)

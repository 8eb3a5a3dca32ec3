"""The local cluster itself: what Teal's other tests on it take for granted."""

from __future__ import annotations

import json
import os
import signal
from ipaddress import IPv4Network
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tools.local import cluster, network
from tools.local.layout import Layout, free_index, label_of, name_of_cluster
from tools.local.teal_image import teal_image

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.cluster.conftest import Shell

POD = "image-of-teal"


def test_the_node_is_ready(shell: Shell) -> None:
    nodes = json.loads(shell.run("kubectl get nodes -o json"))["items"]
    ready = [
        {each["type"]: each["status"] for each in node["status"]["conditions"]}["Ready"] for node in nodes
    ]
    assert ready == ["True"]


def test_pods_find_services_by_name(shell: Shell, sleep: str) -> None:
    for name in ("kubernetes.default", "kube-dns.kube-system.svc.cluster.local"):
        service, namespace = name.split(".")[:2]
        address = shell.run(f"kubectl -n {namespace} get service {service} -o jsonpath={{.spec.clusterIP}}")
        assert shell.run(f"kubectl exec {sleep} -c sleep -- getent hosts {name}").split()[0] == address


def test_an_unknown_name_is_answered_at_once_and_with_no(shell: Shell, sleep: str) -> None:
    done = shell.attempt(f"kubectl exec {sleep} -c sleep -- timeout 5 getent hosts nobody.invalid")
    assert "exit code 2" in done.stderr


def test_a_pod_of_the_default_namespace_gets_a_sidecar(shell: Shell, sleep: str) -> None:
    spec = json.loads(shell.run(f"kubectl get {sleep} -o json"))["spec"]
    containers = [each["name"] for each in (*spec["containers"], *spec.get("initContainers", ()))]
    assert "istio-proxy" in containers


def test_pods_and_services_are_reached_from_the_host(shell: Shell) -> None:
    question = "kubectl -n istio-system get service istio-ingressgateway -o jsonpath={.spec.clusterIP}"
    answer = shell.run(f"curl -s -o /dev/null -w '%{{http_code}}' http://$({question}):15021/healthz/ready")
    assert answer == "200"


@pytest.fixture
def pod(shell: Shell) -> Iterator[str]:
    shell.run(f"kubectl -n istio-system delete pod {POD} --ignore-not-found")
    yield POD
    shell.run(f"kubectl -n istio-system delete pod {POD} --now")


@pytest.mark.parametrize("command", ["webhook", "reconciler"])
def test_the_registry_on_loopback_serves_an_image_of_teal_that_runs(
    shell: Shell, pod: str, command: str
) -> None:
    container = {
        "name": "teal",
        "image": teal_image().reference,
        "imagePullPolicy": "Always",
        "command": ["python", "-m", command, "--help"],
        "securityContext": {"runAsNonRoot": True, "readOnlyRootFilesystem": True},
    }
    manifest = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": pod,
            "namespace": "istio-system",
            "labels": {"sidecar.istio.io/inject": "false"},
        },
        "spec": {"restartPolicy": "Never", "containers": [container]},
    }
    shell.run("kubectl apply -f -", json.dumps(manifest))
    phase = f"kubectl -n istio-system get pod {pod} -o jsonpath={{.status.phase}}"
    shell.until("Succeeded", lambda: shell.run(phase))
    assert "usage" in shell.run(f"kubectl -n istio-system logs {pod}").lower()


def test_up_leaves_a_running_cluster_as_it_is(shell: Shell) -> None:
    def pods() -> set[str]:
        found = json.loads(shell.run("kubectl get pods -A -l app!=sleep -o json"))["items"]
        return {each["metadata"]["uid"] for each in found if each["metadata"]["namespace"] != "default"}

    before = pods()
    assert cluster.up().kubeconfig == shell.kubeconfig
    assert pods() == before


def test_a_program_that_ends_is_started_again(shell: Shell) -> None:
    (before,) = _schedulers()
    os.kill(before, signal.SIGKILL)
    shell.until(True, lambda: len(_schedulers() - {before}) == 1)


def test_clusters_side_by_side_share_no_network() -> None:
    taken: list[IPv4Network] = []
    while (index := free_index(taken)) is not None:
        layout = Layout("any", index, Path())
        new = (layout.link, layout.services, layout.pods)
        assert not any(each.overlaps(other) for each in new for other in taken)
        taken.extend(new)
    assert len(taken) == 12 * 3


def test_a_wide_route_of_the_host_does_not_hinder_a_cluster_a_narrow_one_moves_it() -> None:
    assert free_index([IPv4Network("10.0.0.0/8")]) == 0
    assert free_index([IPv4Network("10.96.7.0/24")]) == 1


def _schedulers() -> set[int]:
    return {
        process
        for process in network.processes(label_of(name_of_cluster()))
        if _command(process)[:1] and _command(process)[0].endswith("/kube-scheduler")
    }


def _command(process: int) -> list[Any]:
    try:
        return Path(f"/proc/{process}/cmdline").read_text().split("\0")
    except FileNotFoundError:
        return []

"""A cluster without nodes for an ordinary user: API server, controllers and Teal as plain processes.

Nothing runs in the pods: a thread of this process reports them as running and ready, as a kubelet would. The
Deployments and EndpointSlices then become ready by Kubernetes' own controllers.
"""

from __future__ import annotations

import contextlib
import sys
import threading
from contextlib import ExitStack, contextmanager
from ipaddress import IPv4Network
from typing import TYPE_CHECKING, Any

import yaml

from kube.client import Cluster
from kube.errors import ClusterError
from reconciler.hooks.wait_for_admission import wait
from routing.kinds import Resource
from tools.local.controlplane import child, control_plane, free_port
from tools.local.kinds import install_kinds, kubectl, rendered
from tools.local.programs import programs
from tools.local.progress import step

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAMESPACE = "teal-system"
PODS = Resource("v1", "Pod", "pods")
NODE = "light"
_PODS_NETWORK = IPv4Network("10.244.0.0/16")
_CONDITIONS = ("PodScheduled", "Initialized", "ContainersReady", "Ready")
_CONTROLLERS = (
    "deployment",
    "replicaset",
    "endpointslice",
    "garbage-collector",
    "namespace",
    "horizontal-pod-autoscaler",
    "disruption",
)
_CONFIGURATIONS = (
    "MutatingWebhookConfiguration",
    "ValidatingWebhookConfiguration",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
)
_ADMISSION_SECONDS = 120.0
_REPORT_SECONDS = 0.2


@contextmanager
def light_cluster(folder: Path) -> Iterator[Path]:
    """Run it until the context ends, state and logs in `folder`; give the kubeconfig of an administrator.

    Admission really works from the beginning. Raises RuntimeError when something does not start.
    """
    with ExitStack() as stack:
        with step("Starting etcd, kube-apiserver and Kubernetes' controllers", "light"):
            kubeconfig = stack.enter_context(control_plane(folder)).kubeconfig
            install_kinds(kubeconfig)
            stack.enter_context(controllers(kubeconfig, folder))
            stack.enter_context(pods_that_run(kubeconfig))
        with step("Starting Teal's webhook and reconciler", "light-teal"):
            stack.enter_context(teal(kubeconfig, folder))
        yield kubeconfig


@contextmanager
def teal(kubeconfig: Path, folder: Path, *flags: str) -> Iterator[None]:
    """Run one replica of Teal as two processes until the context ends; it begins once admission works.

    `flags` are more for the reconciler.
    """
    port, certificates = free_port(), folder / "certificates"
    certificates.mkdir(mode=0o700)
    kubectl(kubeconfig, "create", "namespace", NAMESPACE)
    kubectl(kubeconfig, "apply", "-f", "-", given=yaml.safe_dump_all(_configurations(port)))
    common = [sys.executable, "-m"]
    reconciler = [*common, "reconciler", f"--namespace={NAMESPACE}", "--identity=me", f"--port={free_port()}"]
    reconciler += [f"--certificates={certificates}", f"--kubeconfig={kubeconfig}", "--serving-name=localhost"]
    reconciler += flags
    webhook = [*common, "webhook", f"--certificates={certificates}", f"--port={port}", "--host=127.0.0.1"]
    with (
        child(reconciler, folder / "reconciler.log"),
        child([*webhook, "--drain-seconds=0"], folder / "webhook.log"),
    ):
        if not wait(Cluster(str(kubeconfig)), "default", _ADMISSION_SECONDS):
            raise RuntimeError(f"Teal does not answer; its logs are in {folder}")
        yield


@contextmanager
def controllers(kubeconfig: Path, folder: Path) -> Iterator[None]:
    """Run the controllers that make Pods and EndpointSlices of Deployments and Services, and scale them.

    Nobody has figures of pods here, so an autoscaler keeps to its least and its most, and does no more.
    """
    names = ",".join(f"{name}-controller" for name in _CONTROLLERS)
    command = (
        str(programs() / "kube-controller-manager"),
        f"--kubeconfig={kubeconfig}",
        f"--controllers={names}",
        "--leader-elect=false",
        "--horizontal-pod-autoscaler-sync-period=1s",
        "--bind-address=127.0.0.1",
        f"--secure-port={free_port()}",
    )
    with child(command, folder / "controllers.log"):
        yield


@contextmanager
def pods_that_run(kubeconfig: Path) -> Iterator[None]:
    """Do a kubelet's part until the context ends: report Pods as running and ready, let deleted ones go."""
    over, cluster = threading.Event(), Cluster(str(kubeconfig))
    node(cluster)
    addresses = map(str, _PODS_NETWORK.hosts())

    def work() -> None:
        while not over.wait(_REPORT_SECONDS):
            # Tried again next time: the API server may be on its way down, the Pod gone.
            with contextlib.suppress(ClusterError):
                for pod in cluster.request("GET", PODS.path())["items"]:
                    _attend(cluster, pod, addresses)

    thread = threading.Thread(target=work, name="pods", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _attend(cluster: Cluster, pod: dict[str, Any], addresses: Iterator[str]) -> None:
    key = pod["metadata"]["namespace"], pod["metadata"]["name"]
    if "deletionTimestamp" in pod["metadata"]:
        cluster.request("DELETE", PODS.path(*key), query={"gracePeriodSeconds": "0"})
    elif pod["status"]["phase"] == "Pending":
        if "nodeName" not in pod["spec"]:
            bind(cluster, pod)
        cluster.merge(PODS, *key, {"status": running(pod, next(addresses))}, "status")


def node(cluster: Cluster) -> None:
    """Make the node that all Pods are bound to."""
    cluster.request("POST", "/api/v1/nodes", {"apiVersion": "v1", "kind": "Node", "metadata": {"name": NODE}})


def bind(cluster: Cluster, pod: dict[str, Any]) -> None:
    """Do the scheduler's part for a Pod."""
    namespace, name = pod["metadata"]["namespace"], pod["metadata"]["name"]
    target = {"apiVersion": "v1", "kind": "Node", "name": NODE}
    binding = {"apiVersion": "v1", "kind": "Binding", "metadata": {"name": name}, "target": target}
    cluster.request("POST", PODS.path(namespace, name, "binding"), binding)


def running(pod: dict[str, Any], address: str) -> dict[str, Any]:
    """Return the status of a Pod that runs, at an address."""
    now = pod["metadata"]["creationTimestamp"]
    running = {"ready": True, "started": True, "restartCount": 0, "state": {"running": {"startedAt": now}}}
    return {
        "phase": "Running",
        "conditions": [{"type": name, "status": "True", "lastTransitionTime": now} for name in _CONDITIONS],
        "containerStatuses": [
            {"name": each["name"], "image": each["image"], "imageID": each["image"], **running}
            for each in pod["spec"]["containers"]
        ],
        "podIP": address,
        "podIPs": [{"ip": address}],
        "startTime": now,
    }


def _configurations(port: int) -> list[dict[str, Any]]:
    """Return what the chart makes of admission, the Service replaced by a port of this machine."""
    found = [item for item in rendered() if item["kind"] in _CONFIGURATIONS]
    for configuration in found:
        for webhook in configuration.get("webhooks", ()):
            path = webhook["clientConfig"].pop("service")["path"]
            webhook["clientConfig"]["url"] = f"https://localhost:{port}{path}"
    return found

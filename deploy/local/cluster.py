"""Start and stop a local cluster: one machine's Kubernetes with Istio in namespaces of its own."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from deploy.local import addons, cgroups, network
from deploy.local.cache import cache, locked
from deploy.local.cluster_images import base, cluster_images
from deploy.local.debian import debian_programs
from deploy.local.kinds import kubectl
from deploy.local.layout import Layout, folder_of, free_index, label_of, name_of_cluster
from deploy.local.nodefiles import write_settings
from deploy.local.nodeprograms import plan
from deploy.local.pki import write_credentials
from deploy.local.programs import programs
from deploy.local.progress import step
from deploy.local.ready import wait_ready
from deploy.local.registry import push
from deploy.local.teal_image import ROOT, teal_image

_HEALTH_SECONDS = 15.0
_STOP_SECONDS = 30.0
_INDEX = "index"
_AVAILABLE = (
    "jsonpath={range .items[?(@.status.availableReplicas)]}{.metadata.namespace} {.metadata.name}{'\\n'}{end}"
)


def up() -> Layout:
    """Start the cluster unless it runs, push Teal's image if it is new, and return where the cluster is.

    Raises RuntimeError or OSError; what was started by then stays to be looked at, until the next `up` or `down`.
    """
    name = name_of_cluster()
    with locked("clusters", name):
        layout = running(name)
        if layout is None:
            _end(name)
            _make_all()
            layout = _start(name)
        push(layout.node_address, teal_image())
    return layout


def down() -> None:
    """End the cluster and all that there is of it; nothing happens without one."""
    name = name_of_cluster()
    with locked("clusters", name):
        _end(name)


def running(name: str) -> Layout | None:
    """Return the cluster if it is healthy: its API server answers, DNS and Istio are available.

    One whose processes are there gets some seconds to be so.
    """
    layout = _recorded(name)
    end = time.monotonic() + _HEALTH_SECONDS
    while layout and network.exists(layout.label) and network.processes(layout.label):
        if _healthy(layout):
            return layout
        if time.monotonic() > end:
            break
        time.sleep(0.5)
    return None


def _recorded(name: str) -> Layout | None:
    folder = folder_of(name)
    index = folder / _INDEX
    return Layout(name, int(index.read_text()), folder) if index.exists() else None


def _healthy(layout: Layout) -> bool:
    question = ("get", "deployments", "--all-namespaces", "--request-timeout=5s", "--output", _AVAILABLE)
    try:
        found = kubectl(layout.kubeconfig, *question)
    except RuntimeError:
        return False
    return {tuple(line.split()) for line in found.splitlines()} >= set(addons.DEPLOYMENTS)


def _make_all() -> None:
    """Build and fetch what is missing: the compiler and the network are busy at the same time."""
    with ThreadPoolExecutor() as pool:
        made = [pool.submit(make) for make in (programs, base, teal_image, debian_programs)]
    for each in made:
        each.result()
    cluster_images()


def _start(name: str) -> Layout:
    layout = _claim(name)
    with step("Starting Kubernetes", "kubernetes"):
        debian = debian_programs()
        for folder in (layout.logs, layout.pki, layout.folder / "etcd"):
            folder.mkdir(mode=0o700)
        write_credentials(layout)
        write_settings(layout, debian)
        cgroups.make(layout.label)
        plan_file = layout.folder / "plan.json"
        plan_file.write_text(plan(layout, programs(), debian, cache("")).dump())
        _start_node(layout, plan_file)
        wait_ready(layout.url, layout.pki / "ca.crt", lambda: True, layout.logs / "kube-apiserver.log")
    with step("Pushing images into the cluster's registry", "push"):
        for image in cluster_images():
            push(layout.node_address, image)
    with step("Installing DNS and Istio", "istio"):
        addons.install_dns(layout)
        addons.install_istio(layout)
    with step("Installing the ingress gateway", "gateway"):
        addons.install_gateway(layout)
    return layout


def _claim(name: str) -> Layout:
    """Take the first networks that are free, by linking them. One process at a time does that."""
    with locked("networks"):
        index = free_index(network.host_routes())
        if index is None:
            raise RuntimeError("This machine's routes leave no network free for the cluster (10.88, 10.96, 10.244).")
        layout = Layout(name, index, folder_of(name))
        layout.folder.mkdir(parents=True, mode=0o700)
        (layout.folder / _INDEX).write_text(str(index))
        network.connect(layout)
    return layout


def _start_node(layout: Layout, plan_file: Path) -> None:
    """Start the node's first process in new namespaces; it outlives this process."""
    command = [
        *("nsenter", f"--net=/run/netns/{layout.label}"),
        *("unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"),
        *(sys.executable, "-m", "deploy.local.node", str(plan_file)),
    ]
    log = str(layout.logs / "node.log")
    files = (
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644),
        (os.POSIX_SPAWN_DUP2, 1, 2),
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    os.posix_spawnp(command[0], command, environment, file_actions=files, setsid=True)


def _end(name: str) -> None:
    """End every process of a cluster, then remove what they leave. Raises RuntimeError when one does not end."""
    label = label_of(name)
    if network.exists(label):
        with step("Ending the cluster", "end"):
            _kill(label)
            network.disconnect(label)
    cgroups.remove(label)
    folder = folder_of(name)
    if folder.exists():
        shutil.rmtree(folder)


def _kill(label: str) -> None:
    """Kill what is in the node's network namespace: with its first process go pods and mounts."""
    end = time.monotonic() + _STOP_SECONDS
    while found := network.processes(label):
        if time.monotonic() > end:
            raise RuntimeError(f"Processes of the cluster do not end: {found}.")
        for process in found:
            try:
                os.kill(process, signal.SIGKILL)
            except ProcessLookupError:
                pass
        time.sleep(0.05)

"""Start and stop a local cluster: one machine's Kubernetes with Istio in namespaces of its own."""

from __future__ import annotations

import contextlib
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from tools.local import addons, cgroups, hermetic, network
from tools.local.cache import cache, locked
from tools.local.cluster_images import base, cluster_images, prometheus_image
from tools.local.debian import debian_programs
from tools.local.kinds import kubectl
from tools.local.layout import Layout, folder_of, free_index, label_of, name_of_cluster
from tools.local.nodefiles import write_settings
from tools.local.nodeprograms import plan
from tools.local.pki import write_credentials
from tools.local.programs import programs
from tools.local.progress import step
from tools.local.ready import wait_ready
from tools.local.registry import push, wait_for_registry
from tools.local.teal_image import teal_image

if TYPE_CHECKING:
    from tools.local.oci import Image

_HEALTH_SECONDS = 15.0
_HOLDER = "another process that starts or ends this cluster"
_INDEX = "index"
_AVAILABLE = (
    "jsonpath={range .items[?(@.status.availableReplicas)]}{.metadata.namespace} {.metadata.name}{'\\n'}{end}"
)


def up() -> Layout:
    """Start the cluster unless it runs, push Teal's image if it is new, and return where the cluster is.

    Raises RuntimeError or OSError; what was started by then stays, to be looked at, until `up` or `down`.
    """
    name = name_of_cluster()
    with locked("clusters", name, holder=_HOLDER):
        layout = running(name)
        if layout is None:
            _end(name)
            _make_all()
            layout = _start(name)
        push(layout.node_address, teal_image())
    return layout


def bring(image: Image) -> None:
    """Have an image in the running cluster's registry. Raises RuntimeError when there is no cluster."""
    layout = recorded(name_of_cluster())
    if layout is None:
        raise RuntimeError("no local cluster is running: `make cluster` starts one")
    push(layout.node_address, image)


def prometheus() -> str:
    """Install Prometheus into the running cluster; return its address within.

    Raises RuntimeError when there is none.
    """
    name = name_of_cluster()
    with locked("clusters", name, holder=_HOLDER):
        layout = running(name)
        if layout is None:
            raise RuntimeError("no local cluster is running: `make cluster` starts one")
        push(layout.node_address, prometheus_image())
        with step("Installing Prometheus", "prometheus"):
            addons.install_prometheus(layout)
    return "http://prometheus.monitoring:9090"


def down() -> None:
    """End the cluster and remove all that it left; nothing happens without one."""
    name = name_of_cluster()
    with locked("clusters", name, holder=_HOLDER):
        _end(name)


def restart() -> Layout:
    """End every process of the node at once, as a power cut does, and start it again on what it had stored.

    Returns when it is healthy; pods may still be starting. Raises RuntimeError when it is not in time.
    """
    name = name_of_cluster()
    with locked("clusters", name, holder=_HOLDER):
        layout = recorded(name)
        if layout is None:
            raise RuntimeError("no local cluster is running: `make cluster` starts one")
        hermetic.kill(layout.label)
        # No control group outlives a power cut; kubelet would look for each one's container, for minutes.
        cgroups.remove(layout.label)
        cgroups.make(layout.label)
        node = hermetic.start(layout, layout.folder / "plan.json")
        log = layout.logs / "kube-apiserver.log"
        wait_ready(layout.url, layout.pki / "ca.crt", lambda: hermetic.alive(node), log)
    return layout


def running(name: str) -> Layout | None:
    """Return the cluster if it is healthy: its API server answers, DNS and Istio are available.

    One that is there but is not healthy gets some seconds to become so.
    """
    layout = recorded(name)
    end = time.monotonic() + _HEALTH_SECONDS
    while layout and network.exists(layout.label) and network.processes(layout.label):
        if _healthy(layout):
            return layout
        if time.monotonic() > end:
            break
        time.sleep(0.5)
    return None


def recorded(name: str) -> Layout | None:
    """Return where a cluster is that has been started, whatever its health."""
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
    """Build and fetch what is missing: some of it keeps the processor busy, some the network."""
    with ThreadPoolExecutor() as pool:
        made = [pool.submit(make) for make in (programs, base, teal_image, debian_programs)]
    for each in made:
        each.result()
    cluster_images()


def _start(name: str) -> Layout:
    layout = _claim(name)
    with step("Starting Kubernetes", "kubernetes"):
        _write(layout)
        cgroups.make(layout.label)
        node = hermetic.start(layout, layout.folder / "plan.json")
        wait_for_registry(layout.node_address)
        for image in cluster_images():
            push(layout.node_address, image)
        log = layout.logs / "kube-apiserver.log"
        wait_ready(layout.url, layout.pki / "ca.crt", lambda: hermetic.alive(node), log)
    with step("Installing DNS and Istio", "istio"):
        addons.install_dns(layout)
        addons.install_istio(layout)
    with step("Installing the ingress gateway", "gateway"):
        addons.install_gateway(layout)
    return layout


def _claim(name: str) -> Layout:
    """Take the first networks that are free, by linking them. One process at a time does that."""
    with locked("clusters", ".networks"):
        index = free_index(network.host_routes())
        if index is None:
            raise RuntimeError(
                "This machine's routes leave none of 10.88, 10.96 and 10.244 free for a cluster."
            )
        layout = Layout(name, index, folder_of(name))
        layout.folder.mkdir(parents=True, mode=0o700)
        (layout.folder / _INDEX).write_text(str(index))
        network.connect(layout)
    return layout


def _write(layout: Layout) -> None:
    """Write what the node's programs read: credentials, settings, the plan of what runs."""
    for folder in (layout.logs, layout.pki, layout.folder / "etcd"):
        folder.mkdir(mode=0o700)
    debian = debian_programs()
    write_credentials(layout)
    write_settings(layout, debian)
    (layout.folder / "plan.json").write_text(plan(layout, programs(), debian, cache("")).dump())


def _end(name: str) -> None:
    """End every process of a cluster, then remove what they leave. RuntimeError when one does not end."""
    label = label_of(name)
    if network.exists(label):
        with step("Ending the cluster", "end"):
            hermetic.kill(label)
            network.disconnect(label)
    cgroups.remove(label)
    folder = folder_of(name)
    if folder.exists():
        shutil.rmtree(folder)
        with contextlib.suppress(OSError):  # another cluster's state is in there
            folder.parent.rmdir()

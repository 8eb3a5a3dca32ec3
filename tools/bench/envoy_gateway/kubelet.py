"""A kubelet for the bench: what runs in pods runs as processes of this machine, at the pods' addresses.

The API server and the controllers are real, so Deployments, EndpointSlices and finalizers are, too. Of a pod
only the containers run that a program is given for; of its volumes there are Secrets and ConfigMaps.
"""

from __future__ import annotations

import base64
import contextlib
import threading
import urllib.request
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from kube.errors import ClusterError
from routing.kinds import Resource
from tools.bench.envoy_gateway.isolated import PODS as ADDRESSES
from tools.local.controlplane import child
from tools.local.light import PODS, bind, node, running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from kube.client import Cluster

    Manifest = dict[str, Any]

SECRETS = Resource("v1", "Secret", "secrets")
CONFIG_MAPS = Resource("v1", "ConfigMap", "configmaps")
_LOOK_SECONDS = 0.1
_PROBE_SECONDS = 2.0


@dataclass(frozen=True)
class Given:
    """What a container's program is started with. `mounts`: where its volumes lie, by their mount paths."""

    pod: Manifest
    container: Manifest
    address: str
    mounts: Mapping[str, Path]

    def here(self, text: str) -> str:
        """Return a text in which what is mounted is named by where it lies on this machine."""
        for path, folder in self.mounts.items():
            text = text.replace(f"{path}/", f"{folder}/")
        return text


@dataclass
class Kubelet:
    """`programs`: gives the command of a container, None for one that does not run here.

    No address is given twice: a proxy may still know it as that of the pod before.
    """

    cluster: Cluster
    folder: Path
    programs: Callable[[Given], list[str] | None]
    _running: dict[str, tuple[ExitStack, str]] = field(default_factory=dict)
    _addresses: Iterator[str] = field(default_factory=lambda: map(str, ADDRESSES.hosts()))

    def look(self) -> None:
        """Do what is to be done for each pod as it is."""
        for pod in self.cluster.request("GET", PODS.path())["items"]:
            if "deletionTimestamp" in pod["metadata"]:
                self._end(pod)
            elif pod["status"]["phase"] == "Pending":
                self._start(pod)

    def close(self) -> None:
        """End all."""
        for stack, _ in self._running.values():
            stack.close()

    def _start(self, pod: Manifest) -> None:
        uid, key = pod["metadata"]["uid"], (pod["metadata"]["namespace"], pod["metadata"]["name"])
        if "nodeName" not in pod["spec"]:
            bind(self.cluster, pod)
        if uid not in self._running:
            address = next(self._addresses)
            # All that may be missing yet is asked for before anything is started.
            commands = {
                container["name"]: self.programs(Given(pod, container, address, self._mounts(pod, container)))
                for container in pod["spec"]["containers"]
            }
            stack = ExitStack()
            self._running[uid] = stack, address
            for name, command in commands.items():
                if command:
                    stack.enter_context(child(command, self.folder / f"{key[1]}-{name}.log"))
        address = self._running[uid][1]
        if all(map(_ready, self._probes(pod))):
            self.cluster.merge(PODS, *key, {"status": running(pod, address)}, "status")

    def _probes(self, pod: Manifest) -> Iterator[str]:
        """Yield the URLs that have to answer: those of the first container, which always runs."""
        probe = pod["spec"]["containers"][0].get("readinessProbe", {}).get("httpGet")
        if probe:
            yield f"http://{self._running[pod['metadata']['uid']][1]}:{probe['port']}{probe['path']}"

    def _end(self, pod: Manifest) -> None:
        stack, _ = self._running.pop(pod["metadata"]["uid"], (ExitStack(), ""))
        stack.close()
        key = pod["metadata"]["namespace"], pod["metadata"]["name"]
        self.cluster.request("DELETE", PODS.path(*key), query={"gracePeriodSeconds": "0"})

    def _mounts(self, pod: Manifest, container: Manifest) -> dict[str, Path]:
        """Write a container's volumes; return where, by their mount paths."""
        volumes = {each["name"]: each for each in pod["spec"].get("volumes", ())}
        asked = {each["mountPath"]: volumes[each["name"]] for each in container.get("volumeMounts", ())}
        place = self.folder / pod["metadata"]["name"]
        mounts = {path: place / path.strip("/") for path in asked}
        given = Given(pod, container, "", mounts)
        for path, volume in asked.items():
            mounts[path].mkdir(parents=True, exist_ok=True)
            for name, content in self._files(pod["metadata"]["namespace"], volume).items():
                (mounts[path] / name).write_text(given.here(content), "utf-8")
        return mounts

    def _files(self, namespace: str, volume: Manifest) -> dict[str, str]:
        if "secret" in volume:
            found = self.cluster.get(SECRETS, namespace, volume["secret"]["secretName"])
            return {name: base64.b64decode(text).decode() for name, text in found["data"].items()}
        if "configMap" in volume:
            found = self.cluster.get(CONFIG_MAPS, namespace, volume["configMap"]["name"])
            return dict(found["data"])
        return {}


@contextmanager
def kubelet(cluster: Cluster, folder: Path, programs: Callable[[Given], list[str] | None]) -> Iterator[None]:
    """Run the pods of a cluster until the context ends; logs in `folder`."""
    over, pods = threading.Event(), Kubelet(cluster, folder, programs)
    node(cluster)

    def work() -> None:
        while not over.wait(_LOOK_SECONDS):
            # Tried again next time: an object of it may not be there yet, or gone.
            with contextlib.suppress(ClusterError):
                pods.look()
        pods.close()

    thread = threading.Thread(target=work, name="kubelet", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _ready(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=_PROBE_SECONDS):  # noqa: S310 - a pod's, by http
            return True
    except OSError:
        return False

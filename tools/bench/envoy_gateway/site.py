"""Where the bench plays: API server, controllers, Teal, Envoy Gateway and pods that run, all on loopback."""

from __future__ import annotations

import json
import sys
import tempfile
import urllib.request
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kube.client import Cluster
from tools.bench.envoy_gateway.app import COUNT
from tools.bench.envoy_gateway.gateway import envoy_gateway, install_its_kinds, proxy_command
from tools.bench.envoy_gateway.kubelet import kubelet
from tools.charts.repository import repository
from tools.demo.shell import Shell
from tools.local.controlplane import control_plane
from tools.local.kinds import install_kinds
from tools.local.light import PODS, controllers, teal
from tools.local.programs import programs
from tools.tutorial import CHARTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tools.bench.envoy_gateway.kubelet import Given

_APP = Path(__file__).with_name("app.py")
_APP_PORT = "80"
_ADDRESS = "10.244.255.1"
"""What the API server tells of itself: there is no other interface to guess it from."""


@dataclass(frozen=True)
class Site:
    """A running cluster with Envoy Gateway and Teal; commands are those of a user's shell."""

    cluster: Cluster
    kubeconfig: Path
    shell: Shell
    charts: str

    def ask(self, command: str) -> str:
        """Run a command, the charts' place and `{teal}` filled in. Raises DemoError when it fails."""
        return self.shell.ask(
            command.replace("{teal}", f"{sys.executable} -m cli").replace(CHARTS, self.charts)
        )

    def count(self, version: str) -> int:
        """Return how many requests, copies among them, the only pod of a version has got."""
        pods = self.cluster.request("GET", PODS.path("default"), query={"labelSelector": f"app={version}"})
        (address,) = (pod["status"]["podIP"] for pod in pods["items"])
        with urllib.request.urlopen(f"http://{address}:{_APP_PORT}{COUNT}", timeout=10) as answer:
            return int(json.load(answer))


@contextmanager
def site(folder: Path) -> Iterator[Site]:
    """Run it until the context ends, state and logs in `folder`."""
    with ExitStack() as stack:
        plane = stack.enter_context(control_plane(folder, [f"--advertise-address={_ADDRESS}"]))
        kubeconfig, cluster = plane.kubeconfig, Cluster(str(plane.kubeconfig))
        install_kinds(kubeconfig)
        install_its_kinds(kubeconfig)
        stack.enter_context(controllers(kubeconfig, folder))
        stack.enter_context(kubelet(cluster, folder, command))
        stack.enter_context(envoy_gateway(cluster, kubeconfig, folder))
        stack.enter_context(teal(kubeconfig, folder))
        homes = stack.enter_context(tempfile.TemporaryDirectory(prefix="teal-helm-"))
        charts = stack.enter_context(repository(programs() / "helm"))
        yield Site(cluster, kubeconfig, Shell(kubeconfig, Path(homes), programs()), charts)


def command(given: Given) -> list[str] | None:
    """Return what runs in a container: the application, or Envoy; nothing of what stands beside Envoy."""
    version = given.pod["metadata"]["labels"].get("app", "")
    if given.container["image"] == "kennethreitz/httpbin":
        return [sys.executable, str(_APP), version, given.address, _APP_PORT]
    return proxy_command(given)

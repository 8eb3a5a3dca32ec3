"""The running local cluster, a user's shell on it, and clients that count what fails."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pytest

from routing.routes import shares
from tools.bench.traffic.play import Rate
from tools.charts.image import app_version
from tools.charts.repository import repository
from tools.demo import clients
from tools.demo.shell import Shell as DemoShell
from tools.local import cluster
from tools.local.addons import SLEEP
from tools.local.layout import name_of_cluster
from tools.local.programs import programs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tools.demo.answers import Answer
    from tools.demo.clients import Client

HOST = "httpbin.default"
RATE = Rate(25.0, 25.0)
DEADLINE_SECONDS = 120.0
TEAL = "kubectl -n teal-system"
_OURS = "app.kubernetes.io/name=teal"


@dataclass(frozen=True)
class Shell:
    """Runs what a user types."""

    kubeconfig: Path
    charts: str

    @property
    def environment(self) -> dict[str, str]:
        """The user's: kubectl and helm on the path, the cluster's kubeconfig."""
        path = f"{programs()}:{os.environ['PATH']}"
        return {**os.environ, "PATH": path, "KUBECONFIG": str(self.kubeconfig)}

    def attempt(self, command: str, given: str = "") -> subprocess.CompletedProcess[str]:
        """Run a command line."""
        return subprocess.run(
            ["bash", "-c", command],
            input=given,
            capture_output=True,
            text=True,
            env=self.environment,
            check=False,
        )

    def run(self, command: str, given: str = "") -> str:
        """Run a command line that has to succeed; return what it printed."""
        done = self.attempt(command, given)
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        return done.stdout

    def split(self, name: str = "httpbin") -> dict[str, int]:
        """Return the percentages in a VirtualService, none without one."""
        done = self.attempt(f"kubectl get virtualservice {name} -o json")
        return shares(json.loads(done.stdout)) if done.returncode == 0 else {}

    def until(self, wanted: Any, observe: Callable[[], Any], seconds: float = DEADLINE_SECONDS) -> float:
        """Wait until what is observed is wanted; return the seconds that it took."""
        begin = time.monotonic()
        while (last := observe()) != wanted:
            assert time.monotonic() < begin + seconds, f"wanted {wanted!r}, last observed {last!r}"
            time.sleep(0.05)
        return time.monotonic() - begin


@dataclass(frozen=True)
class Load:
    """What the clients saw, inside and outside."""

    clients: Mapping[str, Client]

    @property
    def requests(self) -> int:
        """How many were sent and have ended."""
        return sum(len(client.tally) for client in self.clients.values())

    @property
    def failures(self) -> list[Answer]:
        """Return the requests that were not answered with 200."""
        return [answer for client in self.clients.values() for answer in client.tally.failures]

    @property
    def versions(self) -> set[str]:
        """Return who has answered."""
        return {version for client in self.clients.values() for version in client.tally.versions()}


@pytest.fixture(scope="session")
def shell() -> Iterator[Shell]:
    """A shell on the running cluster, with the charts of this checkout served on loopback."""
    layout = cluster.running(name_of_cluster())
    assert layout is not None, "no local cluster is running: `make cluster` starts one"
    with repository(programs() / "helm", app_version=app_version()) as url:
        yield Shell(layout.kubeconfig, url)


@pytest.fixture(scope="session")
def sleep(shell: Shell) -> str:
    """The tutorial's client pod."""
    shell.run(f"kubectl apply -f {SLEEP} && kubectl rollout status deployment/sleep --timeout=120s")
    return shell.run("kubectl get pod -l app=sleep -o name").split()[0]


@contextmanager
def load(shell: Shell, sleep: str, rate: Rate = RATE) -> Iterator[Load]:
    """Send requests from the pod and through the ingress gateway until the context ends."""
    gateway = shell.run(
        "kubectl -n istio-system get service istio-ingressgateway -o jsonpath={.spec.clusterIP}"
    )
    commands = {
        "inside": clients.inside([sleep, "--container=sleep"], f"http://{HOST}/get", HOST, rate.inside),
        "outside": clients.outside(sys.executable, f"http://{gateway}/get", HOST, rate.outside),
    }
    with TemporaryDirectory() as homes:
        demo_shell = DemoShell(shell.kubeconfig, Path(homes), programs())
        with clients.load(demo_shell, commands) as running:
            yield Load(running)


def clean(shell: Shell) -> None:
    """Remove what an earlier run left of the tutorial."""
    shell.attempt("kubectl delete routemap --all --timeout=60s")
    # They outlive their Routemaps for some seconds, and Teal goes before these are over.
    shell.attempt("kubectl delete virtualservice --all --timeout=60s")
    shell.attempt("kubectl delete gateway,service httpbin --ignore-not-found")
    shell.attempt("kubectl delete deployment,service httpbin-0 httpbin-1 --ignore-not-found --timeout=60s")
    # Nobody is left who would ask. Pods of a Deployment that is scaled down take the 15 s of their preStop.
    shell.attempt(f"{TEAL} delete deployment,replicaset -l {_OURS} --cascade=orphan")
    shell.attempt(f"{TEAL} delete pods -l {_OURS} --grace-period=1")
    shell.attempt("helm delete teal --namespace teal-system")

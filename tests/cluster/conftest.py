"""The running local cluster, a user's shell on it, and clients that count what fails."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from deploy.charts.repository import repository
from deploy.local import cluster
from deploy.local.addons import SLEEP
from deploy.local.layout import name_of_cluster
from deploy.local.programs import programs
from deploy.local.teal_image import teal_image
from routing.render import applied_split

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LOAD = Path(__file__).with_name("load.py")
HOST = "httpbin.default"
RATE = 25
"""Requests a second from inside the cluster, and as many from outside."""
LONGEST_SECONDS = 900
DEADLINE_SECONDS = 60.0


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
        return applied_split(json.loads(done.stdout)) if done.returncode == 0 else {}

    def until(self, wanted: Any, observe: Callable[[], Any], seconds: float = DEADLINE_SECONDS) -> float:
        """Wait until what is observed is wanted; return the seconds that it took."""
        begin = time.monotonic()
        while (last := observe()) != wanted:
            assert time.monotonic() < begin + seconds, f"wanted {wanted!r}, last observed {last!r}"
            time.sleep(0.05)
        return time.monotonic() - begin


@dataclass
class Load:
    """What the clients saw: a line for each request, `time status version error`."""

    lines: list[str] = field(default_factory=list)

    @property
    def failed(self) -> list[str]:
        """Return the requests that were not answered with 200."""
        return [line for line in self.lines if line.split(" ", 2)[1] != "200"]

    @property
    def versions(self) -> set[str]:
        """Return who has answered."""
        return {line.split(" ")[2] for line in self.lines}


@pytest.fixture(scope="session")
def shell() -> Iterator[Shell]:
    """A shell on the running cluster, with the charts of this checkout served on loopback."""
    layout = cluster.running(name_of_cluster())
    assert layout is not None, "no local cluster is running: `make cluster` starts one"
    tag = teal_image().reference.rpartition(":")[2]
    with repository(programs() / "helm", app_version=tag) as url:
        yield Shell(layout.kubeconfig, url)


@pytest.fixture(scope="session")
def sleep(shell: Shell) -> str:
    """The tutorial's client pod."""
    shell.run(f"kubectl apply -f {SLEEP} && kubectl rollout status deployment/sleep --timeout=120s")
    return shell.run("kubectl get pod -l app=sleep -o name").split()[0]


@contextmanager
def load(shell: Shell, sleep: str) -> Iterator[Load]:
    """Send requests from the pod and through the ingress gateway until the context ends."""
    gateway = shell.run(
        "kubectl -n istio-system get service istio-ingressgateway -o jsonpath={.spec.clusterIP}"
    )
    program = LOAD.read_text()
    numbers = [str(RATE), str(LONGEST_SECONDS)]
    inside = [str(programs() / "kubectl"), "exec", "-i", sleep, "-c", "sleep", "--", "python3", "-c", program]
    outside = [sys.executable, "-c", program]
    clients = [
        _client(shell, [*inside, f"http://{HOST}/get", HOST, *numbers]),
        _client(shell, [*outside, f"http://{gateway}/get", HOST, *numbers]),
    ]
    seen = Load()
    try:
        yield seen
    finally:
        for client in clients:
            printed, _ = client.communicate(timeout=60)  # ends its standard input, too
            seen.lines += [line for line in printed.splitlines() if line.count(" ") >= 2]


def _client(shell: Shell, command: list[str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=shell.environment
    )


def clean(shell: Shell) -> None:
    """Remove what an earlier run left of the tutorial."""
    shell.attempt("kubectl delete routemap --all --timeout=60s")
    shell.attempt("kubectl delete gateway,service httpbin --ignore-not-found")
    shell.attempt("kubectl delete deployment,service httpbin-0 httpbin-1 --ignore-not-found --timeout=60s")
    shell.attempt("helm delete teal --namespace teal-system")

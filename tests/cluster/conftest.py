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
from tools.demo import clients
from tools.demo.shell import Shell as DemoShell
from tools.local import cluster
from tools.local.addons import SLEEP
from tools.local.layout import name_of_cluster
from tools.local.programs import programs
from tools.release.__main__ import make
from tools.release.installing import charts, publish
from tools.tutorial import steps

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tools.demo.answers import Answer
    from tools.demo.clients import Client

HOST = "httpbin.default"
RATE = 25
"""Requests a second from inside the cluster, and as many from outside."""
DEADLINE_SECONDS = 120.0
TEAL = "kubectl -n teal-system"
ROLLED_OUT = f"{TEAL} rollout status deployment teal --timeout=180s"
OURS = "app.kubernetes.io/name=teal"
_STEPS = {step.name: step for step in steps()}


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
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The release of this checkout: the one that `tests/run` has made, or a new one."""
    given = os.environ.get("TEAL_RELEASE")
    return next(Path(given).iterdir()) if given else make(tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="session")
def shell(release: Path) -> Iterator[Shell]:
    """A shell on the running cluster, with the release's charts served and its image in the registry.

    Nothing of the checkout is installed, only what `make release` leaves.
    """
    layout = cluster.running(name_of_cluster())
    assert layout is not None, "no local cluster is running: `make cluster` starts one"
    image = publish(release, layout.node_address)
    with charts(release, programs() / "helm") as url:
        shell = Shell(layout.kubeconfig, url)
        pull(shell, image)
        yield shell


def pull(shell: Shell, image: str) -> None:
    """Have the node forget an earlier build's image of this name: charts ask for it only where it lacks."""
    pod = "kubectl -n kube-public delete pod pull --ignore-not-found --now"
    options = f"--image={image} --image-pull-policy=Always --restart=Never"
    shell.run(f"{pod} && kubectl -n kube-public run pull {options} --command -- python -c pass")
    phase = "kubectl -n kube-public get pod pull -o jsonpath={.status.phase}"
    shell.until("Succeeded", lambda: shell.run(phase))
    shell.run(pod)


@pytest.fixture(scope="module")
def sleep(shell: Shell) -> str:
    """The tutorial's client pod, as it is now: a file before may have had it replaced."""
    shell.run(f"kubectl apply -f {SLEEP} && kubectl rollout status deployment/sleep --timeout=120s")
    return shell.run("kubectl get pod -l app=sleep --field-selector status.phase=Running -o name").split()[0]


@contextmanager
def load(shell: Shell, sleep: str) -> Iterator[Load]:
    """Send requests from the pod and through the ingress gateway until the context ends."""
    gateway = shell.run(
        "kubectl -n istio-system get service istio-ingressgateway -o jsonpath={.spec.clusterIP}"
    )
    commands = {
        "inside": clients.inside([sleep, "--container=sleep"], f"http://{HOST}/get", HOST, RATE),
        "outside": clients.outside(sys.executable, f"http://{gateway}/get", HOST, RATE),
    }
    with TemporaryDirectory() as homes:
        demo_shell = DemoShell(shell.kubeconfig, Path(homes), programs())
        with clients.load(demo_shell, commands) as running:
            yield Load(running)
            assert [client.complaint for client in running.values() if client.early] == []


class Teal:
    """Teal as the tutorial installs it: files that need no other share one installation."""

    def __init__(self, shell: Shell) -> None:
        self._shell = shell
        self._written = ""

    def ready(self) -> None:
        """Have both its pods ready, and nothing there of the tutorial's application."""
        remove_application(self._shell)
        if not self._written or self._written != self._told():
            clean(self._shell)
            self._shell.run(_STEPS["install"].command(self._shell.charts))
            self._written = self._told()
        self._shell.run(ROLLED_OUT)

    def _told(self) -> str:
        """Return when Helm wrote the release last: an upgrade or an uninstall changes it."""
        [*found] = json.loads(self._shell.run("helm list --namespace teal-system -o json"))
        return " ".join(f"{each['revision']} {each['updated']} {each['status']}" for each in found)


@pytest.fixture(scope="session")
def _teal(shell: Shell) -> Teal:
    return Teal(shell)


@pytest.fixture(scope="module")
def installed(shell: Shell, _teal: Teal) -> Iterator[Shell]:
    """The shell, once Teal is there, and nothing of the tutorial's application before or after."""
    _teal.ready()
    yield shell
    remove_application(shell)


def remove_application(shell: Shell) -> None:
    """Remove what an earlier run left of the tutorial's application; Teal stays."""
    shell.attempt("kubectl delete routemap --all --timeout=60s")
    # They outlive their Routemaps for some seconds, and Teal may go before these are over.
    shell.attempt("kubectl delete virtualservice --all --timeout=60s")
    shell.attempt("kubectl delete gateway,service httpbin --ignore-not-found")
    shell.attempt("kubectl delete deployment,service httpbin-0 httpbin-1 --ignore-not-found --timeout=60s")


def clean(shell: Shell) -> None:
    """Remove what an earlier run left of the tutorial, and Teal."""
    remove_application(shell)
    # Nobody is left who would ask. Pods of a Deployment that is scaled down take the 15 s of their preStop.
    shell.attempt(f"{TEAL} delete deployment,replicaset -l {OURS} --cascade=orphan")
    shell.attempt(f"{TEAL} delete pods -l {OURS} --grace-period=1")
    shell.attempt("helm delete teal --namespace teal-system")

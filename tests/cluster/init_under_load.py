"""`teal init`: three applications are brought in under load, and out again; not one request fails.

Each is in a namespace of its own, so that it happens to all of them at once. It is run by hand, on a machine
that does nothing else, and not collected with the others:
`python -m pytest tests/cluster/init_under_load.py`.
"""

from __future__ import annotations

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest

from tests.cluster.conftest import Load, Shell, clean
from tools.demo import clients
from tools.demo.shell import Shell as DemoShell
from tools.local.programs import programs
from tools.tutorial import steps

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

RATE = 100
"""Requests a second to each of the applications."""
AFTER_SECONDS = 3.0
STEPS = {step.name: step for step in steps()}
TEAL = f"{sys.executable} -m cli"
LISTED = "kubectl get deployment,service,virtualservice,routemap -o name"
ROUTES = "kubectl get virtualservice payments --ignore-not-found -o jsonpath={.spec}"

PLAIN = """
kubectl create deployment pay --image=kennethreitz/httpbin --port=80
kubectl expose deployment pay --port=80
kubectl rollout status deployment/pay --timeout=120s
"""
ROUTED = """
kubectl create deployment pay-v1 --image=kennethreitz/httpbin --port=80
kubectl expose deployment pay-v1 --name=pay --port=80
kubectl rollout status deployment/pay-v1 --timeout=120s
kubectl apply -f - <<EOF
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: payments, labels: {team: pay}}
spec:
  hosts: [pay]
  http:
  - name: get
    match: [{uri: {prefix: /get}}]
    timeout: 10s
    retries: {attempts: 0}
    route: [{destination: {host: pay, port: {number: 80}}}]
  - headers: {response: {set: {x-served-by: pay}}}
    route: [{destination: {host: pay, port: {number: 80}}}]
EOF
"""
CHART = """
cat > Chart.yaml <<EOF
{apiVersion: v2, name: pay, version: 1.0.0}
EOF
mkdir -p templates
cat > templates/all.yaml <<EOF
apiVersion: apps/v1
kind: Deployment
metadata: {name: web-pay, labels: {app.kubernetes.io/instance: web, app.kubernetes.io/managed-by: Helm}}
spec:
  replicas: 2
  selector: {matchLabels: {app.kubernetes.io/name: pay, app.kubernetes.io/instance: web}}
  template:
    metadata: {labels: {app.kubernetes.io/name: pay, app.kubernetes.io/instance: web}}
    spec:
      containers:
      - name: pay
        image: kennethreitz/httpbin
        ports: [{name: http, containerPort: 80}]
---
apiVersion: v1
kind: Service
metadata: {name: pay, labels: {app.kubernetes.io/instance: web, app.kubernetes.io/managed-by: Helm}}
spec:
  selector: {app.kubernetes.io/name: pay, app.kubernetes.io/instance: web}
  ports: [{name: http, port: 80, targetPort: http}]
EOF
helm upgrade --install web . --wait --timeout=120s
"""
APPLICATIONS = {"plain": PLAIN, "routed": ROUTED, "chart-made": CHART}
"""By namespace, how the application in it is made."""
CANDIDATE = """
kubectl create deployment pay-next --image=kennethreitz/httpbin --port=80
kubectl label deployment pay-next iter8.tools/watch=true
kubectl expose deployment pay-next --port=80
"""
CANDIDATES = {"deployment.apps/pay-next", "service/pay-next"}


@dataclass(frozen=True)
class Played:
    """What came of an application: `before` and `after` are its objects and its VirtualService's spec."""

    load: Load
    failed: list[str]
    split: str
    told: str
    before: tuple[set[str], str]
    after: tuple[set[str], str]


@pytest.fixture(scope="module")
def played(shell: Shell, sleep: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Played]]:
    """All three applications, in and out; by namespace."""
    removal = f"kubectl delete namespace {' '.join(APPLICATIONS)} --ignore-not-found"
    clean(shell)
    shell.run(f"{removal} --timeout=120s")
    shell.run(STEPS["install"].command(shell.charts))
    try:
        with ThreadPoolExecutor(len(APPLICATIONS)) as pool:
            folders = [tmp_path_factory.mktemp(name) for name in APPLICATIONS]
            shells = [*pool.map(made, [shell] * len(folders), APPLICATIONS, folders)]
            found = [*pool.map(play, shells, [sleep] * len(folders), APPLICATIONS)]
        yield dict(zip(APPLICATIONS, found, strict=True))
    finally:
        shell.attempt(f"{removal} --wait=false")
        clean(shell)


def made(shell: Shell, namespace: str, folder: Path) -> Shell:
    """Make an application; return a shell in its namespace."""
    own = Shell(folder / "kubeconfig", shell.charts)
    own.kubeconfig.write_bytes(shell.kubeconfig.read_bytes())
    own.run(f"kubectl create namespace {namespace}")
    own.run(f"kubectl config set-context --current --namespace={namespace}")
    own.run(f"cd {folder} && {APPLICATIONS[namespace].strip()}")
    return own


def play(shell: Shell, sleep: str, namespace: str) -> Played:
    """Bring an application in, have a candidate take its share, and take it out again, all under load."""
    before = objects(shell)
    with load(shell, sleep, f"pay.{namespace}") as seen:
        begun = time.monotonic()
        told = shell.run(f"{TEAL} init pay --apply")
        time.sleep(AFTER_SECONDS)
        split = shell.run("kubectl get routemap -o jsonpath={.items[0].status.split}")
        shell.run(CANDIDATE)
        shell.until(True, lambda: "pay-next" in seen.versions)
        told += shell.run(f"{TEAL} init pay --undo")
        time.sleep(AFTER_SECONDS)
    # By when they were sent: what ran before is a control, and may still be under way when this begins.
    failed = [
        f"{answer.sent - begun:.1f} s after the beginning: {answer.what}"
        for answer in seen.failures
        if answer.sent >= begun
    ]
    return Played(seen, failed, split, told, before, objects(shell))


def objects(shell: Shell) -> tuple[set[str], str]:
    """Return what is in the shell's namespace, and its VirtualService's spec."""
    return set(shell.run(LISTED).split()), shell.run(ROUTES)


@contextmanager
def load(shell: Shell, sleep: str, host: str) -> Iterator[Load]:
    """Send requests from the pod until the context ends, from when they are answered."""
    pod = ["--namespace=default", sleep, "--container=sleep"]
    command = clients.inside(pod, f"http://{host}/get", host, RATE)
    with TemporaryDirectory() as homes:
        demo_shell = DemoShell(shell.kubeconfig, Path(homes), programs())
        with clients.load(demo_shell, {"inside": command}) as started:
            seen = Load(started)
            shell.until(True, lambda: seen.requests > RATE and calm(seen))
            yield seen


def calm(seen: Load) -> bool:
    """Tell whether the last requests were answered: the name has reached DNS and proxies."""
    since = time.monotonic() - 1.0
    return all(answer.sent < since for answer in seen.failures)


@pytest.mark.parametrize("namespace", APPLICATIONS)
def test_what_runs_is_brought_in_and_out_without_a_lost_request(
    played: Mapping[str, Played], namespace: str
) -> None:
    seen = played[namespace]
    print(f"{namespace}: {seen.load.requests} requests, {len(seen.failed)} failed\n{seen.told}")
    assert seen.failed == []
    assert seen.load.requests > 300


@pytest.mark.parametrize("namespace", APPLICATIONS)
def test_what_runs_gets_all_requests_until_a_candidate_has_come(
    played: Mapping[str, Played], namespace: str
) -> None:
    version, share = played[namespace].split.split("=")
    assert share == "100"
    assert played[namespace].load.versions >= {version, "pay-next"}


@pytest.mark.parametrize("namespace", APPLICATIONS)
def test_what_was_taken_out_is_as_it_was(played: Mapping[str, Played], namespace: str) -> None:
    there, routes = played[namespace].after
    assert (there - CANDIDATES, routes) == played[namespace].before

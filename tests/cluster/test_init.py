"""`teal init`: three applications are brought in under load, and out again; not one request fails."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
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
    from collections.abc import Iterator

RATE = 50
AFTER_SECONDS = 3.0
REMOVAL = "kubectl delete --ignore-not-found --timeout=60s"
STEPS = {step.name: step for step in steps()}
TEAL = f"{sys.executable} -m cli"

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
APPLICATIONS = {"a plain Service": PLAIN, "a VirtualService with routes": ROUTED, "made by a chart": CHART}


@pytest.fixture(params=APPLICATIONS)
def running(request: pytest.FixtureRequest, shell: Shell, tmp_path: Path) -> Iterator[str]:
    """Teal, and an application that it does not know yet; how it was made."""
    clean(shell)
    shell.run(STEPS["install"].command(shell.charts))
    shell.run(f"cd {tmp_path} && {APPLICATIONS[request.param].strip()}")
    yield request.param
    shell.attempt(f"{REMOVAL} routemap/pay routemap/payments virtualservice/payments")
    shell.attempt("helm uninstall web --wait")
    shell.attempt(f"{REMOVAL} deployment,service pay pay-v1 pay-next web-pay")
    clean(shell)


@contextmanager
def load(shell: Shell, sleep: str) -> Iterator[Load]:
    """Send requests from the pod until the context ends, from when they are answered."""
    command = clients.inside([sleep, "--container=sleep"], "http://pay.default/get", "pay.default", RATE)
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


def test_what_runs_is_brought_in_and_out_without_a_lost_request(
    shell: Shell, sleep: str, running: str
) -> None:
    listed = "kubectl get deployment,service,virtualservice,routemap -o name"
    before = shell.run(listed)
    spec = "kubectl get virtualservice payments --ignore-not-found -o jsonpath={.spec}"
    routes = shell.run(spec)
    with load(shell, sleep) as seen:
        failed = len(seen.failures)
        inside = shell.run(f"{TEAL} init pay --apply")
        time.sleep(AFTER_SECONDS)
        split = shell.run("kubectl get routemap -o jsonpath={.items[0].status.split}")
        outside = shell.run(f"{TEAL} init pay --undo")
        time.sleep(AFTER_SECONDS)
    print(f"{running}: {seen.requests} requests, {len(seen.failures) - failed} failed\n{inside}{outside}")
    assert [answer.what for answer in seen.failures[failed:]] == []
    assert seen.requests > 500
    assert split.endswith("=100")
    assert seen.versions >= {split.removesuffix("=100")}
    assert (shell.run(listed), shell.run(spec)) == (before, routes)


def test_a_candidate_gets_its_share_of_what_was_brought_in(shell: Shell, sleep: str, running: str) -> None:
    candidate = "kubectl create deployment pay-next --image=kennethreitz/httpbin --port=80"
    shell.run(f"{TEAL} init pay --apply")
    with load(shell, sleep) as seen:
        failed = len(seen.failures)
        shell.run(f"{candidate} && kubectl label deployment pay-next iter8.tools/watch=true")
        shell.run("kubectl expose deployment pay-next --port=80")
        shell.until(True, lambda: "pay-next" in seen.versions)
        shell.run(f"{TEAL} init pay --undo")
        time.sleep(AFTER_SECONDS)
    print(f"{running}: {seen.requests} requests, {len(seen.failures) - failed} failed")
    assert [answer.what for answer in seen.failures[failed:]] == []

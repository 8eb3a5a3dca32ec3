"""Admission on the real cluster: never lost while pods come and go; with all gone, in nobody else's way."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from kube.client import Cluster
from kube.errors import ClusterError
from routing.kinds import DEPLOYMENTS, ROUTEMAPS
from tests.cluster.conftest import ROLLED_OUT, TEAL, Shell
from tests.unit.routing.manifests import deployment, routemap
from tools.tutorial import steps

if TYPE_CHECKING:
    from collections.abc import Iterator

STEPS = {step.name: step for step in steps()}
CALLERS = 4
PAUSE_SECONDS = 0.2
ENOUGH = 600


@dataclass
class Admissions:
    """What the callers saw: how many changes were asked about, and what went wrong."""

    count: int = 0
    failures: list[str] = field(default_factory=list)


@contextmanager
def admissions(shell: Shell) -> Iterator[Admissions]:
    """Ask for 20 admissions a second, good and bad ones by turns, all as dry runs."""
    seen, over = Admissions(), threading.Event()

    def work() -> None:
        cluster = Cluster(str(shell.kubeconfig))
        while not over.wait(PAUSE_SECONDS):
            for wrong in _answers(cluster):
                seen.count += 1
                seen.failures += wrong

    threads = [threading.Thread(target=work) for _ in range(CALLERS)]
    for thread in threads:
        thread.start()
    try:
        yield seen
    finally:
        over.set()
        for thread in threads:
            thread.join()


def _answers(cluster: Cluster) -> Iterator[list[str]]:
    """Ask for a Deployment, a Routemap and a wrong Routemap; yield what is wrong with each answer."""
    bad = routemap(versions=[])
    for resource, manifest, allowed in ((DEPLOYMENTS, deployment("asked"), True), (ROUTEMAPS, bad, False)):
        said = _dry_run(cluster, resource.path("default"), manifest)
        if allowed:
            yield [said] * bool(said)
        else:
            yield [said or "a wrong Routemap was let in"] * ("spec.versions: nothing is listed" not in said)


def _dry_run(cluster: Cluster, path: str, manifest: dict[str, Any]) -> str:
    try:
        cluster.request("POST", path, manifest, query={"dryRun": "All"})
    except ClusterError as error:
        return str(error)
    return ""


def _pods(shell: Shell) -> list[str]:
    return shell.run(f"{TEAL} get pods -l app.kubernetes.io/name=teal -o name").split()


@pytest.fixture(scope="module", autouse=True)
def primary(installed: Shell) -> Iterator[None]:
    """A primary that Teal looks after."""
    for name in ("deploy-primary", "initialize"):
        installed.run(STEPS[name].command(installed.charts))
    installed.run("kubectl wait --for=condition=Ready routemap/httpbin --timeout=120s")
    yield
    installed.attempt("kubectl delete namespace going --ignore-not-found --timeout=60s")


def test_no_admission_is_lost_while_the_pods_are_deleted(shell: Shell) -> None:
    """That they are rolled is in test_life_of_a_release.py: an upgrade, and a rollback."""
    with admissions(shell) as seen:
        for pod in _pods(shell):
            shell.run(f"{TEAL} delete {pod} --wait=false && {ROLLED_OUT}")
        shell.until(2, lambda: len(_pods(shell)), 120)  # those that were deleted have gone
        shell.until(True, lambda: seen.count >= ENOUGH, 300)
    print(f"{seen.count} admissions, {len(seen.failures)} failed")
    assert seen.failures == []


def test_with_every_pod_gone_only_what_is_watched_waits_and_says_for_whom(shell: Shell) -> None:
    shell.run("kubectl create namespace going && kubectl -n going create deployment watched --image=x")
    shell.run("kubectl -n going label deployment watched iter8.tools/watch=true")
    shell.run(f"{TEAL} scale deployment teal --replicas=0")
    shell.run(f"{TEAL} wait --for=delete pod -l app.kubernetes.io/name=teal --timeout=120s")

    node = "apiVersion: v1\nkind: Node\nmetadata: {name: teal-tests}\n"
    shell.run("kubectl apply -f - && kubectl delete node teal-tests", node)
    for where in ("default", "kube-system", "teal-system"):
        shell.run(f"kubectl -n {where} create deployment other --image=x")
        shell.run(f"kubectl -n {where} delete deployment other")
    shell.run("kubectl -n kube-system create deployment other --image=x")
    shell.run("kubectl -n kube-system label deployment other iter8.tools/watch=true")
    shell.run("kubectl -n kube-system delete deployment other")
    shell.run("kubectl delete namespace going --timeout=60s")
    shell.run("kubectl delete pod -l app=httpbin-0 && kubectl rollout status deployment httpbin-0")

    refused = shell.attempt("kubectl label deployment httpbin-0 team=blue")
    assert refused.returncode == 1
    assert 'failed calling webhook "applications.teal.iter8.tools"' in refused.stderr
    assert "https://teal.teal-system.svc:443/validate" in refused.stderr
    print(refused.stderr)

    shell.run(f"{TEAL} scale deployment teal --replicas=2")
    label = "kubectl label --overwrite deployment httpbin-0 team=blue"
    seconds = shell.until(0, lambda: shell.attempt(label).returncode, 180)
    print(f"admission works again {seconds:.1f} s after the pods were asked for")

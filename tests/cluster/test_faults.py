"""What may happen to a machine: everything comes back by itself, as it was.

Faults in mid-rollout under load are scenarios of tools/bench/traffic/scenarios.yaml (test_traffic.py); an
API server that misbehaves is in tests/api/test_faulty_api.py, the authority's faults are in
tests/api/test_certificates_served.py.
"""

from __future__ import annotations

import json
import subprocess
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from cli.certs import Release, status
from kube.client import Cluster
from kube.errors import ClusterError
from routing import names
from routing.kinds import VIRTUAL_SERVICES
from tests.api.accounts import token_kubeconfig
from tests.charts.kubectl import Kubectl
from tests.cluster.conftest import TEAL, Shell
from tests.cluster.test_admission_stays import admissions
from tools.local import cluster, faults
from tools.local.layout import name_of_cluster
from tools.local.programs import programs
from tools.tutorial import steps

if TYPE_CHECKING:
    from pathlib import Path

    from tools.local.layout import Layout

STEPS = {step.name: step for step in steps()}
BOTH = {"httpbin-0": 20, "httpbin-1": 80}
RESTART_SECONDS = 240.0
HEALED_SECONDS = 60.0
FILL = """
import errno, os
with open("/certificates/filler", "wb") as file:
    try:
        while True:
            os.write(file.fileno(), bytes(4096))
    except OSError as error:
        assert error.errno == errno.ENOSPC, error
"""
FREE = "import os; os.unlink('/certificates/filler')"


@pytest.fixture(scope="module")
def layout() -> Layout:
    found = cluster.recorded(name_of_cluster())
    assert found is not None
    return found


@pytest.fixture(scope="module", autouse=True)
def rollout(installed: Shell) -> None:
    """A candidate that has 80 % of the traffic."""
    for name in ("deploy-primary", "initialize", "deploy-candidate"):
        installed.run(STEPS[name].command(installed.charts))
    installed.run(STEPS["modify-weights"].command(installed.charts))
    installed.until(BOTH, installed.split, 120)


def _pods(shell: Shell) -> list[dict[str, Any]]:
    found = shell.run(f"{TEAL} get pods -l app.kubernetes.io/name=teal -o json")
    items: list[dict[str, Any]] = json.loads(found)["items"]
    return items


def _in_pods(shell: Shell, layout: Layout, program: str) -> None:
    """Run a Python program in the reconciler's container of each pod."""
    for pod in _pods(shell):
        found = {each["name"]: each["containerID"] for each in pod["status"]["containerStatuses"]}
        entered = faults.inside(layout, found["reconciler"].partition("://")[2])
        subprocess.run([*entered, "python", "-c", program], check=True)


def _certificates(shell: Shell) -> tuple[list[str], list[str]]:
    return status(Cluster(str(shell.kubeconfig)), Release("teal-system", "teal"), datetime.now(UTC))


def _issued(shell: Shell) -> list[int]:
    """Return how many serving certificates each pod has issued itself."""
    logs = [shell.run(f"{TEAL} logs {pod['metadata']['name']} -c reconciler") for pod in _pods(shell)]
    return [log.count("serving certificate issued") for log in logs]


def _succeeds(shell: Shell, command: str) -> None:
    shell.until(0, lambda: shell.attempt(command).returncode, RESTART_SECONDS)


def test_the_command_tells_of_every_pods_certificate(shell: Shell) -> None:
    lines, wrong = _certificates(shell)
    print("\n".join(lines))
    assert wrong == []
    assert all(
        any(pod["metadata"]["name"] in line and "UTC" in line for line in lines) for pod in _pods(shell)
    )


def test_with_the_certificates_volume_full_the_leaf_in_place_serves_on(shell: Shell, layout: Layout) -> None:
    before = _issued(shell)
    with admissions(shell) as seen:
        _in_pods(shell, layout, FILL)
        shell.run(f"{TEAL} delete secret teal-ca")  # a new signer: each pod wants a new leaf
        full = "No space left on device"
        told = [f"{TEAL} logs {pod['metadata']['name']} -c reconciler" for pod in _pods(shell)]
        shell.until(True, lambda: all(full in shell.run(each) for each in told), HEALED_SECONDS)
        assert _issued(shell) == before
        _in_pods(shell, layout, FREE)
        shell.until([count + 1 for count in before], lambda: _issued(shell), HEALED_SECONDS)
    print(f"{seen.count} admissions, {len(seen.failures)} failed")
    assert seen.failures == []
    assert _certificates(shell)[1] == []


def test_the_api_server_takes_no_write_from_a_pod_that_does_not_lead(shell: Shell, tmp_path: Path) -> None:
    """What a write that was paused on its way meets; tests/api/test_one_writer.py has each kind of write."""
    leader = shell.run(f"{TEAL} get lease teal -o jsonpath={{.spec.holderIdentity}}")
    kubectl = Kubectl(programs() / "kubectl", shell.kubeconfig)
    said = {}
    for pod in (item["metadata"]["name"] for item in _pods(shell)):
        kubeconfig = token_kubeconfig(kubectl, "teal-system", "teal", tmp_path, pod)
        said[pod] = _annotated(Cluster(str(kubeconfig)))
    assert said.pop(leader) == ""
    (refusal,) = said.values()
    print(refusal)
    assert f"{next(iter(said))} does not lead any more: only the pod that the Lease teal names" in refusal


def _annotated(own: Cluster) -> str:
    """Try to write into the application's VirtualService, as a dry run; return what the API server says."""
    path = VIRTUAL_SERVICES.path("default", "httpbin")
    body = {"metadata": {"annotations": {"example.org/a": "b"}}}
    try:
        own.request("PATCH", path, body, {"dryRun": "All"}, "application/merge-patch+json")
    except ClusterError as error:
        return str(error)
    return ""


def test_after_a_restart_of_the_node_everything_is_as_it_was(shell: Shell) -> None:
    cluster.restart()
    for command in (
        "kubectl get --raw /readyz",
        f"{TEAL} rollout status deployment teal --timeout=5s",
        "kubectl rollout status deployment httpbin-0 httpbin-1 --timeout=5s",
        "kubectl wait --for=condition=Ready routemap/httpbin --timeout=5s",
    ):
        _succeeds(shell, command)
    shell.until(BOTH, shell.split, RESTART_SECONDS)
    for kind in ("deployment", "service"):
        held = shell.run(f"kubectl get {kind} httpbin-1 -o jsonpath={{.metadata.finalizers}}")
        assert names.MARK in held
    label = "kubectl label --overwrite deployment httpbin-0 iter8.tools/wacth=true"
    shell.until(
        True, lambda: "did you mean iter8.tools/watch?" in shell.attempt(label).stderr, RESTART_SECONDS
    )
    shell.run(STEPS["delete-candidate"].command(shell.charts))
    assert shell.split() == {"httpbin-0": 100}

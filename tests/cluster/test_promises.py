"""What users of Iter8 met, and what Teal promises instead, on the real cluster.

A candidate that is exposed long after it is available is in test_traffic.py, an uninstall in
test_life_of_a_release.py, both under load.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tools.tutorial import steps

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.cluster.conftest import Shell

STEPS = {step.name: step for step in steps()}
BOTH = {"httpbin-0": 50, "httpbin-1": 50}
DRAINS_SOON = """kubectl patch routemap httpbin --type=merge -p '{"spec":{"drainSeconds":5}}'"""
"""Sooner than by default: several deletions are waited for here."""


def _play(shell: Shell, *names: str) -> None:
    for name in names:
        shell.run(STEPS[name].command(shell.charts))


@pytest.fixture(scope="module", autouse=True)
def primary(installed: Shell) -> None:
    """The primary and its routing."""
    _play(installed, "deploy-primary", "initialize")
    installed.run(DRAINS_SOON)
    installed.run("kubectl wait --for=condition=Ready routemap/httpbin --timeout=120s")


@pytest.fixture
def candidate(shell: Shell) -> Iterator[None]:
    """A candidate in the split."""
    _play(shell, "deploy-candidate")
    shell.until(BOTH, shell.split, 120)
    yield
    shell.run("kubectl delete weightoverride httpbin --ignore-not-found")
    shell.attempt("kubectl delete deployment/httpbin-1 service/httpbin-1")


@pytest.mark.usefixtures("candidate")
def test_a_weight_of_zero_gives_a_hundred_to_none(shell: Shell) -> None:
    command = STEPS["modify-weights"].command(shell.charts)
    shell.run(command.replace("weight: 20", "weight: 100").replace("weight: 80", "weight: 0"))
    shell.until({"httpbin-0": 100, "httpbin-1": 0}, shell.split)


@pytest.mark.usefixtures("candidate")
def test_a_virtual_service_edited_or_deleted_by_hand_is_put_right(shell: Shell) -> None:
    edit = '[{"op":"replace","path":"/spec/http/0/route/0/weight","value":1}]'
    printed = shell.attempt(f"kubectl patch virtualservice httpbin --type=json -p '{edit}'").stderr
    assert "Warning: Teal puts this back; change Routemap httpbin or its weights" in printed
    print(f"edited: put right {shell.until(BOTH, shell.split):.2f} s after kubectl returned")
    shell.run("kubectl delete virtualservice httpbin")
    print(f"deleted: put right {shell.until(BOTH, shell.split):.2f} s after kubectl returned")


@pytest.mark.parametrize("name", ["iter8.tools/wacth=true", "iter8.tools/watch=yes"])
def test_a_mistyped_label_is_refused(shell: Shell, name: str) -> None:
    done = shell.attempt(f"kubectl label --overwrite deployment httpbin-0 {name}")
    assert done.returncode == 1
    assert "denied the request: metadata.labels[iter8.tools/wa" in done.stderr


def test_the_only_ready_version_is_not_deleted_by_mistake(shell: Shell) -> None:
    done = shell.attempt("kubectl delete deployment httpbin-0")
    assert done.returncode == 1
    assert "httpbin-0 is the only ready version of Routemap httpbin" in done.stderr


def test_a_namespace_with_a_rollout_in_it_can_be_deleted(shell: Shell) -> None:
    shell.run("kubectl create namespace short-lived")
    for name in ("httpbin-0", "httpbin-1"):
        deploy = STEPS["deploy-primary"].command(shell.charts).replace("httpbin-0", name)
        shell.run(deploy.replace("kubectl ", "kubectl -n short-lived "))
    routing = STEPS["initialize"].command(shell.charts)
    shell.run(routing.replace("routing-actions", "routing-actions --namespace short-lived"))
    shell.run(DRAINS_SOON.replace("kubectl ", "kubectl -n short-lived "))
    both = "'{.status.versions[1].weight}'=50"
    shell.run(f"kubectl -n short-lived wait --for=jsonpath={both} routemap/httpbin --timeout=120s")
    begin = time.monotonic()
    shell.run("kubectl delete namespace short-lived --timeout=120s")
    print(f"kubectl delete namespace: {time.monotonic() - begin:.1f} s")

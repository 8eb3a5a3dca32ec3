"""docs/rollout-tutorial.md, every command as written, under load, judged by a real Prometheus.

No request fails but those that the bad candidate answers with 500.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.cluster.conftest import Shell, clean, load
from tools.local import cluster
from tools.local.addons import SLEEP
from tools.tutorial import ROLLOUT, steps

if TYPE_CHECKING:
    from collections.abc import Iterator

INSTALL, *STEPS = steps(ROLLOUT)
BEFORE = ("deploy-primary", "initialize")
"""Of the tutorial: what the page goes on from."""
CANDIDATE = "httpbin-1"


@pytest.fixture
def running(shell: Shell) -> Iterator[str]:
    """The tutorial's primary with all requests, and a client whose proxy shows what Prometheus reads."""
    clean(shell)
    if shell.attempt("kubectl -n monitoring get deployment prometheus").returncode:
        cluster.prometheus()
    shell.run("kubectl delete pod -l app=sleep --ignore-not-found --grace-period=1")
    shell.run(f"kubectl apply -f {SLEEP}")
    shell.run(INSTALL.command(shell.charts))
    tutorial = {step.name: step for step in steps()}
    for name in BEFORE:
        shell.run(tutorial[name].command(shell.charts))
    shell.run("kubectl rollout status deployment/sleep deployment/httpbin-0 --timeout=120s")
    shell.until(dict(INSTALL.split), shell.split)
    yield shell.run("kubectl get pod -l app=sleep --field-selector status.phase=Running -o name").split()[0]
    clean(shell)


def test_a_bad_candidate_is_rolled_back_and_a_good_one_promoted(shell: Shell, running: str) -> None:
    with load(shell, running) as seen:
        shell.until(True, lambda: seen.versions == {"httpbin-0"})
        before = len(seen.failures)
        for step in STEPS:
            for client in seen.clients.values():
                client.tally.bad = step.fails
            printed = shell.run(step.command(shell.charts))
            shell.until(dict(step.split), shell.split)
            if step.name == "why":
                assert printed.startswith("RolledBack: "), printed
    own = sum(client.tally.own for client in seen.clients.values())
    print(
        f"{seen.requests} requests, {len(seen.failures) - before} failed, {own} by the bad candidate itself"
    )
    assert [answer.what for answer in seen.failures[before:]] == []
    assert own > 0
    assert seen.versions == {"httpbin-0", CANDIDATE}
    told = json.loads(shell.run("kubectl get routemap httpbin -o json"))["status"]["rollout"]
    assert told["phase"] == "Promoted"
    assert any("resume" in entry["what"] for entry in told["history"]), told["history"]

"""`teal` where Teal's webhook answers: what it refuses is shown in its own words. Shells complete names."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import pytest
import yaml

from kube.client import Cluster
from routing.kinds import WEIGHT_OVERRIDES
from tests.api.command_line import Bench, Ended
from tests.api.stage import Stage
from tests.charts.kubectl import Kubectl
from tools.demo.meanwhile import REFUSALS, Refusal
from tools.local.light import NAMESPACE
from tools.local.programs import programs

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def bench(guarded: Path, tmp_path: Path) -> Bench:
    stage = Stage(Cluster(str(guarded)), f"user-{uuid.uuid4().hex[:8]}")
    stage.routemap()
    return Bench(stage, Kubectl(programs() / "kubectl", guarded), tmp_path)


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda each: each.title)
def test_what_the_demo_has_linted_first_the_webhook_refuses_too(bench: Bench, refusal: Refusal) -> None:
    done = bench.kubectl.run("apply", "-f-", manifest=yaml.safe_load(refusal.manifest))
    assert (done.returncode, refusal.says in done.stderr) == (1, True), done.stderr


@pytest.mark.parametrize("more", [[], ["--dry-run"]])
def test_what_the_webhook_refuses_is_shown_in_its_own_words(bench: Bench, more: list[str]) -> None:
    ended = bench.teal(["weights", "httpbin", "httpbin-1=1000001", *more])
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.startswith('teal: admission webhook "')
    assert ended.err.endswith(
        "denied the request: spec.weights[0].weight: 1000001 is out of range; use an integer from 0 to "
        "1000000\n"
    )
    assert bench.stage.get(WEIGHT_OVERRIDES, "httpbin") is None


def test_what_the_cluster_warns_of_is_shown_and_stored(bench: Bench) -> None:
    ended = bench.teal(["weights", "httpbin", "httpbin-0=0", "httpbin-1=0"])
    assert ended == Ended(
        0,
        "weightoverride.iter8.tools/httpbin has httpbin-0=0 httpbin-1=0\n",
        "Warning: all weights here are 0: without others in the Routemap, its primary gets all requests\n",
    )


def test_while_nobody_leads_a_status_is_said_to_be_of_before_and_is_not_waited_for(bench: Bench) -> None:
    spec = {"holderIdentity": "teal-a", "renewTime": "2026-11-01T12:00:00.000000Z"}
    place = {"namespace": NAMESPACE, "name": "teal"}
    lease = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": place, "spec": spec}
    bench.kubectl("apply", "-f-", manifest=lease)
    try:
        told = bench.teal(["status"])
        waited = bench.teal(["status", "httpbin", "--wait-for", "weight=httpbin-1=0", "--timeout=0.1"])
    finally:
        bench.kubectl("delete", "lease", "teal", f"--namespace={NAMESPACE}")
    assert (told.code, waited.code) == (0, 1)
    assert told.err.startswith("teal: nobody has led Teal for ")
    assert "weight=httpbin-1=0 after 0.1 s: nobody has led Teal for " in waited.err


def test_a_doctor_sees_the_webhook_through_the_api_server(bench: Bench) -> None:
    out = bench.teal(["doctor"]).out
    assert "ok       admission: the webhook answers through the API server (dry run)\n" in out


def test_a_shell_completes_names_from_the_cluster(bench: Bench) -> None:
    bench.stage.routemap("web")
    place = f"teal --namespace={bench.stage.namespace} --kubeconfig={bench.kubectl.kubeconfig}"
    asked = {"_TEAL_COMPLETE": "bash_complete", "COMP_WORDS": f"{place} status h", "COMP_CWORD": "4"}
    assert bench.teal([], environment=asked) == Ended(0, "plain,httpbin\n", "")
    asked = {"_TEAL_COMPLETE": "bash_complete", "COMP_WORDS": f"{place} st", "COMP_CWORD": "3"}
    assert bench.teal([], environment=asked).out == "plain,status\n"

"""Commands of `teal` on a real API server, by a table: what they print to the letter, and the exit code.

Commands that change what is routed are tried to their ends in test_promoting.py, test_bringing_in.py and
test_teal_command.py.
"""

from __future__ import annotations

import json
import re
import uuid
from typing import TYPE_CHECKING, Any

import pytest

from tests.api.command_line import Bench, Ended
from tests.api.stage import Stage
from tests.charts.kubectl import Kubectl
from tools.local.programs import programs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kube.client import Cluster
    from tools.local.controlplane import ControlPlane

pytestmark = pytest.mark.usefixtures("controller")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_OWN = re.compile(r'("(?:uid|resourceVersion)": )"[^"]*"')


@pytest.fixture(scope="module")
def bench(
    plane: ControlPlane,
    cluster: Cluster,
    controller: None,  # noqa: ARG001 - it has to run
    tmp_path_factory: pytest.TempPathFactory,
) -> Bench:
    """One application for all: nothing here changes it."""
    stage = Stage(cluster, f"told-{uuid.uuid4().hex[:8]}")
    stage.version("httpbin-0")
    stage.version("httpbin-1")
    stage.routemap()
    stage.until("True", lambda: stage.condition("Complete").get("status"))
    return Bench(stage, Kubectl(programs() / "kubectl", plane.kubeconfig), tmp_path_factory.mktemp("told"))


def ended(bench: Bench, words: Sequence[str]) -> Ended:
    """Run a command; times and what the API server makes up are named alike in all runs."""
    done = bench.teal(words)
    return Ended(done.code, *(_OWN.sub(r'\1"OWN"', _TIME.sub("TIME", text)) for text in (done.out, done.err)))


def since(name: str, **others: Any) -> dict[str, Any]:
    """Return what JSON has of a version that shares the requests evenly."""
    return {
        "name": name,
        "workload": f"deployment/{name}",
        "listed": True,
        "state": "ready",
        "reason": "Ready",
        "sentence": "it is as it has to be; it gets its share",
        "remedy": "",
        "pods": "",
        "weight": 50,
        "copies": 0,
        "matched": False,
        "readyEndpoints": 1,
        "stateSince": "TIME",
        "weightSince": "TIME",
        "drainingUntil": None,
    } | others


def condition(kind: str, status: str, reason: str, message: str = "") -> dict[str, Any]:
    return {
        "type": kind,
        "status": status,
        "reason": reason,
        "message": message,
        "lastTransitionTime": "TIME",
    }


SPLIT = "httpbin-0=50 httpbin-1=50"
STATUS = {
    "namespace": "NAMESPACE",
    "name": "httpbin",
    "strategy": "blue-green",
    "generation": 1,
    "observedGeneration": 1,
    "split": SPLIT,
    "versions": [since("httpbin-0"), since("httpbin-1")],
    "override": "",
    "overrideFault": "",
    "rollout": None,
    "conditions": [
        condition("Ready", "True", "Applied", "the split is applied"),
        condition("Degraded", "False", "VersionReady"),
        condition("Conflict", "False", "NoConflict"),
        condition("Routable", "True", "Routable"),
        condition("Complete", "True", "SplitAsAsked", f"split {SPLIT}"),
        condition("Progressing", "True", "NoVersionStarting"),
    ],
    "next": [],
    "events": [
        {
            "type": "Normal",
            "reason": "SplitApplied",
            "message": f"requests are split {SPLIT}",
            "at": "TIME",
            "count": 1,
        }
    ],
}
OVERRIDE = {
    "apiVersion": "iter8.tools/v1alpha1",
    "kind": "WeightOverride",
    "metadata": {
        "creationTimestamp": "TIME",
        "generation": 1,
        "name": "httpbin",
        "namespace": "NAMESPACE",
        "uid": "OWN",
    },
    "spec": {"weights": [{"version": "httpbin-1", "weight": 20}]},
}
CHANGES = {
    "wrote Routemap httpbin: metadata.finalizers, spec.drainSeconds, spec.settleSeconds, spec.versions",
    "httpbin-0 has 50 % since then",
    "httpbin-1 has 50 % since then",
    f"SplitApplied: requests are split {SPLIT}",
}
_DRY = ["weights", "httpbin", "httpbin-1=20", "--dry-run"]
TEXTS = {
    "all": (
        ["status"],
        0,
        f"NAME      SPLIT                       READY   FOR   NEXT\nhttpbin   {SPLIT}   True    AGE -\n",
    ),
    "all, wide": (
        ["status", "-o", "wide"],
        0,
        (
            "NAME      SPLIT                       READY   FOR   STRATEGY     OVERRIDE   NEXT   MESSAGE\n"
            f"httpbin   {SPLIT}   True    AGE blue-green   -          -      the split is applied\n"
        ),
    ),
    "names": (["status", "-o", "name"], 0, "routemap.iter8.tools/httpbin\n"),
    "an override's name": ([*_DRY, "-o", "name"], 0, "weightoverride.iter8.tools/httpbin\n"),
    "nothing to take back": (
        ["weights", "httpbin", "--reset", "--dry-run"],
        0,
        "there is no WeightOverride httpbin: the Routemap's own weights count\n",
    ),
    "no certificates": (
        ["certs", "status"],
        1,
        (
            "Authorities (Secret NAMESPACE/teal-ca)\n  ROLE  ENDS  REPLACED FROM\nServing certificates\n"
            "  POD  ENDS\n"
            "Wrong: no authority signs: the leader makes one within seconds, if there is a leader\n"
        ),
    ),
}
JSON = {
    "application": (["status", "httpbin", "-o", "json"], STATUS),
    "override": ([*_DRY, "-o", "json"], OVERRIDE),
}
REFUSED = {
    "history of nobody": (
        ["history", "nobody"],
        "teal: there is no Routemap nobody in namespace NAMESPACE; there are httpbin\n",
    ),
    "init of nobody": (["init", "nobody"], "teal: there is no Service nobody in namespace NAMESPACE\n"),
}


@pytest.mark.parametrize("name", TEXTS)
def test_what_is_told_is_text(bench: Bench, name: str) -> None:
    words, code, text = TEXTS[name]
    assert ended(bench, words) == Ended(code, text, "")


@pytest.mark.parametrize("name", JSON)
def test_what_is_told_is_json(bench: Bench, name: str) -> None:
    words, wanted = JSON[name]
    done = ended(bench, words)
    assert done == Ended(0, json.dumps(wanted, indent=2) + "\n", "")


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_there_is_said_not_to_be(bench: Bench, name: str) -> None:
    words, told = REFUSED[name]
    assert ended(bench, words) == Ended(1, "", told)


def test_a_history_is_a_table_and_json(bench: Bench) -> None:
    done = ended(bench, ["history", "httpbin"])
    head, *rows = done.out.splitlines()
    assert (done.code, done.err, head.split()) == (0, "", ["WHEN", "WHO", "WHAT"])
    # Times are whole seconds: what comes first of two within one is nobody's promise.
    assert set(rows) == {f"TIME   teal   {change}" for change in CHANGES}
    told = json.loads(ended(bench, ["history", "httpbin", "-o", "json"]).out)
    assert {each.pop("what") for each in told} == CHANGES
    assert all(each == {"at": "TIME", "who": "teal"} for each in told)

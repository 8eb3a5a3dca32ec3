"""What users read: mistakes made with kubectl against a real API server that asks Teal's webhook."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import uuid
from typing import TYPE_CHECKING, Any

import pytest

from kube.client import Cluster
from routing import names
from routing.kinds import DEPLOYMENTS, ROUTEMAPS
from tests.api.stage import Stage
from tests.unit.routing.examples import ACCEPTED, REFUSED, WARNED, Example
from tests.unit.routing.manifests import with_key
from tools.local.programs import programs

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.routing.manifests import Manifest


class Shell:
    """Runs commands as a user does, in one namespace."""

    def __init__(self, kubeconfig: Path, namespace: str) -> None:
        self._environment = {**os.environ, "KUBECONFIG": str(kubeconfig)}
        self._namespace = namespace

    def run(self, command: str, given: str = "") -> tuple[int, str]:
        """Return the exit code and all that was printed."""
        done = subprocess.run(
            [programs() / "kubectl", "--namespace", self._namespace, *shlex.split(command)],
            input=given,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout.strip()


@pytest.fixture
def stage(guarded: Path) -> Stage:
    return Stage(Cluster(str(guarded)), f"user-{uuid.uuid4().hex[:8]}")


@pytest.fixture
def shell(guarded: Path, stage: Stage) -> Shell:
    return Shell(guarded, stage.namespace)


def manifest(api_version: str, kind: str, **labels: str) -> dict[str, Any]:
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": "odd", "labels": labels}}


def pod(**labels: str) -> dict[str, Any]:
    return manifest("v1", "Pod", **labels) | {"spec": {"containers": [{"name": "app", "image": "app"}]}}


def workload(kind: str, **labels: str) -> dict[str, Any]:
    template = {"metadata": {"labels": {"app": "odd"}}, "spec": pod()["spec"]}
    spec = {"selector": {"matchLabels": {"app": "odd"}}, "template": template}
    return manifest("apps/v1", kind, **labels) | {"spec": spec}


def _routemap(versions: str, more: str = "") -> str:
    header = "apiVersion: iter8.tools/v1alpha1\nkind: Routemap\nmetadata: {name: httpbin}\n"
    return f"{header}spec:\n  versions: {versions}\n{more}"


CREATED = [example for example in (*REFUSED, *WARNED) if example.review.operation == "CREATE"]


@pytest.mark.parametrize("example", CREATED, ids=lambda example: example.name)
def test_every_rule_speaks_through_kubectl(guarded: Path, example: Example) -> None:
    manifest = json.dumps(example.review.manifest)
    code, said = Shell(guarded, "default").run("create --dry-run=server -f -", manifest)
    assert code == (1 if example.reasons else 0), said
    for answer in example.answers:
        assert answer in said


CREATABLE = [
    manifest
    for manifest in ACCEPTED
    if "generateName" not in manifest["metadata"] and manifest["spec"].get("template") != {}
]
"""Kubernetes itself has nothing against these."""


@pytest.mark.parametrize("manifest", CREATABLE, ids=lambda manifest: str(manifest["kind"]))
def test_what_stands_beside_a_rule_is_created_without_a_word_of_teal(
    guarded: Path, manifest: Manifest
) -> None:
    code, said = Shell(guarded, "default").run("create --dry-run=server -f -", json.dumps(manifest))
    assert code == 0, said
    assert all("a DNS label is recommended" in line for line in said.splitlines()[:-1]), said


def test_a_field_that_is_unknown_is_refused_also_where_kubectl_does_not_validate(shell: Shell) -> None:
    bad = _routemap("[{name: httpbin-0, wieght: 20}]", "  drainseconds: 5\n")
    code, said = shell.run("apply --validate=false -f -", bad)
    assert code == 1
    assert "spec.drainseconds: no such field; did you mean drainSeconds?" in said
    assert "spec.versions[0].wieght: no such field; did you mean weight?" in said


def test_a_mistyped_label_is_refused_with_the_right_one(shell: Shell) -> None:
    assert shell.run("create deployment httpbin-0 --image=kennethreitz/httpbin --port=80")[0] == 0
    code, said = shell.run("label deployment httpbin-0 iter8.tools/wacth=true")
    assert code == 1
    assert said.splitlines()[0].startswith("Error from server (Forbidden): ")
    assert (
        "metadata.labels[iter8.tools/wacth]: Teal knows no such key; did you mean iter8.tools/watch?" in said
    )


def test_a_mistyped_label_value_is_refused(shell: Shell) -> None:
    shell.run("create deployment httpbin-0 --image=kennethreitz/httpbin --port=80")
    code, said = shell.run("label deployment httpbin-0 iter8.tools/watch=yes")
    assert code == 1
    assert 'metadata.labels[iter8.tools/watch]: "yes" is neither "true" nor "false"' in said


def test_what_looks_like_teals_is_told_where_nothing_is_teals(shell: Shell) -> None:
    shell.run("create deployment httpbin-0 --image=kennethreitz/httpbin --port=80")
    for prefix in ("iter8-tools", "iter8.tool"):
        code, said = shell.run(f"label deployment httpbin-0 {prefix}/watch=true")
        assert code == 0
        assert f"Warning: {prefix}/watch means nothing to Teal; did you mean iter8.tools/watch?" in said
        shell.run(f"label deployment httpbin-0 {prefix}/watch-")
    labels = '{"spec":{"template":{"metadata":{"labels":{"iter8.tools/watch":"true"}}}}}'
    code, said = shell.run(f"patch deployment httpbin-0 --patch '{labels}'")
    assert code == 0
    assert "iter8.tools/watch on the pod template does nothing; label the Deployment itself" in said


KIND = {"iter8.tools/kind": "routemap"}
WATCH = {"iter8.tools/watch": "true"}
ELSEWHERE = {
    "iter8.tools/watch on a DaemonSet does nothing; Teal watches Deployments and StatefulSets": workload(
        "DaemonSet", **WATCH
    ),
    "iter8.tools/watch on a Pod does nothing; Teal watches Deployments and StatefulSets": pod(**WATCH),
    "iter8-tools/watch on a DaemonSet means nothing, nor would iter8.tools/watch; "
    "Teal watches Deployments and StatefulSets": workload("DaemonSet", **{"iter8-tools/watch": "true"}),
    "iter8.tools/weight on a DaemonSet counts for nothing; "
    "Teal takes weights from a Routemap or a WeightOverride": with_key(
        workload("DaemonSet"), "annotations", "iter8.tools/weight", "20"
    ),
    "this ConfigMap is Iter8's routing config, which Teal does not read; "
    "teal migrate prints the Routemap for it": manifest("v1", "ConfigMap", **KIND),
}


@pytest.mark.parametrize("sentence", ELSEWHERE)
def test_teals_words_on_what_it_does_not_read_are_told_and_refused_to_nobody(
    shell: Shell, sentence: str
) -> None:
    given = json.dumps(ELSEWHERE[sentence])
    code, said = shell.run("create --save-config -f -", given)
    assert (code, said.splitlines()[0]) == (0, f"Warning: {sentence}")
    assert "Warning: " not in shell.run("apply -f -", given)[1], "it has been told"


def test_a_deployment_without_our_keys_is_none_of_our_business(shell: Shell) -> None:
    assert shell.run("create deployment 0-digits-first --image=x --port=80") == (
        0,
        "deployment.apps/0-digits-first created",
    )


def test_every_mistake_in_a_routemap_is_told_at_once(shell: Shell) -> None:
    bad = _routemap(
        '[{name: httpbin-0, weight: "banana"}, {name: httpbin-1, weight: -5}]', "  strategy: bluegreen\n"
    )
    code, said = shell.run("apply -f -", bad)
    assert code == 1
    assert 'spec.strategy: "bluegreen" is not a strategy; use blue-green, canary, mirror' in said
    assert 'spec.versions[0].weight: "banana" is not an integer; use an integer from 0 to 1000000' in said
    assert "spec.versions[1].weight: -5 is out of range; use an integer from 0 to 1000000" in said


def test_a_malformed_override_is_refused(shell: Shell) -> None:
    header = "apiVersion: iter8.tools/v1alpha1\nkind: WeightOverride\nmetadata: {name: httpbin}\n"
    code, said = shell.run(
        "apply -f -", f"{header}spec: {{weights: [{{version: httpbin-0, weight: banana}}]}}\n"
    )
    assert code == 1
    assert 'spec.weights[0].weight: "banana" is not an integer; use an integer from 0 to 1000000' in said


def test_defaults_are_written_into_what_is_stored(shell: Shell, stage: Stage) -> None:
    assert shell.run("apply -f -", _routemap("[{name: httpbin-0}]"))[0] == 0
    stored = stage.get(ROUTEMAPS, "httpbin")
    assert stored is not None
    assert stored["metadata"]["finalizers"] == [names.RELEASE]
    assert stored["spec"] == {
        "strategy": "blue-green",
        "versions": [{"name": "httpbin-0", "weight": 50}],
        "hosts": [f"httpbin.{stage.namespace}{end}" for end in ("", ".svc", ".svc.cluster.local")],
        "gateways": ["mesh"],
        "drainSeconds": 15,
    }


def test_applying_the_same_routemap_again_changes_nothing(shell: Shell, stage: Stage) -> None:
    stage.version("httpbin-0")
    explicit = _routemap("[{name: httpbin-0, weight: 50}]")
    shell.run("apply -f -", explicit)
    stage.until("httpbin-0=100", lambda: stage.status().get("split"))
    assert shell.run("apply -f -", explicit) == (0, "routemap.iter8.tools/httpbin unchanged")


def test_a_dry_run_on_the_server_refuses_as_well(shell: Shell) -> None:
    code, said = shell.run("apply --dry-run=server -f -", _routemap("[]"))
    assert code == 1
    assert "spec.versions: nothing is listed; list 1 to 8" in said


def test_the_only_ready_version_can_not_be_deleted_by_mistake(shell: Shell, stage: Stage) -> None:
    stage.version("httpbin-0")
    shell.run("apply -f -", _routemap("[{name: httpbin-0}]"))
    stage.until(True, lambda: "iter8.tools/protected" in str(stage.get(DEPLOYMENTS, "httpbin-0")))
    code, said = shell.run("delete deployment httpbin-0")
    assert code == 1
    assert (
        "metadata.name: httpbin-0 is the only ready version of Routemap httpbin, so deleting it would fail "
        "every request. Make another version ready first, delete the Routemap, or annotate with "
        "iter8.tools/allow-delete=true"
    ) in said
    assert shell.run("annotate deployment httpbin-0 iter8.tools/allow-delete=true")[0] == 0
    assert shell.run("delete deployment httpbin-0 --wait=false")[0] == 0


SCALED = (
    "httpbin-0 is the only ready version of Routemap httpbin, so scaling it to 0 would fail every request."
)


def test_the_only_ready_version_can_not_be_scaled_to_zero_by_mistake(shell: Shell, stage: Stage) -> None:
    stage.version("httpbin-0")
    shell.run("apply -f -", _routemap("[{name: httpbin-0}]"))
    stage.until(True, lambda: stage.status().get("versions", [{}])[0].get("protected"))
    # A policy takes the API server a moment to take up, and a status to hear of.
    stage.until(1, lambda: shell.run("scale deployment httpbin-0 --replicas=0 --dry-run=server")[0])
    code, said = shell.run("scale deployment httpbin-0 --replicas=0")
    assert code == 1
    assert SCALED in said
    assert shell.run("scale deployment httpbin-0 --replicas=3")[0] == 0
    assert shell.run("annotate deployment httpbin-0 iter8.tools/allow-delete=true")[0] == 0
    stage.until(0, lambda: shell.run("scale deployment httpbin-0 --replicas=0")[0])


def test_scaling_a_version_with_traffic_to_zero_is_refused(shell: Shell, stage: Stage) -> None:
    stage.version("httpbin-0")
    stage.version("httpbin-1")
    shell.run("apply -f -", _routemap("[{name: httpbin-0}, {name: httpbin-1}]"))
    stage.until("httpbin-0=50 httpbin-1=50", lambda: stage.status().get("split"))
    scale = "scale deployment httpbin-1 --replicas=0"
    stage.until(1, lambda: shell.run(f"{scale} --dry-run=server")[0])
    assert (
        "httpbin-1 may be getting requests by Routemap httpbin, and scaling it to 0 takes its pods at once. "
        "Give it weight 0 first, or delete it, which drains it"
    ) in shell.run(scale)[1]
    zero = '{"spec":{"replicas":0}}'
    code, said = shell.run(f"patch deployment httpbin-1 --type=merge -p '{zero}'")
    assert code == 1
    assert (
        "spec.replicas: httpbin-1 may be getting requests, and scaling it to 0 takes its pods at once."
        in said
    )
    stage.override(1, 0)
    stage.until("httpbin-0=100 httpbin-1=0", lambda: stage.status().get("split"))
    stage.until(0, lambda: shell.run(f"{scale}")[0])


def test_deleting_a_version_with_traffic_in_the_foreground_is_refused(shell: Shell, stage: Stage) -> None:
    stage.version("httpbin-0")
    stage.version("httpbin-1")
    shell.run("apply -f -", _routemap("[{name: httpbin-0}, {name: httpbin-1}]"))
    stage.until("httpbin-0=50 httpbin-1=50", lambda: stage.status().get("split"))
    code, said = shell.run("delete deployment httpbin-1 --cascade=foreground")
    assert code == 1
    assert "deleting httpbin-1 in the foreground takes its pods at once" in said
    assert "Use --cascade=background (Argo CD: PrunePropagationPolicy=background)" in said
    assert shell.run("delete deployment httpbin-1 --wait=false")[0] == 0


def test_a_label_adds_a_pause_to_the_pods(shell: Shell, stage: Stage) -> None:
    stage.version("httpbin-0")
    code, said = shell.run("label deployment httpbin-0 iter8.tools/pre-stop-sleep=5")
    assert (code, said) == (0, "deployment.apps/httpbin-0 labeled")
    assert shell.run("get deployment httpbin-0 -o jsonpath={..preStop}") == (0, '{"sleep":{"seconds":5}}')
    code, said = shell.run("label --overwrite deployment httpbin-0 iter8.tools/pre-stop-sleep=40")
    assert code == 1
    assert '"40" is no number of seconds that fits into the pods\' terminationGracePeriodSeconds (30)' in said


def test_the_tutorials_cleanup_is_not_in_the_way_of_itself(shell: Shell, stage: Stage) -> None:
    stage.version("httpbin-0")
    shell.run("apply -f -", _routemap("[{name: httpbin-0}]"))
    stage.until(True, lambda: "iter8.tools/protected" in str(stage.get(DEPLOYMENTS, "httpbin-0")))
    assert shell.run("delete routemap httpbin")[0] == 0
    assert shell.run("delete deployment/httpbin-0 service/httpbin-0")[0] == 0


def test_columns_and_wait_work_as_users_expect(shell: Shell, stage: Stage) -> None:
    stage.version("httpbin-0")
    stage.application()
    shell.run("apply -f -", _routemap("[{name: httpbin-0}]"))
    assert shell.run("wait --for=condition=Ready routemap/httpbin --timeout=60s")[0] == 0
    header, row = shell.run("get routemap")[1].splitlines()
    assert header.split() == ["NAME", "STRATEGY", "SPLIT", "OVERRIDE", "READY", "AGE"]
    assert row.split()[:4] == ["httpbin", "blue-green", "httpbin-0=100", "True"]

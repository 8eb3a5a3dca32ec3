"""`teal promote` and `teal abort` on a real API server with Kubernetes' own controllers, and Teal.

To the end, killed after each write and run again, refused, beside autoscalers and disruption budgets, and
with no more than the rights that docs/cli.md names.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from cli.rights import RIGHTS
from kube.client import Cluster
from routing import names
from routing.kinds import DEPLOYMENTS, ROUTEMAPS, SERVICES, WEIGHT_OVERRIDES, Resource
from tests.api.bringing_about import change, make
from tests.api.command_rights import account
from tests.api.stage import Stage
from tests.charts.kubectl import Kubectl
from tools.local.light import light_cluster
from tools.local.programs import programs

if TYPE_CHECKING:
    from collections.abc import Iterator

OLD, NEW = "app:0", "app:1"
EVENLY = {"httpbin-0": 50, "httpbin-1": 50}
SECONDS = 120
AUTOSCALERS = Resource("autoscaling/v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers")
BUDGETS = Resource("policy/v1", "PodDisruptionBudget", "poddisruptionbudgets")
STEPS = [{"share": share, "for": "1s"} for share in (25, 50)]
OFTEN = 5


@pytest.fixture(scope="module")
def kubectl(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kubectl]:
    """A cluster on which Deployments roll out, and Teal."""
    with light_cluster(tmp_path_factory.mktemp("light")) as kubeconfig:
        yield Kubectl(programs() / "kubectl", kubeconfig)


def version(stage: Stage, name: str, image: str) -> None:
    """Deploy and expose a version whose pods can be replaced without a loss."""
    container = {
        "name": "app",
        "image": image,
        "ports": [{"containerPort": 80}],
        "readinessProbe": {"tcpSocket": {"port": 80}},
        "lifecycle": {"preStop": {"sleep": {"seconds": 1}}},
    }
    labels = {names.WATCH: "true", names.VERSION: image.rpartition(":")[2]}
    metadata = {"name": name, "namespace": stage.namespace, "labels": labels}
    template = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [container]}}
    deployment = {"selector": {"matchLabels": {"app": name}}, "template": template}
    service = {"selector": {"app": name}, "ports": [{"port": 80}]}
    for resource, spec in ((DEPLOYMENTS, deployment), (SERVICES, service)):
        typed = {"apiVersion": resource.api_version, "kind": resource.kind}
        stage.cluster.create(resource, {**typed, "metadata": metadata, "spec": spec})


@pytest.fixture
def stage(kubectl: Kubectl) -> Stage:
    """An application of two versions that share the requests."""
    made = Stage(Cluster(str(kubectl.kubeconfig)), f"test-{uuid.uuid4().hex[:8]}")
    version(made, "httpbin-0", OLD)
    version(made, "httpbin-1", NEW)
    made.routemap(drainSeconds=1)
    made.until(EVENLY, made.split)
    made.until("True", lambda: made.condition("Complete").get("status"))
    return made


def teal(
    stage: Stage, kubectl: Kubectl, *words: str, cut: int | None = None
) -> subprocess.CompletedProcess[str]:
    """Run `teal`, killed after so many writes."""
    program = ["-m", "cli"] if cut is None else ["-m", "tools.bench.traffic.cut_teal", str(cut)]
    options = ["-n", stage.namespace, f"--kubeconfig={kubectl.kubeconfig}"]
    command = [sys.executable, *program, *words, *options]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=SECONDS)


def image(stage: Stage, name: str) -> str | None:
    found = stage.get(DEPLOYMENTS, name)
    return None if found is None else str(found["spec"]["template"]["spec"]["containers"][0]["image"])


def weights(stage: Stage) -> list[int] | None:
    found = stage.get(WEIGHT_OVERRIDES, "httpbin")
    return None if found is None else [item["weight"] for item in found["spec"]["weights"]]


def said(done: subprocess.CompletedProcess[str]) -> list[str]:
    """Return the steps that were told, without what was waited for."""
    return [line for line in done.stdout.splitlines() if not line.startswith("  …")]


IN_PLACE = [
    "✓ httpbin-0 is to become what httpbin-1 is",
    "✓ requests leave httpbin-0: WeightOverride httpbin (httpbin-0=0 httpbin-1=50)",
    "✓ httpbin-0 gets the pod template of httpbin-1",
    "✓ httpbin-0 is what httpbin-1 is",
    "✓ WeightOverride httpbin is deleted",
    "✓ Deployment httpbin-1 is to go when it has drained",
    "✓ Service httpbin-1 is to go when it has drained",
    "✓ httpbin-1 has drained and gone: httpbin-0 is promoted",
]
BY_ORDER = [
    "✓ httpbin-1 is listed first (httpbin-1, httpbin-0)",
    "✓ httpbin-1 is the primary; httpbin-0 has drained and is kept, without requests",
]
NOTHING = (
    "✓ nothing to do: httpbin-0 is what httpbin-1 was since the last promotion, and no other candidate is "
    "ready"
)
BACK = (
    "✓ all requests go to httpbin-0, httpbin-0=50 httpbin-1=50 before: WeightOverride httpbin "
    "(httpbin-0=100 httpbin-1=0)"
)
DELETED = [
    "✓ httpbin-1 is listed first (httpbin-1, httpbin-0)",
    "✓ httpbin-0 is listed no more",
    "✓ Deployment httpbin-0 is deleted",
    "✓ Service httpbin-0 is deleted",
    "✓ httpbin-1 is the primary; httpbin-0 has drained and is deleted",
]


@pytest.mark.parametrize("writes", [*range(len(IN_PLACE)), None])
def test_in_place_it_ends_the_same_wherever_it_is_killed(
    stage: Stage, kubectl: Kubectl, writes: int | None
) -> None:
    if writes is not None:
        killed = teal(stage, kubectl, "promote", "httpbin", cut=writes)
        assert killed.returncode == -signal.SIGKILL, killed.stdout + killed.stderr
    done = teal(stage, kubectl, "promote", "httpbin")
    assert (done.returncode, done.stderr) == (0, "")
    assert said(done) == IN_PLACE[writes or 0 :]
    assert (image(stage, "httpbin-0"), image(stage, "httpbin-1")) == (NEW, None)
    assert stage.get(SERVICES, "httpbin-1") is None
    assert weights(stage) is None
    assert (stage.get(DEPLOYMENTS, "httpbin-0") or {})["metadata"]["labels"][names.VERSION] == "1"
    stage.until({"httpbin-0": 100}, stage.split)
    again = teal(stage, kubectl, "promote", "httpbin")
    assert (again.returncode, said(again)) == (
        0,
        [NOTHING],
    )


@pytest.mark.parametrize("writes", [*range(len(DELETED)), None])
def test_by_order_it_ends_the_same_wherever_it_is_killed(
    stage: Stage, kubectl: Kubectl, writes: int | None
) -> None:
    words = ("promote", "httpbin", "--by-order", "--delete")
    if writes is not None:
        killed = teal(stage, kubectl, *words, cut=writes)
        assert killed.returncode == -signal.SIGKILL, killed.stdout + killed.stderr
    done = teal(stage, kubectl, *words)
    assert (done.returncode, done.stderr) == (0, "")
    assert said(done) == DELETED[writes or 0 :]
    assert (image(stage, "httpbin-0"), image(stage, "httpbin-1")) == (None, NEW)
    stage.until({"httpbin-1": 100}, stage.split)
    listed = (stage.get(ROUTEMAPS, "httpbin") or {})["spec"]["versions"]
    assert listed == [{"name": "httpbin-1", "weight": 50}]


@pytest.mark.parametrize("writes", range(5))
def test_taken_back_in_place_all_is_as_it_was(stage: Stage, kubectl: Kubectl, writes: int) -> None:
    stage.override(20, 80)
    stage.until({"httpbin-0": 20, "httpbin-1": 80}, stage.split)
    teal(stage, kubectl, "promote", "httpbin", cut=3)
    assert image(stage, "httpbin-0") == NEW
    teal(stage, kubectl, "promote", "httpbin", "--undo", cut=writes)
    done = teal(stage, kubectl, "promote", "httpbin", "--undo")
    assert (done.returncode, done.stderr) == (0, "")
    assert (image(stage, "httpbin-0"), image(stage, "httpbin-1")) == (OLD, NEW)
    assert weights(stage) == [20, 80]
    stage.until({"httpbin-0": 20, "httpbin-1": 80}, stage.split)
    assert names.PROMOTION not in (stage.get(ROUTEMAPS, "httpbin") or {})["metadata"].get("annotations", {})


def test_a_promotion_that_is_over_is_taken_back_under_the_primarys_own_requests(
    stage: Stage, kubectl: Kubectl
) -> None:
    assert teal(stage, kubectl, "promote", "httpbin").returncode == 0
    done = teal(stage, kubectl, "promote", "httpbin", "--undo")
    assert (done.returncode, done.stderr) == (0, "")
    assert (image(stage, "httpbin-0"), image(stage, "httpbin-1")) == (OLD, None)


def test_what_kubectl_has_taken_back_already_is_taken_back(stage: Stage, kubectl: Kubectl) -> None:
    """`kubectl rollout undo` knows of the template alone, and the version label is the Deployment's own."""
    assert teal(stage, kubectl, "promote", "httpbin").returncode == 0
    kubectl("rollout", "undo", "deployment/httpbin-0", "-n", stage.namespace)
    done = teal(stage, kubectl, "promote", "httpbin", "--undo")
    assert (done.returncode, done.stderr) == (0, "")
    assert said(done) == [
        "✓ httpbin-0 has the pod template that it had before the promotion already",
        "✓ httpbin-0 gets the version label that it had",
        "✓ httpbin-0 is what it was before the promotion",
    ]
    primary = stage.get(DEPLOYMENTS, "httpbin-0") or {}
    assert (image(stage, "httpbin-0"), primary["metadata"]["labels"][names.VERSION]) == (OLD, "0")
    again = teal(stage, kubectl, "promote", "httpbin", "--undo")
    assert (again.returncode, said(again)) == (
        0,
        ["✓ nothing to take back: Routemap httpbin has no note of a promotion"],
    )


def test_by_order_and_back(stage: Stage, kubectl: Kubectl) -> None:
    done = teal(stage, kubectl, "promote", "httpbin", "--by-order")
    assert (done.returncode, said(done)) == (0, BY_ORDER)
    stage.until({"httpbin-1": 100, "httpbin-0": 0}, stage.split)
    back = teal(stage, kubectl, "promote", "httpbin", "--undo")
    assert (back.returncode, said(back)) == (
        0,
        [
            "✓ httpbin-0 is listed first again (httpbin-0, httpbin-1)",
            "✓ httpbin-0 is the primary again",
        ],
    )
    stage.until(EVENLY, stage.split)


def test_a_primary_that_does_not_become_ready_keeps_requests_at_the_candidate(
    stage: Stage, kubectl: Kubectl
) -> None:
    """The candidate's own pods run on, but no new ones can be made of its template."""
    forbid(kubectl, stage.namespace, ("", "pods"), "object.spec.containers.exists(c, c.image == 'app:2')")
    slow = {"spec": {"progressDeadlineSeconds": 3}}
    kubectl("patch", "deployment", "httpbin-0", "-n", stage.namespace, "-p", json.dumps(slow))
    containers = [{"name": "app", "image": "app:2"}]
    changed = {"spec": {"paused": True, "template": {"spec": {"containers": containers}}}}
    kubectl("patch", "deployment", "httpbin-1", "-n", stage.namespace, "-p", json.dumps(changed))
    done = teal(stage, kubectl, "promote", "httpbin")
    assert done.returncode == 1
    assert done.stderr.startswith("teal: httpbin-0 does not become ready: ReplicaSet ")
    assert done.stderr.endswith(
        " has timed out progressing.. Requests stay with httpbin-1. Mend httpbin-1's template or the cluster "
        "and run this again, or take it back: teal promote httpbin --undo\n"
    )
    assert stage.split() == {"httpbin-0": 0, "httpbin-1": 100}
    back = teal(stage, kubectl, "promote", "httpbin", "--undo")
    assert (back.returncode, back.stderr) == (0, "")
    assert image(stage, "httpbin-0") == OLD
    stage.until(EVENLY, stage.split)


def test_what_git_owns_is_left_alone_and_the_change_to_commit_is_printed(
    stage: Stage, kubectl: Kubectl
) -> None:
    container = {"name": "app", "image": OLD}
    manifest = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "httpbin-0", "namespace": stage.namespace},
        "spec": {"template": {"spec": {"containers": [container]}}},
    }
    by_git = ("--server-side", "--force-conflicts", "--field-manager=argocd-controller")
    kubectl("apply", "-f-", *by_git, manifest=manifest)
    before = stage.get(DEPLOYMENTS, "httpbin-0")
    refused = teal(stage, kubectl, "promote", "httpbin")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == (
        "teal: Argo CD owns spec.template of Deployment httpbin-0 and would bring back what it has; commit "
        "the change there (teal promote httpbin -o yaml prints it), or use --force\n"
    )
    printed = teal(stage, kubectl, "promote", "httpbin", "-o", "yaml")
    assert printed.returncode == 0
    change = yaml.safe_load(printed.stdout)
    assert change["spec"]["template"]["spec"]["containers"][0]["image"] == NEW
    assert change["spec"]["template"]["metadata"]["labels"] == {"app": "httpbin-0"}
    assert change["metadata"] == {
        "name": "httpbin-0",
        "namespace": stage.namespace,
        "labels": {names.WATCH: "true", names.VERSION: "1"},
    }
    assert stage.get(DEPLOYMENTS, "httpbin-0") == before
    forced = teal(stage, kubectl, "promote", "httpbin", "--force", "--dry-run")
    assert forced.stdout.splitlines() == [
        "1. requests leave httpbin-0 for httpbin-1, and httpbin-0 drains",
        "2. httpbin-0 gets the pod template and the version label of httpbin-1, and rolls out",
        "3. requests come back",
        "4. Deployment and Service httpbin-1 are deleted, and go when they have drained",
        "(dry run: nothing is changed)",
    ]
    assert stage.get(DEPLOYMENTS, "httpbin-0") == before


def test_what_the_api_server_would_refuse_is_told_before_anything_begins(
    stage: Stage, kubectl: Kubectl
) -> None:
    wrong = "object.spec.template.spec.containers.exists(c, c.image == 'app:1')"
    forbid(kubectl, stage.namespace, ("apps", "deployments"), wrong)
    words = ("promote", "httpbin")
    stage.until(True, lambda: "not here" in teal(stage, kubectl, *words, "--dry-run").stderr)
    done = teal(stage, kubectl, *words)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f'teal: the API server refuses the change of httpbin-0: deployments.apps "httpbin-0" is forbidden: '
        f"ValidatingAdmissionPolicy '{stage.namespace}' with binding '{stage.namespace}' denied request: "
        f"not here\n"
    )
    assert weights(stage) is None
    assert names.PROMOTION not in (stage.get(ROUTEMAPS, "httpbin") or {})["metadata"].get("annotations", {})


def forbid(kubectl: Kubectl, namespace: str, kind: tuple[str, str], wrong: str) -> None:
    """Have a policy of the cluster refuse objects of a kind in a namespace."""
    api = {"apiVersion": "admissionregistration.k8s.io/v1", "metadata": {"name": namespace}}
    group, resource = kind
    operations = ["CREATE", "UPDATE"]
    rule = {
        "apiGroups": [group],
        "apiVersions": ["v1"],
        "operations": operations,
        "resources": [resource],
    }
    spec = {
        "matchConstraints": {"resourceRules": [rule]},
        "matchConditions": [
            {"name": "here", "expression": f"object.metadata.namespace == '{namespace}'"},
            # Only what has not been there: Teal's marks on the candidate itself are none of this.
            {"name": "new", "expression": "object.metadata.name != 'httpbin-1'"},
        ],
        "validations": [{"expression": f"!({wrong})", "message": "not here"}],
    }
    kubectl("apply", "-f-", manifest={**api, "kind": "ValidatingAdmissionPolicy", "spec": spec})
    binding = {"policyName": namespace, "validationActions": ["Deny"]}
    kubectl("apply", "-f-", manifest={**api, "kind": "ValidatingAdmissionPolicyBinding", "spec": binding})


def test_an_abort_sends_all_back_and_keeps_the_candidate(stage: Stage, kubectl: Kubectl) -> None:
    killed = teal(stage, kubectl, "abort", "httpbin", cut=0)
    assert killed.returncode == -signal.SIGKILL
    done = teal(stage, kubectl, "abort", "httpbin")
    kept = "✓ all requests go to httpbin-0; httpbin-1 kept. To go on: teal weights httpbin --reset"
    assert (done.returncode, said(done), done.stderr) == (
        0,
        [
            BACK,
            kept,
        ],
        "",
    )
    assert stage.split() == {"httpbin-0": 100, "httpbin-1": 0}
    assert image(stage, "httpbin-1") == NEW
    assert said(teal(stage, kubectl, "abort", "httpbin")) == [kept]


def test_an_application_that_is_not_there_is_told(stage: Stage, kubectl: Kubectl) -> None:
    for command in ("promote", "abort"):
        done = teal(stage, kubectl, command, "nobody")
        told = f"teal: there is no Routemap nobody in namespace {stage.namespace}\n"
        assert (done.returncode, done.stdout, done.stderr) == (1, "", told)


COMMANDS = [name for name in RIGHTS if name.startswith(("promote ", "abort "))]


@pytest.mark.parametrize("overridden", [False, True])
@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_needs_no_more_than_its_rights(
    stage: Stage, kubectl: Kubectl, tmp_path: Path, command: str, *, overridden: bool
) -> None:
    if overridden:
        stage.override(20, 80)
        stage.until({"httpbin-0": 20, "httpbin-1": 80}, stage.split)
    path = account(kubectl, stage.namespace, "team", RIGHTS[command].needed, tmp_path)
    words = command.replace("APP", "httpbin").split()
    done = teal(stage, Kubectl(kubectl.program, Path(path)), *words)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("command", "lacking"), [(name, right) for name in COMMANDS for right in RIGHTS[name].needed]
)
def test_and_no_less(
    stage: Stage, kubectl: Kubectl, tmp_path: Path, command: str, lacking: tuple[str, str, str]
) -> None:
    changes_one = lacking[2] == "patch" or "--by-order" in command
    if lacking[1] == "weightoverrides" and changes_one:
        stage.override(20, 80)
        stage.until({"httpbin-0": 20, "httpbin-1": 80}, stage.split)
    rights = [right for right in RIGHTS[command].needed if right != lacking]
    path = account(kubectl, stage.namespace, "team", rights, tmp_path)
    done = teal(stage, Kubectl(kubectl.program, Path(path)), *command.replace("APP", "httpbin").split())
    assert done.returncode != 0
    assert f'cannot {lacking[2]} resource "{lacking[1]}"' in done.stderr


def autoscaled(stage: Stage, name: str, least: int) -> None:
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": name}
    make(stage, AUTOSCALERS, name, scaleTargetRef=target, minReplicas=least, maxReplicas=OFTEN)
    make(stage, BUDGETS, name, minAvailable=least, selector={"matchLabels": {"app": name}})


def at_least(stage: Stage, name: str, least: int) -> None:
    change(stage, AUTOSCALERS, name, spec={"minReplicas": least})
    stage.until(least, lambda: ready(stage, name))


def ready(stage: Stage, name: str) -> int:
    versions = stage.status().get("versions") or ()
    return next((item.get("readyEndpoints", 0) for item in versions if item["name"] == name), 0)


def replicas(stage: Stage, name: str) -> int:
    found: int = (stage.get(DEPLOYMENTS, name) or {})["spec"]["replicas"]
    return found


def writers(stage: Stage, name: str) -> list[str]:
    """Return who has set how many pods there are."""
    entries = (stage.get(DEPLOYMENTS, name) or {})["metadata"]["managedFields"]
    return [entry["manager"] for entry in entries if "f:replicas" in entry["fieldsV1"].get("f:spec", {})]


def rolled_out(stage: Stage) -> Any:
    return stage.condition("RolledOut").get("reason")


@pytest.fixture
def healthy(stage: Stage, kubectl: Kubectl, tmp_path: Path) -> Iterator[Path]:
    """The primary's budget, line by line: how many pods are healthy, and how many have to be."""
    autoscaled(stage, "httpbin-0", 4)
    autoscaled(stage, "httpbin-1", 1)
    stage.until(4, lambda: ready(stage, "httpbin-0"))
    stage.until(4, lambda: (stage.get(BUDGETS, "httpbin-0") or {})["status"].get("currentHealthy"))
    words = "{.status.currentHealthy} {.status.desiredHealthy}{'\\n'}"
    command = [str(kubectl.program), f"--kubeconfig={kubectl.kubeconfig}", f"--namespace={stage.namespace}"]
    command += ["get", "poddisruptionbudget", "httpbin-0", "--watch", f"--output=jsonpath={words}"]
    told = tmp_path / "healthy"
    with told.open("w") as file, subprocess.Popen(command, stdout=file) as watch:
        stage.until(True, lambda: told.read_text() != "")
        yield told
        watch.kill()


def test_a_share_follows_ready_pods_and_what_autoscalers_do_meanwhile_stays(
    stage: Stage, kubectl: Kubectl, healthy: Path
) -> None:
    assert stage.split() == EVENLY
    change(stage, ROUTEMAPS, "httpbin", spec={"rollout": {"steps": STEPS}})
    stage.until("NotEnoughPods", lambda: rolled_out(stage))
    assert stage.condition("RolledOut")["message"] == (
        "50 % take 2 ready pods of httpbin-1, which has 1 (httpbin-0 has 4); scale it, or set "
        "spec.rollout.capacity to ignore"
    )
    stage.until({"httpbin-0": 75, "httpbin-1": 25}, stage.split)
    at_least(stage, "httpbin-1", 2)
    stage.until("Succeeded", lambda: rolled_out(stage))
    stage.until(EVENLY, stage.split)
    refused = teal(stage, kubectl, "promote", "httpbin")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == (
        "teal: spec.replicas: httpbin-1 is to take the requests of httpbin-0 meanwhile, with 2 ready pods "
        "instead of 4; kubectl scale deployment/httpbin-1 --replicas=4, or use --keep-weights\n"
    )
    at_least(stage, "httpbin-1", 4)
    killed = teal(stage, kubectl, "promote", "httpbin", cut=2)
    assert killed.returncode == -signal.SIGKILL
    at_least(stage, "httpbin-0", 5)
    done = teal(stage, kubectl, "promote", "httpbin")
    assert (done.returncode, done.stderr) == (0, "")
    assert image(stage, "httpbin-0") == NEW
    assert (replicas(stage, "httpbin-0"), writers(stage, "httpbin-0")) == (5, ["kube-controller-manager"])
    counts = [line.split() for line in healthy.read_text().splitlines()]
    assert [line for line in counts if int(line[0]) < int(line[1])] == []
    assert len(counts) > 1

"""The charts in a real API server: what it accepts, what it shows, and what it asks Teal about.

Nothing answers as Teal here, and webhooks fail closed: a change that Teal is asked about is refused with
"failed calling webhook", one that it is not asked about passes.
"""

from __future__ import annotations

import base64
import json
import re
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from tests.charts.helm import Helm
from tests.charts.kubectl import Kubectl
from tests.charts.manifests import deployment, routemap, virtual_service
from tools.charts.repository import CHARTS
from tools.local.controlplane import control_plane
from tools.local.programs import module_folder, programs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ISTIO_KINDS = "manifests/charts/base/files/crd-all.gen.yaml"
# Services are then resolved to their endpoints, of which there are none: nothing is called anywhere.
FLAGS = ("--enable-aggregator-routing=true",)
TEAL = "system:serviceaccount:teal-system:teal"
DEADLINE_SECONDS = 60.0
BUNDLE = base64.b64encode(b"-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n").decode()


@pytest.fixture(scope="module")
def helm(tmp_path_factory: pytest.TempPathFactory) -> Helm:
    return Helm(programs() / "helm", tmp_path_factory.mktemp("helm"))


@pytest.fixture(scope="module")
def kubectl(helm: Helm, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kubectl]:
    """An API server that knows Istio's kinds, with the chart teal installed."""
    with control_plane(tmp_path_factory.mktemp("plane"), FLAGS) as plane:
        kubectl = Kubectl(programs() / "kubectl", plane.kubeconfig)
        istio = module_folder("istio.io/istio") / ISTIO_KINDS
        kubectl("apply", "--server-side", "--filename", str(istio))
        install(helm, kubectl)
        until_asked(kubectl)
        yield kubectl


def install(helm: Helm, kubectl: Kubectl) -> None:
    options = ("--namespace", "teal-system", "--create-namespace", "--no-hooks")
    changed(helm, kubectl, "install", "teal", CHARTS / "teal", *options)


def changed(helm: Helm, kubectl: Kubectl, *arguments: str | Path) -> None:
    done = helm.run(*arguments, "--kubeconfig", kubectl.kubeconfig)
    assert done.returncode == 0, done.stderr


def until_asked(kubectl: Kubectl) -> None:
    """Wait until the API server has heard of the webhooks."""
    end = time.monotonic() + DEADLINE_SECONDS
    while (answer := kubectl.asked("create", "-f-", manifest=routemap())) is None:
        assert time.monotonic() < end, f"still {answer}"
        time.sleep(0.1)


def daemons(**metadata: Any) -> dict[str, Any]:
    """A kind that is no version, and of which words of Teal's are told."""
    made = deployment(**metadata) | {"kind": "DaemonSet"}
    made["spec"].pop("replicas", None)
    return made


def config_map(**metadata: Any) -> dict[str, Any]:
    made = {"name": "a", "namespace": "default", **metadata}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": made}


WATCHED = {"labels": {"iter8.tools/watch": "true"}}
APPLICATIONS, DEFAULTS = "applications", "defaults"


@pytest.mark.parametrize(
    ("manifest", "asked"),
    [
        (deployment(), None),
        (deployment(labels={"app": "a"}, annotations={"note": "iter8.tools/watch"}), None),
        (deployment(labels={"not-iter8.tools/watch": "true"}), None),
        (deployment(**WATCHED), APPLICATIONS),
        (deployment(labels={"iter8.tools/wacth": "true"}), APPLICATIONS),
        (deployment(labels={"iter8-tools/watch": "true"}), APPLICATIONS),
        (deployment(annotations={"iter8.tools/protected": "x"}), APPLICATIONS),
        (deployment(finalizers=["iter8.tools/drain"]), APPLICATIONS),
        (deployment(namespace="kube-system", **WATCHED), None),
        (deployment(namespace="teal-system", **WATCHED), None),
        (virtual_service("v1"), None),
        (virtual_service("v1", labels={"iter8.tools/routemap": "a"}), APPLICATIONS),
        (virtual_service("v1beta1", labels={"iter8.tools/routemap": "a"}), APPLICATIONS),
        (routemap(), DEFAULTS),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_teal_is_asked_about_what_carries_its_keys_and_about_nothing_else(
    kubectl: Kubectl, manifest: dict[str, Any], asked: str | None
) -> None:
    assert kubectl.asked("create", "-f-", manifest=manifest) == asked


@pytest.mark.parametrize(
    ("user", "asked"),
    [
        ("jane", APPLICATIONS),
        ("system:serviceaccount:default:deployer", APPLICATIONS),
        ("system:serviceaccount:kube-system:generic-garbage-collector", None),
        ("system:kube-controller-manager", None),
        (TEAL, None),
        (f"{TEAL}-uninstall", None),
        (f"{TEAL}-wait", APPLICATIONS),
    ],
)
def test_kubernetes_and_teal_itself_are_not_kept_waiting(
    kubectl: Kubectl, user: str, asked: str | None
) -> None:
    assert kubectl.asked("create", "-f-", manifest=deployment(**WATCHED), user=user) == asked


def test_what_was_and_what_is_to_be_both_count(kubectl: Kubectl) -> None:
    for manifest in (deployment(name="plain"), deployment(name="watched", **WATCHED)):
        kubectl("create", "-f-", manifest=manifest, user=TEAL)
    assert kubectl.asked("label", "deployment/plain", "a=b") is None
    assert kubectl.asked("label", "deployment/plain", "iter8.tools/watch=true") == APPLICATIONS
    assert kubectl.asked("label", "deployment/watched", "iter8.tools/watch-") == APPLICATIONS
    assert kubectl.asked("delete", "deployment/watched") == APPLICATIONS
    assert kubectl.asked("delete", "deployment/plain") is None
    status = '{"status": {"replicas": 0}}'
    patch = ("patch", "deployment/watched", "--subresource=status", "--type=merge", f"--patch={status}")
    assert kubectl.asked(*patch) is None, "controllers report without us"


LABELLED = {"labels": {"iter8.tools/watch": "true"}}
OWNED = {
    "ownerReferences": [{"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "name": "a", "uid": "u"}]
}
OTHERS, ITER8S = "others.teal.iter8.tools", "iter8s.teal.iter8.tools"


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (daemons(), None),
        (daemons(labels={"watch": "true"}, annotations={"note": "iter8.tools/watch"}), None),
        (daemons(**LABELLED), OTHERS),
        (daemons(labels={"iter8-tools/watch": "true"}), OTHERS),
        (daemons(annotations={"iter8.tools/weight": "20"}), OTHERS),
        (daemons(**LABELLED, **OWNED), None),
        (daemons(namespace="kube-system", **LABELLED), None),
        (config_map(), None),
        (config_map(labels={"iter8.tools/watch": "true"}), None),
        (config_map(annotations={"iter8.tools/kind": "routemap"}), None),
        (config_map(labels={"iter8.tools/kind": "routemap"}), ITER8S),
    ],
)
def test_of_other_kinds_teal_is_asked_where_its_words_are_and_nobody_waits_for_the_answer(
    kubectl: Kubectl, given: dict[str, Any], told: str | None
) -> None:
    """Nothing answers here: what was asked is counted by the API server, and passes."""
    before = failed_open(kubectl)
    kubectl("create", "-f-", "--dry-run=server", manifest=given)
    assert failed_open(kubectl) - before == Counter([told] if told else [])


def test_what_controllers_make_of_a_labelled_workload_is_not_asked_about(kubectl: Kubectl) -> None:
    before = failed_open(kubectl)
    user = "system:serviceaccount:kube-system:daemon-set-controller"
    kubectl("create", "-f-", "--dry-run=server", manifest=daemons(**LABELLED), user=user)
    assert failed_open(kubectl) == before


def failed_open(kubectl: Kubectl) -> Counter[str]:
    """Return how often each webhook was asked in vain, and the change made all the same."""
    figure = re.compile(r'apiserver_admission_webhook_fail_open_count{name="([^"]*)".*} (\d+)')
    return Counter({name: int(times) for name, times in figure.findall(kubectl("get", "--raw", "/metrics"))})


def test_an_object_as_large_as_may_be_is_not_refused_for_its_size(kubectl: Kubectl) -> None:
    # 256 KiB is the API server's limit for annotations; the condition looks at each key, at a cost.
    keys = {f"k{number}": "" for number in range(40_000)}
    assert kubectl.asked("create", "-f-", manifest=deployment(annotations=keys)) is None


def test_kubectl_explains_each_kind(kubectl: Kubectl) -> None:
    assert "Seconds from taking a version out of the split" in kubectl("explain", "rmap.spec.drainSeconds")
    assert "0 gives it no request" in kubectl("explain", "wov.spec.weights.weight")
    assert "Percentages of the requests" in kubectl("explain", "routemap.status.split")


def test_a_mistyped_field_is_left_to_the_webhook(kubectl: Kubectl) -> None:
    done = kubectl.run(
        "create", "--dry-run=server", "-ojson", "-f-", manifest=routemap(drainSecond=3), user=TEAL
    )
    assert json.loads(done.stdout)["spec"]["drainSecond"] == 3


def test_kubectl_prints_the_split_and_waits_for_ready(kubectl: Kubectl) -> None:
    shown = routemap("shown", strategy="blue-green")
    kubectl("create", "-f-", manifest=shown, user=TEAL)
    condition = {
        "type": "Ready",
        "status": "True",
        "reason": "Applied",
        "message": "the split is applied",
        "lastTransitionTime": "2026-01-01T00:00:00Z",
    }
    version = {
        "name": "shown-0",
        "state": "draining",
        "weight": 100,
        "readyEndpoints": 1,
        "reason": "Deleted",
        "drainingUntil": "2026-01-01T00:00:00Z",
    }
    status = {
        "observedGeneration": 1,
        "split": "shown-0=100",
        "versions": [version],
        "conditions": [condition],
    }
    patch = json.dumps({"status": status})
    kubectl("patch", "rmap/shown", "--subresource=status", "--type=merge", f"--patch={patch}", user=TEAL)
    stored = json.loads(kubectl("get", "routemap/shown", "-ojson"))
    assert stored["status"] == status, "nothing that the reconciler writes is pruned"
    kubectl("wait", "--for=condition=Ready", "routemap/shown", "--timeout=60s")
    header, row = kubectl("get", "routemap", "shown", "-owide").splitlines()
    assert header.split() == [
        *(
            "NAME",
            "STRATEGY",
            "SPLIT",
            "OVERRIDE",
            "READY",
            "REASON",
            "ROUTABLE",
            "COMPLETE",
            "ROLLOUT",
            "AGE",
        ),
    ]
    assert row.split()[:5] == ["shown", "blue-green", "shown-0=100", "True", "Applied"]


@pytest.mark.parametrize("action", ["initialize", "modify-weights"])
def test_the_routing_actions_are_accepted(helm: Helm, kubectl: Kubectl, action: str) -> None:
    for manifest in helm.render("routing-actions", {"appName": "a", "action": action}, namespace="default"):
        kubectl("create", "-f-", "--dry-run=server", manifest=manifest, user=TEAL)


def bundles(kubectl: Kubectl) -> set[str | None]:
    kinds = "validatingwebhookconfigurations,mutatingwebhookconfigurations"
    found = json.loads(kubectl("get", kinds, "-ojson"))["items"]
    return {webhook["clientConfig"].get("caBundle") for item in found for webhook in item["webhooks"]}


def publish(kubectl: Kubectl) -> None:
    """Write the caBundle as the leader does: a JSON patch by a field manager of its own."""
    for kind, webhooks in (("validatingwebhookconfiguration", 4), ("mutatingwebhookconfiguration", 2)):
        patch = [
            {"op": "add", "path": f"/webhooks/{index}/clientConfig/caBundle", "value": BUNDLE}
            for index in range(webhooks)
        ]
        options = ("--type=json", f"--patch={json.dumps(patch)}", "--field-manager=teal")
        kubectl("patch", f"{kind}/teal", *options)


@pytest.mark.parametrize("server_side", ["true", "false"], ids=["server-side apply", "three-way merge"])
def test_an_upgrade_leaves_the_published_authority_alone(
    helm: Helm, kubectl: Kubectl, server_side: str
) -> None:
    publish(kubectl)
    replicas = "3" if server_side == "true" else "4"
    options = ("--namespace", "teal-system", "--no-hooks", f"--server-side={server_side}")
    changed(helm, kubectl, "upgrade", "teal", CHARTS / "teal", *options, "--set", f"replicas={replicas}")
    shown = kubectl("get", "deployment/teal", "-nteal-system", "-ojsonpath={.spec.replicas}")
    assert (shown, bundles(kubectl)) == (replicas, {BUNDLE})
    changed(helm, kubectl, "rollback", "teal", "1", *options)
    shown = kubectl("get", "deployment/teal", "-nteal-system", "-ojsonpath={.spec.replicas}")
    assert (shown, bundles(kubectl)) == ("2", {BUNDLE})


GITOPS = ("--server-side", "--field-manager=gitops", "--force-conflicts")


@pytest.mark.parametrize("how", [GITOPS, ()], ids=["server-side apply", "three-way merge"])
def test_what_is_kept_in_git_differs_in_nothing_from_what_runs(
    helm: Helm, kubectl: Kubectl, how: tuple[str, ...]
) -> None:
    """The caBundle, published at run time, is in no manifest. Hooks are none of Git's objects."""
    publish(kubectl)
    manifests = [item for item in helm.render("teal") if "helm.sh/hook" not in json.dumps(item["metadata"])]
    everything = {"apiVersion": "v1", "kind": "List", "items": manifests}
    done = kubectl.run("diff", *how, "--filename=-", manifest=everything)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    label = ("label", "--overwrite", "service/teal", "--namespace=teal-system")
    kubectl(*label, "app.kubernetes.io/version=edited")
    done = kubectl.run("diff", *how, "--filename=-", manifest=everything)
    kubectl(*label, "app.kubernetes.io/version=0.1.0")
    assert done.returncode == 1, "what is edited by hand is seen"
    assert "-    app.kubernetes.io/version: edited" in done.stdout


def test_an_uninstall_leaves_the_kinds_and_a_new_install_takes_them_over(
    helm: Helm, kubectl: Kubectl
) -> None:
    kubectl("create", "-f-", manifest=routemap("kept"), user=TEAL)
    changed(helm, kubectl, "uninstall", "teal", "--namespace", "teal-system", "--no-hooks")
    assert bundles(kubectl) == set()
    assert "kept" in kubectl("get", "routemaps")
    install(helm, kubectl)
    assert bundles(kubectl) == {None}

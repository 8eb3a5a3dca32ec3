"""A release by Helm on a real API server, from its first object to its last: what is taken, what is left."""

from __future__ import annotations

import json
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from kube.client import Cluster
from kube.errors import ClusterError
from reconciler.hooks.wait_for_admission import refusable
from routing.kinds import ROUTEMAPS
from tests.api import foreign
from tests.api.accounts import HOOKS, Pods, token_kubeconfig
from tests.api.test_charts import FLAGS, TEAL, WATCHED
from tests.charts.helm import Helm, one
from tests.charts.kubectl import Kubectl
from tests.charts.manifests import deployment, replica_set, routemap
from tools.charts.repository import CHARTS
from tools.local.controlplane import control_plane
from tools.local.programs import programs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.charts.helm import Manifest

CHART = str(CHARTS / "teal")
NAMESPACE = "teal-system"
CONFIGURATIONS = "validatingwebhookconfigurations,mutatingwebhookconfigurations"
CHOSEN: dict[str, Any] = {"enabled": True}
MODES: dict[str, dict[str, Any]] = {
    "default": {},
    "namespaced": {"clusterScoped": False},
    "cert-manager": {"certManager": CHOSEN},
    "namespaced with cert-manager": {"clusterScoped": False, "certManager": CHOSEN},
    "everything": {
        "replicas": 3,
        "certManager": {**CHOSEN, "issuerRef": {"name": "company", "kind": "ClusterIssuer"}},
        "clientCertificates": {"configMap": "api-servers"},
        "podDisruptionBudget": {"minAvailable": "50%"},
        "networkPolicy": {
            **CHOSEN,
            "metricsFrom": [{"namespaceSelector": {"matchLabels": {"a": "b"}}, "podSelector": {}}],
            "egress": [{"to": [{"ipBlock": {"cidr": "192.0.2.1/32"}}], "ports": [{"port": 6443}]}],
        },
        "monitoring": {
            "podMonitor": CHOSEN,
            "prometheusRule": {**CHOSEN, "labels": {"a": "b"}},
            "dashboard": CHOSEN,
        },
        "imagePullSecrets": [{"name": "pull"}],
        "nodeSelector": {"disk": "ssd"},
        "tolerations": [{"key": "a", "operator": "Exists", "effect": "NoSchedule"}],
        "topologySpreadConstraints": [
            {"topologyKey": "zone", "maxSkew": 1, "whenUnsatisfiable": "DoNotSchedule"},
        ],
        "podAnnotations": {"a": "b"},
        "serviceAnnotations": {"a": "b"},
        "commonLabels": {"team": "platform"},
    },
    "alerts of own certificates": {"monitoring": {"prometheusRule": CHOSEN}},
}


@dataclass(frozen=True)
class Site:
    """An API server that knows cert-manager's and the Prometheus Operator's kinds, and Helm for it."""

    helm: Helm
    kubectl: Kubectl

    def run(self, *arguments: str, values: dict[str, Any] | None = None) -> subprocess.CompletedProcess[str]:
        """Run Helm; with a chart's name or not, in the release's namespace and without hooks."""
        given = ("--values", "-") if values is not None else ()
        options = ("--namespace", NAMESPACE, "--no-hooks", "--kubeconfig", self.kubectl.kubeconfig)
        return self.helm.run(*arguments, *options, *given, stdin=json.dumps(values))

    def __call__(self, *arguments: str, values: dict[str, Any] | None = None) -> None:
        """Run Helm, which has to succeed."""
        done = self.run(*arguments, values=values)
        assert done.returncode == 0, done.stderr

    def render(self, values: dict[str, Any], namespace: str = NAMESPACE) -> list[Manifest]:
        """Return what Helm would install."""
        return self.helm.render("teal", values, namespace=namespace, api_versions=foreign.SERVED)

    @contextmanager
    def installed(self, *options: str, values: dict[str, Any] | None = None) -> Iterator[None]:
        """Install the chart until the context ends."""
        self("install", "teal", CHART, *options, values=values or {})
        try:
            yield
        finally:
            self.run("uninstall", "teal")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with control_plane(tmp_path_factory.mktemp("plane"), FLAGS) as plane:
        kubectl = Kubectl(programs() / "kubectl", plane.kubeconfig)
        kubectl("apply", "--server-side", *foreign.files())
        kubectl("wait", "--for=condition=Established", "crd", "--all", "--timeout=60s")
        kubectl("create", "namespace", NAMESPACE)
        restricted = {"pod-security.kubernetes.io/enforce": "restricted"}
        namespace = {"apiVersion": "v1", "kind": "Namespace"}
        kubectl(
            "create", "-f-", manifest={**namespace, "metadata": {"name": "restricted", "labels": restricted}}
        )
        yield Site(Helm(programs() / "helm", tmp_path_factory.mktemp("helm")), kubectl)


def pods(manifests: list[Manifest]) -> Iterator[Manifest]:
    """Yield every pod that would be made of what is rendered."""
    for owner in manifests:
        if owner["kind"] in ("Deployment", "Job", "Pod"):
            template = owner if owner["kind"] == "Pod" else owner["spec"]["template"]
            where = {"name": owner["metadata"]["name"], "namespace": owner["metadata"]["namespace"]}
            metadata = {"labels": template["metadata"]["labels"], **where}
            yield {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]}


@pytest.mark.parametrize("mode", MODES)
def test_every_object_passes_strict_validation(site: Site, mode: str) -> None:
    everything = {"apiVersion": "v1", "kind": "List", "items": site.render(MODES[mode])}
    options = ("--server-side", "--dry-run=server", "--validate=strict", "--filename=-")
    answer = site.kubectl("apply", *options, manifest=everything)
    print(f"{len(answer.splitlines())} objects accepted")
    assert len(answer.splitlines()) == len(everything["items"])


@pytest.mark.parametrize("mode", MODES)
def test_all_pods_are_let_into_a_restricted_namespace(site: Site, mode: str) -> None:
    found = list(pods(site.render(MODES[mode], "restricted")))
    assert {pod["metadata"]["name"] for pod in found} == {"teal", *(f"teal-{name}" for name in HOOKS)}
    for pod in found:
        site.kubectl("create", "-f-", "--dry-run=server", manifest=pod)


@pytest.mark.parametrize("mode", ["namespaced", "cert-manager", "everything"])
def test_an_upgrade_leads_from_one_mode_to_another_and_back(site: Site, mode: str) -> None:
    with site.installed():
        site("upgrade", "teal", CHART, values=MODES[mode])
        site("rollback", "teal", "1")
        diff = site.kubectl.run("diff", "-f-", manifest=one(site.render({}), "Deployment"))
        assert (diff.returncode, diff.stdout) == (0, ""), diff.stderr


def test_a_namespaced_install_does_not_wait_for_itself(site: Site) -> None:
    """Nothing answers as Teal here: what Teal is asked about is refused."""
    values = MODES["namespaced"]
    with site.installed(values=values):
        watched = deployment(name="a", namespace=NAMESPACE, **WATCHED)
        end = time.monotonic() + 60
        while (asked := site.kubectl.asked("create", "-f-", manifest=watched)) is None:
            assert time.monotonic() < end, "the webhooks are not asked"
        assert asked == "applications"
        assert site.kubectl.asked("create", "-f-", manifest=deployment(**WATCHED)) is None, "elsewhere"
        for manifest in site.render(values):
            if manifest["kind"] not in ("Job", "Pod"):  # those of the hooks are made, not changed
                assert site.kubectl.asked("apply", "-f-", manifest=manifest) is None
        for pod in pods(site.render(values)):
            assert site.kubectl.asked("create", "-f-", manifest=pod) is None
        site("upgrade", "teal", CHART, values={**values, "logLevel": "debug"})


def test_who_waits_for_admission_may_ask_and_no_more(site: Site, tmp_path: Path) -> None:
    with site.installed():
        running = Pods(site.kubectl, site.render({}), "teal", NAMESPACE, tmp_path)
        running.hook("wait")
        cluster = Cluster(str(token_kubeconfig(site.kubectl, NAMESPACE, "teal-wait", tmp_path)))
        end = time.monotonic() + 60
        while 'failed calling webhook "defaults' not in (said := asked(cluster)):
            assert time.monotonic() < end, said
        with pytest.raises(ClusterError, match="cannot list resource"):
            list(cluster.pages(ROUTEMAPS, ""))


def asked(cluster: Cluster) -> str:
    """Ask as the hook does; return what the API server says: it hears of webhooks late."""
    try:
        cluster.create(ROUTEMAPS, refusable("default"), dry_run=True)
    except ClusterError as error:
        return str(error)
    return "a wrong Routemap was let in"


def held(kubectl: Kubectl) -> None:
    """Make what Teal holds: a version, its Routemap, and what is made at run time."""
    version = deployment(
        name="freed-0",
        namespace=NAMESPACE,
        finalizers=["iter8.tools/drain", "example.com/other"],
        annotations={"iter8.tools/protected": "the only ready version of Routemap freed"},
        **WATCHED,
    )
    owner = routemap("freed")
    owner["metadata"] |= {"namespace": NAMESPACE, "finalizers": ["iter8.tools/release"]}
    lease = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "teal"}}
    for manifest in (version, owner, replica_set(version)):
        kubectl("create", "-f-", manifest=manifest, user=TEAL)
    kubectl("create", "-f-", f"--namespace={NAMESPACE}", manifest=lease)


def names(kubectl: Kubectl, kinds: str) -> list[str]:
    """Return what there is of some kinds in the release's namespace, but for Helm's own Secrets."""
    found = kubectl("get", kinds, f"--namespace={NAMESPACE}", "--output=name").split()
    return [name for name in found if not name.startswith("secret/sh.helm.release.")]


@pytest.mark.parametrize("mode", ["default", "namespaced", "cert-manager", "namespaced with cert-manager"])
def test_before_an_uninstall_the_job_frees_and_removes_everything_with_its_own_rights(
    site: Site, tmp_path: Path, mode: str
) -> None:
    kubectl = site.kubectl
    with site.installed(values=MODES[mode]):
        held(kubectl)
        for name in ("teal-ca", "teal-authority", "teal-serving", "other"):
            kubectl("create", "secret", "generic", name, f"--namespace={NAMESPACE}")
        Pods(kubectl, site.render(MODES[mode]), "teal", NAMESPACE, tmp_path).run("uninstall")
        assert names(kubectl, "secrets") == ["secret/other"]
        assert names(kubectl, f"leases,{CONFIGURATIONS},certificates") == []
        shown = kubectl("get", "deployment/teal", f"-n{NAMESPACE}", "-ojsonpath={.spec.replicas}")
        assert shown == "0"
    metadata = json.loads(kubectl("get", "deployment/freed-0", f"-n{NAMESPACE}", "-ojson"))["metadata"]
    assert metadata["finalizers"] == ["example.com/other"]
    assert "annotations" not in metadata
    (copied,) = json.loads(kubectl("get", "replicasets", f"-n{NAMESPACE}", "-ojson"))["items"]
    assert "annotations" not in copied["metadata"]
    assert kubectl("get", "routemap/freed", f"-n{NAMESPACE}", "-ojsonpath={.metadata.finalizers}") == ""
    kubectl("patch", "deployment/freed-0", f"-n{NAMESPACE}", "--type=merge", f"--patch={UNHELD}")
    made = ("deployment/freed-0", "replicaset/freed-0-6c5b7d", "routemap/freed", "secret/other")
    kubectl("delete", *made, f"--namespace={NAMESPACE}")


UNHELD = json.dumps({"metadata": {"finalizers": None}})


def test_the_authority_goes_only_when_no_pod_is_left_that_would_make_another(
    site: Site, tmp_path: Path
) -> None:
    kubectl, manifests = site.kubectl, site.render({})
    with site.installed():
        kubectl("create", "secret", "generic", "teal-ca", f"--namespace={NAMESPACE}")
        (pod,) = (item for item in pods(manifests) if item["metadata"]["name"] == "teal")
        kubectl("create", "-f-", manifest=pod)
        command = Pods(kubectl, manifests, "teal", NAMESPACE, tmp_path).hook("uninstall")
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as job:
            end = time.monotonic() + 60
            scaled = ("get", "deployment/teal", f"-n{NAMESPACE}", "-ojsonpath={.spec.replicas}")
            while kubectl(*scaled) != "0":
                assert time.monotonic() < end
            assert names(kubectl, "secrets") == ["secret/teal-ca"]
            assert job.poll() is None
            kubectl("delete", "pod/teal", "--force", "--grace-period=0", f"--namespace={NAMESPACE}")
            assert job.wait(timeout=120) == 0
        assert names(kubectl, "secrets") == []


NOT_HELMS = (
    '{kind} "{name}" in namespace "" exists and cannot be imported into the current release: '
    "invalid ownership metadata; label validation error: "
    'missing key "app.kubernetes.io/managed-by": must be set to "Helm"'
)


@pytest.mark.parametrize(
    "left",
    [
        ("CustomResourceDefinition", "routemaps.iter8.tools"),
        ("ValidatingWebhookConfiguration", "teal"),
    ],
    ids=lambda left: left[0],
)
def test_over_leftovers_without_helms_labels_an_install_says_so_and_can_take_them_over(
    site: Site, left: tuple[str, str]
) -> None:
    kubectl = site.kubectl
    kubectl("delete", "crd", "routemaps.iter8.tools", "weightoverrides.iter8.tools", "--ignore-not-found")
    found = one(site.render({}), *left)
    found["metadata"] = {"name": left[1]}
    kubectl("create", "-f-", manifest=found)
    done = site.run("install", "teal", CHART)
    assert done.returncode == 1
    assert NOT_HELMS.format(kind=left[0], name=left[1]) in done.stderr
    with site.installed("--take-ownership"):
        assert "Helm" in kubectl("get", left[0], left[1], "-ojson")


def test_an_install_takes_up_what_a_broken_one_has_left(site: Site) -> None:
    """A Secret with garbage and a Lease, which no manifest names, and a release that has failed."""
    kubectl = site.kubectl
    kubectl("create", "secret", "generic", "teal-ca", "--from-literal=a=b", f"--namespace={NAMESPACE}")
    lease = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "teal"}}
    kubectl("create", "-f-", f"--namespace={NAMESPACE}", manifest=lease)
    # No pod comes up here.
    assert site.run("install", "teal", CHART, "--wait", "--timeout=3s").returncode == 1
    again = site.run("install", "teal", CHART)
    assert "cannot reuse a name that is still in use" in again.stderr
    site("upgrade", "--install", "teal", CHART)
    site("uninstall", "teal")
    with site.installed():
        assert names(kubectl, "secrets,leases") == ["secret/teal-ca", "lease.coordination.k8s.io/teal"]
    kubectl("delete", "secret/teal-ca", "lease/teal", f"--namespace={NAMESPACE}")


def test_the_kinds_follow_an_upgrade_and_outlive_whatever_helm_does(site: Site) -> None:
    kubectl = site.kubectl
    stored = ("get", "crd", "routemaps.iter8.tools", "-ojsonpath={.spec.names.shortNames}")
    with site.installed():
        older = json.dumps({"spec": {"names": {"shortNames": ["old"]}}})
        kubectl("patch", "crd", "routemaps.iter8.tools", "--type=merge", f"--patch={older}")
        site("upgrade", "teal", CHART, "--force-conflicts", values={})
        assert kubectl(*stored) == '["rmap"]'
        site("upgrade", "teal", CHART, values={"crds": {"enabled": False}})
        assert kubectl(*stored) == '["rmap"]', "no part of the release any more, and still there"
        site("upgrade", "teal", CHART, values={})
    assert kubectl(*stored) == '["rmap"]'

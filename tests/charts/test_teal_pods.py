"""What runs, and with which rights on its node."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.charts.helm import container, one

if TYPE_CHECKING:
    from tests.charts.helm import Helm, Manifest

PODS = [("Deployment", "teal"), ("Job", "teal-wait"), ("Job", "teal-uninstall"), ("Pod", "teal-test")]
HOOKS = [
    ("Job", "wait", "wait_for_admission", []),
    (
        "Job",
        "uninstall",
        "uninstall",
        ["--pods=app.kubernetes.io/name=teal,app.kubernetes.io/instance=blue"],
    ),
    ("Pod", "test", "wait_for_admission", ["--leader"]),
]
TOKEN_PATH = "/var/run/secrets/kubernetes.io/serviceaccount"  # noqa: S105 -- a path


def pod(manifests: list[Manifest], kind: str, name: str) -> dict[str, Any]:
    spec: dict[str, Any] = template(manifests, kind, name)["spec"]
    return spec


def template(manifests: list[Manifest], kind: str, name: str) -> dict[str, Any]:
    found = one(manifests, kind, name)
    return found if kind == "Pod" else dict(found["spec"]["template"])


@pytest.mark.parametrize(("kind", "name"), PODS)
def test_every_pod_meets_pod_security_restricted(teal: list[Manifest], kind: str, name: str) -> None:
    spec = pod(teal, kind, name)
    assert spec["securityContext"] == {
        "runAsNonRoot": True,
        "runAsUser": 65532,
        "runAsGroup": 65532,
        "fsGroup": 65532,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    for item in spec["containers"]:
        assert item["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
    assert not {"hostNetwork", "hostPID", "hostIPC", "initContainers"} & set(spec)


@pytest.mark.parametrize(("kind", "name"), PODS)
def test_no_pod_gets_a_sidecar(teal: list[Manifest], kind: str, name: str) -> None:
    labels = template(teal, kind, name)["metadata"]["labels"]
    assert labels["sidecar.istio.io/inject"] == "false"


@pytest.mark.parametrize(("kind", "name"), PODS)
def test_every_container_asks_for_little_and_has_no_cpu_limit(
    teal: list[Manifest], kind: str, name: str
) -> None:
    for item in pod(teal, kind, name)["containers"]:
        assert item["resources"] == {
            "requests": {"cpu": "50m", "memory": "96Mi"},
            "limits": {"memory": "256Mi"},
        }


def test_the_token_is_in_the_reconciler_only(teal: list[Manifest]) -> None:
    assert pod(teal, "Deployment", "teal")["automountServiceAccountToken"] is False
    assert one(teal, "ServiceAccount")["automountServiceAccountToken"] is False
    mounts = {
        name: {item["mountPath"] for item in container(teal, name)["volumeMounts"]}
        for name in ("webhook", "reconciler")
    }
    assert mounts == {
        "webhook": {"/certificates", "/tmp"},  # noqa: S108 -- a mount
        "reconciler": {"/certificates", TOKEN_PATH},
    }


def test_the_token_volume_is_what_kubelet_would_mount(teal: list[Manifest]) -> None:
    volumes = {item["name"]: item for item in pod(teal, "Deployment", "teal")["volumes"]}
    paths = [
        entry["path"]
        for source in volumes["api-access"]["projected"]["sources"]
        for part in source.values()
        for entry in (part.get("items") or [part])
    ]
    assert paths == ["token", "ca.crt", "namespace"]


def test_the_serving_key_stays_in_memory_and_the_webhook_only_reads_it(teal: list[Manifest]) -> None:
    volumes = {item["name"]: item for item in pod(teal, "Deployment", "teal")["volumes"]}
    assert volumes["certificates"]["emptyDir"] == {"medium": "Memory", "sizeLimit": "1Mi"}
    read_only = {
        name: item.get("readOnly", False)
        for name in ("webhook", "reconciler")
        for item in container(teal, name)["volumeMounts"]
        if item["mountPath"] == "/certificates"
    }
    assert read_only == {"webhook": True, "reconciler": False}


def test_the_commands_are_those_of_the_image(helm: Helm) -> None:
    manifests = helm.render("teal", release="blue", namespace="ours")
    assert container(manifests, "webhook")["command"] == [
        *("python", "-m", "webhook"),
        "--certificates=/certificates",
        "--port=8443",
        "--metrics-port=8081",
        "--pre-stop-sleep=0",
        "--cluster-domain=cluster.local",
    ]
    assert container(manifests, "reconciler")["command"] == [
        *("python", "-m", "reconciler"),
        "--namespace=$(POD_NAMESPACE)",
        "--release=blue-teal",
        "--identity=$(POD_NAME)",
        "--certificates=/certificates",
        "--authority-lifetime=315360000",
        "--serving-lifetime=2592000",
        "--port=8080",
        "--deletion-deadline=600",
        "--cluster-domain=cluster.local",
        "--log-level=info",
    ]
    for kind, hook, module, flags in HOOKS:
        (item,) = pod(manifests, kind, f"blue-teal-{hook}")["containers"]
        expected = ["python", "-m", f"reconciler.hooks.{module}", "--namespace=ours", "--release=blue-teal"]
        assert item["command"] == [*expected, *flags]


def test_a_namespaced_install_looks_at_its_namespace_only(helm: Helm) -> None:
    manifests = helm.render("teal", {"clusterScoped": False}, release="blue", namespace="ours")
    assert "--watch-namespace=$(POD_NAMESPACE)" in container(manifests, "reconciler")["command"]
    for kind, hook, *_ in HOOKS:
        (item,) = pod(manifests, kind, f"blue-teal-{hook}")["containers"]
        assert "--watch-namespace=ours" in item["command"]


def test_clients_are_checked_on_demand(helm: Helm) -> None:
    checked = {"configMap": "api-servers", "names": ["kube-apiserver", "standby, the other"]}
    manifests = helm.render("teal", {"clientCertificates": checked})
    webhook = container(manifests, "webhook")
    assert webhook["command"][-3:] == [
        "--client-ca=/client-ca/ca.crt",
        "--client-name=kube-apiserver",
        "--client-name=standby, the other",
    ]
    assert {"name": "client-ca", "mountPath": "/client-ca", "readOnly": True} in webhook["volumeMounts"]
    volumes = pod(manifests, "Deployment", "teal")["volumes"]
    assert {"name": "client-ca", "configMap": {"name": "api-servers"}} in volumes


def test_an_update_takes_no_pod_away_before_its_successor_answers(teal: list[Manifest]) -> None:
    spec = one(teal, "Deployment")["spec"]
    assert spec["replicas"] == 2
    assert spec["strategy"]["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": 1}
    assert spec["template"]["spec"]["terminationGracePeriodSeconds"] == 45
    assert container(teal, "webhook")["lifecycle"] == {"preStop": {"sleep": {"seconds": 15}}}
    assert "lifecycle" not in container(teal, "reconciler"), "the leader gives its Lease up at once"


def test_the_disruption_budget_lets_one_pod_go_at_a_time(teal: list[Manifest]) -> None:
    spec = one(teal, "PodDisruptionBudget")["spec"]
    assert spec["maxUnavailable"] == 1
    assert spec["selector"] == one(teal, "Deployment")["spec"]["selector"]


def test_pods_are_spread_where_possible(teal: list[Manifest]) -> None:
    (constraint,) = pod(teal, "Deployment", "teal")["topologySpreadConstraints"]
    assert constraint["topologyKey"] == "kubernetes.io/hostname"
    assert constraint["whenUnsatisfiable"] == "ScheduleAnyway"


def test_probes_ask_each_container_at_its_own_port(teal: list[Manifest]) -> None:
    for name, port, scheme in (("webhook", "https-webhook", "HTTPS"), ("reconciler", "http-status", None)):
        item = container(teal, name)
        asked = {probe: item[probe]["httpGet"] for probe in item if probe.endswith("Probe")}
        paths = {"startupProbe": "/healthz", "readinessProbe": "/readyz", "livenessProbe": "/healthz"}
        assert {probe: get["path"] for probe, get in asked.items()} == paths
        assert {get["port"] for get in asked.values()} == {port}
        assert {get.get("scheme") for get in asked.values()} == {scheme}


def test_the_service_reaches_the_webhook_and_no_job(teal: list[Manifest]) -> None:
    spec = one(teal, "Service")["spec"]
    (port,) = spec["ports"]
    assert (port["port"], port["targetPort"]) == (443, "https-webhook")
    listening, _metrics = container(teal, "webhook")["ports"]
    assert (listening["name"], listening["containerPort"]) == ("https-webhook", 8443)
    for kind, name in PODS:
        labels = template(teal, kind, name)["metadata"]["labels"]
        assert (spec["selector"].items() <= labels.items()) == (kind == "Deployment")

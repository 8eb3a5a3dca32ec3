"""What the chart teal installs on demand: budgets, NetworkPolicy, cert-manager's and Prometheus's objects."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from reconciler.serving.applications import TOLD
from reconciler.serving.metrics import Metrics
from tests.charts.helm import container, one
from tests.charts.test_teal_admission import KINDS, webhooks
from webhook.metrics import Metrics as WebhookMetrics

if TYPE_CHECKING:
    from tests.charts.helm import Helm, Manifest

CERT_MANAGER, OPERATOR = "cert-manager.io/v1", "monitoring.coreos.com/v1"
RELEASE = {"app.kubernetes.io/name": "teal", "app.kubernetes.io/instance": "teal"}
ANYWHERE = {"ports": [{"port": "https-webhook", "protocol": "TCP"}]}


def of_kind(manifests: list[Manifest], kind: str) -> list[Manifest]:
    return [item for item in manifests if item["kind"] == kind]


@pytest.mark.parametrize(
    ("budget", "expected"),
    [
        ({}, {"maxUnavailable": 1}),
        ({"maxUnavailable": "50%"}, {"maxUnavailable": "50%"}),
        ({"minAvailable": 1}, {"minAvailable": 1}),
        ({"minAvailable": 0}, {"minAvailable": 0}),
    ],
)
def test_the_disruption_budget_can_be_chosen(
    helm: Helm, budget: dict[str, Any], expected: dict[str, Any]
) -> None:
    spec = one(helm.render("teal", {"podDisruptionBudget": budget}), "PodDisruptionBudget")["spec"]
    assert {key: spec[key] for key in ("minAvailable", "maxUnavailable") if key in spec} == expected


def test_the_disruption_budget_can_be_left_out(helm: Helm) -> None:
    manifests = helm.render("teal", {"podDisruptionBudget": {"enabled": False}})
    assert of_kind(manifests, "PodDisruptionBudget") == []


def test_pods_are_spread_as_is_asked_for(helm: Helm) -> None:
    asked = {
        "topologyKey": "topology.kubernetes.io/zone",
        "maxSkew": 1,
        "whenUnsatisfiable": "DoNotSchedule",
    }
    manifests = helm.render("teal", {"topologySpreadConstraints": [asked]})
    (constraint,) = one(manifests, "Deployment")["spec"]["template"]["spec"]["topologySpreadConstraints"]
    added = {"labelSelector": {"matchLabels": RELEASE}, "matchLabelKeys": ["pod-template-hash"]}
    assert constraint == asked | added


def test_common_labels_are_on_all_objects_and_pods_and_never_in_the_place_of_teals_own(helm: Helm) -> None:
    values = {"commonLabels": {"team": "platform", "app.kubernetes.io/name": "mine"}}
    manifests = helm.render("teal", values)
    templates = [item["spec"]["template"] for item in manifests if "template" in item.get("spec", {})]
    for item in (*manifests, *templates):
        assert item["metadata"]["labels"]["team"] == "platform"
        assert item["metadata"]["labels"]["app.kubernetes.io/name"].startswith("teal")
    assert one(manifests, "Deployment")["spec"]["selector"] == {"matchLabels": RELEASE}


def test_the_service_takes_annotations(helm: Helm) -> None:
    manifests = helm.render("teal", {"serviceAnnotations": {"a": "1"}})
    assert one(manifests, "Service")["metadata"]["annotations"] == {"a": "1"}


def test_without_the_kinds_nothing_else_changes(helm: Helm, teal: list[Manifest]) -> None:
    kinds = of_kind(teal, "CustomResourceDefinition")
    assert helm.render("teal", {"crds": {"enabled": False}}) == [item for item in teal if item not in kinds]


def test_there_is_no_network_policy_unless_it_is_asked_for(teal: list[Manifest]) -> None:
    assert of_kind(teal, "NetworkPolicy") == []


def test_the_network_policy_lets_api_servers_in_and_the_figures_out_to_those_named(helm: Helm) -> None:
    peer = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}
    figures = [{"port": name, "protocol": "TCP"} for name in ("http-metrics", "http-status")]
    for peers, more in (([], []), ([peer], [{"from": [peer], "ports": figures}])):
        manifests = helm.render("teal", {"networkPolicy": {"enabled": True, "metricsFrom": peers}})
        spec = one(manifests, "NetworkPolicy")["spec"]
        assert spec["ingress"] == [ANYWHERE, *more]
        assert spec["egress"] == [{}], "the API server's address is not known"
        assert spec["policyTypes"] == ["Ingress", "Egress"]
    containers = [container(manifests, name) for name in ("webhook", "reconciler")]
    ports = {port["name"] for item in containers for port in item["ports"]}
    assert ports == {"https-webhook", "http-metrics", "http-status"}


def test_the_network_policy_holds_for_all_pods_of_the_release(helm: Helm) -> None:
    manifests = helm.render("teal", {"networkPolicy": {"enabled": True}, "dashboard": {"enabled": True}})
    chosen = one(manifests, "NetworkPolicy")["spec"]["podSelector"]
    (named,) = chosen["matchExpressions"]
    templates = [item["spec"]["template"] for item in manifests if "template" in item.get("spec", {})]
    pods = [pod["metadata"]["labels"] for pod in (*templates, *of_kind(manifests, "Pod"))]
    for labels in pods:
        assert chosen["matchLabels"].items() <= labels.items()
    assert named["key"] == "app.kubernetes.io/name", "not those of a chart that has this one as a dependency"
    assert sorted(named["values"]) == sorted(labels[named["key"]] for labels in pods)


def test_egress_can_be_narrowed(helm: Helm) -> None:
    rule = {"to": [{"ipBlock": {"cidr": "192.0.2.1/32"}}], "ports": [{"port": 6443, "protocol": "TCP"}]}
    manifests = helm.render("teal", {"networkPolicy": {"enabled": True, "egress": [rule]}})
    assert one(manifests, "NetworkPolicy")["spec"]["egress"] == [rule]


@pytest.fixture(scope="module")
def issued(helm: Helm) -> list[Manifest]:
    """The chart in cert-manager mode."""
    return helm.render("teal", {"certManager": {"enabled": True}}, api_versions=[CERT_MANAGER])


def test_cert_manager_makes_an_authority_and_a_serving_certificate(issued: list[Manifest]) -> None:
    authority = one(issued, "Certificate", "teal-authority")["spec"]
    serving = one(issued, "Certificate", "teal")["spec"]
    assert one(issued, "Issuer", "teal-self-signed")["spec"] == {"selfSigned": {}}
    assert authority["isCA"] is True
    assert authority["issuerRef"]["name"] == "teal-self-signed"
    assert one(issued, "Issuer", "teal")["spec"] == {"ca": {"secretName": authority["secretName"]}}
    assert serving["issuerRef"] == {"name": "teal", "kind": "Issuer", "group": "cert-manager.io"}
    assert serving["dnsNames"][0] == "teal.teal-system.svc", "the name that the API server checks"
    for spec in (authority, serving):
        assert spec["privateKey"] == {"algorithm": "ECDSA", "size": 256, "rotationPolicy": "Always"}


def test_cert_manager_has_the_authority_trusted(issued: list[Manifest], teal: list[Manifest]) -> None:
    for kind in KINDS:
        annotations = one(issued, kind)["metadata"]["annotations"]
        assert annotations == {"cert-manager.io/inject-ca-from": "teal-system/teal"}
        assert "annotations" not in one(teal, kind)["metadata"]
    assert all("caBundle" not in item["clientConfig"] for item in webhooks(issued).values())


def test_with_cert_manager_the_webhook_reads_the_secret_and_the_reconciler_has_no_certificate(
    issued: list[Manifest],
) -> None:
    volumes = one(issued, "Deployment")["spec"]["template"]["spec"]["volumes"]
    (certificates,) = [item["secret"] for item in volumes if item["name"] == "certificates"]
    assert certificates["secretName"] == one(issued, "Certificate", "teal")["spec"]["secretName"]
    assert [item["key"] for item in certificates["items"]] == ["tls.crt", "tls.key"]
    assert certificates["defaultMode"] == 0o400
    webhook, reconciler = container(issued, "webhook"), container(issued, "reconciler")
    assert {"name": "certificates", "mountPath": "/certificates", "readOnly": True} in webhook["volumeMounts"]
    assert "--certificates=/certificates" in webhook["command"]
    assert [item["name"] for item in reconciler["volumeMounts"]] == ["api-access"]
    given = {item.partition("=")[0] for item in reconciler["command"]}
    assert not given & {"--certificates", "--authority-lifetime", "--serving-lifetime"}


def test_an_issuer_of_the_companys_own_is_used_as_it_is(helm: Helm) -> None:
    values = {"certManager": {"enabled": True, "issuerRef": {"name": "company", "kind": "ClusterIssuer"}}}
    manifests = helm.render("teal", values, api_versions=[CERT_MANAGER])
    assert of_kind(manifests, "Issuer") == []
    (certificate,) = of_kind(manifests, "Certificate")
    expected = {"name": "company", "kind": "ClusterIssuer", "group": "cert-manager.io"}
    assert certificate["spec"]["issuerRef"] == expected


def test_the_lifetimes_reach_the_reconciler_as_whole_seconds(helm: Helm) -> None:
    lifetimes = {"authorityLifetimeSeconds": 3153600000, "servingLifetimeSeconds": 90}
    command = container(helm.render("teal", {"certificates": lifetimes}), "reconciler")["command"]
    assert {"--authority-lifetime=3153600000", "--serving-lifetime=90"} <= set(command)


@pytest.fixture(scope="module")
def monitored(helm: Helm) -> list[Manifest]:
    """The chart with the Prometheus Operator's objects."""
    chosen = {"enabled": True, "labels": {"prometheus": "main", "app.kubernetes.io/name": "mine"}}
    monitoring = {"podMonitor": {**chosen, "interval": "15s"}, "prometheusRule": chosen}
    return helm.render("teal", {"monitoring": monitoring}, api_versions=[OPERATOR])


def test_the_figures_of_both_containers_are_read(monitored: list[Manifest]) -> None:
    spec = one(monitored, "PodMonitor")["spec"]
    assert spec["selector"] == one(monitored, "Deployment")["spec"]["selector"]
    read = [(item["port"], item["path"], item["interval"]) for item in spec["podMetricsEndpoints"]]
    assert read == [("http-metrics", "/metrics", "15s"), ("http-status", "/metrics", "15s")]


def test_prometheus_finds_its_objects_by_the_labels_given(monitored: list[Manifest]) -> None:
    for kind in ("PodMonitor", "PrometheusRule"):
        labels = one(monitored, kind)["metadata"]["labels"]
        assert (labels["prometheus"], labels["app.kubernetes.io/name"]) == ("main", "teal")


def alerts(manifests: list[Manifest]) -> dict[str, dict[str, Any]]:
    (group,) = one(manifests, "PrometheusRule")["spec"]["groups"]
    return {rule["alert"]: rule for rule in group["rules"]}


def test_the_alerts_are_few_and_say_what_to_look_at(monitored: list[Manifest]) -> None:
    found = alerts(monitored)
    assert {name: (rule["labels"]["severity"], rule["for"]) for name, rule in found.items()} == {
        "TealHasNoLeader": ("critical", "2m"),
        "TealPassesFail": ("warning", "15m"),
        "TealRoutemapDegraded": ("critical", "5m"),
        "TealRoutemapConflict": ("warning", "2m"),
        "TealRoutemapNotRoutable": ("warning", "2m"),
        "TealRoutemapHeld": ("warning", "5m"),
        "TealAdmissionErrors": ("critical", "5m"),
        "TealServingCertificateExpires": ("critical", "300s"),
        "TealAuthorityCertificateExpires": ("critical", "300s"),
    }
    for name, rule in found.items():
        assert set(rule["annotations"]) == {"summary", "description"}
        if name.startswith("TealRoutemap"):  # there "namespace" is the application's
            assert '{pod=~"teal-.+",condition="' in rule["expr"]
            assert "{{ $labels.routemap }}" in rule["annotations"]["description"]
        else:
            assert 'namespace="teal-system",pod=~"teal-.+"' in rule["expr"]


def test_the_alerts_ask_for_conditions_that_are_figures(monitored: list[Manifest]) -> None:
    asked = [re.findall(r'condition="(\w+)"', rule["expr"]) for rule in alerts(monitored).values()]
    conditions = {name for found in asked for name in found}
    assert conditions == {"Ready", "Degraded", "Conflict", "Routable"} <= {*TOLD}


def test_the_alerts_read_figures_that_there_are(monitored: list[Manifest]) -> None:
    registries = (Metrics().registry, WebhookMetrics().registry)
    names = {name for registry in registries for name in registry._names_to_collectors}  # noqa: SLF001
    for rule in alerts(monitored).values():
        assert set(re.findall(r"\bteal_\w+", rule["expr"])) <= names


def test_the_dashboard_shows_figures_that_there_are(helm: Helm) -> None:
    manifests = helm.render("teal", {"monitoring": {"dashboard": {"enabled": True}}})
    found = one(manifests, "ConfigMap", "teal-dashboard")
    assert found["metadata"]["labels"]["grafana_dashboard"] == "1"
    dashboard = json.loads(found["data"]["teal.json"])
    registries = (Metrics().registry, WebhookMetrics().registry)
    names = {name for registry in registries for name in registry._names_to_collectors}  # noqa: SLF001
    for panel in dashboard["panels"]:
        for target in panel["targets"]:
            assert set(re.findall(r"\bteal_\w+", target["expr"])) <= names, panel["title"]


def test_certificates_are_told_of_once_their_renewal_is_overdue(helm: Helm) -> None:
    lifetimes = {"authorityLifetimeSeconds": 4000, "servingLifetimeSeconds": 400}
    values = {"certificates": lifetimes, "monitoring": {"prometheusRule": {"enabled": True}}}
    found = alerts(helm.render("teal", values, api_versions=[OPERATOR]))
    assert found["TealServingCertificateExpires"]["expr"].endswith('certificate="serving"}) - time() < 100')
    assert found["TealServingCertificateExpires"]["for"] == "20s"
    assert found["TealAuthorityCertificateExpires"]["expr"].endswith("- time() < 1000")


def test_cert_manager_tells_of_its_certificates_itself(helm: Helm) -> None:
    values = {"certManager": {"enabled": True}, "monitoring": {"prometheusRule": {"enabled": True}}}
    found = alerts(helm.render("teal", values, api_versions=[OPERATOR, CERT_MANAGER]))
    assert not [name for name in found if "Certificate" in name]

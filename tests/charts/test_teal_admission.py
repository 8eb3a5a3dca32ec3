"""What the API server asks Teal about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from routing.rules.review import KUBERNETES_ACCOUNTS, KUBERNETES_USERS
from tests.charts.helm import one

if TYPE_CHECKING:
    from tests.charts.helm import Helm, Manifest

KINDS = ("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration")
ALL = ["CREATE", "UPDATE", "DELETE"]
WRITES = ["CREATE", "UPDATE"]
ADVISING = {"others.teal.iter8.tools", "iter8s.teal.iter8.tools"}
"""They only warn."""


def webhooks(manifests: list[Manifest]) -> dict[str, dict[str, Any]]:
    return {item["name"]: item for kind in KINDS for item in one(manifests, kind)["webhooks"]}


def rules(webhook: dict[str, Any]) -> list[tuple[str, str, str, list[str]]]:
    assert {rule["scope"] for rule in webhook["rules"]} == {"Namespaced"}
    return [
        (group, version, resource, rule["operations"])
        for rule in webhook["rules"]
        for group in rule["apiGroups"]
        for version in rule["apiVersions"]
        for resource in rule["resources"]
    ]


def test_the_rules_are_those_of_the_design(teal: list[Manifest]) -> None:
    assert {name: rules(webhook) for name, webhook in webhooks(teal).items()} == {
        "routing.teal.iter8.tools": [
            ("iter8.tools", "v1alpha1", "routemaps", ALL),
            ("iter8.tools", "v1alpha1", "weightoverrides", ALL),
        ],
        "applications.teal.iter8.tools": [
            *(("apps", "v1", kind, ALL) for kind in ("deployments", "statefulsets")),
            ("", "v1", "services", ALL),
            ("networking.istio.io", "*", "virtualservices", ALL),
            *(("gateway.networking.k8s.io", "*", kind, ALL) for kind in ("httproutes", "grpcroutes")),
        ],
        "others.teal.iter8.tools": [
            *(("apps", "v1", kind, WRITES) for kind in ("daemonsets", "replicasets")),
            *(("batch", "v1", kind, WRITES) for kind in ("jobs", "cronjobs")),
            *(("", "v1", kind, WRITES) for kind in ("pods", "replicationcontrollers")),
            ("argoproj.io", "*", "rollouts", WRITES),
            ("serving.kserve.io", "*", "inferenceservices", WRITES),
        ],
        "iter8s.teal.iter8.tools": [("", "v1", "configmaps", WRITES)],
        "defaults.teal.iter8.tools": [
            ("iter8.tools", "v1alpha1", "routemaps", ["CREATE", "UPDATE"]),
            ("iter8.tools", "v1alpha1", "weightoverrides", ["CREATE", "UPDATE"]),
        ],
        "pauses.teal.iter8.tools": [
            ("apps", "v1", kind, ["CREATE", "UPDATE"]) for kind in ("deployments", "statefulsets")
        ],
    }


def test_who_may_refuse_fails_closed_who_advises_fails_open_and_none_has_side_effects(
    teal: list[Manifest],
) -> None:
    for name, webhook in webhooks(teal).items():
        assert (webhook["failurePolicy"], webhook["timeoutSeconds"]) == (
            ("Ignore", 1) if name in ADVISING else ("Fail", 3)
        )
        assert webhook["sideEffects"] == "None"
        assert webhook["matchPolicy"] == "Equivalent"
        assert webhook["admissionReviewVersions"] == ["v1"]


def test_the_authority_is_left_to_the_leader(teal: list[Manifest]) -> None:
    for name, webhook in webhooks(teal).items():
        path = "/mutate" if name.startswith(("defaults", "pauses")) else "/validate"
        path = "/advise" if name in ADVISING else path
        service = {"namespace": "teal-system", "name": "teal", "path": path, "port": 443}
        assert webhook["clientConfig"] == {"service": service}


@pytest.mark.parametrize(
    ("namespace", "left_out"),
    [
        ("teal-system", ["kube-system", "teal-system"]),
        ("kube-system", ["kube-system"]),
        ("default", ["kube-system"]),
    ],
)
def test_the_releases_namespace_is_left_out_unless_applications_live_there(
    helm: Helm, namespace: str, left_out: list[str]
) -> None:
    for webhook in webhooks(helm.render("teal", namespace=namespace)).values():
        (expression,) = webhook["namespaceSelector"]["matchExpressions"]
        assert expression == {"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": left_out}


def test_more_namespaces_can_be_left_out(helm: Helm) -> None:
    values = {"excludedNamespaces": ["infra", "kube-system"]}
    for webhook in webhooks(helm.render("teal", values)).values():
        (expression,) = webhook["namespaceSelector"]["matchExpressions"]
        assert expression["values"] == ["kube-system", "teal-system", "infra"]


def test_a_namespaced_install_is_asked_about_its_own_namespace_only(helm: Helm) -> None:
    manifests = helm.render("teal", {"clusterScoped": False}, namespace="ours")
    policy = one(manifests, "ValidatingAdmissionPolicy", "teal-scale")["spec"]["matchConstraints"]
    own = {"key": "kubernetes.io/metadata.name", "operator": "In", "values": ["ours"]}
    for scoped in (*webhooks(manifests).values(), policy):
        assert scoped["namespaceSelector"] == {"matchExpressions": [own]}


def test_only_objects_of_other_kinds_are_narrowed_by_their_keys(teal: list[Manifest]) -> None:
    conditions = {
        name: [condition["name"] for condition in webhook["matchConditions"]]
        for name, webhook in webhooks(teal).items()
    }
    users = ["not-by-kubernetes", "not-by-teal"]
    assert conditions == {
        "routing.teal.iter8.tools": users,
        "applications.teal.iter8.tools": [*users, "has-iter8-key"],
        "defaults.teal.iter8.tools": users,
        "pauses.teal.iter8.tools": [*users, "is-watched", "asks-for-a-pause"],
        "others.teal.iter8.tools": [*users, "nobodys-child", "has-iter8-key"],
        "iter8s.teal.iter8.tools": users,
    }
    selectors = {
        name: webhook["objectSelector"]
        for name, webhook in webhooks(teal).items()
        if "objectSelector" in webhook
    }
    iter8s = {"matchExpressions": [{"key": "iter8.tools/kind", "operator": "Exists"}]}
    assert selectors == {"iter8s.teal.iter8.tools": iter8s}


def test_with_a_pause_for_all_every_watched_deployment_is_asked_about(helm: Helm) -> None:
    manifests = helm.render("teal", {"preStopSleepSeconds": 5})
    conditions = webhooks(manifests)["pauses.teal.iter8.tools"]["matchConditions"]
    assert [condition["name"] for condition in conditions][-1] == "is-watched"
    (pod,) = [item["spec"]["template"]["spec"] for item in manifests if item["kind"] == "Deployment"]
    (webhook,) = [each for each in pod["containers"] if each["name"] == "webhook"]
    assert "--pre-stop-sleep=5" in webhook["command"]


def test_whom_the_rule_book_lets_through_the_api_server_does_not_even_ask_about(teal: list[Manifest]) -> None:
    for webhook in webhooks(teal).values():
        expression = webhook["matchConditions"][0]["expression"]
        for user in (*KUBERNETES_USERS, KUBERNETES_ACCOUNTS):
            assert f"'{user}'" in expression


def test_teal_and_its_last_job_are_let_through_and_the_one_that_waits_for_admission_is_not(
    helm: Helm,
) -> None:
    manifests = helm.render("teal", release="my-teal", namespace="ours")
    for kind in KINDS:
        for webhook in one(manifests, kind, "my-teal")["webhooks"]:
            accounts = "'system:serviceaccount:ours:my-teal', 'system:serviceaccount:ours:my-teal-uninstall'"
            expression = f"!(request.userInfo.username in [{accounts}])"
            assert webhook["matchConditions"][1] == {"name": "not-by-teal", "expression": expression}

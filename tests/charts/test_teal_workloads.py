"""Kinds of workloads that the administrator names: rights, admission and flags, kind by kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from reconciler.settings import parse
from routing.kinds import Resource, WorkloadKind
from tests.charts.helm import one

if TYPE_CHECKING:
    from tests.charts.helm import Helm, Manifest

WORKLOADS = [
    {
        "group": "argoproj.io",
        "version": "v1alpha1",
        "kind": "Rollout",
        "plural": "rollouts",
        "ready": {"condition": "Available"},
    },
    {
        "group": "serving.kserve.io",
        "version": "v1beta1",
        "kind": "InferenceService",
        "plural": "inferenceservices",
        "ready": {"condition": "Ready"},
        "serviceSuffix": "-predictor",
    },
]
GROUPS = ("argoproj.io", "serving.kserve.io")
NAMED = (
    WorkloadKind(Resource("argoproj.io/v1alpha1", "Rollout", "rollouts"), "Available"),
    WorkloadKind(
        Resource("serving.kserve.io/v1beta1", "InferenceService", "inferenceservices"),
        "Ready",
        suffix="-predictor",
    ),
)


@pytest.fixture(scope="module")
def named(helm: Helm) -> list[Manifest]:
    return helm.render("teal", {"workloads": WORKLOADS})


def rules(manifest: Manifest) -> list[tuple[str, str, tuple[str, ...]]]:
    """Return group, resource and verbs of a role's rules for the kinds that were named."""
    found = [rule for rule in manifest["rules"] if rule["apiGroups"][0] in GROUPS]
    return [(rule["apiGroups"][0], *rule["resources"], tuple(rule["verbs"])) for rule in found]


def asked(items: list[dict[str, Any]]) -> list[tuple[str, str, tuple[str, ...]]]:
    """Return group, resource and operations of rules of admission for them."""
    found = [rule for rule in items if rule["apiGroups"][0] in GROUPS]
    return [(rule["apiGroups"][0], *rule["resources"], tuple(rule["operations"])) for rule in found]


@pytest.mark.parametrize(
    ("role", "verbs"),
    [("teal", ("get", "list", "watch", "patch")), ("teal-uninstall", ("get", "list", "patch"))],
)
def test_rights_are_given_kind_by_kind(named: list[Manifest], role: str, verbs: tuple[str, ...]) -> None:
    assert rules(one(named, "ClusterRole", role)) == [
        ("argoproj.io", "rollouts", verbs),
        ("serving.kserve.io", "inferenceservices", verbs),
    ]


def test_the_webhook_is_asked_about_them_and_policies_look_at_them(named: list[Manifest]) -> None:
    webhooks = one(named, "ValidatingWebhookConfiguration", "teal")["webhooks"]
    [applications] = [item for item in webhooks if item["name"] == "applications.teal.iter8.tools"]
    all_ = ("CREATE", "UPDATE", "DELETE")
    assert asked(applications["rules"]) == [
        ("argoproj.io", "rollouts", all_),
        ("serving.kserve.io", "inferenceservices", all_),
    ]
    wanted = {
        "teal-scale": ("/scale", ("UPDATE",)),
        "teal-leader": ("", ("CREATE", "UPDATE")),
        "teal-patches": ("", ("UPDATE",)),
    }
    for name, (part, operations) in wanted.items():
        policy = one(named, "ValidatingAdmissionPolicy", name)["spec"]["matchConstraints"]
        assert asked(policy["resourceRules"]) == [
            ("argoproj.io", f"rollouts{part}", operations),
            ("serving.kserve.io", f"inferenceservices{part}", operations),
        ]


def test_the_reconciler_and_the_uninstall_are_told_of_them_in_words_that_they_read(
    named: list[Manifest],
) -> None:
    pod = one(named, "Deployment", "teal")["spec"]["template"]["spec"]
    [reconciler] = [item for item in pod["containers"] if item["name"] == "reconciler"]
    assert parse(reconciler["command"][3:]).workloads == NAMED
    job = one(named, "Job", "teal-uninstall")["spec"]["template"]["spec"]["containers"][0]
    flags = [flag for flag in (*job.get("command", ()), *job.get("args", ())) if "--workload=" in flag]
    assert flags == [flag for flag in reconciler["command"] if "--workload=" in flag]


def test_without_any_named_there_is_nothing_of_them(teal: list[Manifest]) -> None:
    pod = one(teal, "Deployment", "teal")["spec"]["template"]["spec"]
    assert not [flag for item in pod["containers"] for flag in item["command"] if "--workload" in flag]


@pytest.mark.parametrize(
    ("field", "value"),
    [("plural", "a/b"), ("group", "A b"), ("version", "1"), ("ready", {}), ("serviceSuffix", "x")],
)
def test_what_names_no_kind_is_refused(helm: Helm, field: str, value: Any) -> None:
    assert field in helm.refusal("teal", {"workloads": [{**WORKLOADS[0], field: value}]})


def test_of_what_is_named_nobody_is_told_that_it_is_no_version(helm: Helm, named: list[Manifest]) -> None:
    def told_of(manifests: list[Manifest]) -> set[str]:
        webhooks = one(manifests, "ValidatingWebhookConfiguration", "teal")["webhooks"]
        [others] = [item for item in webhooks if item["name"] == "others.teal.iter8.tools"]
        return {kind for rule in others["rules"] for kind in rule["resources"]}

    foreign = {"rollouts", "inferenceservices"}
    assert told_of(named) & foreign == set()
    assert told_of(helm.render("teal", {"workloads": WORKLOADS[:1]})) & foreign == {"inferenceservices"}
    assert told_of(helm.render("teal")) >= foreign

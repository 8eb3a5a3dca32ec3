"""The dashboard's pod, which is there on demand only: what it may read, and who reaches it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.charts.helm import one
from tests.charts.test_teal_rights import identity, rights, roles

if TYPE_CHECKING:
    from tests.charts.helm import Helm, Manifest

NAME = "teal-dashboard"
SHOWING = {
    ("", "events", ""): "list",
    ("apps", "deployments", ""): "get",
    ("apps", "statefulsets", ""): "get",
    ("iter8.tools", "routemaps", ""): "get list watch",
    ("iter8.tools", "weightoverrides", ""): "get",
}
LEADER = {("coordination.k8s.io", "leases", "teal"): "get"}


def rendered(helm: Helm, **values: Any) -> list[Manifest]:
    return helm.render("teal", {"dashboard": {"enabled": True}, **values})


def pod(manifests: list[Manifest]) -> Manifest:
    spec: Manifest = one(manifests, "Deployment", NAME)["spec"]["template"]["spec"]
    return spec


def test_it_is_off_unless_asked_for(teal: list[Manifest]) -> None:
    assert [item for item in teal if item["metadata"]["name"] == NAME] == []


def test_nothing_else_changes_with_it(helm: Helm, teal: list[Manifest]) -> None:
    assert [item for item in rendered(helm) if item["metadata"]["name"] != NAME] == teal


def test_its_account_reads_what_the_page_shows_and_nothing_else(helm: Helm) -> None:
    own = [role for role in roles(rendered(helm)) if role["metadata"]["name"] == NAME]
    assert {identity(role): rights(role) for role in own} == {
        ("ClusterRole", NAME, ""): SHOWING,
        ("Role", NAME, "teal-system"): LEADER,
    }


def test_in_one_namespace_it_reads_there_only(helm: Helm) -> None:
    manifests = rendered(helm, clusterScoped=False)
    own = [role for role in roles(manifests) if role["metadata"]["name"] == NAME]
    assert {identity(role): rights(role) for role in own} == {
        ("Role", NAME, "teal-system"): dict(sorted((SHOWING | LEADER).items())),
    }
    assert "--namespace=$(POD_NAMESPACE)" in pod(manifests)["containers"][0]["command"]


@pytest.mark.parametrize("scoped", [True, False])
def test_its_account_is_bound_to_its_own_roles_only(helm: Helm, *, scoped: bool) -> None:
    manifests = rendered(helm, clusterScoped=scoped)
    bound = [item for item in manifests if item["kind"].endswith("Binding") and _binds(item)]
    assert {(each["roleRef"]["kind"], each["roleRef"]["name"]) for each in bound} == {
        (role["kind"], role["metadata"]["name"])
        for role in roles(manifests)
        if role["metadata"]["name"] == NAME
    }
    assert pod(manifests)["serviceAccountName"] == NAME


def test_no_other_pod_reaches_it(helm: Helm) -> None:
    manifests = rendered(helm)
    (served,) = pod(manifests)["containers"]
    assert "ports" not in served
    assert [
        item for item in manifests if item["kind"] == "Service" and item["metadata"]["name"] == NAME
    ] == []
    teal = one(manifests, "Service")["spec"]["selector"]
    labels = one(manifests, "Deployment", NAME)["spec"]["template"]["metadata"]["labels"]
    assert not teal.items() <= labels.items()


def test_it_looks_at_the_release_that_it_is_of(helm: Helm) -> None:
    manifests = helm.render("teal", {"dashboard": {"enabled": True}}, release="blue")
    command = one(manifests, "Deployment", "blue-teal-dashboard")["spec"]["template"]["spec"]["containers"][0]
    assert command["command"] == [
        *("python", "-m", "cli", "dashboard", "--no-open", "--no-token", "--port=8090"),
        "--teal-namespace=$(POD_NAMESPACE)",
        "--release=blue-teal",
    ]


def test_it_meets_pod_security_restricted(helm: Helm, teal: list[Manifest]) -> None:
    spec, teals = pod(rendered(helm)), one(teal, "Deployment")["spec"]["template"]["spec"]
    assert spec["securityContext"] == teals["securityContext"]
    assert spec["containers"][0]["securityContext"] == teals["containers"][0]["securityContext"]
    assert spec["containers"][0]["resources"] == {
        "requests": {"cpu": "20m", "memory": "96Mi"},
        "limits": {"memory": "256Mi"},
    }


def test_no_two_deployments_select_the_same_pods(helm: Helm) -> None:
    manifests = rendered(helm)
    selectors = [
        one(manifests, "Deployment", name)["spec"]["selector"]["matchLabels"] for name in ("teal", NAME)
    ]
    assert selectors[0]["app.kubernetes.io/name"] != selectors[1]["app.kubernetes.io/name"]
    for name, selector in zip(("teal", NAME), selectors, strict=True):
        labels = one(manifests, "Deployment", name)["spec"]["template"]["metadata"]["labels"]
        assert selector.items() <= labels.items()


def _binds(binding: Manifest) -> bool:
    return any(subject["name"] == NAME for subject in binding.get("subjects", ()))

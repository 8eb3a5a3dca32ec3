"""What Teal and its hooks may do in the cluster: this table, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.charts.helm import one

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.charts.helm import Helm, Manifest

    Table = dict[tuple[str, str, str], str]

ISTIO = "networking.istio.io"
ADMISSION = "admissionregistration.k8s.io"
COORDINATION = "coordination.k8s.io"
GATEWAY_API = "gateway.networking.k8s.io"

# (kind, name, namespace): {(group, resource, object): verbs}; object "": any.
RIGHTS: dict[tuple[str, str, str], Table] = {
    ("ClusterRole", "teal", ""): {
        ("iter8.tools", "routemaps", ""): "list patch watch",
        ("iter8.tools", "routemaps/status", ""): "patch",
        ("iter8.tools", "weightoverrides", ""): "list patch watch",
        ("iter8.tools", "weightoverrides/status", ""): "patch",
        ("apps", "deployments", ""): "get list patch watch",
        ("apps", "statefulsets", ""): "get list patch watch",
        ("", "services", ""): "get list patch watch",
        ("discovery.k8s.io", "endpointslices", ""): "list watch",
        (ISTIO, "virtualservices", ""): "create list patch watch",
        (GATEWAY_API, "httproutes", ""): "create list patch watch",
        (GATEWAY_API, "grpcroutes", ""): "create list patch watch",
        (ISTIO, "gateways", ""): "list watch",
        ("", "events", ""): "create",
        (ADMISSION, "mutatingwebhookconfigurations", "teal"): "get patch watch",
        (ADMISSION, "validatingwebhookconfigurations", "teal"): "get patch watch",
    },
    ("Role", "teal", "teal-system"): {
        (COORDINATION, "leases", ""): "create",
        (COORDINATION, "leases", "teal"): "get update",
        ("", "secrets", ""): "create",
        ("", "secrets", "teal-ca"): "get update",
    },
    ("Role", "teal-wait", "default"): {
        ("iter8.tools", "routemaps", ""): "create",
    },
    ("ClusterRole", "teal-uninstall", ""): {
        ("iter8.tools", "routemaps", ""): "get list patch",
        ("apps", "deployments", ""): "get list patch",
        ("apps", "replicasets", ""): "get list patch",
        ("apps", "statefulsets", ""): "get list patch",
        ("", "services", ""): "get list patch",
        (ISTIO, "virtualservices", ""): "get list patch",
        (GATEWAY_API, "httproutes", ""): "get list patch",
        (GATEWAY_API, "grpcroutes", ""): "get list patch",
        (ADMISSION, "mutatingwebhookconfigurations", "teal"): "delete",
        (ADMISSION, "validatingwebhookconfigurations", "teal"): "delete",
    },
    ("Role", "teal-uninstall", "teal-system"): {
        ("apps", "deployments/scale", "teal"): "patch",
        (COORDINATION, "leases", "teal"): "delete get",
        ("", "pods", ""): "list",
        ("", "secrets", "teal-authority"): "delete",
        ("", "secrets", "teal-ca"): "delete",
        ("", "secrets", "teal-serving"): "delete",
    },
    ("Role", "teal-test", "default"): {
        ("iter8.tools", "routemaps", ""): "create",
    },
    ("Role", "teal-test", "teal-system"): {
        (COORDINATION, "leases", "teal"): "get",
    },
}


# What the built-in ClusterRoles take in, by the label that has them do so: of users, so bound to nobody here.
AGGREGATED: dict[str, Table] = {
    "teal-view": {
        ("iter8.tools", "routemaps", ""): "get list watch",
        ("iter8.tools", "weightoverrides", ""): "get list watch",
    },
    "teal-edit": {
        ("iter8.tools", "routemaps", ""): "create delete deletecollection patch update",
        ("iter8.tools", "weightoverrides", ""): "create delete deletecollection patch update",
    },
}
LABEL = "rbac.authorization.k8s.io/aggregate-to-"


def identity(manifest: Manifest) -> tuple[str, str, str]:
    metadata = manifest["metadata"]
    return manifest["kind"], metadata["name"], metadata.get("namespace", "")


def rights(role: Manifest) -> dict[tuple[str, str, str], str]:
    return dict(
        sorted(
            ((group, resource, name), " ".join(sorted(rule["verbs"])))
            for rule in role["rules"]
            for group in rule["apiGroups"]
            for resource in rule["resources"]
            for name in rule.get("resourceNames", [""])
        )
    )


def roles(manifests: list[Manifest]) -> Iterator[Manifest]:
    """Yield what Teal's own accounts are bound to."""
    return (item for item in manifests if item["kind"] in ("Role", "ClusterRole") and not aggregated_to(item))


def aggregated_to(role: Manifest) -> list[str]:
    return [key.removeprefix(LABEL) for key in role["metadata"]["labels"] if key.startswith(LABEL)]


def bindings(manifests: list[Manifest]) -> Iterator[Manifest]:
    return (item for item in manifests if item["kind"].endswith("RoleBinding"))


def test_the_roles_grant_what_the_table_says(teal: list[Manifest]) -> None:
    assert {identity(role): rights(role) for role in roles(teal)} == {
        key: dict(sorted(table.items())) for key, table in RIGHTS.items()
    }


def aggregated(manifests: list[Manifest]) -> dict[str, tuple[list[str], Table]]:
    found = [item for item in manifests if item["kind"] == "ClusterRole" and aggregated_to(item)]
    return {role["metadata"]["name"]: (sorted(aggregated_to(role)), rights(role)) for role in found}


@pytest.mark.parametrize("scoped", [True, False])
def test_users_of_view_read_both_kinds_and_those_of_edit_and_admin_write_them(
    helm: Helm, *, scoped: bool
) -> None:
    assert aggregated(helm.render("teal", {"clusterScoped": scoped})) == {
        "teal-view": (["admin", "edit", "view"], AGGREGATED["teal-view"]),
        "teal-edit": (["admin", "edit"], AGGREGATED["teal-edit"]),
    }


def test_the_built_in_roles_can_be_left_as_they_are(helm: Helm) -> None:
    assert aggregated(helm.render("teal", {"aggregatedRoles": False})) == {}


def test_each_role_is_bound_to_the_account_of_its_name(teal: list[Manifest]) -> None:
    for binding in bindings(teal):
        name = binding["metadata"]["name"]
        account = {"kind": "ServiceAccount", "name": name, "namespace": "teal-system"}
        assert binding["subjects"] == [account]
        assert binding["roleRef"]["name"] == name
    bound = {(item["roleRef"]["kind"], *identity(item)[1:]) for item in bindings(teal)}
    assert bound == set(RIGHTS)


def test_each_account_is_used_by_one_pod(teal: list[Manifest]) -> None:
    pods = [item["spec"]["template"]["spec"] for item in teal if item["kind"] in ("Deployment", "Job")]
    pods += [item["spec"] for item in teal if item["kind"] == "Pod"]
    accounts = [item["metadata"]["name"] for item in teal if item["kind"] == "ServiceAccount"]
    assert sorted(pod["serviceAccountName"] for pod in pods) == sorted(accounts)


def test_the_api_server_takes_what_the_account_writes_from_the_leader_only(teal: list[Manifest]) -> None:
    """All that it may write is in the policy, but for what changes nothing and what is compared."""
    everywhere = RIGHTS["ClusterRole", "teal", ""].items()
    writable = {key[:2] for key, verbs in everywhere if {"create", "patch"} & set(verbs.split())}
    unfenced = {
        ("", "events"),
        (ADMISSION, "mutatingwebhookconfigurations"),
        (ADMISSION, "validatingwebhookconfigurations"),
    }
    assert judged(teal, "teal-leader", ["CREATE", "UPDATE"]) == writable - unfenced


def judged(manifests: list[Manifest], policy: str, operations: list[str]) -> set[tuple[str, str]]:
    """Return what a policy judges these operations of."""
    rules = one(manifests, "ValidatingAdmissionPolicy", policy)["spec"]["matchConstraints"]["resourceRules"]
    return {
        (group, resource)
        for rule in rules
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        if rule["operations"] == operations
    }


def test_whatever_its_accounts_may_change_of_others_objects_is_judged_by_what_changes(
    teal: list[Manifest],
) -> None:
    granted = {**RIGHTS["ClusterRole", "teal", ""], **RIGHTS["ClusterRole", "teal-uninstall", ""]}
    patched = {key[:2] for key, verbs in granted.items() if "patch" in verbs.split() and not key[2]}
    statuses = {("iter8.tools", f"{plural}/status") for plural in ("routemaps", "weightoverrides")}
    routes = judged(teal, "teal-routes", ["CREATE", "UPDATE"])
    assert patched - statuses == judged(teal, "teal-patches", ["UPDATE"]) | routes
    gateway_api = {(GATEWAY_API, plural) for plural in ("httproutes", "grpcroutes")}
    assert routes == {(ISTIO, "virtualservices"), *gateway_api}


def test_what_it_changes_is_judged_for_both_accounts_and_by_rules_that_need_nobody(helm: Helm) -> None:
    manifests = helm.render("teal", {"fullnameOverride": "ours"}, namespace="there")
    account = "system:serviceaccount:there:ours"
    users = f"in ['{account}', '{account}-uninstall']"
    for which in ("patches", "routes"):
        policy = one(manifests, "ValidatingAdmissionPolicy", f"ours-{which}")["spec"]
        binding = one(manifests, "ValidatingAdmissionPolicyBinding", f"ours-{which}")["spec"]
        assert policy["matchConditions"][0]["expression"] == f"request.userInfo.username {users}"
        assert (policy["failurePolicy"], "paramKind" in policy) == ("Fail", False)
        assert binding == {"policyName": f"ours-{which}", "validationActions": ["Deny"]}


def test_the_leader_is_whom_the_releases_lease_names(helm: Helm) -> None:
    manifests = helm.render("teal", {"fullnameOverride": "ours"}, namespace="there")
    policy = one(manifests, "ValidatingAdmissionPolicy", "ours-leader")["spec"]
    binding = one(manifests, "ValidatingAdmissionPolicyBinding", "ours-leader")["spec"]
    assert policy["matchConditions"][0]["expression"].endswith("'system:serviceaccount:there:ours'")
    assert binding["policyName"] == "ours-leader"
    assert binding["paramRef"] == {"name": "ours", "namespace": "there", "parameterNotFoundAction": "Allow"}


def hooks(manifests: list[Manifest]) -> dict[tuple[str, str, str], dict[str, Any]]:
    return {
        identity(item): item["metadata"]["annotations"]
        for item in manifests
        if "helm.sh/hook" in item["metadata"].get("annotations", {})
    }


@pytest.mark.parametrize(
    ("component", "events", "kinds"),
    [
        (
            "wait",
            "post-install,post-upgrade,post-rollback",
            {"ServiceAccount", "Role", "RoleBinding", "Job"},
        ),
        (
            "uninstall",
            "pre-delete",
            {"ServiceAccount", "Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding", "Job"},
        ),
        ("test", "test", {"ServiceAccount", "Role", "RoleBinding", "Pod"}),
    ],
)
def test_a_hook_brings_its_rights_along_and_takes_them_away(
    teal: list[Manifest], component: str, events: str, kinds: set[str]
) -> None:
    found = {key: notes for key, notes in hooks(teal).items() if key[1] == f"teal-{component}"}
    assert {key[0] for key in found} == kinds
    for (kind, *_), notes in found.items():
        assert notes["helm.sh/hook"] == events
        assert notes["helm.sh/hook-delete-policy"] == "before-hook-creation,hook-succeeded"
        assert (int(notes["helm.sh/hook-weight"]) == 0) == (kind in ("Job", "Pod")), "rights come first"


def test_names_and_namespace_follow_the_release(helm: Helm) -> None:
    manifests = helm.render("teal", {"fullnameOverride": "ours"}, release="r", namespace="123")
    by_role = {identity(role): rights(role) for role in roles(manifests)}
    assert set(by_role) == {
        (kind, name.replace("teal", "ours"), namespace.replace("teal-system", "123"))
        for kind, name, namespace in RIGHTS
    }
    assert ("", "secrets", "ours-ca") in by_role["Role", "ours", "123"]


def test_a_namespaced_install_has_no_right_outside_but_on_its_webhook_configurations(helm: Helm) -> None:
    everywhere, here = RIGHTS["ClusterRole", "teal", ""], RIGHTS["Role", "teal", "teal-system"]
    stripped, own = (
        RIGHTS["ClusterRole", "teal-uninstall", ""],
        RIGHTS["Role", "teal-uninstall", "teal-system"],
    )
    manifests = helm.render("teal", {"clusterScoped": False})
    assert {identity(role): rights(role) for role in roles(manifests)} == {
        ("ClusterRole", "teal", ""): outside(everywhere),
        ("Role", "teal", "teal-system"): inside(everywhere) | here,
        ("ClusterRole", "teal-uninstall", ""): outside(stripped),
        ("Role", "teal-uninstall", "teal-system"): inside(stripped) | own,
        ("Role", "teal-wait", "teal-system"): RIGHTS["Role", "teal-wait", "default"],
        ("Role", "teal-test", "teal-system"): (
            RIGHTS["Role", "teal-test", "default"] | RIGHTS["Role", "teal-test", "teal-system"]
        ),
    }


def test_with_cert_manager_nothing_reads_a_secret_or_writes_a_webhook_configuration(helm: Helm) -> None:
    for scoped in (True, False):
        values = {"certManager": {"enabled": True}, "clusterScoped": scoped}
        manifests = helm.render("teal", values, api_versions=["cert-manager.io/v1"])
        by_role = {identity(role): rights(role) for role in roles(manifests)}
        assert (("ClusterRole", "teal", "") in by_role) == scoped
        for key, granted in by_role.items():
            for (group, resource, name), verbs in granted.items():
                if group == ADMISSION or resource in ("secrets", "certificates"):
                    assert (key[1], verbs) == ("teal-uninstall", "delete")
                    assert name in ("teal", "teal-authority", "teal-ca", "teal-serving")


def outside(table: Table) -> Table:
    return {key: verbs for key, verbs in table.items() if key[0] == ADMISSION}


def inside(table: Table) -> Table:
    return {key: verbs for key, verbs in table.items() if key[0] != ADMISSION}

"""Users who have nothing but one of Kubernetes' own roles: view, edit, admin.

The controller that has those roles take in the chart's is Kubernetes' own, and the only one that runs here.
"""

from __future__ import annotations

import json
import subprocess
import time
from contextlib import contextmanager
from itertools import product
from typing import TYPE_CHECKING

import pytest

from tests.charts.helm import Helm
from tests.charts.kubectl import Kubectl
from tests.charts.manifests import routemap
from tools.local.controlplane import control_plane, free_port
from tools.local.kinds import install_kinds
from tools.local.programs import programs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KINDS = ("routemaps", "weightoverrides")
READ = ("get", "list", "watch")
WRITE = ("create", "update", "patch", "delete", "deletecollection")
ROLES = {"view": READ, "edit": READ + WRITE, "admin": READ + WRITE}
DEADLINE_SECONDS = 60.0


@pytest.fixture(scope="module")
def kubectl(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kubectl]:
    """A cluster with the chart's ClusterRoles, and a user of each built-in role in the namespace default."""
    helm = Helm(programs() / "helm", tmp_path_factory.mktemp("helm"))
    with control_plane(tmp_path_factory.mktemp("plane")) as plane:
        install_kinds(plane.kubeconfig)
        kubectl = Kubectl(programs() / "kubectl", plane.kubeconfig)
        for role in ROLES:
            kubectl("create", "rolebinding", role, f"--clusterrole={role}", f"--user={role}-user")
        assert allowed(kubectl, "edit") == set(), "Kubernetes knows nothing of Teal's kinds by itself"
        for manifest in helm.render("teal"):
            if manifest["kind"] == "ClusterRole":
                kubectl("apply", "-f-", manifest=manifest)
        with aggregating(plane.kubeconfig, tmp_path_factory.mktemp("certificates")):
            until_taken_in(kubectl)
        yield kubectl


@contextmanager
def aggregating(kubeconfig: Path, certificates: Path) -> Iterator[None]:
    command = [
        *(programs() / "kube-controller-manager", f"--kubeconfig={kubeconfig}"),
        *("--controllers=clusterrole-aggregation-controller", "--leader-elect=false"),
        *(f"--secure-port={free_port()}", f"--cert-dir={certificates}"),
    ]
    controller = subprocess.Popen([str(part) for part in command])
    try:
        yield
    finally:
        controller.terminate()
        controller.wait()


def until_taken_in(kubectl: Kubectl) -> None:
    end = time.monotonic() + DEADLINE_SECONDS
    while any("iter8.tools" not in kubectl("get", "clusterrole", role, "-oyaml") for role in ROLES):
        assert time.monotonic() < end, kubectl("get", "clusterrole", *ROLES, "-oyaml")
        time.sleep(0.1)


def allowed(kubectl: Kubectl, role: str, subresource: str = "") -> set[tuple[str, str]]:
    """Return verbs and kinds that the role's user may, as the API server answers."""
    found = set()
    for verb, kind in product(READ + WRITE, KINDS):
        asked = ("auth", "can-i", verb, f"{kind}.iter8.tools", f"--as={role}-user")
        done = kubectl.run(*asked, *([f"--subresource={subresource}"] if subresource else []))
        if done.stdout.strip() == "yes":
            found.add((verb, kind))
    return found


@pytest.mark.parametrize(("role", "verbs"), ROLES.items())
def test_a_user_of_a_built_in_role_may_what_its_name_says(
    kubectl: Kubectl, role: str, verbs: tuple[str, ...]
) -> None:
    assert allowed(kubectl, role) == {*product(verbs, KINDS)}


@pytest.mark.parametrize("role", ROLES)
def test_the_status_is_nobodys(kubectl: Kubectl, role: str) -> None:
    assert allowed(kubectl, role, "status") == set()


def test_a_user_of_edit_writes_a_routemap_and_one_of_view_reads_it(kubectl: Kubectl) -> None:
    refused = kubectl.run("create", "-f-", "--as=view-user", manifest=routemap())
    assert 'User "view-user" cannot create resource "routemaps"' in refused.stderr
    kubectl("create", "-f-", "--as=edit-user", manifest=routemap())
    assert json.loads(kubectl("get", "rmap/httpbin", "-ojson", "--as=view-user"))["kind"] == "Routemap"
    applied = ("apply", "--server-side", "--subresource=status", "-f-", "--as=admin-user")
    refused = kubectl.run(*applied, manifest=routemap() | {"status": {"split": "httpbin-0=100"}})
    assert 'User "admin-user" cannot patch resource "routemaps/status"' in refused.stderr
    kubectl("delete", "rmap/httpbin", "--as=edit-user")

"""A release's account, its rights and its policies in one namespace, and pods that have the account."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kube.client import Cluster
from kube.errors import ClusterError
from routing.kinds import LEASES, PODS, VIRTUAL_SERVICES, Resource
from tests.api.accounts import token_kubeconfig
from tests.charts.helm import Helm
from tests.charts.kubectl import Kubectl
from tools.local.programs import programs

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.api.stage import Stage

KINDS = ("ServiceAccount", "ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding")
POLICY = ("ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding")
REFUSAL = "does not lead any more"


@dataclass(frozen=True)
class Fenced:
    """The release is called as its namespace, so no two on one API server share a policy."""

    kubectl: Kubectl
    stage: Stage
    folder: Path

    @property
    def name(self) -> str:
        """What the namespace, the release, the account and the Lease are called."""
        return self.stage.namespace

    def pod(self, name: str) -> Path:
        """Make a pod with the account; return the path of a kubeconfig with a token that names it."""
        spec = {"serviceAccountName": self.name, "containers": [{"name": "reconciler", "image": "teal"}]}
        self.kubectl("create", "-f-", manifest=_manifest(PODS, self.name, name, spec))
        return token_kubeconfig(self.kubectl, self.name, self.name, self.folder, name)

    def lead(self, pod: str) -> None:
        """Have the Lease name a pod."""
        lease = _manifest(LEASES, self.name, self.name, {"holderIdentity": pod})
        self.stage.cluster.apply(LEASES, lease)

    def taken(self, cluster: Cluster) -> bool:
        """Tell whether the API server would take a write, or refuses it to who does not lead."""
        try:
            cluster.create(VIRTUAL_SERVICES, _manifest(VIRTUAL_SERVICES, self.name, "try", {}), dry_run=True)
        except ClusterError as error:
            if REFUSAL in str(error):
                return False
            raise
        return True


@contextmanager
def fenced(
    stage: Stage, kubeconfig: str, folder: Path, more: Sequence[str] = ("patches", "routes")
) -> Iterator[Fenced]:
    """Make the account, its rights and its policies in a stage's namespace, until the context ends.

    The API server goes by that of the leader from the beginning, and by what `more` names soon; there is no
    Lease.
    """
    kubectl = Kubectl(programs() / "kubectl", Path(kubeconfig))
    release = Fenced(kubectl, stage, folder)
    policies = [f"{release.name}-{which}" for which in ("leader", *more)]
    wanted = {(kind, release.name) for kind in KINDS}
    wanted |= {(kind, policy) for kind in POLICY for policy in policies}
    values = {"clusterScoped": False, "fullnameOverride": release.name}
    helm = Helm(programs() / "helm", folder / "helm")
    for manifest in helm.render("teal", values, namespace=release.name):
        if (manifest["kind"], manifest["metadata"]["name"]) in wanted:
            kubectl("create", "-f-", manifest=manifest)
    try:
        release.lead("nobody")
        outsider = Cluster(str(release.pod("outsider")))
        stage.until(False, lambda: release.taken(outsider))
        stage.delete(LEASES, release.name)
        yield release
    finally:
        for kind in POLICY:
            kubectl("delete", kind, *policies)


def _manifest(resource: Resource, namespace: str, name: str, spec: Any) -> dict[str, Any]:
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": resource.api_version, "kind": resource.kind, "metadata": metadata, "spec": spec}

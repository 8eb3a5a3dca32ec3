"""Argo CD's application controller and repo-server on a cluster without nodes, as plain processes."""

from __future__ import annotations

import os
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from routing.kinds import Resource
from tools.gitops.application import NAMESPACE
from tools.gitops.building import built, sources_of
from tools.gitops.judge import CHECKS
from tools.local.controlplane import child, free_port
from tools.local.kinds import kubectl

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kube.client import Cluster
    from tools.gitops.repository import Repository

PROGRAMS = Path(__file__).parent / "programs"
TOOLCHAIN = "go1.27.0"
"""What Argo CD's modules ask for."""
RESYNC_SECONDS = 5
_MODULE = "github.com/argoproj/argo-cd/v3"
_HOME = "argocd"
_APPLICATIONS = Resource("argoproj.io/v1alpha1", "Application", "applications")
_PART = {"app.kubernetes.io/part-of": "argocd"}
_SERVER = "https://kubernetes.default.svc"


@dataclass(frozen=True)
class ArgoCD:
    """Argo CD, which keeps one application."""

    cluster: Cluster
    kubeconfig: Path

    def manage(self, repository: Repository, *, server_side: bool) -> None:
        """Have it keep a repository's application: synced and pruned by itself, drift undone."""
        options = {"argocd.argoproj.io/compare-options": "ServerSideDiff=true"} if server_side else {}
        metadata = {
            "name": "shop",
            "namespace": _HOME,
            "annotations": options,
            "finalizers": ["resources-finalizer.argocd.argoproj.io/foreground"],
        }
        spec = {
            "project": "default",
            "source": {"repoURL": repository.url, "path": ".", "targetRevision": "main"},
            "destination": {"server": _SERVER, "namespace": NAMESPACE},
            "syncPolicy": {
                "automated": {"prune": True, "selfHeal": True},
                "syncOptions": ["CreateNamespace=true", *(["ServerSideApply=true"] if server_side else [])],
            },
        }
        self._apply(_APPLICATIONS.api_version, "Application", spec=spec, metadata=metadata)

    def refresh(self) -> None:
        """Have it look at Git at once, as a webhook from there would."""
        body = {"metadata": {"annotations": {"argocd.argoproj.io/refresh": "normal"}}}
        path = _APPLICATIONS.path(_HOME, "shop")
        self.cluster.request("PATCH", path, body, content_type="application/merge-patch+json")

    def status(self) -> dict[str, Any]:
        """Return what it tells of the application."""
        return dict(self.cluster.get(_APPLICATIONS, _HOME, "shop").get("status") or {})

    def delete(self) -> None:
        """Delete the application, its objects with it."""
        self.cluster.request("DELETE", _APPLICATIONS.path(_HOME, "shop"))

    def _apply(self, api: str, kind: str, **fields: Any) -> None:
        _apply(self.kubeconfig, {"apiVersion": api, "kind": kind, **fields})


@contextmanager
def argocd(cluster: Cluster, kubeconfig: Path, folder: Path) -> Iterator[ArgoCD]:
    """Run it until the context ends, with the health checks of deploy/gitops; logs in `folder`."""
    _install(kubeconfig)
    program = str(built("argocd", PROGRAMS, "./argocd", toolchain=TOOLCHAIN) / "argocd")
    redis, server = f"127.0.0.1:{free_port()}", f"127.0.0.1:{free_port()}"
    environment = {"ARGOCD_GPG_ENABLED": "false", "ARGOCD_CONTROLLER_SHARD": "0", "TMPDIR": str(folder)}
    environment |= {"ARGOCD_REPO_SERVER_COPYUTIL": "false", "ARGOCD_ASK_PASS_SOCK": str(folder / "ask.sock")}
    os.environ.update(environment)  # children take over all of it
    repository = [program, "repo-server", "--disable-tls", "--client-ca-path=", "--address=127.0.0.1", f"--redis={redis}"]
    repository += [f"--port={server.rpartition(':')[2]}", f"--metrics-port={free_port()}"]
    controller = [program, "application-controller", f"--kubeconfig={kubeconfig}", f"--namespace={_HOME}"]
    controller += [f"--repo-server={server}", "--repo-server-plaintext", f"--redis={redis}"]
    controller += [f"--metrics-port={free_port()}", f"--app-resync={RESYNC_SECONDS}", "--app-resync-jitter=0"]
    with ExitStack() as stack:
        stack.enter_context(child([program, "redis", redis], folder / "redis.log"))
        stack.enter_context(child(repository, folder / "repo-server.log"))
        stack.enter_context(child(controller, folder / "application-controller.log"))
        yield ArgoCD(cluster, kubeconfig)


def _install(kubeconfig: Path) -> None:
    """Install Argo CD's kinds and settings."""
    crds = sources_of(_MODULE, PROGRAMS, TOOLCHAIN) / "manifests" / "crds"
    for name in ("application", "appproject", "applicationset"):
        kubectl(kubeconfig, "apply", "--server-side", "-f", str(crds / f"{name}-crd.yaml"))
    time.sleep(4)  # to be polled for
    kubectl(kubeconfig, "create", "namespace", _HOME)
    checks = yaml.safe_load(CHECKS.read_text("utf-8"))["data"]
    for name, data in {"argocd-cm": checks, "argocd-rbac-cm": {}, "argocd-cmd-params-cm": {}}.items():
        metadata = {"name": name, "namespace": _HOME, "labels": _PART}
        _apply(kubeconfig, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data})
    secret = {"name": "argocd-secret", "namespace": _HOME, "labels": _PART}
    _apply(
        kubeconfig,
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": secret,
            "stringData": {"server.secretkey": "not one", "admin.password": "none"},
        },
    )
    any_of = [{"group": "*", "kind": "*"}]
    spec = {
        "sourceRepos": ["*"],
        "destinations": [{"server": "*", "namespace": "*"}],
        "clusterResourceWhitelist": any_of,
    }
    metadata = {"name": "default", "namespace": _HOME}
    _apply(
        kubeconfig,
        {"apiVersion": "argoproj.io/v1alpha1", "kind": "AppProject", "metadata": metadata, "spec": spec},
    )


def _apply(kubeconfig: Path, manifest: dict[str, Any]) -> None:
    kubectl(kubeconfig, "apply", "--server-side", "-f", "-", given=yaml.safe_dump(manifest))

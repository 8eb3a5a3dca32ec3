"""Argo CD's application controller and repo-server on a cluster without nodes, as plain processes.

Redis, in which they keep what may be lost, is the double of their own tests (miniredis).
"""

from __future__ import annotations

import os
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from kube.errors import NotFoundError
from routing.kinds import Resource
from tools.gitops.application import NAMESPACE
from tools.gitops.building import built, sources_of
from tools.gitops.diary import Diary
from tools.gitops.judge import CHECKS
from tools.gitops.kinds import install_crds
from tools.gitops.repository import Repository
from tools.gitops.tool import LOOK_SECONDS, Told, until
from tools.local.controlplane import child, free_port
from tools.local.kinds import kubectl

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from kube.client import Cluster

TOOLCHAIN = "go1.27.0"
"""What Argo CD's modules ask for."""
_MODULE = Path(__file__).parent / "argocd"
_SOURCES = "github.com/argoproj/argo-cd/v3"
_HOME = "argocd"
_API = "argoproj.io/v1alpha1"
_APPLICATIONS = Resource(_API, "Application", "applications")
_PROJECTS = Resource(_API, "AppProject", "appprojects")
_NAME = "shop"
_MERGE = "application/merge-patch+json"
_PART = {"app.kubernetes.io/part-of": "argocd"}
_REFRESH = "argocd.argoproj.io/refresh"
_PRUNING = "PrunePropagationPolicy=background"
"""Its default, foreground, is refused for what may be getting requests."""
_RETRY = {"limit": 5, "refresh": True}
"""Without `refresh` what was refused is tried again for 5 minutes, and no later commit comes in meanwhile."""
_SERVER = "https://kubernetes.default.svc"


@dataclass(frozen=True)
class ArgoCD:
    """Argo CD, which keeps one application."""

    name: str
    cluster: Cluster
    repository: Repository
    diary: Diary
    messages: Diary
    syncs: Diary

    def commit(self, what: str, manifests: Sequence[dict[str, Any]]) -> str:
        """Commit these manifests in place of those before, and tell Argo CD; return the commit."""
        commit = self.repository.commit(what, manifests)
        self._refresh()
        return commit

    def told(self) -> Told:
        """Return what it tells of the application."""
        found = self.cluster.get(_APPLICATIONS, _HOME, _NAME)
        said = "" if "operation" in found else _words(found)
        return Told(
            ((found.get("status") or {}).get("sync") or {}).get("revision", ""),
            said == "Synced/Healthy",
            said == "Synced/Degraded",
            _words(found),
            _message(found),
        )

    def applied(self) -> int:
        """Return how many syncs it has begun."""
        return self.syncs.lines

    def look(self) -> None:
        """Have it compare once more, as its Refresh does, and wait until it has."""
        self._refresh()
        if not until(self._looked, LOOK_SECONDS):
            raise RuntimeError(f"Argo CD has not looked for {LOOK_SECONDS:.0f} s")

    def _looked(self) -> bool:
        found = self.cluster.get(_APPLICATIONS, _HOME, _NAME)
        return _REFRESH not in found["metadata"].get("annotations", {})

    def delete(self) -> None:
        """Delete the application, its objects with it."""
        self.cluster.request("DELETE", _APPLICATIONS.path(_HOME, _NAME))

    def gone(self) -> bool:
        """Tell whether it has let go of the application."""
        try:
            self.cluster.get(_APPLICATIONS, _HOME, _NAME)
        except NotFoundError:
            return True
        return False

    def _refresh(self) -> None:
        body = {"metadata": {"annotations": {_REFRESH: "normal"}}}
        self.cluster.request("PATCH", _APPLICATIONS.path(_HOME, _NAME), body, None, _MERGE)


@contextmanager
def argocd(cluster: Cluster, kubeconfig: Path, folder: Path) -> Iterator[ArgoCD]:
    """Run it until the context ends, with its defaults and the checks of deploy/gitops; logs in `folder`."""
    with _running(cluster, kubeconfig, folder) as repository, _told(cluster, repository) as tool:
        _manage(kubeconfig, repository, {}, {"retry": _RETRY})
        yield replace(tool, name="Argo CD, its default comparison and apply")


@contextmanager
def argocd_server_side(cluster: Cluster, kubeconfig: Path, folder: Path) -> Iterator[ArgoCD]:
    """Run it as `argocd` does, with server-side diff and server-side apply."""
    with _running(cluster, kubeconfig, folder) as repository, _told(cluster, repository) as tool:
        options = {"argocd.argoproj.io/compare-options": "ServerSideDiff=true"}
        _manage(kubeconfig, repository, options, {"syncOptions": [_PRUNING, "ServerSideApply=true"]})
        yield tool


@contextmanager
def _told(cluster: Cluster, repository: Repository) -> Iterator[ArgoCD]:
    """Give it with diaries of what it tells, which are kept until the context ends."""
    words, messages, syncs = (Diary(cluster, _APPLICATIONS, told) for told in (_words, _message, _began))
    with words.kept(), messages.kept(), syncs.kept():
        yield ArgoCD("Argo CD, server-side diff and apply", cluster, repository, words, messages, syncs)


@contextmanager
def _running(cluster: Cluster, kubeconfig: Path, folder: Path) -> Iterator[Repository]:
    _install(cluster, kubeconfig)
    program = str(built("argocd", _MODULE, "./argocd", toolchain=TOOLCHAIN) / "argocd")
    redis, port = f"127.0.0.1:{free_port()}", free_port()
    settings = {"TMPDIR": folder, "ARGOCD_GPG_ENABLED": "false", "ARGOCD_ASK_PASS_SOCK": folder / "ask.sock"}
    settings |= {"GIT_CONFIG_GLOBAL": "/dev/null", "ARGOCD_FAKE_IN_CLUSTER": "true", "KUBECONFIG": kubeconfig}
    settings["PATH"] = f"{_verifier(folder)}:{os.environ['PATH']}"
    program_with = ["env", *(f"{key}={value}" for key, value in settings.items()), program]
    repo_server = [
        *program_with,
        "repo-server",
        "--disable-tls",
        "--client-ca-path=",
        "--address=127.0.0.1",
        f"--port={port}",
    ]
    repo_server += [f"--redis={redis}", f"--metrics-port={free_port()}"]
    controller = [
        *program_with,
        "application-controller",
        f"--kubeconfig={kubeconfig}",
        f"--namespace={_HOME}",
    ]
    controller += [f"--repo-server=127.0.0.1:{port}", "--repo-server-plaintext", f"--redis={redis}"]
    controller += [f"--metrics-port={free_port()}", "--app-resync=5", "--app-resync-jitter=0"]
    controller += ["--repo-error-grace-period-seconds=0"]
    repository = Repository(folder / "shop")
    repository.commit("nothing yet", [])
    with ExitStack() as stack:
        stack.enter_context(child([*program_with, "redis", redis], folder / "redis.log"))
        stack.enter_context(child(repo_server, folder / "repo-server.log"))
        stack.enter_context(child(controller, folder / "application-controller.log"))
        yield repository


def _verifier(folder: Path) -> Path:
    """Give a folder with the script that the repo-server looks for signatures with, as its image has it."""
    script = folder / "bin" / "git-verify-wrapper.sh"
    script.parent.mkdir()
    script.write_text(
        (sources_of(_SOURCES, _MODULE, TOOLCHAIN) / "hack" / script.name).read_text("utf-8"), "utf-8"
    )
    script.chmod(0o755)
    return script.parent


def _manage(
    kubeconfig: Path, repository: Repository, comparing: dict[str, str], policy: dict[str, Any]
) -> None:
    """Have it keep the repository's application: synced and pruned by itself, drift undone."""
    finalizers = ["resources-finalizer.argocd.argoproj.io/foreground"]
    metadata = {"name": _NAME, "namespace": _HOME, "annotations": comparing, "finalizers": finalizers}
    automated = {"prune": True, "selfHeal": True, "allowEmpty": True}
    spec = {
        "project": "default",
        "source": {"repoURL": repository.url, "path": ".", "targetRevision": "main"},
        "destination": {"server": _SERVER, "namespace": NAMESPACE},
        "syncPolicy": {"automated": automated, "syncOptions": [_PRUNING], **policy},
    }
    _apply(kubeconfig, {"apiVersion": _API, "kind": "Application", "metadata": metadata, "spec": spec})


def _install(cluster: Cluster, kubeconfig: Path) -> None:
    """Install Argo CD's kinds and settings, and a project in which everything may be done."""
    folder = sources_of(_SOURCES, _MODULE, TOOLCHAIN) / "manifests" / "crds"
    crds = {_APPLICATIONS: folder / "application-crd.yaml", _PROJECTS: folder / "appproject-crd.yaml"}
    install_crds(cluster, kubeconfig, crds)
    _apply(kubeconfig, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": _HOME}})
    checks = yaml.safe_load(CHECKS.read_text("utf-8"))["data"]
    for name, data in {"argocd-cm": checks, "argocd-rbac-cm": {}, "argocd-cmd-params-cm": {}}.items():
        _apply(
            kubeconfig, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": _labelled(name), "data": data}
        )
    # Its settings are not read without these two; nobody logs in.
    secret = {"server.secretkey": "none", "admin.password": "none"}
    metadata = _labelled("argocd-secret")
    _apply(kubeconfig, {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": secret})
    every = {"sourceRepos": ["*"], "destinations": [{"server": "*", "namespace": "*"}]}
    every |= {"clusterResourceWhitelist": [{"group": "*", "kind": "*"}]}
    project = {"name": "default", "namespace": _HOME}
    _apply(kubeconfig, {"apiVersion": _API, "kind": "AppProject", "metadata": project, "spec": every})


def _labelled(name: str) -> dict[str, Any]:
    return {"name": name, "namespace": _HOME, "labels": _PART}


def _apply(kubeconfig: Path, manifest: dict[str, Any]) -> None:
    kubectl(kubeconfig, "apply", "--server-side", "-f", "-", given=yaml.safe_dump(manifest))


def _words(application: dict[str, Any]) -> str:
    status = application.get("status") or {}
    sync, health = status.get("sync") or {}, status.get("health") or {}
    return f"{sync.get('status') or '?'}/{health.get('status') or '?'}"


def _message(application: dict[str, Any]) -> str:
    status = application.get("status") or {}
    conditions = [f"{each['type']}: {each['message']}" for each in status.get("conditions") or ()]
    return "; ".join(filter(None, [(status.get("operationState") or {}).get("message", ""), *conditions]))


def _began(application: dict[str, Any]) -> str:
    state = (application.get("status") or {}).get("operationState") or {}
    return str(state.get("startedAt", ""))

"""Flux's kustomize-controller on a cluster without nodes, as a plain process.

In source-controller's place stands this module: it serves an archive, and tells of it by an ExternalArtifact,
which is Flux's contract for sources of others (RFC 0012).
"""

from __future__ import annotations

import functools
import hashlib
import http.server
import io
import tarfile
import threading
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from kube.errors import NotFoundError
from routing.kinds import Resource
from tools.gitops.application import NAMESPACE
from tools.gitops.building import built, sources_of
from tools.gitops.diary import Diary
from tools.gitops.kinds import install_crds
from tools.gitops.tool import LOOK_SECONDS, Told, until
from tools.local.controlplane import child, free_port
from tools.local.kinds import kubectl

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from kube.client import Cluster

CHECKS = Path(__file__).parents[2] / "deploy" / "gitops" / "flux-health.yaml"
_MODULE = Path(__file__).parent / "flux"
_CONTROLLER = "github.com/fluxcd/kustomize-controller"
_SOURCES = "github.com/fluxcd/source-controller@v1.9.6"
_CRDS = "config/crd/bases"
_HOME = "flux-system"
_KUSTOMIZATIONS = Resource("kustomize.toolkit.fluxcd.io/v1", "Kustomization", "kustomizations")
_ARTIFACTS = Resource("source.toolkit.fluxcd.io/v1", "ExternalArtifact", "externalartifacts")
_OTHERS = (
    Resource(_ARTIFACTS.api_version, "Bucket", "buckets"),
    Resource(_ARTIFACTS.api_version, "GitRepository", "gitrepositories"),
    Resource(_ARTIFACTS.api_version, "OCIRepository", "ocirepositories"),
)
"""Kinds of sources that the controller watches, too."""
_NAME = "shop"
_MERGE = "application/merge-patch+json"


@dataclass(frozen=True)
class Flux:
    """Flux, which keeps one application."""

    cluster: Cluster
    folder: Path
    url: str
    diary: Diary
    numbers: Iterator[int] = field(default_factory=lambda: count(1))
    name: str = "Flux"

    def commit(self, what: str, manifests: Sequence[dict[str, Any]]) -> str:
        """Serve these manifests in place of those before, and tell of it; return the revision."""
        archive = _archived(yaml.safe_dump_all(manifests, sort_keys=False).encode())
        digest = hashlib.sha256(archive).hexdigest()
        revision, path = f"main@sha256:{digest}", f"{digest}.tar.gz"
        (self.folder / path).write_bytes(archive)
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        artifact: dict[str, Any] = {
            "digest": f"sha256:{digest}",
            "lastUpdateTime": now,
            "path": path,
            "revision": revision,
        }
        artifact |= {"url": f"{self.url}/{path}", "metadata": {"commit": what}}
        ready = {"type": "Ready", "status": "True", "reason": "Succeeded", "message": what}
        status = {"artifact": artifact, "conditions": [{**ready, "lastTransitionTime": now}]}
        self.cluster.merge(_ARTIFACTS, _HOME, _NAME, {"status": status}, "status")
        return revision

    def told(self) -> Told:
        """Return what it tells of the application."""
        found = self.cluster.get(_KUSTOMIZATIONS, _HOME, _NAME)
        status, ready = found.get("status") or {}, _ready(found)
        rests = (
            ready.get("status") == "True" and status["observedGeneration"] == found["metadata"]["generation"]
        )
        failed = (ready.get("status"), ready.get("reason")) == ("False", "HealthCheckFailed")
        tried, applied = status.get("lastAttemptedRevision", ""), status.get("lastAppliedRevision", "")
        return Told(tried, rests and tried == applied, failed, _words(found), ready.get("message", ""))

    def look(self) -> None:
        """Have it look once more, as `flux reconcile` does, and wait until it has."""
        number = f"{next(self.numbers)}"
        self.cluster.request("PATCH", _KUSTOMIZATIONS.path(_HOME, _NAME), _asked(number), None, _MERGE)
        if not until(lambda: self._status().get("lastHandledReconcileAt") == number, LOOK_SECONDS):
            raise RuntimeError(f"kustomize-controller has not looked for {LOOK_SECONDS:.0f} s")

    def delete(self) -> None:
        """Delete the application, its objects with it."""
        self.cluster.request("DELETE", _KUSTOMIZATIONS.path(_HOME, _NAME))

    def gone(self) -> bool:
        """Tell whether it has let go of the application."""
        try:
            self.cluster.get(_KUSTOMIZATIONS, _HOME, _NAME)
        except NotFoundError:
            return True
        return False

    def _status(self) -> dict[str, Any]:
        return dict(self.cluster.get(_KUSTOMIZATIONS, _HOME, _NAME).get("status") or {})


@contextmanager
def flux(cluster: Cluster, kubeconfig: Path, folder: Path) -> Iterator[Flux]:
    """Run it until the context ends, with the health checks of deploy/gitops; its log in `folder`."""
    _install(cluster, kubeconfig)
    program = built("flux", _MODULE, _CONTROLLER) / "kustomize-controller"
    command = ["env", f"KUBECONFIG={kubeconfig}", f"TMPDIR={folder}", str(program)]
    command += ["--feature-gates=ExternalArtifact=true", f"--metrics-addr=127.0.0.1:{free_port()}"]
    command += [f"--health-addr=127.0.0.1:{free_port()}", "--log-encoding=console"]
    archives = folder / "archives"
    archives.mkdir()
    with ExitStack() as stack:
        url = stack.enter_context(_serving(archives))
        stack.enter_context(child(command, folder / "kustomize-controller.log"))
        diary = stack.enter_context(Diary(cluster, _KUSTOMIZATIONS, _words).kept())
        yield Flux(cluster, archives, url, diary)


def _install(cluster: Cluster, kubeconfig: Path) -> None:
    """Install Flux's kinds, the source without a revision yet, and the Kustomization."""
    folder = sources_of(_CONTROLLER, _MODULE) / _CRDS
    crds = {_KUSTOMIZATIONS: folder / "kustomize.toolkit.fluxcd.io_kustomizations.yaml"}
    sources = sources_of(_SOURCES, _MODULE) / _CRDS
    crds |= {
        kind: sources / f"source.toolkit.fluxcd.io_{kind.plural}.yaml" for kind in (_ARTIFACTS, *_OTHERS)
    }
    install_crds(cluster, kubeconfig, crds)
    metadata = {"name": _NAME, "namespace": _HOME}
    checks = yaml.safe_load(CHECKS.read_text("utf-8"))["spec"]
    reference = {"apiVersion": _ARTIFACTS.api_version, "kind": "ExternalArtifact", "name": _NAME}
    spec = {
        "interval": "5s",
        "retryInterval": "2s",
        "timeout": "60s",
        "path": "./",
        "prune": True,
        "wait": True,
    }
    spec |= {"sourceRef": reference, "targetNamespace": NAMESPACE, **checks}
    home = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": _HOME}}
    manifests = [
        home,
        {"apiVersion": _ARTIFACTS.api_version, "kind": "ExternalArtifact", "metadata": metadata, "spec": {}},
    ]
    kind = {"apiVersion": _KUSTOMIZATIONS.api_version, "kind": "Kustomization"}
    manifests.append({**kind, "metadata": metadata, "spec": spec})
    kubectl(kubeconfig, "apply", "--server-side", "-f", "-", given=yaml.safe_dump_all(manifests))


@contextmanager
def _serving(folder: Path) -> Iterator[str]:
    """Serve a folder's files on loopback until the context ends; give the URL."""
    handler = functools.partial(_Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, name="archives", daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _archived(content: bytes) -> bytes:
    """Return an archive of one file, `all.yaml`."""
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w:gz") as archive:
        entry = tarfile.TarInfo("all.yaml")
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))
    return whole.getvalue()


def _asked(number: str) -> dict[str, Any]:
    return {"metadata": {"annotations": {"reconcile.fluxcd.io/requestedAt": number}}}


def _ready(kustomization: dict[str, Any]) -> dict[str, Any]:
    conditions = (kustomization.get("status") or {}).get("conditions") or ()
    return next((each for each in conditions if each["type"] == "Ready"), {})


def _words(kustomization: dict[str, Any]) -> str:
    ready = _ready(kustomization)
    return f"Ready={ready.get('status', '?')} {ready.get('reason', '')}".strip()

"""Flux's kustomize-controller on a cluster without nodes, as a plain process.

In source-controller's place stands this module: it serves an archive, and tells of it by an ExternalArtifact,
which is Flux's contract for sources of others (RFC 0012).
"""

from __future__ import annotations

import functools
import hashlib
import http.server
import io
import json
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
_UNTOUCHED = {"unchanged", "skipped"}
_MERGE = "application/merge-patch+json"


@dataclass(frozen=True)
class Flux:
    """Flux, which keeps one application."""

    cluster: Cluster
    folder: Path
    url: str
    log: Path
    diary: Diary
    messages: Diary
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
        return Told(tried, rests and tried == applied, failed, _words(found), _message(found))

    def applied(self) -> int:
        """Return how many of its passes have written something."""
        return passes_that_wrote(self.log.read_text("utf-8"))

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


def passes_that_wrote(log: str) -> int:
    """Return how many passes of a log (JSON lines, with others between) have written something."""
    whole = log[: log.rfind("\n") + 1]
    lines = [json.loads(line) for line in whole.splitlines() if line.startswith("{")]
    passes = [each["output"] for each in lines if each.get("msg") == "server-side apply completed"]
    return sum(bool(set(done.values()) - _UNTOUCHED) for done in passes)


@contextmanager
def flux(cluster: Cluster, kubeconfig: Path, folder: Path) -> Iterator[Flux]:
    """Run it until the context ends, with the health checks of deploy/gitops; its log in `folder`."""
    _install(cluster, kubeconfig)
    program = built("flux", _MODULE, _CONTROLLER) / "kustomize-controller"
    command = ["env", f"KUBECONFIG={kubeconfig}", f"TMPDIR={folder}", str(program)]
    command += ["--feature-gates=ExternalArtifact=true", f"--metrics-addr=127.0.0.1:{free_port()}"]
    command += [f"--health-addr=127.0.0.1:{free_port()}", "--log-encoding=json"]
    archives, log = folder / "archives", folder / "kustomize-controller.log"
    archives.mkdir()
    with ExitStack() as stack:
        url = stack.enter_context(_serving(archives))
        stack.enter_context(child(command, log))
        words, messages = (Diary(cluster, _KUSTOMIZATIONS, told) for told in (_words, _message))
        stack.enter_context(words.kept())
        stack.enter_context(messages.kept())
        yield Flux(cluster, archives, url, log, words, messages)


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


def _message(kustomization: dict[str, Any]) -> str:
    return str(_ready(kustomization).get("message", ""))

"""`make gitops`: Argo CD keeps an application with Teal in Git through a whole rollout, on a real API server.

Each state is a commit. After each one Argo CD has to say Synced and Healthy at it, and to write nothing more.
Prints a transcript. No pod runs; what a kubelet reports, a thread does (`tools.local.light`).
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from kube.client import Cluster
from kube.errors import NotFoundError
from routing.kinds import DEPLOYMENTS, ROUTEMAPS, SERVICES, VIRTUAL_SERVICES, WEIGHT_OVERRIDES
from routing.routes import shares
from tools.gitops.application import NAMESPACE, routing, version, weights
from tools.gitops.argocd import RESYNC_SECONDS, ArgoCD, argocd
from tools.gitops.repository import Repository
from tools.local.light import light_cluster

if TYPE_CHECKING:
    from collections.abc import Callable

SECONDS = 70.0
RECONCILES = 5
_KEPT = (ROUTEMAPS, WEIGHT_OVERRIDES, VIRTUAL_SERVICES, DEPLOYMENTS, SERVICES)


class FightError(RuntimeError):
    """It did not come to rest, or did not stay there; the message has what was seen last."""


@dataclass(frozen=True)
class Story:
    """A rollout by commits."""

    cluster: Cluster
    kubeconfig: Path
    tool: ArgoCD
    repository: Repository

    def play(self) -> None:
        """Play it. Raises FightError."""
        first, second = version("httpbin-0"), version("httpbin-1")
        both = routing("httpbin-0", "httpbin-1")
        self._commit("init", [*first, *routing("httpbin-0")], {"httpbin-0": 100})
        self._commit("candidate", [*first, *second, *both], {"httpbin-0": 50, "httpbin-1": 50})
        changed = [*first, *second, *both, weights(httpbin_0=20, httpbin_1=80)]
        self._commit("weights", changed, {"httpbin-0": 20, "httpbin-1": 80})
        promoted = self._promoted()
        after = [promoted if item["kind"] == "Routemap" else item for item in both]
        self._commit("promote", [*first, *second, *after], shares_of(promoted))
        self._commit("prune", [*second, *routing("httpbin-1")], {"httpbin-1": 100})
        self._until("httpbin-0 is gone", lambda: self._names(DEPLOYMENTS) == {"httpbin-1"})
        self.tool.delete()
        self._until("all of it is gone", lambda: not any(self._names(kind) for kind in _KEPT))
        print("delete: every object has gone, the VirtualService with its Routemap", flush=True)

    def _commit(self, what: str, manifests: list[dict[str, Any]], split: dict[str, int]) -> None:
        begin = time.monotonic()
        commit = self.repository.commit(what, manifests)
        self.tool.refresh()
        wanted = ("Synced", "Healthy", commit, split)
        self._until(f"{what}: {wanted}", lambda: self._seen() == wanted, self._seen)
        took = time.monotonic() - begin
        print(f"{what}: {commit[:7]} Synced, Healthy, split {split} after {took:.1f} s", flush=True)
        self._stay(what)

    def _stay(self, what: str) -> None:
        """Hold that nobody writes while it looks again and again, and that it sees no difference."""
        before, seen, synced = self._versions(), set[str](), set[str]()

        def looked() -> bool:
            status = self.tool.status()
            seen.add(status["reconciledAt"])
            synced.add(status["sync"]["status"])
            return len(seen) > RECONCILES

        self._until(f"{what}: {RECONCILES} reconciles of {RESYNC_SECONDS} s", looked)
        written = {key for key, number in self._versions().items() if before.get(key) != number}
        if written or synced != {"Synced"}:
            raise FightError(f"{what}: written at rest: {written}; {synced}")
        print(
            f"  at rest: {RECONCILES} reconciles, 0 of {len(before)} objects written, always Synced",
            flush=True,
        )

    def _promoted(self) -> dict[str, Any]:
        """Return the Routemap that `teal promote -o yaml` says to commit."""
        command = [
            sys.executable,
            "-m",
            "cli",
            "promote",
            "httpbin",
            f"--namespace={NAMESPACE}",
            "--by-order",
        ]
        done = subprocess.run(
            [*command, "-o", "yaml"],
            env={**os.environ, "KUBECONFIG": str(self.kubeconfig)},
            capture_output=True,
            text=True,
            check=False,
        )
        print(f"$ teal promote httpbin --by-order -o yaml\n{done.stdout}{done.stderr}", flush=True)
        found = [item for item in yaml.safe_load_all(done.stdout) if item]
        spec = routing("httpbin-1", "httpbin-0")[1]
        return {**spec, "spec": {**spec["spec"], "versions": found[0]["spec"]["versions"]}}

    def _seen(self) -> tuple[Any, ...]:
        status = self.tool.status()
        sync, health = status.get("sync") or {}, status.get("health") or {}
        return (sync.get("status"), health.get("status"), sync.get("revision"), self._split())

    def _split(self) -> dict[str, int]:
        try:
            return dict(shares(self.cluster.get(VIRTUAL_SERVICES, NAMESPACE, "httpbin")))
        except NotFoundError:
            return {}

    def _items(self, kind: Any) -> list[dict[str, Any]]:
        return list(self.cluster.request("GET", kind.path(NAMESPACE))["items"])

    def _names(self, kind: Any) -> set[str]:
        return {item["metadata"]["name"] for item in self._items(kind)}

    def _versions(self) -> dict[str, str]:
        return {
            f"{kind.kind} {item['metadata']['name']}": item["metadata"]["resourceVersion"]
            for kind in _KEPT
            for item in self._items(kind)
        }

    def _until(self, what: str, holds: Callable[[], bool], seen: Callable[[], object] = lambda: "") -> None:
        end = time.monotonic() + SECONDS
        while not holds():
            if time.monotonic() > end:
                raise FightError(f"not within {SECONDS:.0f} s: {what}; {seen()} {self.tool.status()}")
            time.sleep(0.5)


def shares_of(routemap: dict[str, Any]) -> dict[str, int]:
    """Return the shares that a Routemap's own weights ask for."""
    listed = {each["name"]: each.get("weight", 50) for each in routemap["spec"]["versions"]}
    total = sum(listed.values())
    return {name: round(100 * weight / total) for name, weight in listed.items() if weight}


def main() -> int:
    """Play the story with both ways in which Argo CD compares; return the exit code."""
    for server_side in (True, False):
        print(f"== Argo CD, {'server-side diff' if server_side else 'its default diff'} ==", flush=True)
        with tempfile.TemporaryDirectory(prefix="teal-gitops-", ignore_cleanup_errors=True) as temporary:
            folder = Path(temporary)
            with (
                light_cluster(folder) as kubeconfig,
                argocd(Cluster(str(kubeconfig)), kubeconfig, folder) as tool,
            ):
                repository = Repository(folder / "shop")
                repository.commit("nothing yet", [])
                tool.manage(repository, server_side=server_side)
                try:
                    Story(Cluster(str(kubeconfig)), kubeconfig, tool, repository).play()
                except FightError as error:
                    print(f"make gitops: {error}", file=sys.stderr)
                    return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""What the chart's pods run, as processes with the chart's own accounts on a real API server."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import yaml

from tests.charts.helm import container, one
from tools.local.controlplane import free_port

if TYPE_CHECKING:
    from pathlib import Path

    from tests.charts.helm import Manifest
    from tests.charts.kubectl import Kubectl

HOOKS = {"wait": "Job", "test": "Pod", "uninstall": "Job"}


@dataclass(frozen=True)
class Pods:
    """The pods of a rendered release, and a folder for what they would have in theirs."""

    kubectl: Kubectl
    manifests: list[Manifest]
    name: str
    namespace: str
    folder: Path

    def reconciler(self) -> list[str]:
        """Return the command of the Deployment's reconciler, called replica."""
        return self._command(container(self.manifests, "reconciler")["command"], self.name)

    def hook(self, component: str) -> list[str]:
        """Make a hook's account with its rights, as Helm does, and return the hook's command."""
        kind, name = HOOKS[component], f"{self.name}-{component}"
        for manifest in self.manifests:
            if manifest["metadata"]["name"] == name and manifest["kind"] != kind:
                self.kubectl("apply", "-f-", manifest=manifest)
        owner = one(self.manifests, kind, name)
        (found,) = (owner if kind == "Pod" else owner["spec"]["template"])["spec"]["containers"]
        return self._command(found["command"], name)

    def run(self, component: str) -> str:
        """Run a hook, which has to succeed; return its log."""
        done = subprocess.run(self.hook(component), capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stderr

    def _command(self, written: list[str], account: str) -> list[str]:
        known = {
            "$(POD_NAMESPACE)": self.namespace,
            "$(POD_NAME)": "replica",
            "=/certificates": f"={self.folder}",
            "--port=8080": f"--port={free_port()}",
        }
        for placeholder, value in known.items():
            written = [part.replace(placeholder, value) for part in written]
        kubeconfig = token_kubeconfig(self.kubectl, self.namespace, account, self.folder)
        return [sys.executable, *written[1:], f"--kubeconfig={kubeconfig}"]


def token_kubeconfig(kubectl: Kubectl, namespace: str, name: str, folder: Path, pod: str = "") -> Path:
    """Write a kubeconfig of an account into a folder; return its path.

    With a `pod`, which has to be there, its token names that pod, as the one does that kubelet mounts.
    """
    bound = ("--bound-object-kind=Pod", f"--bound-object-name={pod}") if pod else ()
    token = kubectl("create", "token", name, f"--namespace={namespace}", *bound).strip()
    config = yaml.safe_load(kubectl.kubeconfig.read_text(encoding="utf-8"))
    config["users"][0]["user"] = {"token": token}
    path = folder / f"{pod or name}.kubeconfig"
    path.touch(mode=0o600)
    path.write_text(yaml.safe_dump(config), encoding="utf-8")
    return path

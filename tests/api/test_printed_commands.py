"""The charts' NOTES: every command that they print is run as printed, on a real API server.

Nothing runs pods here, so a test reports what kubelet and the job controller would.
"""

from __future__ import annotations

import json
import subprocess
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import pytest

from kube.client import Cluster
from kube.errors import NotFoundError, StaleError
from routing.kinds import Resource
from tests.api.stage import Stage
from tests.charts.helm import Helm
from tests.charts.kubectl import Kubectl
from tools.charts.repository import CHARTS
from tools.local.controlplane import control_plane
from tools.local.kinds import install_kinds
from tools.local.programs import programs

if TYPE_CHECKING:
    from collections.abc import Iterator

JOBS, PODS = Resource("batch/v1", "Job", "jobs"), Resource("v1", "Pod", "pods")
NOW = "2026-01-01T00:00:00Z"
SUCCEEDED = {
    "startTime": NOW,
    "completionTime": NOW,
    "succeeded": 1,
    "conditions": [
        {"type": kind, "status": "True", "lastTransitionTime": NOW}
        for kind in ("SuccessCriteriaMet", "Complete")
    ],
}


class Site:
    """An API server with the kinds, and the programs that a user has."""

    def __init__(self, helm: Helm, kubectl: Kubectl) -> None:
        self.helm = helm
        self.kubectl = kubectl
        self.cluster = Cluster(str(kubectl.kubeconfig))
        self._environment = {**helm.environment, "KUBECONFIG": str(kubectl.kubeconfig)}

    def shell(self, command: str) -> subprocess.CompletedProcess[str]:
        """Run a command as a user's shell does."""
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", command],
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def install(self, name: str, chart: str, values: dict[str, Any], namespace: str) -> list[str]:
        """Install a chart, its hooks left out; return the commands that Helm prints after it."""
        options = ("--namespace", namespace, "--create-namespace", "--no-hooks", "--values", "-")
        target = ("--kubeconfig", str(self.kubectl.kubeconfig))
        done = self.helm.run("install", name, CHARTS / chart, *options, *target, stdin=json.dumps(values))
        assert done.returncode == 0, done.stderr
        notes = done.stdout.partition("NOTES:\n")[2]
        return [line.strip() for line in notes.splitlines() if line.startswith("  ")]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    helm = Helm(programs() / "helm", tmp_path_factory.mktemp("helm"))
    with control_plane(tmp_path_factory.mktemp("plane"), ("--enable-aggregator-routing=true",)) as plane:
        install_kinds(plane.kubeconfig)
        yield Site(helm, Kubectl(programs() / "kubectl", plane.kubeconfig))


def nobody_waits(site: Site, name: str) -> None:
    """Have the release's webhooks, whom nobody serves here, fail open."""
    for kind in ("validatingwebhookconfiguration", "mutatingwebhookconfiguration"):
        ignored = [
            {"op": "replace", "path": f"/webhooks/{index}/failurePolicy", "value": "Ignore"}
            for index in (0, 1)
        ]
        site.kubectl("patch", f"{kind}/{name}", "--type=json", f"--patch={json.dumps(ignored)}")


@contextmanager
def hooks_succeed(site: Site, namespace: str) -> Iterator[None]:
    """Report every Job and Pod of a namespace as done, as long as this lasts."""
    ended = threading.Event()

    def report() -> None:
        stage = Stage(site.cluster, namespace, exists=True)
        while not ended.wait(0.1):
            for resource, status in ((PODS, {"phase": "Succeeded"}), (JOBS, SUCCEEDED)):
                for item in site.cluster.request("GET", resource.path(namespace))["items"]:
                    if not item["status"].get("succeeded") and item["status"].get("phase") != "Succeeded":
                        name = item["metadata"]["name"]
                        with suppress(NotFoundError, StaleError):  # Helm deletes its hooks
                            site.cluster.merge(resource, stage.namespace, name, {"status": status}, "status")

    thread = threading.Thread(target=report, name="hooks")
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


@pytest.mark.parametrize(
    ("release", "values", "namespace"),
    [("teal", {}, "teal-system"), ("here", {"clusterScoped": False}, "team-a")],
)
def test_every_command_that_the_chart_teal_prints_works(
    site: Site, release: str, values: dict[str, Any], namespace: str
) -> None:
    values = values | {"crds": {"enabled": False}}
    commands = site.install(release, "teal", values, namespace)
    name = release if "teal" in release else f"{release}-teal"
    nobody_waits(site, name)
    assert [command.split()[0] for command in commands] == ["kubectl"] * 3 + ["echo"] + ["kubectl"] * 2 + [
        "helm"
    ] * 2
    with hooks_succeed(site, namespace):
        for command in commands:
            done = site.shell(command)
            assert done.returncode == 0, f"{command}: {done.stderr}"
    where = "default" if values.get("clusterScoped", True) else namespace
    assert "httpbin" in site.kubectl("get", "routemap", "--namespace", where)
    assert (
        site.kubectl("get", "deployment", "--namespace", namespace, "--selector=app.kubernetes.io/name=teal")
        == ""
    )


@pytest.mark.parametrize("action", ["initialize", "modify-weights"])
def test_every_command_that_the_chart_routing_actions_prints_works(site: Site, action: str) -> None:
    commands = site.install(
        "routing", "routing-actions", {"appName": "shop", "action": action}, f"run-{action}"
    )
    assert [command.split()[0] for command in commands][-1] == "helm"
    for command in commands:
        done = site.shell(command)
        assert done.returncode == 0, f"{command}: {done.stderr}"
    for kind in ("routemap", "weightoverride", "service", "gateway"):
        assert site.kubectl("get", kind, "--namespace", f"run-{action}") == "", (
            f"{kind} left by helm uninstall"
        )

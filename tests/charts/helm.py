"""Helm as the tests run it: the real program, with a home of its own."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from tools.charts.repository import CHARTS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    Manifest = dict[str, Any]


@dataclass(frozen=True)
class Helm:
    """The program, and a folder for its caches."""

    program: Path
    home: Path

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs to find this Helm, and to keep its caches apart."""
        homes = {f"HELM_{name}_HOME": str(self.home) for name in ("CACHE", "CONFIG", "DATA")}
        return {**os.environ, **homes, "PATH": f"{self.program.parent}:{os.environ['PATH']}"}

    def run(self, *arguments: str | Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Run Helm to its end, whatever that is."""
        command = [str(self.program), *map(str, arguments)]
        environment = self.environment
        return subprocess.run(
            command, input=stdin, env=environment, capture_output=True, text=True, check=False
        )

    def render(
        self,
        chart: str,
        values: Mapping[str, Any] | None = None,
        *,
        release: str = "teal",
        namespace: str = "teal-system",
        api_versions: Sequence[str] = (),
    ) -> list[Manifest]:
        """Return the manifests of one of our charts, hooks included; these APIs, too, are served."""
        done = self._template(chart, values, release, namespace, api_versions)
        assert done.returncode == 0, done.stderr
        return [manifest for manifest in yaml.safe_load_all(done.stdout) if manifest]

    def refusal(self, chart: str, values: Mapping[str, Any]) -> str:
        """Return what Helm says about values that it refuses, without its preface."""
        done = self._template(chart, values, "teal", "teal-system")
        assert done.returncode != 0, done.stdout
        return done.stderr.strip().rpartition(f"\n{chart}:\n")[2]

    def complaints(
        self, values: Mapping[str, Any], namespace: str = "teal-system", chart: str = "teal"
    ) -> list[str]:
        """Return what a chart's own checks say of values, each complaint apart; none if it renders."""
        done = self._template(chart, values, "teal", namespace)
        if done.returncode == 0:
            return []
        said = done.stderr.partition("\n\nUse --debug")[0].splitlines()
        assert said[0].startswith(f"Error: execution error at ({chart}/templates/checks.yaml"), done.stderr
        return [line.removeprefix("- ") for line in said[1:]]

    def _template(
        self,
        chart: str,
        values: Mapping[str, Any] | None,
        release: str,
        namespace: str,
        api_versions: Sequence[str] = (),
    ) -> subprocess.CompletedProcess[str]:
        source = yaml.safe_dump(dict(values or {}))
        served = [part for version in api_versions for part in ("--api-versions", version)]
        arguments = ("template", release, CHARTS / chart, "--namespace", namespace, "--values", "-")
        return self.run(*arguments, *served, stdin=source)


def one(manifests: list[Manifest], kind: str, name: str = "teal") -> Manifest:
    """Return the only manifest of a kind and name."""
    found = [item for item in manifests if item["kind"] == kind and item["metadata"]["name"] == name]
    assert len(found) == 1, f"{len(found)} of {kind} {name}"
    return found[0]


def container(manifests: list[Manifest], name: str) -> Manifest:
    """Return a container of the Deployment, which has its release's name."""
    (deployment,) = (item for item in manifests if item["kind"] == "Deployment")
    containers: list[Manifest] = deployment["spec"]["template"]["spec"]["containers"]
    (found,) = (item for item in containers if item["name"] == name)
    return found

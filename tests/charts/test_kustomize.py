"""Teal's kinds under kustomize's transformers, by the configuration that users list."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from routing.reading.parse import parse_routemap, parse_weight_override
from tests.charts.helm import one
from tests.charts.manifests import deployment
from tests.charts.test_gitops_doc import example
from tests.charts.test_routing_actions import INITIALIZE, MODIFY, render
from tools.local.programs import programs

if TYPE_CHECKING:
    from tests.charts.helm import Helm, Manifest

CONFIGURATION = Path(__file__).parents[2] / "deploy" / "kustomize" / "teal.yaml"
RENAMED: dict[str, Any] = {"namePrefix": "dev-", "nameSuffix": "-eu", "namespace": "shop"}
CONFIGURED = {"configurations": [CONFIGURATION.name]}


def kustomize(folder: Path) -> list[Manifest]:
    """Return what `kubectl kustomize` makes of a folder."""
    command = [str(programs() / "kubectl"), "kustomize", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return list(yaml.safe_load_all(done.stdout))


def kustomization(folder: Path, resources: list[str], content: dict[str, Any]) -> Path:
    folder.mkdir(exist_ok=True)
    shutil.copy(CONFIGURATION, folder)
    (folder / "kustomization.yaml").write_text(yaml.safe_dump(content | {"resources": resources}))
    return folder


def service(name: str) -> Manifest:
    metadata = {"name": name, "namespace": "default"}
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": {"selector": {"app": name}}}


@pytest.fixture
def base(helm: Helm, tmp_path: Path) -> Path:
    """The routing of an application and its primary; the candidate is elsewhere."""
    folder = tmp_path / "base"
    objects = [*render(helm, INITIALIZE), *render(helm, MODIFY), deployment(), service("httpbin-0")]
    kustomization(folder, ["all.yaml"], {})
    (folder / "all.yaml").write_text(yaml.safe_dump_all(objects))
    return folder


def candidate(folder: Path, content: dict[str, Any]) -> list[Manifest]:
    """Return the candidate's objects, kept and renamed in a kustomization of their own."""
    kustomization(folder, ["candidate.yaml"], content)
    objects = [deployment(name="httpbin-1"), service("httpbin-1")]
    (folder / "candidate.yaml").write_text(yaml.safe_dump_all(objects))
    return kustomize(folder)


def named(manifests: list[Manifest], kind: str) -> set[str]:
    return {item["metadata"]["name"] for item in manifests if item["kind"] == kind}


def test_versions_are_renamed_as_their_deployments_and_services_are(base: Path) -> None:
    manifests = kustomize(kustomization(base.parent / "dev", ["../base"], RENAMED | CONFIGURED))
    later = candidate(base.parent / "candidate", RENAMED | CONFIGURED)
    routemap = parse_routemap(one(manifests, "Routemap", "dev-httpbin-eu"))
    override = parse_weight_override(one(manifests, "WeightOverride", "dev-httpbin-eu"))
    versions = {version.name for version in routemap.versions}
    assert versions == named(manifests + later, "Deployment") == {"dev-httpbin-0-eu", "dev-httpbin-1-eu"}
    assert versions <= named(manifests + later, "Service")
    assert set(override.weights) == versions


def test_hosts_and_gateways_follow_name_and_namespace(base: Path) -> None:
    manifests = kustomize(kustomization(base.parent / "dev", ["../base"], RENAMED | CONFIGURED))
    routemap = parse_routemap(one(manifests, "Routemap", "dev-httpbin-eu"))
    assert routemap.namespace == "shop"
    assert routemap.hosts[0] == "dev-httpbin-eu.shop"
    assert routemap.gateways == ("dev-httpbin-eu", "mesh")
    assert named(manifests, "Gateway") == {"dev-httpbin-eu"}
    assert {item["metadata"]["namespace"] for item in manifests} == {"shop"}


def test_prefixes_of_several_layers_add_up(base: Path) -> None:
    kustomization(base.parent / "dev", ["../base"], {"namePrefix": "dev-"} | CONFIGURED)
    manifests = kustomize(kustomization(base.parent / "eu", ["../dev"], {"namePrefix": "eu-"} | CONFIGURED))
    routemap = parse_routemap(one(manifests, "Routemap", "eu-dev-httpbin"))
    assert [version.name for version in routemap.versions] == ["eu-dev-httpbin-0", "eu-dev-httpbin-1"]
    assert routemap.gateways == ("eu-dev-httpbin", "mesh")
    assert named(manifests, "Deployment") == {"eu-dev-httpbin-0"}


def test_without_a_prefix_nothing_changes(base: Path) -> None:
    assert kustomize(kustomization(base.parent / "plain", ["../base"], CONFIGURED)) == kustomize(base)


def test_the_documented_kustomization_puts_the_gateways_hosts_right(base: Path) -> None:
    documented = example("Kustomization", "kustomize.config.k8s.io/")
    manifests = kustomize(kustomization(base.parent / "documented", documented["resources"], documented))
    routemap = parse_routemap(one(manifests, "Routemap", "dev-httpbin"))
    (server,) = one(manifests, "Gateway", "dev-httpbin")["spec"]["servers"]
    assert tuple(server["hosts"]) == routemap.hosts
    assert routemap.hosts[-1] == "dev-httpbin.shop.svc.cluster.local"


def test_without_the_configuration_the_routemap_would_name_versions_that_are_not_there(base: Path) -> None:
    manifests = kustomize(kustomization(base.parent / "bare", ["../base"], RENAMED))
    routemap = parse_routemap(one(manifests, "Routemap", "dev-httpbin-eu"))
    assert {version.name for version in routemap.versions} == {"httpbin-0", "httpbin-1"}

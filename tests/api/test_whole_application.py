"""A whole application is deleted, by kubectl or Helm, in any order: in one go, or the refusal says how."""

from __future__ import annotations

import itertools
import json
import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from routing import names
from tests.charts.helm import Helm
from tests.charts.kubectl import Kubectl
from tools.local.light import light_cluster
from tools.local.programs import programs

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator, Sequence

    from tests.charts.helm import Manifest

DEADLINE_SECONDS = 20.0
PARTS = ("deployment", "service", "routemap", "override")
OURS = "deployments,services,routemaps,weightoverrides"
REMEDY = (
    "shop-0 is the only ready version of Routemap shop, so deleting it would fail every request. "
    "Make another version ready first, delete the Routemap, or annotate with iter8.tools/allow-delete=true"
)
WARNING = (
    "Warning: requests stay with it until its Routemap goes, another is ready, or the deletion deadline ends"
)

ADVICE = (
    "if its Routemap is being deleted, too, run the same command again: then it goes",
    "to have all go at once, annotate Deployment and Service with iter8.tools/allow-delete=with-routemap",
)


def application(annotations: dict[str, str]) -> dict[str, Manifest]:
    metadata = {"name": "shop-0", "labels": {names.WATCH: "true"}, "annotations": annotations}
    container = {
        "name": "shop",
        "image": "shop",
        "ports": [{"containerPort": 80}],
        "readinessProbe": {"tcpSocket": {"port": 80}},
    }
    pods = {"metadata": {"labels": {"app": "shop"}}, "spec": {"containers": [container]}}
    listed = [{"name": "shop-0"}, {"name": "shop-1"}]
    own = {"apiVersion": names.API_VERSION, "metadata": {"name": "shop"}}
    return {
        "deployment": {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": metadata,
            "spec": {"replicas": 1, "selector": {"matchLabels": {"app": "shop"}}, "template": pods},
        },
        "service": {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": metadata,
            "spec": {"selector": {"app": "shop"}, "ports": [{"port": 80}]},
        },
        "routemap": {**own, "kind": "Routemap", "spec": {"versions": listed, "hosts": ["shop-0"]}},
        "override": {
            **own,
            "kind": "WeightOverride",
            "spec": {"weights": [{"version": "shop-0", "weight": 9}]},
        },
    }


@dataclass(frozen=True)
class Site:
    """A namespace, and the programs that its user has."""

    kubectl: Kubectl
    helm: Helm
    namespace: str

    def run(self, *arguments: str, manifest: Any = None) -> subprocess.CompletedProcess[str]:
        return self.kubectl.run(*arguments, f"--namespace={self.namespace}", manifest=manifest)

    def release(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        place = ("--namespace", self.namespace, "--kubeconfig", self.kubectl.kubeconfig)
        return self.helm.run(*arguments, *place)

    def left(self, kinds: str = OURS) -> list[str]:
        """Return what is there of some kinds."""
        return self.run("get", kinds, "-oname").stdout.split()

    def routed(self) -> None:
        """Wait until all requests go to the only version, and it is protected."""
        done = self.run("wait", "--for=condition=Ready", "routemap/shop", "--timeout=60s")
        assert done.returncode == 0, done.stderr
        self.until(lambda: names.PROTECTED in self.run("get", "services", "-ojson").stdout, "it is protected")

    def until(self, holds: Any, want: str) -> None:
        end = time.monotonic() + DEADLINE_SECONDS
        while not holds():
            assert time.monotonic() < end, f"not within {DEADLINE_SECONDS} s: {want}"
            time.sleep(0.1)


@pytest.fixture(scope="module")
def helm(tmp_path_factory: pytest.TempPathFactory) -> Helm:
    return Helm(programs() / "helm", tmp_path_factory.mktemp("helm"))


@pytest.fixture(scope="module")
def kubectl(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kubectl]:
    """A cluster with Teal, and with the controllers that collect what has no owner any more."""
    with light_cluster(tmp_path_factory.mktemp("light")) as kubeconfig:
        yield Kubectl(programs() / "kubectl", kubeconfig)


@pytest.fixture
def site(kubectl: Kubectl, helm: Helm) -> Site:
    name = f"whole-{uuid.uuid4().hex[:8]}"
    kubectl("create", "namespace", name)
    return Site(kubectl, helm, name)


def listed(parts: Sequence[str], annotations: dict[str, str]) -> Manifest:
    """Return the parts as kubectl is given those of a folder, in the order of its files."""
    made = application(annotations)
    return {"apiVersion": "v1", "kind": "List", "items": [made[part] for part in parts]}


def deleted(site: Site, parts: Sequence[str], annotations: dict[str, str]) -> Any:
    """Apply the parts, delete them in their order, and return what kubectl said."""
    folder = listed(parts, annotations)
    assert site.run("apply", "-f-", manifest=folder).returncode == 0
    site.routed()
    return delete(site, folder)


def delete(site: Site, folder: Manifest) -> Any:
    # An override goes with its Routemap, by garbage collection, and may be gone when its turn comes.
    return site.run("delete", "-f-", "--ignore-not-found", "--timeout=60s", manifest=folder)


ORDERS = [*itertools.permutations(PARTS)]
WITH_ROUTEMAP = {names.ALLOW_DELETE: names.WITH_ROUTEMAP}


@pytest.mark.parametrize("order", ORDERS[::5], ids="-".join)
def test_in_any_order_it_goes_or_the_refusal_names_what_lets_it_go(
    site: Site, order: tuple[str, ...]
) -> None:
    done = deleted(site, order, {})
    if done.returncode:
        assert done.stderr.count("denied the request") == done.stderr.count(REMEDY) > 0, done.stderr
        again = delete(site, listed(order, {}))
        assert again.returncode == 0, again.stderr
    assert site.left() == []
    site.until(lambda: site.left("virtualservices") == [], "the VirtualService goes after its Routemap")


@pytest.mark.parametrize("order", ORDERS[1::5], ids="-".join)
def test_what_goes_with_its_routemap_goes_in_one_go_in_any_order(site: Site, order: tuple[str, ...]) -> None:
    done = deleted(site, order, WITH_ROUTEMAP)
    assert done.returncode == 0, done.stderr
    assert site.left() == []


def test_alone_it_is_held_while_its_routemap_stays(site: Site) -> None:
    site.run("apply", "-f-", manifest=listed(PARTS, WITH_ROUTEMAP))
    site.routed()
    done = site.run("delete", "deployment/shop-0", "service/shop-0", "--wait=false")
    assert done.returncode == 0, done.stderr
    assert done.stderr.splitlines() == [WARNING], "kubectl tells each once"
    held = "--for=jsonpath={.status.conditions[?(@.type=='Ready')].reason}=Held"
    assert site.run("wait", held, "routemap/shop", "--timeout=20s").returncode == 0
    assert site.left("deployments,services") == ["deployment.apps/shop-0", "service/shop-0"]
    assert site.run("delete", "routemap", "shop", "--timeout=20s").returncode == 0
    site.until(lambda: site.left() == [], "all goes")


@pytest.fixture
def install(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Install the application as a chart of its own."""

    def installed(annotations: dict[str, str]) -> None:
        chart = tmp_path_factory.mktemp("chart")
        (chart / "templates").mkdir()
        (chart / "Chart.yaml").write_text("{apiVersion: v2, name: shop, version: 0.1.0}")
        for part, manifest in application(annotations).items():
            (chart / "templates" / f"{part}.yaml").write_text(json.dumps(manifest))
        done = site.release("install", "shop", str(chart))
        assert done.returncode == 0, done.stderr
        site.routed()

    return installed


def test_helm_uninstalls_in_one_go_what_goes_with_its_routemap(site: Site, install: Any) -> None:
    install(WITH_ROUTEMAP)
    done = site.release("uninstall", "shop")
    assert done.returncode == 0, done.stderr
    site.until(lambda: site.left() == [], "all goes")


def test_otherwise_helm_has_to_be_asked_twice(site: Site, install: Any) -> None:
    """Helm 4 keeps Teal's reason to itself, and prints its warnings, which say what to do."""
    install({})
    done = site.release("uninstall", "shop")
    assert done.returncode != 0
    print(done.stderr)
    assert "failed to delete release: shop" in done.stderr
    for line in ADVICE:
        assert line in done.stderr
    again = site.release("uninstall", "shop")
    assert again.returncode == 0, again.stderr
    site.until(lambda: site.left() == [], "all goes")

"""Teal and its hooks as processes with the chart's own accounts: they use each right, and no other.

What they ask for is read from the API server's audit log, after a rollout and all that Helm runs around it.
"""

from __future__ import annotations

import json
import subprocess
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from kube.client import Cluster
from routing import names
from routing.kinds import (
    DEPLOYMENTS,
    GRPC_ROUTES,
    HTTP_ROUTES,
    LEASES,
    REPLICA_SETS,
    ROUTEMAPS,
    SECRETS,
    SERVICES,
    VIRTUAL_SERVICES,
)
from routing.reading.times import timestamp
from tests.api import foreign, rights
from tests.api.accounts import Pods
from tests.api.stage import Stage
from tests.charts.helm import Helm
from tests.charts.kubectl import Kubectl
from tests.charts.manifests import replica_set
from tools.charts.repository import CHARTS
from tools.local.controlplane import control_plane
from tools.local.kinds import install_kinds
from tools.local.programs import programs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BOTH = {"httpbin-0": 50, "httpbin-1": 50}
DECISION = "authorization.k8s.io/decision"
MERGE = "application/merge-patch+json"
CERT_MANAGER = {"enabled": True}
MODES: dict[str, dict[str, Any]] = {
    "teal": {"clusterScoped": True},
    "teal-here": {"clusterScoped": False},
    "teal-issued": {"clusterScoped": True, "certManager": CERT_MANAGER},
    "teal-issued-here": {"clusterScoped": False, "certManager": CERT_MANAGER},
}
REFUSAL = "spec.versions: refused by a policy that stands for the webhook, which is not run here"


@dataclass(frozen=True)
class Site:
    """An API server that logs what it is asked for, and where the log is."""

    helm: Helm
    kubectl: Kubectl
    log: Path


@dataclass(frozen=True)
class Release:
    """A release of the chart on it; Teal runs as a process with the account of its own."""

    site: Site
    pods: Pods
    stage: Stage

    def requests(self) -> list[dict[str, Any]]:
        """Return what the release's accounts have asked for."""
        prefix = f"system:serviceaccount:{self.pods.namespace}:{self.pods.name}"
        return [
            event for event in rights.events(self.site.log) if event["user"]["username"].startswith(prefix)
        ]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    log = tmp_path_factory.mktemp("audit")
    flags = ("--enable-aggregator-routing=true", *rights.flags(log))
    with control_plane(tmp_path_factory.mktemp("plane"), flags) as plane:
        install_kinds(plane.kubeconfig)
        kubectl = Kubectl(programs() / "kubectl", plane.kubeconfig)
        kubectl("apply", "--server-side", *foreign.files())
        stand_in(kubectl)
        yield Site(Helm(programs() / "helm", tmp_path_factory.mktemp("helm")), kubectl, log)


def stand_in(kubectl: Kubectl) -> None:
    """Refuse in the webhook's place what the job that waits for admission asks for."""
    rule = {"apiGroups": ["iter8.tools"], "apiVersions": ["*"], "resources": ["*"], "operations": ["CREATE"]}
    spec = {
        "matchConstraints": {"resourceRules": [rule]},
        "validations": [{"expression": "object.metadata.name != 'teal-wait'", "message": REFUSAL}],
    }
    kind = {"apiVersion": "admissionregistration.k8s.io/v1", "metadata": {"name": "stand-in"}}
    kubectl("create", "-f-", manifest={**kind, "kind": "ValidatingAdmissionPolicy", "spec": spec})
    bound = {"policyName": "stand-in", "validationActions": ["Deny"]}
    kubectl("create", "-f-", manifest={**kind, "kind": "ValidatingAdmissionPolicyBinding", "spec": bound})


@contextmanager
def installed(site: Site, name: str, folder: Path, mode: dict[str, Any]) -> Iterator[Release]:
    """Install the chart, without hooks and with webhooks that nobody waits for, and run a replica."""
    namespace = f"{name}-system"
    values = mode | {"crds": {"enabled": False}}
    options = ("--namespace", namespace, "--create-namespace", "--no-hooks", "--values", "-")
    arguments = ("install", name, CHARTS / "teal", *options, "--kubeconfig", site.kubectl.kubeconfig)
    done = site.helm.run(*arguments, stdin=json.dumps(values))
    assert done.returncode == 0, done.stderr
    for kind in ("validatingwebhookconfiguration", "mutatingwebhookconfiguration"):
        ignored = [
            {"op": "replace", "path": f"/webhooks/{index}/failurePolicy", "value": "Ignore"}
            for index in range(2)
        ]
        site.kubectl("patch", f"{kind}/{name}", "--type=json", f"--patch={json.dumps(ignored)}")
    cluster = Cluster(str(site.kubectl.kubeconfig))
    lease = Stage(cluster, namespace, exists=True)
    stage = Stage(cluster, f"{name}-applications") if mode["clusterScoped"] else lease
    manifests = site.helm.render(
        "teal", values, release=name, namespace=namespace, api_versions=foreign.SERVED
    )
    release = Release(site, Pods(site.kubectl, manifests, name, namespace, folder), stage)
    with ExitStack() as stack:
        process = subprocess.Popen(release.pods.reconciler())
        stack.callback(process.wait)
        stack.callback(process.terminate)
        stage.until(
            "replica", lambda: (lease.get(LEASES, name) or {"spec": {}})["spec"].get("holderIdentity")
        )
        yield release
        process.terminate()
        assert process.wait(timeout=60) == 0


def roll_out(stage: Stage) -> None:
    """By each router; have a candidate come, get other weights, and leave by each way that takes a right."""
    stage.version("httpbin-0")
    stage.version("httpbin-1")
    stage.routemap(drainSeconds=1)
    stage.until(BOTH, stage.split)
    stage.override(20, 80)
    stage.until({"httpbin-0": 20, "httpbin-1": 80}, stage.split)
    unlabelled = {"metadata": {"labels": {names.WATCH: None}}}
    for resource in (DEPLOYMENTS, SERVICES):
        path = resource.path(stage.namespace, "httpbin-1")
        stage.cluster.request("PATCH", path, unlabelled, content_type=MERGE)
    stage.until({"httpbin-0": 100}, stage.split)
    stage.until([], lambda: stage.finalizers(DEPLOYMENTS, "httpbin-1"))
    stage.version("shop-0")
    stage.routemap("shop", router="HTTPRoute", port=80)
    stage.until(True, lambda: stage.get(HTTP_ROUTES, "shop") is not None)
    stage.version("cart-0")
    stage.routemap("cart", router="GRPCRoute", port=80)
    stage.until(True, lambda: stage.get(GRPC_ROUTES, "cart") is not None)
    # One that is not there, and whose Service is, may be of any kind. What clients call is not there.
    stage.stateful_version("data-0")
    stage.service("data-1")
    stage.routemap("data", hosts=["data-of-clients"])
    stage.until("data-0=100", partial(split_of, stage, "data"))


def copy_to_replica_set(stage: Stage) -> None:
    """Copy the primary's annotations, as Kubernetes does."""
    stage.until(True, lambda: "annotations" in (stage.get(DEPLOYMENTS, "httpbin-0") or {})["metadata"])
    stage.cluster.create(REPLICA_SETS, replica_set(stage.get(DEPLOYMENTS, "httpbin-0") or {}))


def split_of(stage: Stage, name: str) -> str | None:
    return stage.status(name).get("split")


ROUTES = {"left": VIRTUAL_SERVICES, "gone": HTTP_ROUTES, "ended": GRPC_ROUTES}


def routes_of_deleted(stage: Stage) -> list[dict[str, Any]]:
    """Have Routemaps be made and deleted; return a route of each kind as they outlive them."""
    found = []
    for name, resource in ROUTES.items():
        stage.version(f"{name}-0")
        versions = [{"name": f"{name}-0", "weight": 1}]
        stage.routemap(name, router=resource.kind, port=80, versions=versions)
        stage.until(f"{name}-0=100", partial(split_of, stage, name))
        found.append(as_left(stage.get(resource, name) or {}))
    for name in ROUTES:
        stage.delete(ROUTEMAPS, name)
        stage.until(None, partial(stage.get, ROUTEMAPS, name))
    return found


def as_left(route: dict[str, Any]) -> dict[str, Any]:
    """Return a router's object as its Routemap leaves it, to be made anew."""
    metadata = route["metadata"]
    kept = {key: metadata[key] for key in ("name", "namespace", "labels")}
    left = f"{timestamp(time.time())} {metadata['ownerReferences'][0]['uid']}"
    return {**route, "metadata": {**kept, "annotations": {names.LEFT: left}}}


def spoil_the_authority(release: Release) -> None:
    """Have the CA's Secret hold garbage, and wait until it does not."""
    namespace, name = release.pods.namespace, f"{release.pods.name}-ca"
    own = Stage(release.stage.cluster, namespace, exists=True)
    own.until(True, lambda: own.get(SECRETS, name) is not None)
    path = SECRETS.path(namespace, name)
    release.stage.cluster.request("PATCH", path, {"data": {"tls.key": "AAAA"}}, content_type=MERGE)
    own.until(False, lambda: (own.get(SECRETS, name) or {})["data"]["tls.key"] == "AAAA", seconds=120)


@pytest.mark.parametrize("name", MODES)
def test_every_right_is_used_and_nothing_else_is_asked_for(site: Site, tmp_path: Path, name: str) -> None:
    with installed(site, name, tmp_path, MODES[name]) as release:
        roll_out(release.stage)
        copy_to_replica_set(release.stage)
        if not MODES[name].get("certManager"):
            spoil_the_authority(release)
        release.pods.run("wait")
        left = routes_of_deleted(release.stage)
        assert '"event": "leader", "replica": "replica"' in release.pods.run("test")
    # The reconciler gives such ones back within seconds; here they are there when it has gone.
    for route, (left_name, resource) in zip(left, ROUTES.items(), strict=True):
        release.stage.delete(resource, left_name)
        release.stage.cluster.create(resource, route)
    log = release.pods.run("uninstall")
    requests = release.requests()
    assert [event for event in requests if event["annotations"][DECISION] != "allow"] == []
    used = {right for event in requests for right in rights.used(event)}
    granted = rights.granted(release.pods.manifests)
    assert sorted(need for need in used if not any(right.covers(need) for right in granted)) == []
    assert sorted(right for right in granted if not any(right.covers(need) for need in used)) == []
    print(f"{len(granted)} rights, all used, by {len(requests)} requests; the last job: {log}")


def test_a_namespaced_install_touches_nothing_of_another_namespace(site: Site, tmp_path: Path) -> None:
    with installed(site, "teal-alone", tmp_path, MODES["teal-here"]) as release:
        other = Stage(release.stage.cluster, "not-looked-after")
        for stage in (other, release.stage):
            stage.version("httpbin-0")
            stage.routemap()
        release.stage.until({"httpbin-0": 100}, release.stage.split)
        release.stage.until(True, lambda: bool(release.stage.status().get("split")))
    release.pods.run("uninstall")
    assert other.get(VIRTUAL_SERVICES, "httpbin") is None
    assert other.finalizers(DEPLOYMENTS, "httpbin-0") == []
    assert other.finalizers(ROUTEMAPS, "httpbin") == []
    asked = {event["objectRef"].get("namespace", "") for event in release.requests()}
    assert asked == {release.pods.namespace, ""}
    outside = [event for event in release.requests() if "namespace" not in event["objectRef"]]
    assert {event["objectRef"]["apiGroup"] for event in outside} == {"admissionregistration.k8s.io"}

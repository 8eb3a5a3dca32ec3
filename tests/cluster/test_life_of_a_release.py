"""A release on the real cluster from install to uninstall and back, under load: none lost, none left."""

from __future__ import annotations

import json
import subprocess
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.request import urlopen

import pytest

from dashboard.app import HEADERS
from tests.cluster.conftest import OURS, ROLLED_OUT, TEAL, Shell, clean, load
from tests.cluster.test_admission_stays import admissions
from tools.local.controlplane import free_port
from tools.tutorial import steps

if TYPE_CHECKING:
    from collections.abc import Iterator

STEPS = {step.name: step for step in steps()}
BOTH = {"httpbin-0": 50, "httpbin-1": 50}
INSTANCE = "app.kubernetes.io/instance"
TOLD = {"events", "events.events.k8s.io", "apiservices.apiregistration.k8s.io"}
"""What Kubernetes itself makes: Events also of what has gone, an APIService for each CRD."""
KINDS = "kubectl delete crd routemaps.iter8.tools weightoverrides.iter8.tools --timeout=60s"
LET_IN = ("a wrong Routemap was let in", 'routemaps.iter8.tools "httpbin" already exists')
"""What is said of a wrong Routemap once nobody is asked any more: by then there is one of its name."""
WRONG = """
apiVersion: iter8.tools/v1alpha1
kind: Routemap
metadata: {name: wrong, namespace: default}
spec: {versions: []}
"""


@pytest.fixture(scope="module", autouse=True)
def others(shell: Shell) -> Iterator[frozenset[str]]:
    """Teal just installed for the first time, and a candidate in the split; what else is called teal.

    The local cluster's node is.
    """
    clean(shell)
    shell.run(f"{KINDS} --ignore-not-found")
    found = frozenset(named(shell))
    begin = time.monotonic()
    shell.run(STEPS["install"].command(shell.charts))
    print(f"helm install --wait: {time.monotonic() - begin:.1f} s")
    refused = shell.attempt("kubectl create -f -", WRONG).stderr
    assert "spec.versions: nothing is listed" in refused, "admission works as soon as Helm returns"
    for name in ("deploy-primary", "initialize", "deploy-candidate"):
        shell.run(STEPS[name].command(shell.charts))
    shell.until(BOTH, shell.split, 120)
    yield found
    shell.attempt("kubectl delete deployment/httpbin-1 service/httpbin-1 --ignore-not-found --timeout=60s")
    clean(shell)


def route(shell: Shell) -> dict[str, Any]:
    """Return the VirtualService; its resourceVersion tells whether anybody wrote."""
    return dict(json.loads(shell.run("kubectl get virtualservice httpbin -o json")))


def bundles(shell: Shell) -> set[str]:
    """Return the authorities that the API server trusts as Teal's."""
    kinds = "validatingwebhookconfiguration/teal mutatingwebhookconfiguration/teal"
    found = json.loads(shell.run(f"kubectl get {kinds} -o json"))["items"]
    return {webhook["clientConfig"]["caBundle"] for item in found for webhook in item["webhooks"]}


@contextmanager
def untouched(shell: Shell, sleep: str) -> Iterator[None]:
    """Hold that what is done meanwhile costs no request, no admission, no write of a route or a bundle."""
    before = route(shell), bundles(shell)
    begin = time.monotonic()
    with load(shell, sleep) as traffic, admissions(shell) as asked:
        yield
        took = time.monotonic() - begin
        shell.run(ROLLED_OUT)
        shell.until(2, lambda: len(shell.run(f"{TEAL} get pods -l {OURS} -o name").split()), 120)
    print(
        f"{took:.1f} s; {asked.count} admissions, {len(asked.failures)} failed; "
        f"{traffic.requests} requests, {len(traffic.failures)} failed"
    )
    assert asked.failures == []
    assert traffic.failures == []
    assert traffic.versions == {"httpbin-0", "httpbin-1"}
    assert (route(shell), bundles(shell)) == before


def test_an_upgrade_loses_no_admission_and_changes_no_route(shell: Shell, sleep: str) -> None:
    """From the same chart with other values: there is no earlier release yet."""
    with untouched(shell, sleep):
        options = "--namespace teal-system --set logLevel=debug --set dashboard.enabled=true --wait"
        shell.run(f"helm upgrade --repo {shell.charts} teal teal {options}")
    assert "--log-level=debug" in shell.run(f"{TEAL} get deployment teal -o json")


@contextmanager
def forwarded(shell: Shell) -> Iterator[str]:
    """Give the address of the dashboard's page, as long as its port is forwarded to this machine."""
    port = free_port()
    command = f"exec {TEAL} port-forward deployment/teal-dashboard {port}:8090"
    with subprocess.Popen(
        ["bash", "-c", command], env=shell.environment, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline().startswith("Forwarding from 127.0.0.1")
            yield f"http://127.0.0.1:{port}/"
        finally:
            process.terminate()


def listed(address: str) -> set[str]:
    """Return the applications that a page hears of first."""
    with urlopen(f"{address}api/stream", timeout=60) as stream:  # noqa: S310 - http, as above
        return {row["id"] for row in json.loads(stream.readline().removeprefix(b"data: "))["rows"]}


def test_the_page_in_the_cluster_is_shown_to_who_may_forward_its_port(shell: Shell) -> None:
    with forwarded(shell) as address:
        with urlopen(address, timeout=60) as page:  # noqa: S310 - http, as above
            assert page.headers["Content-Security-Policy"] == HEADERS["Content-Security-Policy"]
            assert b"<title>" in page.read()
        shell.until(True, lambda: "default/httpbin" in listed(address))
        with urlopen(f"{address}api/applications/default/httpbin", timeout=60) as told:  # noqa: S310
            assert json.load(told)["split"] == "httpbin-0=50 httpbin-1=50"


@pytest.mark.parametrize(
    ("verb", "may"), [("watch", "yes"), ("patch", "no"), ("delete", "no"), ("create", "no")]
)
def test_the_pages_account_reads_and_no_more(shell: Shell, verb: str, may: str) -> None:
    account = "--as=system:serviceaccount:teal-system:teal-dashboard"
    said = shell.attempt(f"kubectl auth can-i {verb} routemaps.iter8.tools --all-namespaces {account}")
    assert said.stdout.split() == [may]


def test_a_rollback_loses_no_admission_and_changes_no_route(shell: Shell, sleep: str) -> None:
    with untouched(shell, sleep):
        shell.run("helm rollback teal 1 --namespace teal-system --wait")
    assert "--log-level=info" in shell.run(f"{TEAL} get deployment teal -o json")


def helm_test(shell: Shell) -> None:
    # Helm puts the pod's log into a line of its own log, quoted, to standard error.
    printed = shell.run("helm test teal --namespace teal-system 2>&1").replace('\\"', '"')
    leader = shell.run(f"{TEAL} get lease teal -o jsonpath={{.spec.holderIdentity}}")
    assert '"event": "admission works"' in printed
    assert f'"event": "leader", "replica": "{leader}"' in printed
    assert leader.startswith("teal-")


def test_helm_test_tells_who_leads(shell: Shell) -> None:
    helm_test(shell)


def named(shell: Shell) -> list[str]:
    """Return all that seems Teal's in the cluster, of whatever kind: by name, label, key or finalizer."""
    kinds = shell.run("kubectl api-resources --verbs=list --output=name").split()
    listed = ",".join(sorted(set(kinds) - TOLD))
    items = json.loads(shell.run(f"kubectl get {listed} --all-namespaces --output=json"))["items"]
    return sorted(_place(item) for item in items if _is_ours(item))


def _place(item: dict[str, Any]) -> str:
    where = item["metadata"].get("namespace")
    return " ".join(filter(None, (item["kind"], where, item["metadata"]["name"])))


def _is_ours(item: dict[str, Any]) -> bool:
    metadata = item["metadata"]
    if item["kind"] == "Namespace":
        return False  # Helm made it at the user's wish, --create-namespace, and leaves it
    keys = [*metadata.get("annotations", ()), *metadata.get("finalizers", ())]
    return (
        metadata["name"].partition(".")[0].split("-")[0] == "teal"
        or metadata["name"].startswith("sh.helm.release.v1.teal.")
        or metadata.get("labels", {}).get(INSTANCE) == "teal"
        or item["apiVersion"].startswith("iter8.tools/")
        or any(key.startswith("iter8.tools/") for key in keys)
        or metadata["name"].endswith(".iter8.tools")
        or any(owner["kind"] == "Routemap" for owner in metadata.get("ownerReferences", ()))
    )


def left(shell: Shell, others: frozenset[str]) -> list[str]:
    return [name for name in named(shell) if name not in others]


STAYS = [
    "CustomResourceDefinition routemaps.iter8.tools",
    "CustomResourceDefinition weightoverrides.iter8.tools",
    "Routemap default httpbin",
    "VirtualService default httpbin",
]


def test_an_uninstall_costs_no_request_refuses_nobody_and_leaves_the_routes_alone(
    shell: Shell, sleep: str, others: frozenset[str]
) -> None:
    before = route(shell)
    begin = time.monotonic()
    with load(shell, sleep) as traffic, admissions(shell) as asked:
        shell.run("helm uninstall teal --namespace teal-system --wait")
        took = time.monotonic() - begin
        shell.until(STAYS, lambda: left(shell, others), 120)
    refused = [failure for failure in asked.failures if not failure.endswith(LET_IN)]
    print(
        f"helm uninstall --wait: {took:.1f} s; {asked.count} admissions, {len(refused)} failed; "
        f"{traffic.requests} requests, {len(traffic.failures)} failed; left: {STAYS}"
    )
    assert refused == []
    assert traffic.failures == []
    assert traffic.versions == {"httpbin-0", "httpbin-1"}
    assert route(shell) == before
    assert shell.run("kubectl get routemap httpbin -o jsonpath={.metadata.finalizers}") == ""


def test_installed_again_it_goes_on_with_what_is_there(shell: Shell) -> None:
    before = route(shell)
    shell.run(STEPS["install"].command(shell.charts))
    shell.run("kubectl wait --for=condition=Ready routemap/httpbin --timeout=120s")
    helm_test(shell)
    assert route(shell) == before
    marked = "kubectl get deployment httpbin-1 -o jsonpath={.metadata.finalizers}"
    shell.until('["iter8.tools/drain"]', lambda: shell.run(marked), 60)


def test_after_an_uninstall_and_without_the_kinds_nothing_is_left(
    shell: Shell, others: frozenset[str]
) -> None:
    shell.run("helm uninstall teal --namespace teal-system")
    shell.until(STAYS, lambda: left(shell, others), 120)
    shell.run(KINDS)
    shell.until([], lambda: left(shell, others), 120)

"""`initialize` for an application that runs already and has a Service of its own: it keeps its pods."""

from __future__ import annotations

import json
import time
import uuid
from typing import TYPE_CHECKING, Any

import pytest

from tests.charts.helm import Helm
from tests.charts.kubectl import Kubectl
from tools.charts.repository import CHARTS
from tools.local.controlplane import control_plane
from tools.local.kinds import install_kinds
from tools.local.programs import programs

if TYPE_CHECKING:
    from collections.abc import Iterator

INITIALIZE = {"appName": "pay", "action": "initialize"}
BROUGHT_IN = INITIALIZE | {"appVersions": [{"name": "pay"}, {"name": "pay-next"}]}
DEADLINE_SECONDS = 60.0
SAID = (
    "appName: a Service pay is there already (%s), and its callers would be sent to the ingress gateway "
    "instead; if it is the application that runs, have it be the first version by "
    "appVersions: [{name: pay}, {name: pay-next}], with which no Service is rendered, "
    "else use another appName"
)
REFUSAL = (
    "Service pay (type ClusterIP) would be taken from its pods, and its callers sent to the ingress gateway "
    "instead. If it is the application that runs, have it be the first version: "
    "appVersions: [{name: pay}, {name: pay-next}]; else use another appName"
)


@pytest.fixture(scope="module")
def helm(tmp_path_factory: pytest.TempPathFactory) -> Helm:
    return Helm(programs() / "helm", tmp_path_factory.mktemp("helm"))


@pytest.fixture(scope="module")
def kubectl(helm: Helm, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kubectl]:
    """An API server with the kinds, and the policy of the chart teal that this is about."""
    with control_plane(tmp_path_factory.mktemp("plane")) as plane:
        install_kinds(plane.kubeconfig)
        kubectl = Kubectl(programs() / "kubectl", plane.kubeconfig)
        for manifest in helm.render("teal"):
            if manifest["metadata"]["name"] == "teal-services":
                kubectl("apply", "-f-", manifest=manifest)
        yield kubectl


@pytest.fixture
def namespace(kubectl: Kubectl) -> str:
    """A namespace in which `pay` runs."""
    name = f"run-{uuid.uuid4().hex[:8]}"
    kubectl("create", "namespace", name)
    kubectl("create", "service", "clusterip", "pay", "--tcp=80:8080", f"--namespace={name}")
    return name


def run(
    helm: Helm, kubectl: Kubectl, command: tuple[str, ...], namespace: str, values: dict[str, Any]
) -> Any:
    options = ("--namespace", namespace, "--values", "-", "--kubeconfig", kubectl.kubeconfig)
    return helm.run(*command, "routing", CHARTS / "routing-actions", *options, stdin=json.dumps(values))


def service(kubectl: Kubectl, namespace: str) -> dict[str, Any]:
    return dict(json.loads(kubectl("get", "service/pay", f"--namespace={namespace}", "-ojson"))["spec"])


ASKING = [("install",), ("upgrade", "--install"), ("template", "--dry-run=server")]


@pytest.mark.parametrize("command", ASKING, ids=" ".join)
def test_helm_refuses_where_it_asks_the_cluster(
    helm: Helm, kubectl: Kubectl, namespace: str, command: tuple[str, ...]
) -> None:
    before = service(kubectl, namespace)
    done = run(helm, kubectl, command, namespace, INITIALIZE)
    assert done.returncode != 0
    assert f"\n- {SAID % 'type ClusterIP'}\n" in done.stderr
    assert service(kubectl, namespace) == before


@pytest.mark.parametrize("command", ASKING, ids=" ".join)
def test_the_running_application_is_brought_in_as_the_first_version(
    helm: Helm, kubectl: Kubectl, namespace: str, command: tuple[str, ...]
) -> None:
    before = service(kubectl, namespace)
    done = run(helm, kubectl, command, namespace, BROUGHT_IN)
    assert done.returncode == 0, done.stderr
    assert service(kubectl, namespace) == before


def test_a_name_for_another_host_is_no_ingress_gateway_either(
    helm: Helm, kubectl: Kubectl, namespace: str
) -> None:
    kubectl("delete", "service/pay", f"--namespace={namespace}")
    target = "--external-name=pay.example.com"
    kubectl("create", "service", "externalname", "pay", target, f"--namespace={namespace}")
    done = run(helm, kubectl, ("install",), namespace, INITIALIZE)
    assert SAID % "type ExternalName for pay.example.com" in done.stderr


def test_what_has_been_rendered_before_is_upgraded(helm: Helm, kubectl: Kubectl, namespace: str) -> None:
    kubectl("delete", "service/pay", f"--namespace={namespace}")
    for command in (("install",), ("upgrade",)):
        done = run(helm, kubectl, command, namespace, INITIALIZE)
        assert done.returncode == 0, done.stderr


APPLIES = [("apply",), ("apply", "--server-side", "--force-conflicts"), ("replace",)]


@pytest.mark.parametrize("how", APPLIES, ids=" ".join)
def test_kubectl_can_not_turn_the_service_into_a_name_either(
    helm: Helm, kubectl: Kubectl, namespace: str, how: tuple[str, ...]
) -> None:
    """`helm template` without a cluster finds no Service, so the API server has to refuse."""
    (rendered, *_) = helm.render("routing-actions", INITIALIZE, namespace=namespace)
    assert rendered["kind"] == "Service"
    before = service(kubectl, namespace)
    until_refused(kubectl, how, rendered)
    done = kubectl.run(*how, "-f-", manifest=rendered)
    assert done.returncode != 0
    assert REFUSAL in done.stderr
    assert service(kubectl, namespace) == before


def until_refused(kubectl: Kubectl, how: tuple[str, ...], rendered: Any) -> None:
    """Wait until the API server has heard of the policy."""
    end = time.monotonic() + DEADLINE_SECONDS
    while kubectl.run(*how, "--dry-run=server", "-f-", manifest=rendered).returncode == 0:
        assert time.monotonic() < end, "the policy is not heard of"
        time.sleep(0.1)


@pytest.mark.parametrize("how", APPLIES, ids=" ".join)
def test_other_changes_of_services_pass(
    helm: Helm, kubectl: Kubectl, namespace: str, how: tuple[str, ...]
) -> None:
    (rendered, *_) = helm.render("routing-actions", INITIALIZE | {"appName": "shop"}, namespace=namespace)
    elsewhere = json.loads(kubectl("get", "service/pay", f"--namespace={namespace}", "-ojson"))
    elsewhere["spec"] = {"type": "ExternalName", "externalName": "pay.example.com"}
    kubectl("create", "-f-", manifest=rendered)
    kubectl(*how, "-f-", manifest=rendered)
    kubectl("label", "service/pay", "a=b", f"--namespace={namespace}")
    elsewhere["metadata"] = {"name": "pay", "namespace": namespace}
    kubectl(*how, "-f-", manifest=elsewhere)
    assert service(kubectl, namespace)["externalName"] == "pay.example.com"

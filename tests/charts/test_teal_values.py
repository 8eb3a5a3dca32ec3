"""Each value of the chart teal: what it does, and how a mistaken one is refused."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.charts.helm import container, one
from tools.charts.repository import CHARTS

if TYPE_CHECKING:
    from tests.charts.helm import Helm, Manifest

DIGEST = f"sha256:{'a' * 64}"
DIGEST_PATTERN = "^(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})?$"

REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"replcias": 3}, "- at '': additional properties 'replcias' not allowed"),
    ({"replicas": 0}, "- at '/replicas': minimum: got 0, want 1"),
    ({"replicas": "2"}, "- at '/replicas': got string, want integer"),
    ({"image": {"tags": "1"}}, "- at '/image': additional properties 'tags' not allowed"),
    ({"image": {"tag": 1.0}}, "- at '/image/tag': got number, want string"),
    ({"image": {"repository": ""}}, "- at '/image/repository': minLength: got 0, want 1"),
    (
        {"image": {"digest": "sha256:abc"}},
        f"- at '/image/digest': 'sha256:abc' does not match pattern '{DIGEST_PATTERN}'",
    ),
    (
        {"image": {"pullPolicy": "always"}},
        "- at '/image/pullPolicy': value must be one of 'Always', 'IfNotPresent', 'Never'",
    ),
    ({"imagePullSecrets": ["s"]}, "- at '/imagePullSecrets/0': got string, want object"),
    (
        {"logLevel": "verbose"},
        "- at '/logLevel': value must be one of 'debug', 'info', 'warning', 'error'",
    ),
    (
        {"resources": {"webhok": {}}},
        "- at '/resources': additional properties 'webhok' not allowed",
    ),
    (
        {"resources": {"webhook": {"limit": {}}}},
        "- at '/resources/webhook': additional properties 'limit' not allowed",
    ),
    (
        {"tolerations": [{"efect": "NoExecute"}]},
        "- at '/tolerations/0': additional properties 'efect' not allowed",
    ),
    ({"affinity": {"nodes": {}}}, "- at '/affinity': additional properties 'nodes' not allowed"),
    ({"nodeSelector": {"disk": True}}, "- at '/nodeSelector/disk': got boolean, want string"),
    ({"aggregatedRoles": "no"}, "- at '/aggregatedRoles': got string, want boolean"),
    ({"enabled": "yes"}, "- at '/enabled': got string, want boolean"),
    ({"podLabels": ["a"]}, "- at '/podLabels': got array, want object"),
    (
        {"fullnameOverride": "Teal"},
        "- at '/fullnameOverride': 'Teal' does not match pattern '^([a-z]([-a-z0-9]*[a-z0-9])?)?$'",
    ),
]


@pytest.mark.parametrize(("values", "message"), REFUSED)
def test_a_mistaken_value_is_refused_with_its_place(helm: Helm, values: dict[str, Any], message: str) -> None:
    assert helm.refusal("teal", values) == message


def test_a_mistyped_resource_is_refused(helm: Helm) -> None:
    message = helm.refusal("teal", {"resources": {"webhook": {"requests": {"memroy": "1Mi"}}}})
    assert "'memroy' does not match pattern" in message


def test_lint_finds_nothing(helm: Helm) -> None:
    done = helm.run("lint", "--strict", CHARTS / "teal")
    assert done.returncode == 0, done.stdout


def test_every_value_is_used() -> None:
    values = yaml.safe_load((CHARTS / "teal" / "values.yaml").read_text(encoding="utf-8"))
    sources = [
        path.read_text(encoding="utf-8")
        for path in (CHARTS / "teal" / "templates").rglob("*")
        if path.is_file()
    ]
    used = set(re.findall(r"\.Values\.(\w+)", "\n".join(sources)))
    assert used == set(values)


@pytest.mark.parametrize(
    ("release", "values", "expected"),
    [
        ("teal", {}, "teal"),
        ("my-teal", {}, "my-teal"),
        ("blue", {}, "blue-teal"),
        ("blue", {"fullnameOverride": "green"}, "green"),
        ("a" * 53, {}, f"{'a' * 47}-teal"),
        (f"teal-{'a' * 48}", {}, f"teal-{'a' * 47}"),
    ],
)
def test_everything_is_called_by_one_name(
    helm: Helm, release: str, values: dict[str, Any], expected: str
) -> None:
    manifests = helm.render("teal", values, release=release)
    for kind in (
        *("Deployment", "Service", "ServiceAccount", "PodDisruptionBudget", "Role", "ClusterRole"),
        *("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"),
    ):
        one(manifests, kind, expected)


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ({}, "docker.io/teal/teal:0.1.0"),
        ({"repository": "r.example/teal", "tag": "1"}, "r.example/teal:1"),
        ({"tag": "1", "digest": DIGEST}, f"docker.io/teal/teal@{DIGEST}"),
    ],
)
def test_all_pods_run_the_one_image(helm: Helm, image: dict[str, str], expected: str) -> None:
    manifests = helm.render("teal", {"image": {**image, "pullPolicy": "Always"}})
    containers = [item for pod in pods(manifests).values() for item in pod["containers"]]
    assert {(item["image"], item["imagePullPolicy"]) for item in containers} == {(expected, "Always")}


def test_placement_holds_for_all_pods(helm: Helm) -> None:
    placement = {
        "imagePullSecrets": [{"name": "pull"}],
        "nodeSelector": {"disk": "ssd"},
        "tolerations": [{"key": "a", "operator": "Exists", "effect": "NoSchedule"}],
    }
    for pod in pods(helm.render("teal", placement)).values():
        assert {key: pod[key] for key in placement} == placement


def test_the_deployments_own_values_reach_it(helm: Helm) -> None:
    affinity: dict[str, Any] = {
        "nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": []}}
    }
    values = {
        "replicas": 3,
        "logLevel": "debug",
        "affinity": affinity,
        "priorityClassName": "system-cluster-critical",
        "podAnnotations": {"a": "1"},
        "podLabels": {"b": "2", "sidecar.istio.io/inject": "true"},
        "resources": {"webhook": {"limits": {"cpu": 1}}, "reconciler": {"limits": {"memory": "1Gi"}}},
    }
    manifests = helm.render("teal", values)
    deployment = one(manifests, "Deployment")
    template = deployment["spec"]["template"]
    assert deployment["spec"]["replicas"] == 3
    assert template["spec"]["affinity"] == affinity
    assert template["spec"]["priorityClassName"] == "system-cluster-critical"
    assert template["metadata"]["annotations"] == {"a": "1"}
    assert template["metadata"]["labels"]["b"] == "2"
    assert template["metadata"]["labels"]["sidecar.istio.io/inject"] == "false", "Teal's own labels win"
    assert container(manifests, "webhook")["resources"]["limits"] == {"cpu": 1, "memory": "256Mi"}
    assert container(manifests, "reconciler")["resources"]["limits"] == {"memory": "1Gi"}
    assert "--log-level=debug" in container(manifests, "reconciler")["command"]


def pods(manifests: list[Manifest]) -> dict[str, dict[str, Any]]:
    return {
        item["metadata"]["name"]: item["spec"]["template"]["spec"]
        for item in manifests
        if item["kind"] in ("Deployment", "Job")
    }

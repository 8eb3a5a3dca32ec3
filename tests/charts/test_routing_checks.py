"""What admission would refuse is refused when the chart routing-actions is rendered: nothing half-way."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.rules.review import Review
from routing.rules.rulebook import review
from tests.charts.test_routing_actions import INITIALIZE, MODIFY, render
from tests.unit.routing.manifests import LONGEST_NAME
from tools.charts.repository import CHARTS

if TYPE_CHECKING:
    from tests.charts.helm import Helm

REFUSED: list[dict[str, Any]] = yaml.safe_load(
    Path(__file__).with_name("refused_routing.yaml").read_text(encoding="utf-8")
)
ITER8 = yaml.safe_load(Path(__file__).with_name("iter8.yaml").read_text(encoding="utf-8"))

NAMES = ("a", "0", LONGEST_NAME, f"{LONGEST_NAME}a", "A", "a.b", "a-", "-a", "a\n")
HOSTS = (
    *("shop.example.com", "*.example.com", "httpbin", "httpbin.default.svc", "*.default.svc", "default.svc"),
    *(
        "httpbin.other.svc",
        "httpbin.other.svc.cluster.local",
        "other.svc",
        "a.b.c.svc",
        "a.default.other.svc",
    ),
    *("*.svc", "*.svc.cluster.local", "*.cluster.local", "*.local", "*", "a.*", "a_b", "a..b", "A.b", "a\n"),
    *(f"{LONGEST_NAME}.default", f"{LONGEST_NAME}a.default", f"{'a.' * 126}a", f"{'a.' * 126}aa"),
)
GATEWAYS = ("mesh", "httpbin", "istio-system/shared", "a.b", "*.a", "a/b/c", "/a", "A", "a/", "a/*")
SERVICES = (
    *("httpbin", "httpbin.default", "httpbin.default.svc", "httpbin.default.svc.cluster.local"),
    *("*.default", "httpbin.default.example.com", "default.svc"),
)
BY_HTTP_ROUTE: dict[str, Any] = {"router": "HTTPRoute", "appPort": 80}
NUMBERS = {
    "appPort": (0, 1, 65_535, 65_536),
    "drainSeconds": (-1, 0, 300, 301),
    "settleSeconds": (-1, 0, 60, 61),
}
EDGES: list[dict[str, Any]] = [
    *({"appName": name} for name in (*NAMES, "mesh", LONGEST_NAME[:61], LONGEST_NAME[:62])),
    *({"appVersions": [{"name": "b"}, {"name": name}]} for name in (*NAMES, "b")),
    *({"appVersions": [{}, {"weight": weight}]} for weight in (-1, 0, 1_000_000, 1_000_001)),
    *({"appVersions": [{"weight": weight} for weight in weights]} for weights in ([0], [0, 0], [0, 1])),
    *({"appVersions": [{}] * number} for number in (1, 8, 9)),
    {"appVersions": [{"name": "httpbin-1"}, {}]},
    *({"hosts": ["a.example.com", host]} for host in (*HOSTS, "a.example.com")),
    *({"hosts": [f"{index}.example.com" for index in range(number)]} for number in (16, 17)),
    *({"gateways": ["httpbin", name]} for name in GATEWAYS),
    *({"gateways": [f"gateway-{index}" for index in range(number)]} for number in (16, 17)),
    *({"externalGateway": name} for name in GATEWAYS),
    *({"router": name} for name in ("VirtualService", "HTTPRoute", "GRPCRoute", "Ingress")),
    *(BY_HTTP_ROUTE | {"hosts": ["a.example.com", host]} for host in SERVICES),
    *(BY_HTTP_ROUTE | {"hosts": ["a.example.com"], "gateways": names} for names in (["a"], ["a", "mesh"])),
    *(BY_HTTP_ROUTE | {"gateways": ["mesh", name]} for name in (*GATEWAYS, "a.b/c")),
    *(BY_HTTP_ROUTE | {"externalGateway": name} for name in ("istio-system/shared", "a.b/c")),
    BY_HTTP_ROUTE,
    *(BY_HTTP_ROUTE | {"router": "GRPCRoute"} | more for more in ({}, {"timeout": "2s"}, {"hosts": ["a.b"]})),
    *({"protocol": name} for name in ("HTTP", "TCP", "TLS", "UDP")),
    *({"protocol": "TCP", "hosts": ["a.example.com", host]} for host in SERVICES),
    *({"protocol": "TLS", **more} for more in (BY_HTTP_ROUTE, {"strategy": "canary"}, {"timeout": "2s"})),
    *({"protocol": "TCP", **more} for more in ({"affinity": {"cookie": "shop"}}, {"gateways": ["a"]})),
    *({name: value} for name, values in NUMBERS.items() for value in values),
]
"""What stands right at a limit, on both sides of it, each beside values that are fine."""


@pytest.fixture(scope="session")
def unchecked(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The chart without its checks."""
    folder = tmp_path_factory.mktemp("unchecked") / "routing-actions"
    shutil.copytree(CHARTS / "routing-actions", folder)
    (folder / "templates" / "checks.yaml").unlink()
    return str(folder)


def refused_by_admission(helm: Helm, chart: str, values: dict[str, Any]) -> list[str]:
    """Return what admission says of what is rendered."""
    rendered = helm.render(chart, values, namespace="default")
    answers = [review(Review("CREATE", manifest)).violations for manifest in rendered]
    return [f"{violation.path}: {violation.detail}" for found in answers for violation in found]


@pytest.mark.parametrize("edge", EDGES, ids=lambda edge: ascii(edge)[:60])
def test_a_value_is_refused_at_render_exactly_if_admission_would_refuse_it(
    helm: Helm, unchecked: str, edge: dict[str, Any]
) -> None:
    complaints = helm.complaints(INITIALIZE | edge, "default", "routing-actions")
    expected = refused_by_admission(helm, unchecked, INITIALIZE | edge)
    assert bool(complaints) == bool(expected), (complaints, expected)


OF_AN_OVERRIDE = [edge for edge in EDGES if {"appName", "appVersions"} & set(edge)]


@pytest.mark.parametrize("edge", OF_AN_OVERRIDE, ids=lambda edge: ascii(edge)[:60])
def test_so_is_a_value_of_an_override(helm: Helm, unchecked: str, edge: dict[str, Any]) -> None:
    complaints = helm.complaints(MODIFY | edge, "default", "routing-actions")
    expected = refused_by_admission(helm, unchecked, MODIFY | edge)
    assert bool(complaints) == bool(expected), (complaints, expected)


@settings(max_examples=20, deadline=None)
@given(edges=st.lists(st.sampled_from(EDGES), min_size=2, max_size=4))
def test_what_is_rendered_is_admitted_whatever_goes_together(helm: Helm, edges: list[dict[str, Any]]) -> None:
    values = INITIALIZE | {key: value for edge in edges for key, value in edge.items()}
    if not helm.complaints(values, "default", "routing-actions"):
        assert refused_by_admission(helm, "routing-actions", values) == []


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: str(case["values"])[:60])
def test_a_value_beyond_its_limits_is_refused_with_the_remedy(helm: Helm, case: dict[str, Any]) -> None:
    values = INITIALIZE | case["values"]
    assert helm.complaints(values, "default", "routing-actions") == case["says"]


@pytest.mark.parametrize("good", [INITIALIZE, MODIFY], ids=["initialize", "modify-weights"])
def test_iter8s_own_values_file_is_taken_as_it_is(helm: Helm, good: dict[str, Any]) -> None:
    assert render(helm, ITER8 | good) == render(helm, good)


def test_weights_of_zero_are_for_an_override_to_give(helm: Helm) -> None:
    listed = [{"weight": 0}, {"weight": 0}]
    assert len(render(helm, MODIFY | {"appVersions": listed})) == 1

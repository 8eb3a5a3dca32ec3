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

names = st.sampled_from(["a", "httpbin", "0", LONGEST_NAME, f"{LONGEST_NAME}a", "A", "a.b", "a-", "a\n"])
weights = st.sampled_from([0, 0, 1, 50, 1_000_000, 1_000_001, -1])
versions = st.lists(st.fixed_dictionaries({}, optional={"name": names, "weight": weights}), max_size=9)
hosts = st.sampled_from(
    [
        *("shop.example.com", "*.example.com", "httpbin", "httpbin.default.svc", "*.default.svc"),
        *("httpbin.other.svc", "httpbin.other.svc.cluster.local", "*.svc", "*.local", "*", "a_b", "a..b"),
        *("default.svc", "other.svc", "a.b.c.svc", f"{LONGEST_NAME}a.default", f"{'a.' * 127}a"),
    ]
)
gateways = st.sampled_from(["mesh", "httpbin", "istio-system/shared", "a.b", "*.a", "a/b/c", "/a", "A", "a/"])
app_names = names | st.sampled_from(["mesh", LONGEST_NAME[:61], LONGEST_NAME[:62]])
asked = st.fixed_dictionaries(
    {"appName": app_names},
    optional={
        "appVersions": versions,
        "appPort": st.sampled_from([0, 1, 65_535, 65_536, -1]),
        "hosts": st.lists(hosts, max_size=17),
        "drainSeconds": st.sampled_from([-1, 0, 300, 301]),
        "settleSeconds": st.sampled_from([-1, 0, 60, 61]),
    },
)
ways = st.fixed_dictionaries(
    {}, optional={"gateways": st.lists(gateways, max_size=17)}
) | st.fixed_dictionaries({"externalGateway": gateways})


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


@settings(max_examples=60, deadline=None)
@given(values=asked, way=ways, action=st.sampled_from([INITIALIZE, MODIFY]))
def test_what_admission_would_refuse_is_refused_at_render_and_nothing_else(
    helm: Helm, unchecked: str, values: dict[str, Any], way: dict[str, Any], action: dict[str, Any]
) -> None:
    if action is MODIFY:  # an override has no hosts and no gateways, and they are judged all the same
        way, values = {}, {key: values[key] for key in ("appName", "appVersions") if key in values}
    given_values = action | values | way
    complaints = helm.complaints(given_values, "default", "routing-actions")
    expected = refused_by_admission(helm, unchecked, given_values)
    assert bool(complaints) == bool(expected), (complaints, expected)


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

"""Values that can't work together: refused when the chart is rendered, all at once, each with its remedy."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tools.charts.repository import CHARTS

if TYPE_CHECKING:
    from tests.charts.helm import Helm

REFUSED: list[dict[str, Any]] = yaml.safe_load(
    Path(__file__).with_name("refused.yaml").read_text(encoding="utf-8")
)


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: str(case["values"])[:60])
def test_values_that_can_not_work_together_are_refused_with_the_remedy(
    helm: Helm, case: dict[str, Any]
) -> None:
    assert helm.complaints(case["values"], case.get("namespace", "teal-system")) == case["says"]


@pytest.mark.parametrize(
    "values",
    [
        {"replicas": 1},
        {"replicas": 3, "podDisruptionBudget": {"minAvailable": 2}},
        {"podDisruptionBudget": {"minAvailable": "50%"}},
        {"podDisruptionBudget": {"maxUnavailable": "50%"}},
        {"replicas": 1, "podDisruptionBudget": {"enabled": False}},
        {"certificates": {"servingLifetimeSeconds": 90, "authorityLifetimeSeconds": 90}},
        {"clusterScoped": False},
        {"clientCertificates": {"configMap": "api-servers"}},
    ],
    ids=str,
)
def test_what_works_together_is_rendered(helm: Helm, values: dict[str, Any]) -> None:
    assert helm.render("teal", values)


def test_the_lifetimes_that_count_as_left_out_are_the_defaults() -> None:
    checks = (CHARTS / "teal" / "templates" / "_checks.tpl").read_text(encoding="utf-8")
    defaults = yaml.safe_load((CHARTS / "teal" / "values.yaml").read_text(encoding="utf-8"))
    named = {name: int(number) for name, number in re.findall(r"ne \$(\w+) (\d+)", checks)}
    assert named == {
        "authority": defaults["certificates"]["authorityLifetimeSeconds"],
        "serving": defaults["certificates"]["servingLifetimeSeconds"],
    }
    assert f"ne (toJson .names) {json_in_template(defaults['clientCertificates']['names'])}" in checks


def json_in_template(names: list[str]) -> str:
    quoted = ",".join(f'\\"{name}\\"' for name in names)
    return f'"[{quoted}]"'

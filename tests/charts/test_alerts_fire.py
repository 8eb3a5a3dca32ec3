"""The chart's alerts and its dashboard, read by Prometheus itself: each alert fires, none cries wolf."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.charts.helm import one
from tools.charts.repository import CHARTS
from tools.local.debian import prometheus_programs

if TYPE_CHECKING:
    from tests.charts.helm import Helm

CASES = yaml.safe_load((Path(__file__).parent / "alerts.yaml").read_text("utf-8"))
FIRES = [(alert, case) for alert, cases in CASES["fires"].items() for case in cases]
RUNBOOK = (CHARTS.parents[1] / "docs" / "alerts.md").read_text("utf-8")
OPERATOR = "monitoring.coreos.com/v1"


@pytest.fixture(scope="module")
def groups(helm: Helm) -> list[dict[str, Any]]:
    """The chart's groups of rules, that about Prometheus' address included."""
    values = {
        "monitoring": {"prometheusRule": {"enabled": True}},
        "prometheus": {"url": "https://prometheus.monitoring:9090"},
        "notifications": {"url": "https://hooks.example/teal"},
    }
    rendered = helm.render("teal", values, api_versions=[OPERATOR])
    found: list[dict[str, Any]] = one(rendered, "PrometheusRule")["spec"]["groups"]
    return found


@pytest.fixture(scope="module")
def rules(groups: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The rules by the alert's name."""
    return {rule["alert"]: rule for group in groups for rule in group["rules"]}


def promtool(folder: Path, *words: str) -> str:
    """Run promtool, which has to find nothing wrong; return what it says."""
    command = [str(prometheus_programs() / "promtool"), *words]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def judged(folder: Path, groups: list[dict[str, Any]], test: dict[str, Any]) -> None:
    """Have promtool play series to the rules."""
    (folder / "rules.yaml").write_text(yaml.safe_dump({"groups": groups}), "utf-8")
    played = {
        "rule_files": ["rules.yaml"],
        "evaluation_interval": "1m",
        "tests": [{"interval": "1m", **test}],
    }
    (folder / "test.yaml").write_text(yaml.safe_dump(played), "utf-8")
    promtool(folder, "test", "rules", "test.yaml")


def test_prometheus_takes_the_rules(tmp_path: Path, groups: list[dict[str, Any]]) -> None:
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump({"groups": groups}), "utf-8")
    said = promtool(tmp_path, "check", "rules", "--lint=all", "--lint-fatal", "rules.yaml")
    assert f"SUCCESS: {sum(len(group['rules']) for group in groups)} rules found" in said


def test_each_alert_has_a_case_and_a_part_of_the_runbook(rules: dict[str, dict[str, Any]]) -> None:
    assert CASES["fires"].keys() == rules.keys()
    parts = [line.removeprefix("## ") for line in RUNBOOK.splitlines() if line.startswith("## ")]
    assert sorted(parts) == sorted(rules)


@pytest.mark.parametrize(
    ("alert", "case"), FIRES, ids=[f"{alert}-{at}" for at, (alert, _) in enumerate(FIRES)]
)
def test_each_alert_fires_by_its_fault(
    tmp_path: Path,
    groups: list[dict[str, Any]],
    rules: dict[str, dict[str, Any]],
    alert: str,
    case: dict[str, Any],
) -> None:
    labels = case.get("labels", {})
    said = {name: filled(text, labels) for name, text in rules[alert]["annotations"].items()}
    raised = {"exp_labels": {**rules[alert]["labels"], **labels}, "exp_annotations": said}
    asked = {"eval_time": case["after"], "alertname": alert, "exp_alerts": [raised]}
    judged(tmp_path, groups, {"input_series": case["series"], "alert_rule_test": [asked]})


def filled(text: str, labels: dict[str, str]) -> str:
    """Return an annotation as Prometheus fills it in."""
    for name, value in labels.items():
        text = text.replace(f"{{{{ $labels.{name} }}}}", value)
    return text


def test_no_alert_fires_while_all_is_well(
    tmp_path: Path, groups: list[dict[str, Any]], rules: dict[str, dict[str, Any]]
) -> None:
    asked = [
        {"eval_time": f"{minute}m", "alertname": alert, "exp_alerts": []}
        for alert in rules
        for minute in range(5, 60, 5)
    ]
    judged(tmp_path, groups, {"input_series": CASES["quiet"], "alert_rule_test": asked})


def test_each_query_of_the_dashboard_is_read(tmp_path: Path) -> None:
    dashboard = json.loads((CHARTS / "teal" / "dashboards" / "teal.json").read_text("utf-8"))
    queries = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    recorded = [
        {"record": f"query:{at}", "expr": query.replace("$namespace", "teal-system")}
        for at, query in enumerate(queries)
    ]
    (tmp_path / "rules.yaml").write_text(
        yaml.safe_dump({"groups": [{"name": "dashboard", "rules": recorded}]}), "utf-8"
    )
    assert f"SUCCESS: {len(queries)} rules found" in promtool(tmp_path, "check", "rules", "rules.yaml")

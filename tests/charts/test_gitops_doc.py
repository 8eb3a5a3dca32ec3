"""docs/gitops.md names what the chart renders."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from tests.charts.helm import one

if TYPE_CHECKING:
    from tests.charts.helm import Manifest

TEXT = (Path(__file__).parents[2] / "docs" / "gitops.md").read_text(encoding="utf-8")
KINDS = {"ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"}


def example(kind: str, group: str = "") -> dict[str, Any]:
    """Return the page's only object of a kind; two kinds of different groups may bear one name."""
    found = [yaml.safe_load(text) for text in re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)]
    (item,) = (item for item in found if item["kind"] == kind and item["apiVersion"].startswith(group))
    return dict(item.get("spec", item))


def test_argo_cd_is_told_to_ignore_the_bundle_of_both_configurations(teal: list[Manifest]) -> None:
    rules = example("Application")["ignoreDifferences"]
    assert {rule["kind"] for rule in rules} == KINDS
    for rule in rules:
        found = one(teal, rule["kind"], rule["name"])
        assert found["apiVersion"].startswith(f"{rule['group']}/")
        assert rule["jqPathExpressions"] == [".webhooks[].clientConfig.caBundle"]


def test_flux_is_told_to_ignore_the_bundle_of_every_webhook(teal: list[Manifest]) -> None:
    rules = example("HelmRelease")["driftDetection"]["ignore"]
    assert {rule["target"]["kind"] for rule in rules} == KINDS
    for rule in rules:
        found = one(teal, rule["target"]["kind"], rule["target"]["name"])
        pointers = [f"/webhooks/{index}/clientConfig/caBundle" for index in range(len(found["webhooks"]))]
        assert rule["paths"] == pointers

"""Canary and mirror on a real API server: what is routed, marked and told of a candidate, to its end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from routing import names
from routing.kinds import DEPLOYMENTS, ROUTEMAPS, VIRTUAL_SERVICES

if TYPE_CHECKING:
    from tests.api.stage import Stage

pytestmark = pytest.mark.usefixtures("controller")

TESTERS = [{"headers": {"traffic": {"exact": "test"}}}]
CANARY = [{"name": "httpbin-0", "weight": 100}, {"name": "httpbin-1", "weight": 0, "match": TESTERS}]
MIRROR = [{"name": "httpbin-0", "weight": 100}, {"name": "httpbin-1", "weight": 30}]


def rules(stage: Stage) -> list[dict[str, Any]]:
    found = stage.get(VIRTUAL_SERVICES, "httpbin") or {}
    return list(found.get("spec", {}).get("http", []))


def told(stage: Stage) -> str:
    return str(stage.status().get("split"))


@pytest.mark.parametrize(
    ("strategy", "versions", "split"),
    [
        ("canary", CANARY, "httpbin-0=100 httpbin-1=0+match"),
        ("mirror", MIRROR, "httpbin-0=100 httpbin-1=0+30%copies"),
    ],
)
def test_a_candidate_comes_is_held_and_goes(
    stage: Stage, strategy: str, versions: list[dict[str, Any]], split: str
) -> None:
    stage.version("httpbin-0")
    stage.routemap(strategy=strategy, versions=versions, drainSeconds=1)
    stage.until("httpbin-0=100", lambda: told(stage))
    stage.version("httpbin-1")
    stage.until(split, lambda: told(stage))
    stage.until([names.MARK], lambda: stage.finalizers(DEPLOYMENTS, "httpbin-1"))
    stage.delete(DEPLOYMENTS, "httpbin-1")
    stage.until("httpbin-0=100", lambda: told(stage))
    stage.until(None, lambda: stage.get(DEPLOYMENTS, "httpbin-1"))
    stage.until(True, lambda: {"SplitApplied", "Draining", "Drained"} <= {r for r, _ in stage.events()})


def test_a_live_routemap_changes_its_strategy(stage: Stage) -> None:
    for name in ("httpbin-0", "httpbin-1"):
        stage.version(name)
    stage.routemap()
    stage.until("httpbin-0=50 httpbin-1=50", lambda: told(stage))
    path = ROUTEMAPS.path(stage.namespace, "httpbin")
    for strategy, versions, split in (
        ("canary", CANARY, "httpbin-0=100 httpbin-1=0+match"),
        ("mirror", MIRROR, "httpbin-0=100 httpbin-1=0+30%copies"),
        ("blue-green", [{**version, "match": None} for version in MIRROR], "httpbin-0=77 httpbin-1=23"),
    ):
        body = {"spec": {"strategy": strategy, "versions": versions}}
        stage.cluster.request("PATCH", path, body, content_type="application/merge-patch+json")
        stage.until(split, lambda: told(stage))
        assert stage.finalizers(DEPLOYMENTS, "httpbin-1") == [names.MARK]


def test_a_drain_begins_when_a_candidate_leaves_a_mirror(stage: Stage) -> None:
    for name in ("httpbin-0", "httpbin-1"):
        stage.version(name)
    stage.routemap(strategy="mirror", versions=MIRROR, drainSeconds=300)
    stage.until([names.MARK], lambda: stage.finalizers(DEPLOYMENTS, "httpbin-1"))
    stage.until(True, lambda: "mirrors" in str(rules(stage)))
    stage.endpoints("httpbin-1", 0)
    stage.until(False, lambda: "mirrors" in str(rules(stage)))
    assert stage.finalizers(DEPLOYMENTS, "httpbin-1") == [names.MARK]

"""When the story of tools/gitops takes Teal to be at rest, and what it counts."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tools.gitops.application import routing, version
from tools.gitops.flux import passes_that_wrote
from tools.gitops.objects import changed, written
from tools.gitops.story import calm, late

GIT = [*version("httpbin-0"), *version("httpbin-1"), *routing("httpbin-0", "httpbin-1")]
NAMES, SPLIT = {"httpbin-0", "httpbin-1"}, {"httpbin-1": 100}


def routemap(*more: dict[str, Any], generation: int = 2, weight: int = 100, **old: str) -> dict[str, Any]:
    """Return a Routemap whose status has a split; `old` is more of what it tells of httpbin-0."""
    versions = [
        {"name": "httpbin-0", "state": "ready", "weight": 100 - weight, **old},
        {"name": "httpbin-1", "state": "ready", "weight": weight},
        *more,
    ]
    return {
        "metadata": {"generation": generation},
        "status": {"observedGeneration": 2, "versions": versions},
    }


def test_it_is_at_rest_where_all_that_git_has_is_told_and_nothing_else_is_there() -> None:
    assert calm(routemap(), NAMES, GIT, SPLIT)


@pytest.mark.parametrize(
    "found",
    [
        pytest.param(routemap(generation=3), id="another generation"),
        pytest.param(routemap(weight=80), id="another split"),
        pytest.param(routemap(drainingUntil="2026-11-29T12:00:00Z"), id="a version of Git drains"),
        pytest.param(routemap({"name": "httpbin-2", "state": "draining"}), id="one that Git has not drains"),
        pytest.param({"metadata": {"generation": 2}}, id="nothing told"),
    ],
)
def test_it_is_not_while_teal_has_still_to_tell_or_a_version_drains(found: dict[str, Any]) -> None:
    assert not calm(found, NAMES, GIT, SPLIT)


@pytest.mark.parametrize("there", [{"httpbin-0", "httpbin-1", "httpbin-2"}, {"httpbin-1"}])
def test_it_is_not_while_a_deployment_has_still_to_go_or_to_come(there: set[str]) -> None:
    assert not calm(routemap(), there, GIT, SPLIT)


def test_what_has_come_gone_or_been_written_is_told_with_how_often() -> None:
    same: dict[str, int | None] = {"Deployment httpbin-0": 1, "Service httpbin": None}
    before = same | {"Routemap httpbin": 2, "WeightOverride httpbin": 1}
    after = same | {"Routemap httpbin": 4, "Deployment httpbin-1": 1}
    assert changed(before, after) == [
        "+Deployment httpbin-1",
        "-WeightOverride httpbin",
        "Routemap httpbin (2)",
    ]


def test_what_was_written_is_told_by_its_version() -> None:
    assert written({"a": "1", "b": "2"}, {"a": "1", "b": "3", "c": "4"}) == ["b", "c"]


def test_flux_has_applied_where_a_pass_has_changed_something() -> None:
    same, new = {"Service/shop/a": "unchanged"}, {"Routemap/shop/a": "configured"}
    passes = [{"msg": "server-side apply completed", "output": each} for each in (same, same | new)]
    lines = ["no JSON", *map(json.dumps, [*passes, {"msg": "Reconciliation finished in 1s"}])]
    assert passes_that_wrote("\n".join([*lines, '{"msg": "half a line'])) == 1


@pytest.mark.parametrize(("progressing", "told"), [("False", True), ("True", False)])
def test_a_candidate_has_failed_where_teal_says_so(progressing: str, *, told: bool) -> None:
    condition = {"type": "Progressing", "status": progressing, "reason": "Because"}
    condition["lastTransitionTime"] = "2026-11-29T12:00:00Z"
    assert late({"status": {"conditions": [condition]}}) is told
    assert not late({})

"""The pause before containers are stopped: who gets one, and how long it is."""

from __future__ import annotations

from typing import Any

import pytest

from routing.rules.pauses import paused
from tests.unit.routing.manifests import Manifest, changed, deployment, with_key

OWN = {"name": "own", "lifecycle": {"preStop": {"exec": {"command": ["drain"]}}}}
LABEL = "iter8.tools/pre-stop-sleep"


def asking(seconds: str | None = None, *containers: Any, **pod: Any) -> Manifest:
    manifest = changed(deployment(), "spec.template.spec", {"containers": list(containers), **pod})
    return manifest if seconds is None else with_key(manifest, "labels", LABEL, seconds)


def sleeps(manifest: Manifest, pre_stop_sleep: int = 0) -> list[int | None]:
    after = paused(manifest, pre_stop_sleep)
    assert paused(after, pre_stop_sleep) == after
    containers = after["spec"]["template"]["spec"]["containers"]
    return [
        each.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds") for each in containers
    ]


@pytest.mark.parametrize(
    ("label", "everywhere", "wanted"),
    [
        (None, 0, None),
        (None, 5, 5),
        ("7", 0, 7),
        ("7", 5, 7),
        ("0", 5, None),
        ("banana", 5, None),  # refused by validation, with a sentence
        ("-1", 5, None),
        ("29", 0, 29),
        ("30", 0, None),
        (None, 30, None),
    ],
)
def test_the_label_counts_and_else_the_charts_value(
    label: str | None, everywhere: int, wanted: int | None
) -> None:
    assert sleeps(asking(label, {"name": "a"}), everywhere) == [wanted]


def test_every_container_without_a_pre_stop_of_its_own_gets_one_and_nothing_else_changes() -> None:
    before = asking("5", {"name": "a", "lifecycle": {"postStart": {}}}, OWN, {"name": "b", "image": "x"})
    after = paused(before, 0)
    assert after["spec"]["template"]["spec"]["containers"] == [
        {"name": "a", "lifecycle": {"postStart": {}, "preStop": {"sleep": {"seconds": 5}}}},
        OWN,
        {"name": "b", "image": "x", "lifecycle": {"preStop": {"sleep": {"seconds": 5}}}},
    ]
    assert before["spec"]["template"]["spec"]["containers"][2] == {"name": "b", "image": "x"}
    assert {**after, "spec": None} == {**before, "spec": None}


def test_the_grace_period_of_the_pods_is_the_limit() -> None:
    assert sleeps(asking("50", {"name": "a"}, terminationGracePeriodSeconds=60)) == [50]
    assert sleeps(asking("5", {"name": "a"}, terminationGracePeriodSeconds=5)) == [None]


def test_who_is_not_watched_gets_none() -> None:
    unwatched = with_key(asking("5", {"name": "a"}), "labels", "iter8.tools/watch", "false")
    assert sleeps(unwatched, 5) == [None]


@pytest.mark.parametrize(
    "spec", [None, [], {}, {"template": None}, {"template": {"spec": {"containers": 1}}}]
)
def test_what_is_malformed_is_left_to_the_api_server(spec: Any) -> None:
    manifest = {**deployment(), "spec": spec}
    assert paused(manifest, 5) == manifest


def test_a_container_that_is_none_is_left_alone() -> None:
    manifest = asking("5", "banana")
    assert paused(manifest, 0) == manifest

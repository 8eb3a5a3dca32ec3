"""Deployments without the watch label: whom one concerns, and what of it is asked for."""

from __future__ import annotations

from typing import Any

import pytest

from kube.errors import UnavailableError
from reconciler.watching.mentions import Key, Mentions, RoutemapKey
from reconciler.watching.unlabelled import Unlabelled

SHOP = RoutemapKey("default", "shop")


def deployment(name: str, namespace: str = "default") -> dict[str, Any]:
    return {"metadata": {"namespace": namespace, "name": name, "resourceVersion": "8"}}


@pytest.fixture
def told() -> list[Key]:
    return []


@pytest.fixture
def unlabelled(told: list[Key]) -> Unlabelled:
    mentions = Mentions()
    routemap = {"metadata": {}, "spec": {"versions": [{"name": "shop-0"}, {"name": "shop-1"}]}}
    mentions.update(SHOP, routemap)
    return Unlabelled(mentions, told.append)


def test_one_that_comes_or_goes_has_the_routemap_looked_at_that_lists_it(
    unlabelled: Unlabelled, told: list[Key]
) -> None:
    for event in ("ADDED", "DELETED"):
        unlabelled.handle(event, deployment("shop-1"))
    assert told == [SHOP, SHOP]


def test_what_becomes_of_it_and_what_nobody_lists_calls_for_no_pass(
    unlabelled: Unlabelled, told: list[Key]
) -> None:
    unlabelled.handle("MODIFIED", deployment("shop-1"))
    unlabelled.handle("BOOKMARK", {"metadata": {"resourceVersion": "9"}})
    unlabelled.handle("ADDED", deployment("web"))
    unlabelled.handle("ADDED", deployment("shop-1", "elsewhere"))
    assert told == []


def test_after_a_list_each_that_is_listed_is_looked_at_and_the_last_pages_version_is_watched_from(
    unlabelled: Unlabelled, told: list[Key]
) -> None:
    pages = [([deployment("shop-0"), deployment("web")], "7"), ([deployment("shop-1")], "8")]
    assert unlabelled.reset(pages) == "8"
    assert told == [SHOP, SHOP]


def test_a_watch_that_fails_is_logged_and_asks_for_no_longer_pause(
    unlabelled: Unlabelled, caplog: pytest.LogCaptureFixture
) -> None:
    assert unlabelled.failed(UnavailableError("no answer")) == 0.0
    assert caplog.messages == ["watch failed"]
    unlabelled.watching()

"""A deletion that can't be drained waits, says why, and does not wait for ever."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from reconciler.passes.controller import Controller
from reconciler.passes.reconcile import Policy
from reconciler.serving.metrics import Metrics
from routing import names
from routing.kinds import DEPLOYMENTS, ROUTEMAPS, SERVICES, VIRTUAL_SERVICES
from tests.api.bringing_about import freeze, thaw
from tests.api.conftest import running

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.api.stage import Stage

BOTH = {"httpbin-0": 50, "httpbin-1": 50}
DEADLINE = 2.0


@pytest.fixture
def refusing(rollout: Stage) -> Iterator[Stage]:
    """Somebody's policy that refuses every change of a VirtualService."""
    freeze(rollout)
    yield rollout
    thaw(rollout)


def _spoil(stage: Stage) -> None:
    """Change the Routemap as only somebody can who gets past admission."""
    body: dict[str, Any] = {"spec": {"versions": []}}
    path = ROUTEMAPS.path(stage.namespace, "httpbin")
    stage.cluster.request("PATCH", path, body, content_type="application/merge-patch+json")


def _warnings(stage: Stage, reason: str) -> list[str]:
    return [message for told, message in stage.events() if told == reason]


def test_while_the_virtual_service_is_refused_marks_stay_and_the_routemap_says_why(refusing: Stage) -> None:
    with running(Controller(refusing.cluster, Metrics())):
        refusing.delete(DEPLOYMENTS, "httpbin-1")
        refusing.until("WriteRefused", lambda: refusing.condition("Ready").get("reason"))
        assert "frozen until Monday" in refusing.condition("Ready")["message"]
        refusing.until(True, lambda: "frozen until Monday" in str(_warnings(refusing, "WriteRefused")))
        assert refusing.finalizers(DEPLOYMENTS, "httpbin-1") == [names.MARK]
        assert refusing.split() == BOTH


def test_a_deletion_that_cannot_be_drained_is_let_go_after_the_deadline(refusing: Stage) -> None:
    with running(Controller(refusing.cluster, Metrics(), Policy(DEADLINE))):
        refusing.delete(DEPLOYMENTS, "httpbin-1")
        refusing.until(None, lambda: refusing.get(DEPLOYMENTS, "httpbin-1"))
        refusing.until(1, lambda: len(_warnings(refusing, "DeadlineExceeded")))
    [told] = _warnings(refusing, "DeadlineExceeded")
    assert told.startswith(
        "httpbin-1 is let go although it may still get requests: "
        "its deletion could not be drained for 2 s (PATCH"
    )
    assert refusing.finalizers(DEPLOYMENTS, "httpbin-0") == [names.MARK]
    assert refusing.split() == BOTH


def test_a_routemap_goes_after_the_deadline_though_its_route_may_not_be_changed(refusing: Stage) -> None:
    with running(Controller(refusing.cluster, Metrics(), Policy(DEADLINE))):
        refusing.delete(ROUTEMAPS, "httpbin")
        refusing.until("WriteRefused", lambda: refusing.condition("Ready").get("reason"))
        refusing.until(None, lambda: refusing.get(ROUTEMAPS, "httpbin"))
    assert refusing.finalizers(DEPLOYMENTS, "httpbin-0") == []
    route = refusing.get(VIRTUAL_SERVICES, "httpbin") or {}
    assert [owner["kind"] for owner in route["metadata"]["ownerReferences"]] == ["Routemap"]


def test_the_versions_of_a_malformed_routemap_are_let_go_after_the_deadline(rollout: Stage) -> None:
    _spoil(rollout)
    with running(Controller(rollout.cluster, Metrics(), Policy(DEADLINE))):
        rollout.until("Invalid", lambda: rollout.condition("Ready").get("reason"))
        rollout.delete(SERVICES, "httpbin-1")
        rollout.until(None, lambda: rollout.get(SERVICES, "httpbin-1"))
        rollout.until(1, lambda: len(_warnings(rollout, "DeadlineExceeded")))


def test_a_pass_that_works_again_drains_as_if_nothing_had_been(rollout: Stage) -> None:
    with running(Controller(rollout.cluster, Metrics(), Policy(DEADLINE))):
        _spoil(rollout)
        rollout.until("Invalid", lambda: rollout.condition("Ready").get("reason"))
        path = ROUTEMAPS.path(rollout.namespace, "httpbin")
        versions = [{"name": "httpbin-0", "weight": 50}, {"name": "httpbin-1", "weight": 50}]
        repaired = {"spec": {"versions": versions, "drainSeconds": 4}}
        rollout.cluster.request("PATCH", path, repaired, content_type="application/merge-patch+json")
        rollout.until("Applied", lambda: rollout.condition("Ready").get("reason"))
        rollout.delete(DEPLOYMENTS, "httpbin-1")
        rollout.until(None, lambda: rollout.get(DEPLOYMENTS, "httpbin-1"))
    assert _warnings(rollout, "DeadlineExceeded") == []
    assert len(_warnings(rollout, "Drained")) == 1  # told before the controller stopped

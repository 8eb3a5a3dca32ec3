"""While no version is ready, requests stay where they are answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from routing import names
from routing.kinds import DEPLOYMENTS, ROUTEMAPS, SERVICES

if TYPE_CHECKING:
    from routing.kinds import Resource
    from tests.api.stage import Stage

pytestmark = pytest.mark.usefixtures("controller")

ALL = {"httpbin-0": 100}


@pytest.fixture
def alone(stage: Stage) -> Stage:
    """An application whose only version answers."""
    stage.version("httpbin-0")
    stage.routemap()
    stage.until(ALL, stage.split)
    stage.until([names.MARK], lambda: stage.finalizers(SERVICES, "httpbin-0"))
    return stage


def _list(stage: Stage, *versions: str) -> None:
    """Have the Routemap list other versions, as somebody can who gets past admission."""
    body = {"spec": {"versions": [{"name": name, "weight": 50} for name in versions]}}
    path = ROUTEMAPS.path(stage.namespace, "httpbin")
    stage.cluster.request("PATCH", path, body, content_type="application/merge-patch+json")


def _held(stage: Stage) -> None:
    stage.until("Held", lambda: stage.condition("Ready").get("reason"))
    assert stage.condition("Degraded")["status"] == "False"
    assert stage.split() == ALL


def test_a_mistyped_version_takes_no_request_from_the_one_that_answers(alone: Stage) -> None:
    _list(alone, "httpbin-00")
    _held(alone)
    assert alone.condition("Ready")["message"] == (
        "no version is ready (httpbin-00: DeploymentNotFound, httpbin-0: NotListed), "
        "so all requests stay with httpbin-0 until one is"
    )
    assert alone.finalizers(DEPLOYMENTS, "httpbin-0") == [names.MARK]
    alone.version("httpbin-00")
    alone.until({"httpbin-00": 100}, alone.split)
    alone.until([], lambda: alone.finalizers(DEPLOYMENTS, "httpbin-0"))


@pytest.mark.parametrize("resource", [DEPLOYMENTS, SERVICES], ids=lambda resource: resource.kind)
def test_the_only_version_that_answers_stays_until_its_routemap_goes(
    alone: Stage, resource: Resource
) -> None:
    alone.delete(resource, "httpbin-0")
    _held(alone)
    assert alone.finalizers(resource, "httpbin-0") == [names.MARK]
    alone.delete(ROUTEMAPS, "httpbin")
    alone.until(None, lambda: alone.get(resource, "httpbin-0"))


def test_the_only_version_that_answers_stays_until_another_is_ready(alone: Stage) -> None:
    alone.delete(DEPLOYMENTS, "httpbin-0")
    _held(alone)
    alone.version("httpbin-1")
    alone.until({"httpbin-1": 100}, alone.split)
    alone.until(None, lambda: alone.get(DEPLOYMENTS, "httpbin-0"))


def test_the_only_version_that_answers_keeps_its_requests_without_its_watch_label(alone: Stage) -> None:
    path = DEPLOYMENTS.path(alone.namespace, "httpbin-0")
    body = {"metadata": {"labels": {names.WATCH: None}}}
    alone.cluster.request("PATCH", path, body, content_type="application/merge-patch+json")
    _held(alone)


def test_the_only_version_goes_at_once_if_its_user_says_so(alone: Stage) -> None:
    path = DEPLOYMENTS.path(alone.namespace, "httpbin-0")
    body = {"metadata": {"annotations": {names.ALLOW_DELETE: "true"}}}
    alone.cluster.request("PATCH", path, body, content_type="application/merge-patch+json")
    alone.delete(DEPLOYMENTS, "httpbin-0")
    alone.until(None, lambda: alone.get(DEPLOYMENTS, "httpbin-0"))

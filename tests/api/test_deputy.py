"""What a tenant may have Teal do to objects of others: nothing that their owners have not asked for.

The table of docs/threats.md, "Acting for others".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from routing import names
from routing.kinds import DEPLOYMENTS, ROUTEMAPS, SERVICES, VIRTUAL_SERVICES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from routing.kinds import Resource
    from tests.api.stage import Stage

pytestmark = pytest.mark.usefixtures("controller")

THEIRS = {"theirs": 100}
OURS = {"httpbin-0": 100}
OWNER = {"apiVersion": names.API_VERSION, "kind": "Routemap", "name": "httpbin", "uid": "of-another-one"}
FOREIGN: dict[str, dict[str, Any]] = {
    "no sign at all": {},
    "another Routemap's label": {"labels": {names.ROUTEMAP: "another"}},
    "an empty label": {"labels": {names.ROUTEMAP: ""}},
    "Teal's name as its manager": {"labels": {"app.kubernetes.io/managed-by": "teal"}},
    "an owner of that name that is another": {"ownerReferences": [OWNER]},
}
PARTS = pytest.mark.parametrize("resource", [DEPLOYMENTS, SERVICES], ids=lambda resource: resource.kind)


def _foreign(stage: Stage, metadata: Mapping[str, Any]) -> None:
    """Make somebody's VirtualService of the name that the Routemap will have."""
    manifest = {
        "apiVersion": VIRTUAL_SERVICES.api_version,
        "kind": VIRTUAL_SERVICES.kind,
        "metadata": {"name": "httpbin", "namespace": stage.namespace, **metadata},
        "spec": {"hosts": ["a.example"], "http": [{"route": [{"destination": {"host": "theirs"}}]}]},
    }
    stage.cluster.create(VIRTUAL_SERVICES, manifest)


def _add(stage: Stage, resource: Resource, name: str, where: str, value: Any) -> None:
    operation = {"op": "add", "path": f"/metadata/{where}", "value": value}
    stage.cluster.patch(resource, stage.namespace, name, [operation])


def _noted(stage: Stage, resource: Resource, name: str) -> tuple[Any, ...]:
    """Return what Teal may put on an object."""
    metadata = (stage.get(resource, name) or {})["metadata"]
    return tuple(metadata.get(where) for where in ("finalizers", "annotations", "labels", "ownerReferences"))


@pytest.mark.parametrize("sign", FOREIGN)
def test_a_virtual_service_that_its_owner_has_not_given_away_is_left_alone(stage: Stage, sign: str) -> None:
    _foreign(stage, FOREIGN[sign])
    before = stage.get(VIRTUAL_SERVICES, "httpbin")
    stage.version("httpbin-0")
    stage.routemap()
    stage.until("Conflict", lambda: stage.condition("Ready").get("reason"))
    stage.delete(ROUTEMAPS, "httpbin")
    stage.until(None, lambda: stage.get(ROUTEMAPS, "httpbin"))
    assert stage.get(VIRTUAL_SERVICES, "httpbin") == before


def test_one_that_its_owner_labels_is_teals_from_then_on_and_goes_with_the_routemap(stage: Stage) -> None:
    """Documented: who may write VirtualServices says so by the label; nobody else can set it."""
    _foreign(stage, {})
    stage.version("httpbin-0")
    stage.routemap()
    stage.until("Conflict", lambda: stage.condition("Ready").get("reason"))
    assert stage.split() == THEIRS
    _add(stage, VIRTUAL_SERVICES, "httpbin", "labels", {names.ROUTEMAP: "httpbin"})
    stage.until(OURS, stage.split)
    (owner,) = (stage.get(VIRTUAL_SERVICES, "httpbin") or {})["metadata"]["ownerReferences"]
    assert (owner["kind"], owner["name"]) == ("Routemap", "httpbin")


@pytest.mark.parametrize("labels", [{}, {names.WATCH: "false"}, {"app": "httpbin-0"}], ids=str)
def test_what_its_owner_has_not_labelled_is_neither_marked_nor_labelled(
    stage: Stage, labels: dict[str, str]
) -> None:
    stage.deployment("httpbin-0", labels=labels)
    stage.service("httpbin-0", labels=labels)
    stage.endpoints("httpbin-0", 1)
    before = [_noted(stage, resource, "httpbin-0") for resource in (DEPLOYMENTS, SERVICES)]
    stage.routemap()
    stage.until("False", lambda: stage.condition("Ready").get("status"))
    assert [_noted(stage, resource, "httpbin-0") for resource in (DEPLOYMENTS, SERVICES)] == before
    assert stage.split() is None


def test_a_service_that_is_listed_without_its_deployment_is_watched_and_not_marked(stage: Stage) -> None:
    stage.service("httpbin-0", {})
    stage.routemap()
    stage.until({names.WATCH: "true"}, lambda: _noted(stage, SERVICES, "httpbin-0")[2])
    stage.until("False", lambda: stage.condition("Ready").get("status"))
    assert stage.finalizers(SERVICES, "httpbin-0") == []


@PARTS
@pytest.mark.parametrize("listed", [True, False], ids=["a version", "of no Routemap"])
def test_a_mark_that_a_hand_has_set_holds_up_no_deletion(
    stage: Stage, resource: Resource, *, listed: bool
) -> None:
    stage.version("httpbin-0")
    stage.version("httpbin-1")
    others = [{"name": "httpbin-0", "weight": 1}]
    stage.routemap(versions=[*others, {"name": "httpbin-1", "weight": 0}] if listed else others)
    stage.until(100, lambda: (stage.split() or {}).get("httpbin-0"))
    _add(stage, resource, "httpbin-1", "finalizers", [names.MARK])
    stage.delete(resource, "httpbin-1")
    stage.until(None, lambda: stage.get(resource, "httpbin-1"))


@PARTS
def test_of_what_is_being_deleted_teal_takes_off_its_own_finalizer_and_no_other(
    stage: Stage, resource: Resource
) -> None:
    stage.version("httpbin-0")
    _add(stage, resource, "httpbin-0", "finalizers", [names.MARK, "example.org/held"])
    stage.delete(resource, "httpbin-0")
    stage.until(["example.org/held"], lambda: stage.finalizers(resource, "httpbin-0"))
    _add(stage, resource, "httpbin-0", "finalizers", [])
    stage.until(None, lambda: stage.get(resource, "httpbin-0"))


@pytest.mark.parametrize("listed", [True, False], ids=["a version", "of no Routemap"])
def test_a_protection_that_a_hand_has_set_is_taken_off(stage: Stage, *, listed: bool) -> None:
    """The webhook refuses to delete what is protected, so who sets it would hold up whoever deletes."""
    stage.version("httpbin-0")
    stage.version("httpbin-1")
    others = [{"name": "httpbin-0", "weight": 1}]
    stage.routemap(versions=[*others, {"name": "httpbin-1", "weight": 0}] if listed else others)
    stage.until(100, lambda: (stage.split() or {}).get("httpbin-0"))
    _add(stage, DEPLOYMENTS, "httpbin-1", "annotations", {names.PROTECTED: "a hand"})
    stage.until(
        None,
        lambda: ((stage.get(DEPLOYMENTS, "httpbin-1") or {})["metadata"].get("annotations") or {}).get(
            names.PROTECTED
        ),
    )


def test_a_mark_on_what_nobody_has_teal_watch_stays_as_any_finalizer_does(stage: Stage) -> None:
    """Documented: who sets it may set any finalizer, and Teal looks at nothing without the watch label."""
    stage.deployment("unwatched", labels={})
    _add(stage, DEPLOYMENTS, "unwatched", "finalizers", [names.MARK])
    stage.delete(DEPLOYMENTS, "unwatched")
    stage.version("httpbin-0")
    stage.routemap()
    stage.until(OURS, stage.split)
    assert stage.finalizers(DEPLOYMENTS, "unwatched") == [names.MARK]
    _add(stage, DEPLOYMENTS, "unwatched", "labels", {names.WATCH: "true"})
    stage.until(None, lambda: stage.get(DEPLOYMENTS, "unwatched"))


def test_the_routemaps_own_finalizer_holds_up_no_deletion_of_one_that_is_malformed(stage: Stage) -> None:
    stage.routemap(versions=[{"name": "httpbin-0", "weight": 1}], hosts=["*"])
    _add(stage, ROUTEMAPS, "httpbin", "finalizers", [names.RELEASE])
    stage.delete(ROUTEMAPS, "httpbin")
    stage.until(None, lambda: stage.get(ROUTEMAPS, "httpbin"))

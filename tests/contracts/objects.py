"""What whoever keeps objects does when the reconciler writes them. Each function takes a `Place`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from kube.errors import NotFoundError, StaleError
from reconciler.passes.carry_out import Objects
from routing.kinds import ROUTEMAPS, SERVICES, VIRTUAL_SERVICES, Resource

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MARK = "iter8.tools/drain"
ADDED: list[dict[str, Any]] = [
    {"op": "test", "path": "/metadata/finalizers", "value": None},
    {"op": "add", "path": "/metadata/finalizers", "value": [MARK]},
]
REMOVED: list[dict[str, Any]] = [
    {"op": "test", "path": "/metadata/finalizers", "value": [MARK]},
    {"op": "add", "path": "/metadata/finalizers", "value": []},
]


class Kept(Objects, Protocol):
    """`Objects` that can be looked at."""

    def get(self, resource: Resource, namespace: str, name: str) -> dict[str, Any]:
        """Return an object. Raises NotFoundError."""

    def create(self, resource: Resource, manifest: Mapping[str, Any]) -> dict[str, Any]:
        """Create an object."""


@dataclass(frozen=True)
class Place:
    """Objects, an empty namespace of them, and how one is deleted: finalizers may keep it."""

    objects: Kept
    namespace: str
    delete: Callable[[Resource, str], object]

    def make(self, resource: Resource, **parts: Any) -> dict[str, Any]:
        """Make an object `a`."""
        return self.objects.create(resource, self.manifest(resource, **parts))

    def manifest(self, resource: Resource, **parts: Any) -> dict[str, Any]:
        """Return an object `a`, well formed as its kind."""
        spec = {
            ROUTEMAPS: {"versions": [{"name": "a-0", "weight": 50}]},
            SERVICES: {"ports": [{"port": 80}], "selector": {"app": "a"}},
            VIRTUAL_SERVICES: {"hosts": ["a.default"]},
        }
        metadata = {"name": "a", "namespace": self.namespace, **parts.pop("metadata", {})}
        kind = {"apiVersion": resource.api_version, "kind": resource.kind}
        return {**kind, "metadata": metadata, "spec": spec[resource], **parts}

    def patch(self, operations: list[dict[str, Any]], resource: Resource = SERVICES) -> dict[str, Any]:
        """Patch it."""
        return self.objects.patch(resource, self.namespace, "a", operations)

    def now(self, resource: Resource = SERVICES) -> dict[str, Any]:
        """Return it as it is."""
        return self.objects.get(resource, self.namespace, "a")


def none_is_not_found(place: Place) -> None:
    with pytest.raises(NotFoundError):
        place.now()
    with pytest.raises(NotFoundError):
        place.patch(ADDED)
    with pytest.raises(NotFoundError):
        place.objects.merge(ROUTEMAPS, place.namespace, "a", {"status": {}}, "status")


def a_patch_that_fits_is_carried_out_and_brings_another_version(place: Place) -> None:
    before = place.make(SERVICES)
    after = place.patch([{"op": "test", "path": "/metadata/uid", "value": before["metadata"]["uid"]}, *ADDED])
    assert after["metadata"]["finalizers"] == [MARK]
    assert int(after["metadata"]["resourceVersion"]) > int(before["metadata"]["resourceVersion"])
    assert place.now() == after


def a_patch_that_changes_nothing_brings_no_other_version(place: Place) -> None:
    before = place.make(SERVICES, metadata={"labels": {"a/b": "c"}})
    same = place.patch([{"op": "add", "path": "/metadata/labels/a~1b", "value": "c"}])
    assert same["metadata"]["resourceVersion"] == before["metadata"]["resourceVersion"]


def a_patch_of_what_has_changed_is_stale_and_does_nothing(place: Place) -> None:
    place.make(SERVICES, metadata={"finalizers": ["other.org/f"]})
    with pytest.raises(StaleError):
        place.patch(ADDED)
    assert place.now()["metadata"]["finalizers"] == ["other.org/f"]


def a_patch_of_another_object_under_the_name_is_stale(place: Place) -> None:
    place.make(SERVICES)
    with pytest.raises(StaleError):
        place.patch([{"op": "test", "path": "/metadata/uid", "value": "another"}, *ADDED])


def a_patch_that_removes_what_is_not_there_is_stale(place: Place) -> None:
    place.make(SERVICES)
    with pytest.raises(StaleError):
        place.patch([{"op": "remove", "path": "/metadata/annotations/a"}])


def a_patch_adds_and_removes_single_entries(place: Place) -> None:
    place.make(SERVICES, metadata={"labels": {"stays": "1", "a/b": "2"}})
    place.patch([{"op": "remove", "path": "/metadata/labels/a~1b"}])
    after = place.patch([{"op": "add", "path": "/metadata/labels/c~1d", "value": "3"}])
    assert after["metadata"]["labels"] == {"stays": "1", "c/d": "3"}


def what_is_being_deleted_takes_no_finalizer_and_goes_with_its_last(place: Place) -> None:
    place.make(SERVICES, metadata={"finalizers": [MARK]})
    place.delete(SERVICES, "a")
    assert "deletionTimestamp" in place.now()["metadata"]
    with pytest.raises(StaleError):
        place.patch([{"op": "add", "path": "/metadata/finalizers", "value": [MARK, "other.org/f"]}])
    last = place.patch(REMOVED)
    assert ("deletionTimestamp" in last["metadata"], last["metadata"].get("finalizers")) == (True, None)
    with pytest.raises(NotFoundError):
        place.now()


def what_is_applied_and_not_there_is_made(place: Place) -> None:
    made = place.objects.apply(VIRTUAL_SERVICES, place.manifest(VIRTUAL_SERVICES))
    assert made["metadata"]["uid"]
    assert made["metadata"]["creationTimestamp"]
    assert place.now(VIRTUAL_SERVICES) == made


def applying_takes_over_fields_and_leaves_those_that_only_others_have_set(place: Place) -> None:
    others = {"hosts": ["other.default"], "exportTo": ["."]}
    labels = {"theirs": "1", "both": "1"}
    place.make(VIRTUAL_SERVICES, metadata={"labels": labels}, spec=others)
    wanted = place.manifest(VIRTUAL_SERVICES, metadata={"labels": {"both": "2"}})
    applied = place.objects.apply(VIRTUAL_SERVICES, wanted)
    assert applied["spec"] == {"hosts": ["a.default"], "exportTo": ["."]}
    assert applied["metadata"]["labels"] == {"theirs": "1", "both": "2"}
    again = place.objects.apply(VIRTUAL_SERVICES, wanted)
    assert again["metadata"]["resourceVersion"] == applied["metadata"]["resourceVersion"]


def a_status_is_merged_and_nothing_else_is(place: Place) -> None:
    place.make(ROUTEMAPS)
    told = {"split": "a-0=100", "versions": [{"name": "a-0", "state": "ready"}]}
    body = {"status": told, "spec": {"versions": []}}
    place.objects.merge(ROUTEMAPS, place.namespace, "a", body, "status")
    again = place.objects.merge(
        ROUTEMAPS, place.namespace, "a", {"status": {"versions": [], "observedGeneration": 2}}, "status"
    )
    assert again["status"] == {"split": "a-0=100", "versions": [], "observedGeneration": 2}
    assert again["spec"] == place.manifest(ROUTEMAPS)["spec"]
    less = {"status": {"split": None, "nothing": None}}
    last = place.objects.merge(ROUTEMAPS, place.namespace, "a", less, "status")
    assert last["status"] == {"versions": [], "observedGeneration": 2}


CONTRACT: tuple[Callable[[Place], None], ...] = (
    none_is_not_found,
    a_patch_that_fits_is_carried_out_and_brings_another_version,
    a_patch_that_changes_nothing_brings_no_other_version,
    a_patch_of_what_has_changed_is_stale_and_does_nothing,
    a_patch_of_another_object_under_the_name_is_stale,
    a_patch_that_removes_what_is_not_there_is_stale,
    a_patch_adds_and_removes_single_entries,
    what_is_being_deleted_takes_no_finalizer_and_goes_with_its_last,
    what_is_applied_and_not_there_is_made,
    applying_takes_over_fields_and_leaves_those_that_only_others_have_set,
    a_status_is_merged_and_nothing_else_is,
)

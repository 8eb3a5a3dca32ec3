"""JSON patches for other people's objects: exact, guarded, and nothing when nothing is to be done."""

from __future__ import annotations

from typing import Any

import pytest

from routing import patches

MARK = "iter8.tools/drain"


def _object(**metadata: Any) -> dict[str, Any]:
    return {"metadata": {"uid": "u1", "name": "httpbin-1", **metadata}}


def test_a_first_finalizer_is_added_if_there_is_still_none() -> None:
    assert patches.finalizer(_object(), MARK, wanted=True) == [
        {"op": "test", "path": "/metadata/finalizers", "value": None},
        {"op": "add", "path": "/metadata/finalizers", "value": [MARK]},
    ]


def test_others_finalizers_stay_when_ours_comes_and_goes() -> None:
    assert patches.finalizer(_object(finalizers=["other/f"]), MARK, wanted=True) == [
        {"op": "test", "path": "/metadata/finalizers", "value": ["other/f"]},
        {"op": "add", "path": "/metadata/finalizers", "value": ["other/f", MARK]},
    ]
    assert patches.finalizer(_object(finalizers=[MARK, "other/f"]), MARK, wanted=False) == [
        {"op": "test", "path": "/metadata/finalizers", "value": [MARK, "other/f"]},
        {"op": "add", "path": "/metadata/finalizers", "value": ["other/f"]},
    ]


def test_nothing_is_patched_where_it_is_so_already() -> None:
    assert patches.finalizer(_object(finalizers=[MARK]), MARK, wanted=True) == []
    assert patches.finalizer(_object(), MARK, wanted=False) == []
    assert patches.entry(_object(labels={"a": "b"}), "labels", "a", "b") == []
    assert patches.entry(_object(), "labels", "a", None) == []


def test_an_object_that_is_being_deleted_gets_no_finalizer_but_can_lose_one() -> None:
    going = _object(deletionTimestamp="2026-01-01T00:00:00Z", finalizers=[MARK])
    assert patches.finalizer(going, "other/f", wanted=True) == []
    assert patches.finalizer(going, MARK, wanted=False) != []


def test_a_first_annotation_makes_the_map_only_if_there_is_still_none() -> None:
    assert patches.entry(_object(), "annotations", "iter8.tools/protected", "why") == [
        {"op": "test", "path": "/metadata/annotations", "value": None},
        {"op": "add", "path": "/metadata/annotations", "value": {}},
        {"op": "add", "path": "/metadata/annotations/iter8.tools~1protected", "value": "why"},
    ]


def test_keys_are_escaped_as_rfc_6901_asks() -> None:
    existing = _object(labels={"a~b/c": "1"})
    assert patches.entry(existing, "labels", "a~b/c", None) == [
        {"op": "remove", "path": "/metadata/labels/a~0b~1c"}
    ]


def test_a_guarded_patch_only_fits_the_object_with_that_uid() -> None:
    assert patches.guarded(_object(), [])[0] == {"op": "test", "path": "/metadata/uid", "value": "u1"}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({}, {"finalizers": [MARK], "annotations": {"a/b~c": "d"}}),
        (
            {"finalizers": ["other/f"], "annotations": {"x": "y"}},
            {"finalizers": ["other/f", MARK], "annotations": {"x": "y", "a/b~c": "d"}},
        ),
    ],
)
def test_what_an_object_is_after_a_patch_is_foretold(before: dict[str, Any], after: dict[str, Any]) -> None:
    manifest = _object(**before)
    operations = patches.finalizer(manifest, MARK, wanted=True)
    operations += patches.entry(manifest, "annotations", "a/b~c", "d")
    foretold = patches.patched(manifest, operations)
    assert foretold == _object(**after)
    back = patches.finalizer(foretold, MARK, wanted=False) + patches.entry(
        foretold, "annotations", "a/b~c", None
    )
    empty: dict[str, Any] = {"finalizers": [], "annotations": {}}
    assert patches.patched(foretold, back) == _object(**(empty | before))
    assert manifest == _object(**before)


def test_fields_of_a_part_that_are_removed_are_all_gone() -> None:
    manifest = {**_object(), "spec": {"a/b": 1, "tcp": [], "hosts": ["x"]}}
    operations = [patches.removal("spec", "a/b"), patches.removal("spec", "tcp")]
    assert patches.patched(manifest, operations) == {**_object(), "spec": {"hosts": ["x"]}}


def test_an_owner_is_added_to_those_that_are_there() -> None:
    other, ours = {"uid": "1"}, {"uid": "2"}
    assert patches.owner(_object(ownerReferences=[other]), ours) == [
        {"op": "test", "path": "/metadata/ownerReferences", "value": [other]},
        {"op": "add", "path": "/metadata/ownerReferences", "value": [other, ours]},
    ]

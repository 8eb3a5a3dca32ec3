"""The VirtualService of a split, and the split of a VirtualService."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.routes.virtualservice import applied_split, owned, same, virtual_service
from routing.split import percentages
from tests.unit.routing.manifests import Manifest, changed, with_key
from tests.unit.routing.test_split import EXAMPLES, weights_of_a_split
from tests.unit.routing.worlds import routemap

ASKED = routemap(50, 50)
OWNER = {
    "apiVersion": "iter8.tools/v1alpha1",
    "kind": "Routemap",
    "name": "httpbin",
    "uid": "12ab",
    "controller": True,
}


def destination(version: str, **weight: int) -> dict[str, Any]:
    return {
        "destination": {"host": f"{version}.default.svc.cluster.local", "port": {"number": 80}},
        "headers": {"response": {"add": {"app-version": version}}},
        **weight,
    }


def test_a_single_destination_has_no_weight_as_in_the_tutorial() -> None:
    assert virtual_service(ASKED, {"httpbin-0": 100}) == {
        "apiVersion": "networking.istio.io/v1",
        "kind": "VirtualService",
        "metadata": {
            "name": "httpbin",
            "namespace": "default",
            "labels": {"app.kubernetes.io/managed-by": "teal", "iter8.tools/routemap": "httpbin"},
            "ownerReferences": [OWNER],
        },
        "spec": {
            "hosts": ["httpbin.default", "httpbin.default.svc"],
            "gateways": ["httpbin", "mesh"],
            "http": [{"name": "httpbin", "route": [destination("httpbin-0")]}],
        },
    }


def test_several_destinations_are_weighted_and_name_their_version_in_a_header() -> None:
    rendered = virtual_service(ASKED, {"httpbin-0": 20, "httpbin-1": 80})
    assert rendered["spec"]["http"] == [
        {
            "name": "httpbin",
            "route": [destination("httpbin-0", weight=20), destination("httpbin-1", weight=80)],
        }
    ]


def test_without_a_port_the_service_decides() -> None:
    rendered = virtual_service(replace(ASKED, port=None), {"httpbin-0": 100})
    assert "port" not in rendered["spec"]["http"][0]["route"][0]["destination"]


@given(weights_of_a_split)
@EXAMPLES
def test_a_split_is_read_back_from_what_it_was_rendered_to(weights: list[int]) -> None:
    split = {f"httpbin-{index}": share for index, share in enumerate(percentages(weights))}
    assert applied_split(virtual_service(ASKED, split)) == split


@pytest.mark.parametrize(
    ("http", "wanted"),
    [
        (None, {}),
        ([{}], {}),
        ([{"route": [{"destination": {"host": "httpbin-1"}}]}], {"httpbin-1": 100}),
        (
            [
                {
                    "route": [
                        {"destination": {"host": "a"}, "weight": 100},
                        {"destination": {"host": "b.default"}},
                    ]
                }
            ],
            {"a": 100, "b": 0},
        ),
        (
            [
                {"route": [{"destination": {"host": "a"}}]},
                {"route": [{"destination": {"host": "b"}}]},
            ],
            {"a": 100, "b": 100},
        ),
    ],
)
def test_a_virtual_service_edited_by_hand_is_read_as_istio_does(http: object, wanted: dict[str, int]) -> None:
    assert applied_split({"spec": {"http": http}}) == wanted


@given(st.recursive(st.integers() | st.text(max_size=3), lambda inner: st.lists(inner, max_size=2)))
@EXAMPLES
def test_a_virtual_service_without_destinations_has_no_split(junk: Any) -> None:
    assert applied_split({"spec": junk}) == {}
    assert applied_split({"spec": {"http": [{"route": junk}]}}).keys() <= {""}


WANTED = virtual_service(ASKED, {"httpbin-0": 20, "httpbin-1": 80})


@pytest.mark.parametrize(
    "current",
    [
        WANTED,
        WANTED | {"status": {"observedGeneration": 1}},
        with_key(WANTED, "labels", "team", "a"),
        with_key(WANTED, "annotations", "team", "a"),
        changed(WANTED, "metadata.ownerReferences", [{"uid": "other"}, OWNER]),
    ],
)
def test_what_others_add_to_a_virtual_service_is_left_to_them(current: Manifest) -> None:
    assert same(current, WANTED)


@pytest.mark.parametrize(
    "current",
    [
        changed(WANTED, "spec.http.0.route.0.weight", 21),
        changed(WANTED, "spec.hosts", ["*"]),
        changed(WANTED, "spec.exportTo", ["."]),
        with_key(WANTED, "labels", "iter8.tools/routemap", "other"),
        changed(WANTED, "metadata.labels", None),
        changed(WANTED, "metadata.ownerReferences", None),
        changed(WANTED, "metadata.ownerReferences.0.uid", "34cd"),
        WANTED | {"spec": None},
    ],
)
def test_what_teal_owns_of_a_virtual_service_is_put_right(current: Manifest) -> None:
    assert not same(current, WANTED)


@pytest.mark.parametrize(("uid", "wanted"), [("12ab", True), ("34cd", False), ("", False)])
def test_an_object_is_owned_by_the_routemap_whose_uid_it_names(uid: str, wanted: bool) -> None:  # noqa: FBT001
    assert owned(WANTED, uid) is wanted
    assert not owned({"metadata": {"ownerReferences": None}}, uid)

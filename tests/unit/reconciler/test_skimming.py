"""What is skimmed is what `kube.answers` reads, managedFields apart, however odd it is."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kube import answers
from kube.errors import ClusterError, GoneError, UnavailableError
from reconciler.watching.kinds import KINDS
from reconciler.watching.skimming import skimming
from routing.kinds import DEPLOYMENT_NAMES, DEPLOYMENTS, ROUTEMAPS

LEAVES = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4)
)
METADATA = st.fixed_dictionaries(
    {"name": st.text(), "resourceVersion": st.text()},
    optional={
        "namespace": st.text(),
        "labels": VALUES,
        "finalizers": VALUES,
        "ownerReferences": VALUES,
        "deletionTimestamp": VALUES,
        "managedFields": VALUES,
    },
)
OBJECTS = st.fixed_dictionaries({"metadata": METADATA}, optional={"spec": VALUES, "status": VALUES})
MANAGED = [{"manager": "kubectl", "fieldsV1": {"f:spec": {"f:versions": {}}}}]


def unmanaged(manifest: dict[str, Any]) -> dict[str, Any]:
    return {
        **manifest,
        "metadata": {key: value for key, value in manifest["metadata"].items() if key != "managedFields"},
    }


def deployment(**fields: Any) -> dict[str, Any]:
    metadata = {"name": "a", "namespace": "b", "resourceVersion": "7", "managedFields": MANAGED}
    return {"metadata": metadata, **fields}


def listed(items: Any, version: str = "9") -> bytes:
    return json.dumps({"kind": "List", "metadata": {"resourceVersion": version}, "items": items}).encode()


def told(kind: str, concerned: Any) -> bytes:
    return json.dumps({"type": kind, "object": concerned}).encode()


@given(st.lists(OBJECTS, max_size=3))
def test_a_list_is_what_it_is_without_managed_fields(items: list[dict[str, Any]]) -> None:
    found = skimming(DEPLOYMENTS).page("GET", listed(items))
    plain = answers.page("GET", listed(items))
    assert [*map(unmanaged, found["items"])] == [*map(unmanaged, plain["items"])]
    assert found["metadata"] == plain["metadata"]
    assert skimming(ROUTEMAPS).page("GET", listed(items))["items"] == plain["items"]


@given(st.sampled_from(["ADDED", "MODIFIED", "DELETED", "BOOKMARK"]), OBJECTS)
def test_an_event_is_what_it_is_without_managed_fields(kind: str, concerned: dict[str, Any]) -> None:
    line = told(kind, concerned)
    found = skimming(DEPLOYMENTS).event(line)
    assert (found["type"], unmanaged(found["object"])) == (kind, unmanaged(concerned))
    assert skimming(ROUTEMAPS).event(line) == answers.event(line)


def test_no_watch_rests_but_the_one_that_nobody_waits_for() -> None:
    """A Routemap that is heard of before its Service warns of a host that is there."""
    resting = {kind.resource for kind in KINDS if skimming(kind.resource).rest}
    assert (resting, skimming(DEPLOYMENT_NAMES).rest > 0) == (set(), True)


def test_nobody_who_looks_at_managed_fields_goes_without() -> None:
    assert skimming(ROUTEMAPS).event(told("ADDED", deployment()))["object"] == deployment()
    assert skimming(DEPLOYMENTS).event(told("ADDED", deployment()))["object"] == unmanaged(deployment())


@pytest.mark.parametrize(
    "value",
    [
        '"\\ud800"',
        "1" * 40,
        "-0.0",
        "1e400",
        '{"a":1,"a":2}',
        '"\\u0000"',
        "-1",
        "1.0",
        "12345678901234567890",
    ],
)
def test_odd_values_read_as_the_standard_library_reads_them(value: str) -> None:
    line = told("ADDED", deployment(spec={"odd": 0})).replace(b'"odd": 0', b'"odd": ' + value.encode())
    found = skimming(DEPLOYMENTS).event(line)["object"]["spec"]["odd"]
    expected = answers.event(line)["object"]["spec"]["odd"]
    assert (found, type(found)) == (expected, type(expected))


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"[]", b"{", b'{"metadata":{}}', b'{"metadata":{},"items":[]}', b'{"metadata":3,"items":[]}'),
        *(
            b'{"metadata":{"resourceVersion":"1"},"items":3}',
            b'{"metadata":{"resourceVersion":NaN},"items":[]}',
        ),
    ],
)
def test_what_is_no_list_is_told_of_as_ever(body: bytes) -> None:
    with pytest.raises(UnavailableError) as plain:
        answers.page("GET /x", body)
    with pytest.raises(UnavailableError) as skimmed:
        skimming(DEPLOYMENTS).page("GET /x", body)
    assert str(skimmed.value) == str(plain.value)


def test_an_empty_list_in_gos_spelling_is_one() -> None:
    assert skimming(DEPLOYMENTS).page("GET", listed(None))["items"] == []


def test_an_item_that_is_no_object_is_whoever_looks_at_its_concern() -> None:
    assert skimming(DEPLOYMENTS).page("GET", listed([3, {"metadata": 4}]))["items"] == [3, {"metadata": 4}]


@pytest.mark.parametrize(
    "line", [b"", b"{}", b'{"type":"ADDED"}', b'{"type":3,"object":{}}', b'{"type":"ADDED","object":[]}']
)
def test_what_is_no_event_is_told_of_as_ever(line: bytes) -> None:
    with pytest.raises(ValueError, match=r".") as plain:
        answers.event(line)
    with pytest.raises(ValueError, match=r".") as skimmed:
        skimming(DEPLOYMENTS).event(line)
    assert str(skimmed.value) == str(plain.value)


def test_an_error_is_raised_as_ever() -> None:
    with pytest.raises(GoneError, match="too old"):
        skimming(DEPLOYMENTS).event(told("ERROR", {"code": 410, "message": "too old"}))
    with pytest.raises(ClusterError):
        skimming(DEPLOYMENTS).event(told("ERROR", {"code": "x"}))

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.webhook.jsonpatch import apply
from webhook.patch import diff

SCALARS = st.none() | st.booleans() | st.integers(-2, 2) | st.sampled_from(["", "a", "a/b", "a~b"])
JSON = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "b", "a/b", "a~1b", "~"]), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(JSON, JSON)
def test_a_patch_turns_the_one_into_the_other(before: Any, after: Any) -> None:
    operations = list(diff(before, after))
    assert json.dumps(apply(before, operations), sort_keys=True) == json.dumps(after, sort_keys=True)


@given(JSON)
def test_equal_values_need_no_patch(value: Any) -> None:
    assert list(diff(value, json.loads(json.dumps(value)))) == []


@pytest.mark.parametrize(
    ("before", "after", "operations"),
    [
        ({"a": 1}, {"a": 1, "b/c": 2}, [{"op": "add", "path": "/b~1c", "value": 2}]),
        ({"a~b": 1, "c": 2}, {"c": 2}, [{"op": "remove", "path": "/a~0b"}]),
        ({"a": {"b": 1}}, {"a": {"b": True}}, [{"op": "replace", "path": "/a/b", "value": True}]),
        ({"a": [1]}, {"a": [1, 2]}, [{"op": "add", "path": "/a/-", "value": 2}]),
        ({"a": [{}, {}]}, {"a": [{}, {"b": 1}]}, [{"op": "add", "path": "/a/1/b", "value": 1}]),
        ({"a": [1, 2]}, {"a": [1]}, [{"op": "replace", "path": "/a", "value": [1]}]),
    ],
)
def test_only_what_differs_is_patched(before: Any, after: Any, operations: list[dict[str, Any]]) -> None:
    assert list(diff(before, after)) == operations

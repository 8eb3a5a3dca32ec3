"""JSON of any depth and any content, beside the standard library's parser."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kube.reading import LEVELS, loads

AWKWARD = st.text() | st.text('[]{}"\\,:é€\U0001f600\n', max_size=8)
"""Texts that a parser may take for structure."""
LEAVES = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | AWKWARD
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(AWKWARD, inner, max_size=5),
    max_leaves=40,
)


def cut(value: Any, levels: int = LEVELS) -> Any:
    """Return a value with null in place of what is nested deeper; the reference."""
    if not isinstance(value, dict | list):
        return value
    if not levels:
        return None
    if isinstance(value, list):
        return [cut(each, levels - 1) for each in value]
    return {key: cut(each, levels - 1) for key, each in value.items()}


def written(value: Any, *, compact: bool, plain: bool) -> bytes:
    separators = (",", ":") if compact else None
    return json.dumps(value, separators=separators, ensure_ascii=plain).encode(errors="replace")


def nested(value: Any, wraps: list[tuple[bool, str]]) -> Any:
    for in_list, key in wraps:
        mirrored = key.translate(str.maketrans("[]{}", "][}{"))  # as if it closed what the other opens
        value = [key, value, mirrored] if in_list else {key: key, f"{key}.": value, f"{key}..": mirrored}
    return value


@given(VALUES, st.booleans(), st.booleans())
def test_what_is_shallow_reads_as_ever(value: Any, compact: bool, plain: bool) -> None:  # noqa: FBT001
    text = written(value, compact=compact, plain=plain)
    assert loads(text) == json.loads(text)


@given(VALUES, st.lists(st.tuples(st.booleans(), AWKWARD), min_size=1, max_size=4), st.integers(-5, 40))
@example([], [(True, "]")], 0)
@example([], [(True, "\\")], 0)
@example([], [(False, '\\"{')], 0)
@example(1, [(True, "]")], 0)
def test_what_is_deep_reads_as_ever_down_to_the_last_level(
    value: Any, wraps: list[tuple[bool, str]], more: int
) -> None:
    wrapped = nested(value, (wraps * LEVELS * 2)[: LEVELS + more])
    for compact in (True, False):
        text = written(wrapped, compact=compact, plain=True)
        assert loads(text) == cut(json.loads(text))


def test_a_caller_far_down_its_own_stack_gets_the_value_too() -> None:
    deep = b"[" * 5_000 + b"]" * 5_000

    def at(frames: int) -> Any:
        return at(frames - 1) if frames else loads(deep)

    # The test's own frames and those of who runs it count, too.
    used, frame = 0, sys._getframe()  # noqa: SLF001
    while frame.f_back:
        used, frame = used + 1, frame.f_back
    assert at(900 - used) == cut(json.loads(b"[" * 100 + b"]" * 100))


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"[1,]",
        b"\xff",
        b'"\xff"',
        b"NaN",
        b'{"a": Infinity}',
        b"[-Infinity]",
        b'\xef\xbb\xbf{"a":1}',
        '{"a":1}'.encode("utf-16"),
        b"[" * 5_000,
        b"]" * 5_000,
        b"[" * 100 + b"1" + b"]" * 99,
        b"[" * 100 + b"1" + b"]" * 101,
        b"]" * 100 + b"[" * 100,
        b'[["' + b"[" * 5_000 + b"]]",
    ],
)
def test_what_is_no_json_is_a_value_error(text: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        loads(text)


@given(st.binary(max_size=300) | st.text('[]{}"\\,:1 ', max_size=300).map(str.encode))
def test_any_bytes_are_read_as_ever_or_a_value_error(text: bytes) -> None:
    try:
        expected = json.loads(text.decode())
    except ValueError:
        expected = ValueError
    try:
        found = loads(text)
    except ValueError:
        found = ValueError
    assert found == expected

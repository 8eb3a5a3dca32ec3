"""Matches of candidates: which of two is never reached."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from routing.reading.matches import shadowed

TEXTS = st.sampled_from(["/", "/a", "/ab", "/b"])
CONDITIONS = st.builds(lambda kind, text: {kind: text}, st.sampled_from(["exact", "prefix"]), TEXTS)
ALTERNATIVES = st.fixed_dictionaries(
    {},
    optional={
        "uri": CONDITIONS,
        "method": st.sampled_from([{"exact": "GET"}, {"exact": "PUT"}]),
        "headers": st.dictionaries(st.sampled_from(["a", "b"]), CONDITIONS, min_size=1),
    },
)
REQUESTS = [
    {"uri": uri, "method": method, "headers": {"a": a, "b": b}}
    for uri in ("/", "/a", "/ab", "/abc", "/b", "/c")
    for method in ("GET", "PUT")
    for a in (None, "/", "/a", "/abc", "/c")
    for b in (None, "/a", "/b")
]


def fits(text: str | None, condition: dict[str, str]) -> bool:
    if text is None:
        return False
    return text == condition["exact"] if "exact" in condition else text.startswith(condition["prefix"])


def takes(alternative: Any, request: Any) -> bool:
    return all(
        all(fits(request["headers"][name], each) for name, each in condition.items())
        if key == "headers"
        else fits(request[key], condition)
        for key, condition in alternative.items()
    )


@given(st.lists(ALTERNATIVES, min_size=2, max_size=4))
def test_what_is_told_to_be_shadowed_is_never_reached(alternatives: list[Any]) -> None:
    matches = [(place, json.dumps([each])) for place, each in enumerate(alternatives)]
    for place, _, before, _ in shadowed(matches):
        assert before < place
        for request in REQUESTS:
            assert takes(alternatives[before], request) or not takes(alternatives[place], request)


@given(ALTERNATIVES)
def test_the_same_match_twice_is_told(alternative: Any) -> None:
    text = json.dumps([alternative])
    assert [*shadowed([(1, text), (2, text)])] == [(2, 0, 1, 0)]

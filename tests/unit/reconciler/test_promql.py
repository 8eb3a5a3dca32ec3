"""Queries as text: no name becomes anything but a name."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.asking import promql

_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}


def read(literal: str) -> str:
    """Return what Prometheus' lexer reads: Go's escapes between double quotes, up to the first quote."""
    assert literal[0] == '"'
    text, rest = "", literal[1:]
    while rest[0] != '"':
        if rest[0] != "\\":
            assert rest[0] != "\n", "a string in double quotes ends with its line"
            text, rest = text + rest[0], rest[1:]
        elif rest[1] == "u":
            text, rest = text + chr(int(rest[2:6], 16)), rest[6:]
        else:
            text, rest = text + _ESCAPES[rest[1]], rest[2:]
    assert rest == '"', f"the string ends before {rest}"
    return text


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_prometheus_reads_a_literal_as_what_was_quoted(text: str) -> None:
    assert read(promql.quoted(text)) == text


def test_what_is_no_character_is_replaced() -> None:
    assert promql.quoted("a\ud800b") == '"a?b"'


@given(st.text(), st.text())
def test_a_literal_regular_expression_matches_its_text_and_no_other(text: str, other: str) -> None:
    assert re.fullmatch(promql.literal(text), text)
    assert bool(re.fullmatch(promql.literal(text), other)) == (text == other)


def test_one_of_several_is_matched_in_a_stable_order() -> None:
    assert promql.one_of({"b.c", "a"}) == r"a|b\.c"


def test_a_selector_quotes_each_value() -> None:
    assert promql.selector("m", {"a=": 'x"} or up{a="', "b!=": ""}) == r'm{a="x\"} or up{a=\"",b!=""}'


def test_growth_is_difference_whole_after_a_reset_and_whole_when_new_to_a_known_target() -> None:
    now, before = "last_over_time(m{}[5m])", "last_over_time(m{}[1h] offset 15s)"
    assert promql.growth("m{}", ["a", "b"], 15) == (
        f"sum by (a, b) (({now} - {before}) >= 0 or ({now} and {before}) "
        f"or ({now} and on (job, instance) (max_over_time(up[1h] offset 15s) == 1)))"
    )


def test_names_and_window_are_put_into_a_users_query() -> None:
    query = 'sum(increase(hits{v="$version",ns="$namespace"}[$window]))'
    assert promql.filled(query, "a-1", "shop", 90) == 'sum(increase(hits{v="a-1",ns="shop"}[90s]))'


@pytest.mark.parametrize("text", ["$versions", "$window_2", "$other", "$", "$$", "\\$"])
def test_other_words_with_a_dollar_stay(text: str) -> None:
    assert promql.filled(text, "a-1", "shop", 90) == text


def test_a_window_is_never_empty() -> None:
    assert promql.filled("[$window]", "a", "b", 0) == "[1s]"


@given(st.text(), st.text())
def test_no_name_leaves_the_string_that_it_is_put_into(version: str, namespace: str) -> None:
    filled = promql.filled('m{a="$version"}', version, namespace, 1)
    literal = filled.removeprefix("m{a=").removesuffix("}")
    assert read(literal) == version.encode(errors="replace").decode()
    assert json.loads(literal) == version.encode(errors="replace").decode()


def test_what_a_name_contains_is_not_replaced_again() -> None:
    assert promql.filled("$version $namespace", "$namespace", "$window", 5) == "$namespace $window"

"""Regular expressions: what is taken here is taken by every proxy."""

from __future__ import annotations

import pytest
import re2
from hypothesis import example, given
from hypothesis import strategies as st

from routing.reading.regexes import MOST_CHARACTERS, fault

PROGRAM = 32_768
"""What Istio lets an expression come to in its proxies (re2.max_program_size.error_level)."""
PIECES = st.sampled_from(
    [
        *"ab01-^$.*+?()[]{}|\\,: é_",
        *("(?:", "(?i)", "(?=", "(?P<n>", "[^", "[:alpha:]", "(?i:", ")*", "]+", "(?-s)", "(?sU-m:"),
        *("{2}", "{2,}", "{1,3}", "{0}", "{,3}", "{1000}", "{02}", "[a-z]"),
        *(r"\d", r"\b", r"\x41", r"\x{41}", r"\.", r"\w", r"\pL", r"\Q", r"\1", r"\-", r"\/", r"\n"),
        *(r"\_", r"\ ", r"\'", r"\z", r"\A", r"\C", r"\E", r"\xD800", r"\x{D800}"),
    ]
)


def taken_by_re2(text: str) -> bool:
    options = re2.Options()
    options.log_errors = False
    try:
        return bool(re2.compile(text, options).programsize <= PROGRAM)
    except re2.error:
        return False


@given(st.lists(PIECES, max_size=9).map("".join) | st.text(max_size=12))
@example("(?:[^a]{30}){30}")
@example(".{1000}")
@example(r"[\w-]+")
def test_what_is_taken_is_taken_by_re2(text: str) -> None:
    assert fault(text) is not None or taken_by_re2(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a|b|",
        ".*(Firefox|Chrome)/[0-9]{2,3}.*",
        r"^(.*;\s*)?teal-app=httpbin-1(;.*)?$",
        r"[-a-z0-9_.]+@example\.(com|org)",
        r"(?i)curl/\d+\.\d+(?:\.\d+)*",
        r"[^\]\-]*[]a]",
        r"[[:alpha:][:^digit:]\d]+?",
        r"\x41\x{1F600}\bb\B\A\z\t[\n\r]",
        "a{0,1000}",
    ],
)
def test_what_people_write_is_taken(text: str) -> None:
    assert taken_by_re2(text)
    if text != r"[^\]\-]*[]a]":
        assert fault(text) is None


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("a(?=b)", "no lookaround is taken, at 1"),
        ("(?<!b)", "no lookaround is taken, at 0"),
        (r"(a)\1", "no backreference is taken, at 3"),
        ("(?P<n>a)", "no group of this kind is taken, at 0; use (…) or (?:…)"),
        (r"\pL", r"no \p is taken, at 0"),
        ("a\\", r"a \ at the end, at 1"),
        ("a**", "a repetition of a repetition, at 2"),
        ("^*", "a repetition of nothing, at 1"),
        ("*", "a repetition of nothing, at 0"),
        ("(?i)*", "a repetition of nothing, at 4"),
        ("{2}", "a { that repeats nothing (write \\{), at 0"),
        ("a{b}", "a { that is no repetition (write \\{), at 1"),
        ("a{2,1}", "a repetition out of range, at 1"),
        ("a{1001}", "a repetition out of range, at 1"),
        ("(a{100}){11}", "repetitions that come to more than 1000 parts"),
        ("(a", "a ( that is not closed, at 2"),
        ("a)", "a ) that closes nothing, at 1"),
        ("a]", "a ] that closes nothing (write \\]), at 1"),
        ("[a", "a [ that is not closed, at 0"),
        ("[[:a:]]", "a class that there is not, at 1"),
        ("[z-a]", "a range that is none, at 4"),
        ("[a-[]", "a range without end, at 3"),
        (r"[\d-z]", "a range that is none, at 5"),
        ("[a[]", "a [ within a class (write \\[), at 2"),
        (r"\x4", r"a \x without its digits, at 0"),
        (r"\x{110000}", r"a \x that is no character, at 0"),
        ("(" * 40, "more than 32 groups within each other, at 33"),
        ("a" * (MOST_CHARACTERS + 1), "1025 characters, and proxies take at most 1024"),
    ],
)
def test_what_is_not_taken_is_told_with_its_place(text: str, wanted: str) -> None:
    assert fault(text) == wanted

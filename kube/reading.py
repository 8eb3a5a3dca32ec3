"""JSON from the API server, of any depth.

The API server takes objects that are nested up to 10,000 levels deep, such as a Service with 17 KB of
`managedFields`; the standard library's parser, and whoever goes through its values, ends with RecursionError
at some 1,000. Nothing that Teal looks at lies deeper than some 20 levels. What Teal sends is its own, or part
of what was read here, so it is shallow, too, and written by the standard library.
"""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

LEVELS = 64
"""What is nested deeper than so many arrays and objects reads as null. A list's items are the third level."""

_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[\[\]{}]', re.DOTALL)
"""A string, also one that never ends, so that no text takes more than linear time; or a bracket."""
_AS_BRACES = bytes.maketrans(b"[]", b"{}")
_OTHERS = bytes(set(range(256)) - set(b'[]{}"'))


def loads(text: bytes) -> Any:
    """Return what JSON in UTF-8 says, with null in place of what is nested deeper than LEVELS.

    Raises ValueError for anything else, NaN and infinities included, but never RecursionError, as long as the
    caller's own stack leaves room for LEVELS frames. Takes linear time.
    """
    return _decoded((text if is_shallow(text) else _cut(text)).decode())


def is_shallow(text: bytes) -> bool:
    """Tell whether no value is nested deeper than LEVELS. Of what is no JSON in UTF-8 it may say anything.

    A Python loop over all brackets would take longer than parsing. Brackets in strings are told apart by the
    parity of the quotes before them, which removing two quotes side by side does not change; then each round
    takes away the innermost level.
    """
    if text.count(b"{") + text.count(b"[") <= LEVELS:
        return True
    if b"\\" in text:  # pairs first: a quote after two backslashes ends a string
        text = text.replace(rb"\\", b"").replace(rb"\"", b"")
    brackets = text.translate(_AS_BRACES, _OTHERS).replace(b'""', b"")
    if b'"' in brackets:
        brackets = b"".join(brackets.split(b'"')[::2])
    for _ in range(LEVELS):
        if not brackets:
            return True  # most are far from that deep
        brackets = brackets.replace(b"{}", b"")
    return not brackets


def _cut(text: bytes) -> bytes:
    """Return JSON with null in place of each value below the last level."""
    kept, begin, depth = [], 0, 0
    for token in _TOKEN.finditer(text):
        if token[0] in b"{[":
            depth += 1
            if depth == LEVELS + 1:
                kept.append(text[begin : token.start()])
        elif token[0] in b"}]":
            if depth == LEVELS + 1:
                kept.append(b"null")
                begin = token.end()
            depth -= 1
    if depth:
        raise ValueError("it ends before its brackets are closed, or closes more than it opens")
    return b"".join([*kept, text[begin:]])


def _refused(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")


_decoded = json.JSONDecoder(parse_constant=_refused).decode

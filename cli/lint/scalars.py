"""What a plain word of YAML is to kubectl: the rules of go.yaml.in/yaml/v2, then of sigs.k8s.io/yaml.

They are YAML 1.1's (`on` is true, `010` is 8), without its sixties (`1:30` is text) and without its dates.
"""

from __future__ import annotations

import base64
import re
import struct
from typing import Any

_PREFIX = "tag:yaml.org,2002:"
STR, BOOL, INT, FLOAT, NULL = (_PREFIX + name for name in ("str", "bool", "int", "float", "null"))
_BINARY = _PREFIX + "binary"
_RESOLVABLE = ("", STR, BOOL, INT, FLOAT, NULL)
"""Other tags are passed over, and what carries one is text."""

_WORDS: dict[str, Any] = {
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
}
_INTEGER = re.compile(r"[-+]?(0[xX][0-9a-fA-F]+|0[oO]?[0-7]+|0[bB][01]+|[1-9][0-9]*|0)")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_BETWEEN_DIGITS = re.compile(r"(?<=[0-9])_(?=[0-9])")
_LEAST_INT, _MOST_INT, _MOST_UINT = -(2**63), 2**63 - 1, 2**64 - 1
_LONGEST_INTEGER = 68
"""Digits of 64 bits, with sign and prefix; what is longer is no integer to Go, and costly to Python."""
_MOST_WHOLE = 1e21
"""From here on Go's encoding/json writes a whole float with an exponent."""


def resolved(tag: str, text: str) -> Any:
    """Return what a scalar means. `tag` is "" if it has none. Raises ValueError with the reason.

    Quoted texts don't come here without a tag. A tag that the word does not fit is an error, as in Go;
    `!!float` takes an integer.
    """
    if tag == _BINARY:
        return base64.b64decode(text.translate({10: None, 13: None}), validate=True).decode(errors="replace")
    if tag not in _RESOLVABLE or tag == STR:
        return text
    value = _implied(text)
    kind = _tag_of(value)
    if tag == FLOAT and kind == INT:
        return float(value)
    if tag not in ("", kind):
        raise ValueError(f"cannot decode !!{_short(kind)} `{text}` as a !!{_short(tag)}")
    return value


def plain(value: Any) -> Any:
    """Return a value as it arrives at the API server: 50.0 is 50 there. Raises ValueError."""
    if isinstance(value, float):
        if value != value or value in (float("inf"), float("-inf")):  # noqa: PLR0124 -- NaN is not itself
            raise ValueError("infinity and .nan are no JSON")
        return int(value) if value.is_integer() and abs(value) < _MOST_WHOLE else value
    return value


def key_text(value: Any) -> str:
    """Return the name of the field that a key makes. Raises ValueError where kubectl knows none.

    JSON's keys are texts: kubectl makes them of numbers and booleans, by Go's way to write these.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) and value <= _MOST_INT:
        return str(value)
    if isinstance(value, float):
        return _go_float32(value)
    if not isinstance(value, str):
        raise ValueError("a key is text, a number or a boolean")  # noqa: TRY004 -- of the user's text
    return value


def _implied(text: str) -> Any:
    """Return what a plain word without a tag is: by the table of words, as a number, else a text.

    The first letter decides what is tried, as in yaml.v2's resolve.go: a word that begins otherwise is never
    a number.
    """
    if text in _WORDS:
        return _WORDS[text]
    first = text[0]
    number: Any = None
    if first == ".":
        number = _float(text) if _FLOAT.fullmatch(_BETWEEN_DIGITS.sub("", text)) else None
    elif first in "+-0123456789":
        bare = text.replace("_", "")
        number = _integer(bare)
        if number is None and _FLOAT.fullmatch(bare):
            number = _float(bare)
    return text if number is None else number


def _integer(text: str) -> int | None:
    """Return an integer of 64 bits, None for any other text. A leading 0 makes it octal.

    With a sign it has to be an int64; without one it may be a uint64.
    """
    if len(text) > _LONGEST_INTEGER or not _INTEGER.fullmatch(text):
        return None
    digits = text.lstrip("+-")
    octal = len(digits) > 1 and digits.isdigit() and digits[0] == "0"
    value = int(digits, 8 if octal else 0) * (-1 if text[0] == "-" else 1)
    unsigned = text[0] not in "+-"
    return value if _LEAST_INT <= value <= (_MOST_UINT if unsigned else _MOST_INT) else None


def _float(text: str) -> float | None:
    """Return a float of 64 bits, None where it is out of range."""
    value = float(text)
    return None if value in (float("inf"), float("-inf")) else value  # out of range: text


def _tag_of(value: Any) -> str:
    """Return the tag of a value's own kind. Booleans come first: to Python they are integers."""
    kinds = ((bool, BOOL), (int, INT), (float, FLOAT), (str, STR))
    return next((tag for kind, tag in kinds if isinstance(value, kind)), NULL)


def _short(tag: str) -> str:
    return tag.removeprefix(_PREFIX)


def _go_float32(value: float) -> str:
    """Return strconv.FormatFloat(value, 'g', -1, 32): the shortest digits that make the same 32 bits."""
    if value != value:  # noqa: PLR0124 -- NaN is not itself
        return ".nan"
    try:
        bits = struct.pack("f", value)
    except OverflowError:
        bits = struct.pack("f", float("inf") if value > 0 else float("-inf"))
    (single,) = struct.unpack("f", bits)
    if single in (float("inf"), float("-inf")):
        return ".inf" if single > 0 else "-.inf"
    shortest = next(
        text for length in range(17) if struct.pack("f", float(text := f"{single:.{length}e}")) == bits
    )
    mantissa, exponent = shortest.split("e")
    if -4 <= int(exponent) < 6:  # noqa: PLR2004 -- strconv's own bounds
        decimals = sum(map(str.isdigit, mantissa)) - 1 - int(exponent)
        return f"{float(shortest):.{max(decimals, 0)}f}"
    return shortest

"""Regular expressions that every proxy takes: a part of RE2's syntax, judged without being run.

One that a proxy refuses does not stay where it is: Envoy refuses the whole update that brings it, so every
route of every sidecar in reach stops being updated. So what is in doubt here is refused. What is taken is
taken by RE2 (github.com/google/re2/wiki/Syntax), of which Envoy's engine and Go's `regexp`, by which Istio
judges, are two kinds.
"""

from __future__ import annotations

from dataclasses import dataclass

MOST_CHARACTERS = 1024
"""Istio's own limit (StringMatch, regex)."""
MOST_REPEATED = 1000
"""RE2's limit, for repetitions within repetitions, too."""
MOST_DEPTH = 32
_META = frozenset("\\.+*?()|[]{}^$")
_CLASSES = frozenset("dDsSwW")
_EDGES = frozenset("bBAz")
_CONTROLS = frozenset("tnrfva")
_FLAGS = frozenset("imsU")
_POSIX = (
    *("alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph"),
    *("lower", "print", "punct", "space", "upper", "word", "xdigit"),
)
_HIGHEST = 0x10FFFF
_SURROGATES = range(0xD800, 0xE000)


class _FaultError(Exception):
    """What is wrong, and at which character."""


def fault(text: str) -> str | None:
    """Return why a regular expression is not taken, such as "no lookaround at 3"; None where it is.

    Places are counted from 0, in characters. Takes linear time.
    """
    if len(text) > MOST_CHARACTERS:
        return f"{len(text)} characters, and proxies take at most {MOST_CHARACTERS}"
    try:
        _Reader(text).read()
    except _FaultError as error:
        return str(error)
    return None


@dataclass(slots=True)
class _Reader:
    """Reads an expression once, from left to right. `size`: atoms, each as often as it is repeated."""

    text: str
    at: int = 0

    def read(self) -> None:
        size = self._alternatives(0)
        if self.at < len(self.text):
            raise self._fault("a ) that closes nothing")
        if size > MOST_REPEATED:
            raise _FaultError(f"repetitions that come to more than {MOST_REPEATED} parts")

    def _alternatives(self, depth: int) -> int:
        """Read up to the group's end, or the text's; return its size."""
        if depth > MOST_DEPTH:
            raise self._fault(f"more than {MOST_DEPTH} groups within each other")
        size = 0
        while self.at < len(self.text) and self.text[self.at] != ")":
            if self.text[self.at] == "|":
                self.at += 1
            else:
                size += self._repeated(depth)
        return size

    def _repeated(self, depth: int) -> int:
        """Read an atom and its repetition."""
        begin = self.at
        size = self._atom(depth)
        times = self._times(begin)
        return size * max(times, 1)

    def _times(self, begin: int) -> int:
        """Read a repetition, if there is one; return how often it is written out at most."""
        sign = self._peek()
        if sign not in ("*", "+", "?", "{"):
            return 1
        if self.text[begin] in "^$" or self.text[begin : begin + 2] in ("\\b", "\\B", "\\A", "\\z"):
            raise self._fault("a repetition of nothing")
        times = self._counted() if sign == "{" else 1
        self.at += sign != "{"
        if self._peek() == "?":
            self.at += 1
        if self._peek() in ("*", "+", "?", "{"):
            raise self._fault("a repetition of a repetition")
        return times

    def _counted(self) -> int:
        """Read {n}, {n,} or {n,m}."""
        end = self.text.find("}", self.at)
        least, comma, most = self.text[self.at + 1 : end].partition(",")
        if end < 0 or not _is_number(least) or not (most == "" or _is_number(most)):
            raise self._fault("a { that is no repetition (write \\{)")
        low, high = int(least), int(most) if most else int(least)
        if max(low, high) > MOST_REPEATED or (comma and most and high < low):
            raise self._fault("a repetition out of range")
        self.at = end + 1
        return max(high, low)

    def _atom(self, depth: int) -> int:
        """Read what a repetition can follow; return how many instructions it takes in RE2."""
        sign = self.text[self.at]
        if sign in "*+?{":
            raise self._fault(
                "a repetition of nothing" if sign != "{" else "a { that repeats nothing (write \\{)"
            )
        if sign == "(":
            return self._group(depth)
        if sign == "[":
            self._class()
        elif sign == "\\":
            self._escape(in_class=False)
        elif sign in "]}":
            raise self._fault(f"a {sign} that closes nothing (write \\{sign})")
        else:
            self.at += 1
        return 1

    def _group(self, depth: int) -> int:
        self.at += 1
        if self._peek() == "?" and self._flags():
            return 1  # flags for what follows, such as (?i)
        size = self._alternatives(depth + 1)
        if self._peek() != ")":
            raise self._fault("a ( that is not closed")
        self.at += 1
        return max(size, 1)

    def _flags(self) -> bool:
        """Read what stands after "(?": True where it is flags alone, and the group is over."""
        begin = self.at
        self.at += 1
        if self._peek() in ("=", "!") or self.text[self.at : self.at + 2] in ("<=", "<!"):
            raise _FaultError(f"no lookaround is taken, at {begin - 1}")
        while self._peek() in _FLAGS or self._peek() == "-":
            self.at += 1
        told, end = self.text[begin + 1 : self.at], self._peek()
        if told.count("-") > 1 or told.endswith("-") or end not in (":", ")") or (end == ")" and not told):
            raise _FaultError(f"no group of this kind is taken, at {begin - 1}; use (…) or (?:…)")
        self.at += 1
        if end == ")" and self._peek() in ("*", "+", "?", "{"):
            raise self._fault("a repetition of nothing")
        return end == ")"

    def _class(self) -> None:
        """Read […]."""
        begin = self.at
        self.at += 1
        if self._peek() == "^":
            self.at += 1
        first = True
        while first or self._peek() != "]":
            if self.at >= len(self.text):
                raise _FaultError(f"a [ that is not closed, at {begin}")
            self._range(first=first)
            first = False
        self.at += 1

    def _range(self, *, first: bool) -> None:
        """Read one part of a class: a character, a range, a class within."""
        if self.text.startswith("[:", self.at):
            end = self.text.find(":]", self.at + 2)
            if end < 0 or self.text[self.at + 2 : end].removeprefix("^") not in _POSIX:
                raise self._fault("a class that there is not")
            self.at = end + 2
            return
        if self.text[self.at] in "]-[" and not (self.text[self.at] == "-" and (first or self._ends(1))):
            raise self._fault(f"a {self.text[self.at]} within a class (write \\{self.text[self.at]})")
        low = self._member()
        if self._peek() != "-" or self._ends(1):
            return
        self.at += 1
        if self.at >= len(self.text) or self.text[self.at] in "[]-":
            raise self._fault("a range without end")
        high = self._member()
        if low is None or high is None or high < low:
            raise self._fault("a range that is none")

    def _ends(self, ahead: int) -> bool:
        return self.text[self.at + ahead : self.at + ahead + 1] == "]"

    def _member(self) -> int | None:
        """Read a character of a class; return its number, None for an escape that stands for several."""
        if self.text[self.at] == "\\":
            return self._escape(in_class=True)
        self.at += 1
        return ord(self.text[self.at - 1])

    def _escape(self, *, in_class: bool) -> int | None:
        """Read an escape; return the number of the character that it is, None where it is several or none."""
        begin = self.at
        sign = self.text[begin + 1 : begin + 2]
        self.at += 2
        if sign in _CLASSES or (sign in _EDGES and not in_class):
            return None
        if sign in _CONTROLS:
            return {"t": 9, "n": 10, "r": 13, "f": 12, "v": 11, "a": 7}[sign]
        if sign == "x":
            return self._hexadecimal(begin)
        if sign.isascii() and sign and not sign.isalnum() and sign.isprintable() and sign not in " _":
            return ord(sign)
        what = "no backreference is taken" if sign.isdigit() else f"no \\{sign} is taken"
        raise _FaultError(f"{what}, at {begin}" if sign else f"a \\ at the end, at {begin}")

    def _hexadecimal(self, begin: int) -> int:
        r"""Read \x7F or \x{10FFFF}."""
        if self._peek() == "{":
            end = self.text.find("}", self.at)
            digits, after = self.text[self.at + 1 : end], end + 1
            whole = end > 0 and 0 < len(digits) <= len("10FFFF")
        else:
            digits, after = self.text[self.at : self.at + 2], self.at + 2
            whole = len(digits) == len("7F")
        if not whole or any(digit not in "0123456789abcdefABCDEF" for digit in digits):
            raise _FaultError(f"a \\x without its digits, at {begin}")
        number = int(digits, 16)
        if number > _HIGHEST or number in _SURROGATES:
            raise _FaultError(f"a \\x that is no character, at {begin}")
        self.at = after
        return number

    def _peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def _fault(self, what: str) -> _FaultError:
        return _FaultError(f"{what}, at {self.at}")


def _is_number(text: str) -> bool:
    """Tell whether this is a count as RE2 reads one: digits, no leading zeros, few."""
    return (
        text.isascii()
        and text.isdecimal()
        and len(text) <= len(str(MOST_REPEATED))
        and (text == "0" or text[0] != "0")
    )

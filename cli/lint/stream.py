"""A text as kubectl takes it apart (k8s.io/apimachinery/pkg/util/yaml, YAMLOrJSONDecoder).

What begins with a brace is JSON, one value after the other; from the first that is none on it is YAML. YAML's
documents are parted at lines that begin with three hyphens, and of each the first value is read.
"""

from __future__ import annotations

import bisect
import json
import re
from functools import partial
from typing import TYPE_CHECKING, Any

import yaml

from cli.lint.nodes import TOO_DEEP, MalformedError, Node, Place, Tree
from cli.lint.scalars import resolved

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

_SEPARATOR = "---"
HELM = "for a Helm template, pipe `helm template` into `teal lint -`"
"""What is said at the end of why a text that looks like one can't be read."""
_TOKEN = re.compile(r'[ \t\r\n:,]*("(?:[^"\\]|\\.)*"|[{}\[\]]|[^\s{}\[\],:"]+)')
_SPACES = re.compile(r"[ \t\r\n]*")
_SPACES_OF_A_LINE = re.compile(r"[^\S\n]*\n?")
_MERGE = "tag:yaml.org,2002:merge"
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


# What it returns is not used, so no number is made of digits: Python refuses more than 4300 of them.
_JSON = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=_no_constant)


def values(text: str) -> Iterator[Node | MalformedError]:
    """Yield each value of a text, or why kubectl can't read it; empty documents are left out.

    A text that has been read as JSON is not read again as YAML. What follows a document that can't be read is
    read on where kubectl would come to it.
    """
    rest: int | None = 0
    if text.lstrip()[:1] == "{":
        rest = yield from _json_values(text)
    if rest is not None:
        yield from _yaml_values(text, rest)


def _json_values(text: str) -> Generator[Node | MalformedError, None, int | None]:
    """Yield values while they are JSON; return where YAML begins, or None if there is none.

    What comes after one value, or before any, may be YAML instead; after more than one it is a mistake (as
    YAMLOrJSONDecoder does).
    """
    lines = [0, *(match.end() for match in re.finditer("\n", text))]
    count, ended = 0, 0
    while (at := _after(_SPACES, text, ended)) < len(text):
        try:
            _, end = _JSON.raw_decode(text, at)
        except RecursionError:
            yield MalformedError(_place(lines, at), TOO_DEEP)
            return None
        except ValueError as error:
            if count <= 1:
                return _after(_SPACES_OF_A_LINE, text, ended)
            where = _place(lines, getattr(error, "pos", at))
            yield MalformedError(where, f"no JSON: {getattr(error, 'msg', error)}")
            return None
        yield from _value_or_error(partial(_json_node, text[at:end], at, lines))
        count, ended = count + 1, end
    return None


def _json_node(text: str, start: int, lines: list[int]) -> Node | None:
    """Return the tree of a text that is known to be JSON."""
    tree = Tree()
    for match in _TOKEN.finditer(text):
        part, place = match[1], _place(lines, start + match.start(1))
        if part in ("{", "["):
            tree.begin(place, {} if part == "{" else [])
        elif part in ("}", "]"):
            tree.end()
        else:
            tree.scalar(place, _json_scalar(part))
    return tree.root


def _json_scalar(text: str) -> Any:
    """Return a scalar of JSON. Integers go by the rules of plain words, which know what 64 bits hold."""
    if text[0] in "-0123456789":
        return resolved("", text) if text.lstrip("-").isdigit() else float(text)
    return json.loads(text)


def _yaml_values(text: str, start: int) -> Iterator[Node | MalformedError]:
    """Yield the first value of each document from an offset on.

    Documents are parted by lines before any YAML is looked at, so three hyphens at a line's beginning part a
    block of text, too. Nothing is read after a separator with something beside it.
    """
    first, lines = text.count("\n", 0, start) + 1, list[str]()
    for number, line in enumerate([*text[start:].split("\n"), _SEPARATOR], first):
        if not line.startswith(_SEPARATOR):
            lines.append(line)
            continue
        yield from _value_or_error(partial(_yaml_node, "\n".join([*lines, ""]), number - len(lines)))
        lines.clear()
        beside = line.removeprefix(_SEPARATOR).strip()
        if beside and not beside.startswith("#"):
            wrong = f"no YAML: {line.strip()[:40]} where `---` alone would part two documents"
            yield MalformedError(Place(number, 1), wrong)
            return


def _yaml_node(text: str, first: int) -> Node | None:
    """Return the tree of the first value of a text; its first line has the number `first`."""
    tree = Tree()
    try:
        for event in yaml.parse(text, Loader=_Loader):
            if isinstance(event, yaml.DocumentEndEvent):
                break
            _grow(tree, event, first)
    except MalformedError as error:
        raise MalformedError(error.place, _hinted(str(error), text)) from error
    except yaml.MarkedYAMLError as error:
        place = _mark(error.problem_mark or error.context_mark, first)
        raise MalformedError(place, _hinted(f"no YAML: {error.problem or error.context}", text)) from error
    except yaml.YAMLError as error:
        raise MalformedError(Place(first, 1), _hinted(f"no YAML: {error}", text)) from error
    return tree.root


def _grow(tree: Tree, event: yaml.Event, first: int) -> None:
    """Add to a tree what PyYAML has come upon. Raises MalformedError."""
    place = _mark(event.start_mark, first)
    if isinstance(event, yaml.MappingStartEvent):
        tree.begin(place, {}, event.anchor)
    elif isinstance(event, yaml.SequenceStartEvent):
        tree.begin(place, [], event.anchor)
    elif isinstance(event, yaml.CollectionEndEvent):
        tree.end()
    elif isinstance(event, yaml.AliasEvent):
        tree.alias(place, str(event.anchor))
    elif isinstance(event, yaml.ScalarEvent):
        tree.scalar(place, _yaml_scalar(event, place), event.anchor, merges=_merges(event))


def _yaml_scalar(event: yaml.ScalarEvent, place: Place) -> Any:
    """Return what a scalar means; a quoted one without a tag is text, whatever it looks like."""
    tag = event.tag or ""
    if not tag and not event.implicit[0]:
        return event.value
    try:
        return resolved(tag, event.value)
    except ValueError as error:
        raise MalformedError(place, f"no YAML: {error}") from error


def _merges(event: yaml.ScalarEvent) -> bool:
    """Tell whether a scalar is the merge key: a plain `<<`, or one that is tagged so."""
    return event.value == "<<" and bool(event.implicit[0] or event.tag == _MERGE)


def _value_or_error(read: Callable[[], Node | None]) -> Iterator[Node | MalformedError]:
    """Yield what reading a document gives: its value, why it has none, or nothing where it is empty."""
    try:
        node = read()
    except MalformedError as error:
        yield error
    else:
        if node is not None:
            yield node


def _after(pattern: re.Pattern[str], text: str, start: int) -> int:
    match = pattern.match(text, start)
    return match.end() if match else start


def _place(lines: list[int], at: int) -> Place:
    """Return the place of an offset; `lines` are the offsets at which lines begin."""
    line = bisect.bisect_right(lines, at)
    return Place(line, at - lines[line - 1] + 1)


def _mark(mark: Any, first: int) -> Place:
    """Return a place in a text; without a mark of PyYAML's, of either kind, its beginning."""
    return Place(mark.line + first, mark.column + 1) if mark else Place(first, 1)


def _hinted(reason: str, text: str) -> str:
    """Return a reason, with what to do instead where the text looks like a template of Helm's."""
    return f"{reason}; {HELM}" if "{{" in text else reason

"""What a text says as a tree, each value with its place. Aliases and merge keys are resolved on the way."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from cli.lint.scalars import key_text, plain

MOST_NODES = 1_000_000
"""Aliases multiply: nine lines of YAML can stand for a billion values."""
MOST_DEPTH = 400
"""Objects and lists in each other. The deepest schema of Kubernetes goes to some 30."""
_TOO_MANY = f"over {MOST_NODES} values by its aliases"
TOO_DEEP = f"nested too deeply: more than {MOST_DEPTH} objects and lists in each other"


@dataclass(frozen=True, order=True)
class Place:
    """A place in a text, both counted from 1."""

    line: int
    column: int


class MalformedError(Exception):
    """kubectl can't read a text. `place` is where, the message why."""

    def __init__(self, place: Place, message: str) -> None:
        super().__init__(message)
        self.place = place


@dataclass(slots=True, eq=False)
class Node:
    """A value and its place; an object's `fields` by name with the places of their keys, a list's `items`.

    `duplicates` are the fields that an object names twice, `size` is the number of values in it, `height`
    how deep they go.
    """

    place: Place
    value: Any
    fields: dict[str, tuple[Place, Node]] = field(default_factory=dict)
    items: list[Node] = field(default_factory=list)
    duplicates: list[tuple[str, Place]] = field(default_factory=list)
    size: int = 1
    height: int = 0


@dataclass(slots=True)
class _Open:
    """An object or a list that has not ended. `key` waits for its value; None between two pairs."""

    node: Node
    anchor: str | None
    key: tuple[Node, bool] | None = None
    own: set[str] = field(default_factory=set)

    def take(self, node: Node, *, merges: bool) -> None:
        """Take in a value that has ended: an item of a list, or of an object a key and its value in turn."""
        if isinstance(self.node.value, dict) and self.key is None:
            self.key = node, merges
            self._grow(node)
            return
        self._grow(node)
        if isinstance(self.node.value, list):
            self.node.items.append(node)
            self.node.value.append(_value(node))
            return
        (key, merging), self.key = self.key or (node, False), None
        if merging:
            self._merge(node)
        else:
            self._set(_key(key), key.place, node)

    def _grow(self, node: Node) -> None:
        """Count a value and what is in it, each time it is named. Raises MalformedError."""
        self.node.size += node.size
        self.node.height = max(self.node.height, node.height + 1)
        if self.node.size > MOST_NODES:
            raise MalformedError(self.node.place, _TOO_MANY)
        if self.node.height > MOST_DEPTH:
            raise MalformedError(self.node.place, TOO_DEEP)

    def _set(self, key: str, place: Place, node: Node) -> None:
        """Set a field of this object's own; a second one of its name is noted, and counts."""
        if key in self.own:
            self.node.duplicates.append((key, place))
        self.own.add(key)
        self.node.fields[key] = place, node
        self.node.value[key] = _value(node)

    def _merge(self, node: Node) -> None:
        """Take over the fields of what the key `<<` names (YAML 1.1, merge keys). Raises MalformedError."""
        # As go-yaml does: what comes later counts, be it merged or not; of a list's objects the first.
        for source in reversed(node.items) if isinstance(node.value, list) else [node]:
            if not isinstance(source.value, dict):
                raise MalformedError(source.place, "no YAML: << takes an object or a list of objects")
            self.node.fields |= source.fields
            self.node.value |= source.value


class Tree:
    """Makes a tree of what a reader comes upon. `root` is None until there is a whole value.

    An alias leads to the node of its anchor and not to a copy: however often it is named, memory stays that
    of the text. `size` and `height` count it each time, which bounds what is done with the values later.
    """

    def __init__(self) -> None:
        self.root: Node | None = None
        self._open: list[_Open] = []
        self._anchors: dict[str, Node | None] = {}

    def begin(self, place: Place, value: dict[str, Any] | list[Any], anchor: str | None = None) -> None:
        """Begin an object or a list, given empty. Raises MalformedError, as all of these do."""
        if len(self._open) >= MOST_DEPTH:
            raise MalformedError(place, TOO_DEEP)
        self._open.append(_Open(Node(place, value), anchor))
        if anchor is not None:
            self._anchors[anchor] = None

    def end(self) -> None:
        """End the object or list that began last."""
        ended = self._open.pop()
        self._add(ended.node, ended.anchor)

    def scalar(self, place: Place, value: Any, anchor: str | None = None, *, merges: bool = False) -> None:
        """Add a value that is neither object nor list; `merges`: it is the key `<<`."""
        self._add(Node(place, value), anchor, merges=merges)

    def alias(self, place: Place, name: str) -> None:
        """Add what bears an anchor."""
        if name not in self._anchors:
            raise MalformedError(place, f"no YAML: unknown anchor '{name}' referenced")
        node = self._anchors[name]
        if node is None:
            raise MalformedError(place, f"no YAML: anchor '{name}' value contains itself")
        self._add(node, None)

    def _add(self, node: Node, anchor: str | None, *, merges: bool = False) -> None:
        """Put a value that is whole into what is open around it; where nothing is, it is the root."""
        if anchor is not None:
            self._anchors[anchor] = node
        if self._open:
            self._open[-1].take(node, merges=merges)
        else:
            self.root = node
            _value(node)


def duplicates(node: Node) -> list[tuple[str, Place]]:
    """Return the fields given twice in a node or in anything within, in order of their places."""
    found, seen, todo = [], {id(node)}, [node]
    while todo:
        each = todo.pop()
        found += each.duplicates
        for inner in (*each.items, *(value for _, value in each.fields.values())):
            if id(inner) not in seen:
                seen.add(id(inner))
                todo.append(inner)
    return sorted(found, key=lambda duplicate: duplicate[1])


def _value(node: Node) -> Any:
    """Return a node's value as it is in JSON. Raises MalformedError for what JSON can't say."""
    try:
        node.value = plain(node.value)
    except ValueError as error:
        raise MalformedError(node.place, f"no JSON: {error}") from error
    return node.value


def _key(node: Node) -> str:
    """Return the name of the field that a node as a key makes. Raises MalformedError where it makes none."""
    try:
        return key_text(node.value)
    except ValueError as error:
        raise MalformedError(node.place, f"no JSON: {error}") from error

"""YAML as Kubernetes reads it, with the place of each field."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_NODES = 1_000_000
"""Aliases multiply: nine lines of YAML can stand for a billion values."""

_STEP = re.compile(r"\[([^\]]*)\]|([^.\[\]]+)")
_TIMESTAMP = "tag:yaml.org,2002:timestamp"
_HELM = "for a Helm template, pipe `helm template` into `teal lint -`"


class MalformedError(Exception):
    """A text is no YAML. `place` is where, the message why."""

    def __init__(self, place: Place, message: str) -> None:
        super().__init__(message)
        self.place = place


@dataclass(frozen=True)
class Place:
    """A place in a text, both counted from 1."""

    line: int
    column: int


@dataclass(frozen=True)
class Document:
    """An object and the YAML node it was made of. `duplicates` are fields given twice: name and place."""

    manifest: dict[str, Any]
    node: yaml.Node
    duplicates: tuple[tuple[str, Place], ...]

    def place(self, path: str) -> Place:
        """Return where a field is (`spec.versions[1].weight`), or the nearest thing around it that exists."""
        node, mark = self.node, self.node.start_mark
        for index, key in _STEP.findall(path):
            step = _step(node, index or key)
            if step is None:
                break
            mark, node = step
        return _place(mark)


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc] # a choice at run time
    """Leaves dates as text, as Kubernetes does, and constructs from nodes."""

    yaml_implicit_resolvers = {  # noqa: RUF012 -- PyYAML's own name and kind
        first: [item for item in resolvers if item[0] != _TIMESTAMP]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def documents(text: str) -> Iterator[Document]:
    """Yield the objects in a text, those in a List one by one. Raises MalformedError."""
    try:
        loader = _Loader(text)
        while loader.check_node():
            node = loader.get_node()
            if _expanded(node, {}) > MOST_NODES:
                raise MalformedError(_place(node.start_mark), f"over {MOST_NODES} values by its aliases")
            duplicates = tuple(_duplicates(node))
            value = loader.construct_document(node)
            yield from _objects(value, node, duplicates)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = _place(mark) if mark else Place(1, 1)
        raise MalformedError(place, _reason(str(error.problem or error.context), text)) from error
    except (yaml.YAMLError, ValueError) as error:  # ValueError: an integer of thousands of digits, say
        raise MalformedError(Place(1, 1), _reason(str(error), text)) from error
    except RecursionError as error:
        raise MalformedError(Place(1, 1), "nested too deeply") from error


def _objects(value: Any, node: yaml.Node, duplicates: tuple[tuple[str, Place], ...]) -> Iterator[Document]:
    if not isinstance(value, dict):
        return
    items = value.get("items")
    if value.get("kind") != "List" or not isinstance(items, list):
        yield Document(value, node, duplicates)
        return
    for index, item in enumerate(items):
        step = _step(node, "items")
        inner = step and _step(step[1], str(index))
        if inner:
            yield from _objects(item, inner[1], tuple(_duplicates(inner[1])))


def _duplicates(node: yaml.Node) -> Iterator[tuple[str, Place]]:
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode):
                if key.value in seen:
                    yield key.value, _place(key.start_mark)
                seen.add(key.value)
            yield from _duplicates(value)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            yield from _duplicates(value)


def _expanded(node: yaml.Node, known: dict[int, int]) -> int:
    """Return how many values a node stands for, each alias counted as what it repeats."""
    if id(node) not in known:
        if isinstance(node, yaml.MappingNode):
            inner = [part for pair in node.value for part in pair]
        else:
            inner = node.value if isinstance(node, yaml.SequenceNode) else []
        known[id(node)] = 1 + sum(_expanded(part, known) for part in inner)
    return known[id(node)]


def _step(node: yaml.Node, key: str) -> tuple[yaml.Mark, yaml.Node] | None:
    """Go to what a mapping or a list holds under a key: where that begins, and its node."""
    if isinstance(node, yaml.MappingNode):
        return next(((name.start_mark, value) for name, value in node.value if name.value == key), None)
    if isinstance(node, yaml.SequenceNode) and key.isdigit() and int(key) < len(node.value):
        return node.value[int(key)].start_mark, node.value[int(key)]
    return None


def _place(mark: yaml.Mark) -> Place:
    return Place(mark.line + 1, mark.column + 1)


def _reason(reason: str, text: str) -> str:
    return f"no YAML: {reason}" + (f"; {_HELM}" if "{{" in text else "")

"""Objects as kubectl reads them, with the place of each field."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cli.lint import nodes, stream

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cli.lint.nodes import MalformedError, Node, Place

_STEP = re.compile(r"\[([^\]]*)\]|([^.\[\]]+)")


@dataclass(frozen=True)
class Document:
    """A value in a text, and the tree that it was made of. `manifest` is empty where it is no object.

    kubectl takes the last of a field given twice, and so does `manifest`; `duplicates` has what it hides.
    """

    manifest: dict[str, Any]
    node: Node

    @property
    def duplicates(self) -> list[tuple[str, Place]]:
        """The fields given twice: name and place."""
        return nodes.duplicates(self.node)

    def place(self, path: str) -> Place:
        """Return where a field is (`spec.versions[1].weight`), or the nearest thing around it that exists."""
        node, place = self.node, self.node.place
        for index, key in _STEP.findall(path):
            step = _step(node, index or key)
            if step is None:
                break
            place, node = step
        return place


def documents(text: str) -> Iterator[Document | MalformedError]:
    """Yield the objects in a text, those in a list one by one, and what of it kubectl can't read."""
    for node in stream.values(text):
        if isinstance(node, nodes.MalformedError):
            yield node
        elif node.value is not None:
            yield from _objects(node)


def _objects(node: Node) -> Iterator[Document]:
    """Take lists apart as kubectl does: any object with `items` is one.

    Items of a typed list that name neither kind nor API version are of the list's
    (k8s.io/apimachinery/pkg/apis/meta/v1/unstructured, decodeToList).
    """
    value = node.value if isinstance(node.value, dict) else {}
    if "items" not in value or not isinstance(value["items"], list | None):
        yield Document(value, node)
        return
    for item in node.fields["items"][1].items:
        if isinstance(item.value, dict) and not item.value.get("kind") and not item.value.get("apiVersion"):
            kind = str(value.get("kind")).removesuffix("List")
            item.value |= {"kind": kind, "apiVersion": value.get("apiVersion")}
        yield from _objects(item)


def _step(node: Node, key: str) -> tuple[Place, Node] | None:
    """Go to what an object or a list holds under a key: where that begins, and its node."""
    if isinstance(node.value, dict):
        return node.fields.get(key)
    if isinstance(node.value, list) and key.isdigit() and int(key) < len(node.items):
        return node.items[int(key)].place, node.items[int(key)]
    return None

"""Objects as kubectl reads them, with the place of each field."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cli.lint import nodes, stream
from routing.reading.violation import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cli.lint.nodes import MalformedError, Node, Place

BARE_LIST = "kubectl reads no bare list; part the objects by lines of ---, or make them the items of a List"
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


def _objects(node: Node) -> Iterator[Document | MalformedError]:
    """Take lists apart as kubectl does: any object with `items` is one.

    Items of a typed list that name neither kind nor API version are of the list's
    (k8s.io/apimachinery/pkg/apis/meta/v1/unstructured, decodeToList). Objects in a plain list are none to
    kubectl.
    """
    value = node.value if isinstance(node.value, dict) else {}
    if any(_is_object(item.value) for item in node.items):
        yield nodes.MalformedError(node.place, BARE_LIST)
        return
    if "items" not in value or not isinstance(value["items"], list | None):
        yield nodes.MalformedError(*_no_items(node)) if _is_list(value) else Document(value, node)
        return
    for item in node.fields["items"][1].items:
        if isinstance(item.value, dict) and not item.value.get("kind") and not item.value.get("apiVersion"):
            kind = str(value.get("kind")).removesuffix("List")
            item.value |= {"kind": kind, "apiVersion": value.get("apiVersion")}
        yield from _objects(item)


def _is_object(value: Any) -> bool:
    return isinstance(value, dict) and "apiVersion" in value and "kind" in value


def _is_list(value: dict[str, Any]) -> bool:
    """Tell whether what has no list of items is to be a list all the same."""
    return "items" in value and _is_object(value) and str(value["kind"]).endswith("List")


def _no_items(node: Node) -> tuple[Place, str]:
    """Return where the items of a list are that are none, and what to say of that."""
    place, items = node.fields["items"]
    return place, f"items: {shown(items.value)} is not a list, so kubectl can't read this"


def _step(node: Node, key: str) -> tuple[Place, Node] | None:
    """Go to what an object or a list holds under a key: where that begins, and its node."""
    if isinstance(node.value, dict):
        return node.fields.get(key)
    if isinstance(node.value, list) and key.isdigit() and int(key) < len(node.items):
        return node.items[int(key)].place, node.items[int(key)]
    return None

"""Rules for the labels and annotations under `iter8.tools/`, whatever carries them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from routing import names
from routing.reading.fields import nearest
from routing.reading.raw import section
from routing.reading.violation import Violation

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_KNOWN = {"labels": names.KNOWN_LABELS, "annotations": names.KNOWN_ANNOTATIONS}
_EVERY = sorted({*names.KNOWN_LABELS, *names.KNOWN_ANNOTATIONS})


def unknown_keys(manifest: Mapping[str, Any]) -> Iterable[Violation]:
    """A label or annotation under `iter8.tools/` is a known one."""
    for where, key in _own_keys(manifest):
        if key not in _EVERY:
            detail = f"Teal knows no such key; {nearest(key, _EVERY, names.KEY_PREFIX)}"
            yield Violation(f"metadata.{where}[{key}]", "UnknownKey", detail)


def misplaced_keys(manifest: Mapping[str, Any]) -> Iterable[Violation]:
    """A known key is a label where it has to be a label, an annotation where it has to be an annotation."""
    for where, key in _own_keys(manifest):
        if key in _EVERY and key not in _KNOWN[where]:
            right = "an annotation" if where == "labels" else "a label"
            yield Violation(f"metadata.{where}[{key}]", "MisplacedKey", f"{key} has to be {right}; move it")


def _own_keys(manifest: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for where in _KNOWN:
        for key in sorted(section(manifest, "metadata", where)):
            if key.startswith(names.KEY_PREFIX):
                yield where, key

"""Rules for the labels and annotations under `iter8.tools/`, whatever carries them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from routing import names
from routing.reading.fields import MOST_KEY, MOST_TOLD, nearest
from routing.reading.raw import section
from routing.reading.violation import Violation, cut

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_KNOWN = {"labels": names.KNOWN_LABELS, "annotations": names.KNOWN_ANNOTATIONS}
_EVERY = sorted({*names.KNOWN_LABELS, *names.KNOWN_ANNOTATIONS})


def unknown_keys(manifest: Mapping[str, Any]) -> Iterable[Violation]:
    """A label or annotation under `iter8.tools/` is a known one."""
    for where in _KNOWN:
        unknown = [key for key in _own_keys(manifest, where) if key not in _EVERY]
        if len(unknown) > MOST_TOLD:
            detail = f"more than {MOST_TOLD} keys that Teal does not know; known are {', '.join(_EVERY)}"
            yield Violation(f"metadata.{where}", "UnknownKey", detail)
            continue
        for key in sorted(unknown):
            detail = f"Teal knows no such key; {nearest(key, _EVERY, names.KEY_PREFIX)}"
            yield Violation(f"metadata.{where}[{cut(key, MOST_KEY)}]", "UnknownKey", detail)


def misplaced_keys(manifest: Mapping[str, Any]) -> Iterable[Violation]:
    """A known key is a label where it has to be a label, an annotation where it has to be an annotation."""
    for where, known in _KNOWN.items():
        right = "an annotation" if where == "labels" else "a label"
        for key in sorted(key for key in _own_keys(manifest, where) if key in _EVERY and key not in known):
            yield Violation(f"metadata.{where}[{key}]", "MisplacedKey", f"{key} has to be {right}; move it")


def _own_keys(manifest: Mapping[str, Any], where: str) -> Iterator[str]:
    return (key for key in section(manifest, "metadata", where) if key.startswith(names.KEY_PREFIX))

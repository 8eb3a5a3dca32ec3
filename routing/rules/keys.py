"""Rules for the labels and annotations under `iter8.tools/`, whatever carries them."""

from __future__ import annotations

import difflib
from itertools import islice
from typing import TYPE_CHECKING, Any

from routing import names
from routing.reading.fields import MOST_KEY, MOST_TOLD, nearest
from routing.reading.raw import section
from routing.reading.violation import Violation, cut, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_KNOWN = {"labels": names.KNOWN_LABELS, "annotations": names.KNOWN_ANNOTATIONS}
_EVERY = sorted({*names.KNOWN_LABELS, *names.KNOWN_ANNOTATIONS})
_NAMES = {key.removeprefix(names.KEY_PREFIX) for key in _EVERY}
_ENDINGS = tuple(f"/{name}" for name in _NAMES)
_OF_ITER8 = {
    f"{names.KEY_PREFIX}weight": (
        "Teal takes weights from a Routemap (spec.versions[].weight) or a WeightOverride; set it there"
    ),
    f"{names.KEY_PREFIX}kind": "this is Iter8's; Teal's routing config is an object of kind Routemap",
    f"{names.KEY_PREFIX}version": "this is Iter8's; Teal needs no such key, leave it out",
}
"""What to say of the keys that Iter8 knows and Teal does not."""
_NEAR = 0.85
"""difflib's ratio: `iter8-tools/watch` has 0.94, `iter8.tools.example/wacth` 0.76."""
_NEAR_PREFIX = 0.75
_MOST_LOOKED_AT = 20
"""Keys compared in an object: comparing takes some 20 µs each, and anybody may write thousands."""
_MOST_SHOWN = 40


def unknown_keys(manifest: Mapping[str, Any]) -> Iterable[Violation]:
    """A label or annotation under `iter8.tools/` is a known one.

    Beyond MOST_TOLD they are told in one sentence: each by itself costs a search for what was meant.
    """
    for where in _KNOWN:
        unknown = [key for key in _own_keys(manifest, where) if key not in _EVERY]
        if len(unknown) > MOST_TOLD:
            detail = f"more than {MOST_TOLD} keys that Teal does not know; known are {', '.join(_EVERY)}"
            yield Violation(f"metadata.{where}", "UnknownKey", detail)
            continue
        for key in sorted(unknown):
            near = nearest(key, _EVERY, names.KEY_PREFIX)
            detail = _OF_ITER8.get(key) or f"Teal knows no such key; {near}"
            yield Violation(f"metadata.{where}[{cut(key, MOST_KEY)}]", "UnknownKey", detail)


def misplaced_keys(manifest: Mapping[str, Any]) -> Iterable[Violation]:
    """A known key is a label where it has to be a label, an annotation where it has to be an annotation."""
    for where, known in _KNOWN.items():
        right = "an annotation" if where == "labels" else "a label"
        for key in sorted(key for key in _own_keys(manifest, where) if key in _EVERY and key not in known):
            yield Violation(f"metadata.{where}[{key}]", "MisplacedKey", f"{key} has to be {right}; move it")


def watch_value(manifest: Mapping[str, Any]) -> Iterable[Violation]:
    """The watch label is "true" or "false"."""
    value = section(manifest, "metadata", "labels").get(names.WATCH, "true")
    if value not in ("true", "false"):
        kind = manifest.get("kind")
        detail = f'{shown(value)} is neither "true" nor "false"; use "true" to let Teal watch this {kind}'
        yield Violation(f"metadata.labels[{names.WATCH}]", "WatchValue", detail)


def near_misses(manifest: Mapping[str, Any]) -> Iterable[str]:
    """A label or annotation is under `iter8.tools/` where that is what is meant."""
    near = nearly(manifest)
    if near is not None:
        yield f"{near[0]} means nothing to Teal; did you mean {near[1]}?"


def nearly(manifest: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return a key that looks like one of Teal's, cut to fit a sentence, and the one that it looks like.

    The first of an object is told, and MOST_LOOKED_AT are compared at most.
    """
    suspects = (
        key
        for where in _KNOWN
        for key in section(manifest, "metadata", where)
        if not key.startswith(names.KEY_PREFIX) and ("iter8" in key or key.endswith(_ENDINGS))
    )
    for key in islice(suspects, _MOST_LOOKED_AT):
        meant = _meant(key)
        if meant is not None:
            return cut(key, _MOST_SHOWN), meant
    return None


def _meant(key: str) -> str | None:
    """Return the known key that another one looks like.

    One of Teal's names under a prefix much like Teal's, else the known key that the whole is nearest to.
    """
    prefix, _, name = key.rpartition("/")
    if name in _NAMES and (prefix.startswith("iter8") or _ratio(prefix, names.GROUP) >= _NEAR_PREFIX):
        return f"{names.KEY_PREFIX}{name}"
    close = difflib.get_close_matches(key, _EVERY, n=1, cutoff=_NEAR)
    return close[0] if close else None


def _ratio(word: str, other: str) -> float:
    return difflib.SequenceMatcher(None, word, other).ratio()


def _own_keys(manifest: Mapping[str, Any], where: str) -> Iterator[str]:
    return (key for key in section(manifest, "metadata", where) if key.startswith(names.KEY_PREFIX))

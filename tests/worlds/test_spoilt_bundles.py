"""Objects that stand side by side, with something odd in each of their fields in turn: all are judged."""

from __future__ import annotations

from typing import Any

import pytest

from routing.rules.together import misfits
from tests.unit.routing.bundles import MISFITS, Bundle

ODD: tuple[Any, ...] = (None, True, 5, "x", [], ["x"], [["x"]], [{}], {}, {"x": 1}, {"x": ["y"]})


def paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the way to each value within another."""
    entries = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    return [path, *(way for key, inner in entries for way in paths(inner, (*path, key)))]


def put(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """Return a value in which another stands at the end of a path."""
    if not path:
        return new
    copied = dict(value) if isinstance(value, dict) else [*value]
    copied[path[0]] = put(copied[path[0]], path[1:], new)
    return copied


@pytest.mark.parametrize("bundle", MISFITS, ids=lambda bundle: bundle.name)
def test_whatever_stands_in_a_field_is_judged(bundle: Bundle) -> None:
    for at, manifest in enumerate(bundle.manifests):
        for path in paths(manifest)[1:]:
            for odd in ODD:
                spoilt = [*bundle.manifests[:at], put(manifest, path, odd), *bundle.manifests[at + 1 :]]
                assert all(0 <= item.index < len(spoilt) for item in misfits(spoilt))

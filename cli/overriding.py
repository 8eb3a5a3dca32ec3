"""WeightOverrides as `teal weights` makes them. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cli import words
from routing import names
from routing.reading.raw import listing, section

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Manifest = Mapping[str, Any]

FORM = "VERSION=WEIGHT, such as httpbin-1=20"


def weights(pairs: Sequence[str]) -> Mapping[str, int]:
    """Return weights by version. Raises ValueError with a sentence; the webhook says which are too large."""
    found: dict[str, int] = {}
    for pair in pairs:
        name, equals, weight = pair.partition("=")
        if not (name and equals and weight.lstrip("-").isdecimal()):
            raise ValueError(f"{pair!r} is no weight; give {FORM}")
        if name in found:
            raise ValueError(f"{name} has two weights, {found[name]} and {weight}; give it one")
        found[name] = int(weight)
    return found


def strays(given: Mapping[str, int], routemap: Manifest) -> str:
    """Return what is wrong with versions that the Routemap does not list, "" where all are listed."""
    listed = [str(section(item).get("name")) for item in listing(routemap, "spec", "versions")]
    wrong = [f"it does not list {name}; {words.meant(name, listed)}" for name in given if name not in listed]
    return " ".join(wrong)


def override(namespace: str, name: str, given: Mapping[str, int]) -> dict[str, Any]:
    """Return the WeightOverride of an application."""
    return {
        "apiVersion": names.API_VERSION,
        "kind": "WeightOverride",
        "metadata": {"namespace": namespace, "name": name},
        "spec": {"weights": [{"version": version, "weight": weight} for version, weight in given.items()]},
    }
